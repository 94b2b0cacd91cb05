"""What the functions count, as members of a log line that CloudWatch reads [doc "Embedded metric format"].

A metric stands in the line that reports the same work, so that whoever follows an alarm finds the reason beside it.
"""

import time
from collections.abc import Mapping, Sequence

from learnermax_cli.planning.change import Result
from learnermax_cli.webhooks.model import Answer, HalfDoneError, Handled

NAMESPACE = "LearnerMax"
DIMENSION = "environment"
_ACCESS = {"revoke": "Revoked", "restore": "Restored"}
Counts = Mapping[str, int]


def count_run(summary: Mapping[str, int], *, failed: bool) -> Counts:
    """Return what a reconcile has done; a run that ended early without a failed row counts as one."""
    return {
        "Completed": summary.get("complete", 0) + summary.get("create", 0),
        "NeedsAttention": summary.get("needs_attention", 0),
        "Owed": summary.get("owed", 0),
        "Failed": summary.get("failed", 0) or int(failed),
        **{name: count for action, name in _ACCESS.items() if (count := summary.get(action, 0))},
    }


def count_answer(answer: Answer) -> Counts:
    """Return what one delivery has led to; what was not signed by Stripe is no failure."""
    failed = {"Failed": 1} if answer.status == 202 or answer.status >= 500 else {}
    return {**count_event(answer.handled), **failed}


def count_event(handled: Handled | None) -> Counts:
    """Return what the handling of one event has led to, without zeros: most events change nothing."""
    if handled is None:
        return {}
    owed = handled.owed is not None
    return {
        **_count_results(handled.results, owed=owed),
        **({"NeedsAttention": len(handled.findings)} if handled.findings else {}),
    }


def count_failure(error: Exception) -> Counts:
    """Return what was done before a failure, and the failure."""
    results = error.results if isinstance(error, HalfDoneError) else ()
    return {**_count_results(results), "Failed": 1}


def _count_results(results: Sequence[Result], *, owed: bool = False) -> dict[str, int]:
    done = [(result.change.kind, result.change.action, result.outcome) for result in results]
    completed = sum(("enrollment", action, "applied") in done for action in ("complete", "create"))
    owed = owed or ("event", "publish", "failed") in done
    access = [(name, ("enrollment", action, "applied") in done) for action, name in _ACCESS.items()]
    return {name: int(count) for name, count in (("Completed", completed), ("Owed", owed), *access) if count}


def embedded(environment: str, counts: Counts) -> dict[str, object]:
    """Return the members of a log line that hold these metrics."""
    from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

    metrics = EphemeralMetrics(namespace=NAMESPACE)
    metrics.add_dimension(DIMENSION, environment)
    for name, count in counts.items():
        metrics.add_metric(name, MetricUnit.Count, count)
    return dict(metrics.serialize_metric_set())


def embedded_quickly(environment: str, counts: Counts) -> dict[str, object]:
    """Return the same without Powertools, for the webhook: loading it takes as long as ten of our modules."""
    metrics = [{"Name": name, "Unit": "Count"} for name in counts]
    about = {"Namespace": NAMESPACE, "Dimensions": [[DIMENSION]], "Metrics": metrics}
    values = {name: [float(count)] for name, count in counts.items()}
    now = round(time.time() * 1000)
    return {"_aws": {"Timestamp": now, "CloudWatchMetrics": [about]}, DIMENSION: environment, **values}
