"""Ends answers and retries of AWS operations in time, and the run when a service fails operation after operation."""

import random
import threading
import time
from typing import Any, Literal
from urllib.parse import urlsplit

from botocore import exceptions as boto

from learnermax_cli.adapters.connections import Answering
from learnermax_cli.adapters.network import is_untrusted, name_host
from learnermax_cli.core.retries import SHORTEST_TRY, Listener, RetryPolicy, outage_of, seconds_left

NO_ANSWER = "NoAnswer"
"""The error code that stands for what is no answer."""
IN_BETWEEN = "A proxy may be in between. Check network, proxy, region and AWS_ENDPOINT_URL, then run the command again."
"""What to do about what is no answer of AWS."""
SOURCE = "lmx source"
"""Among what a botocore error knows: what named the host that was asked, beside AWS itself."""
# [botocore 1.44, retries "standard", ThrottledRetryableChecker]
THROTTLED = {
    "BandwidthLimitExceeded",
    "EC2ThrottledException",
    "LimitExceededException",
    "PriorRequestNotComplete",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "SlowDown",
    "Throttling",
    "ThrottledException",
    "ThrottlingException",
    "TooManyRequestsException",
    "TransactionInProgressException",
}
READS = ("Get", "BatchGet", "Query", "Scan", "Describe", "List")
"""How the names of operations begin that write nothing."""
_LONGEST_PAUSE = 20.0  # seconds between two tries [doc botocore "Retries"]
_LAST_BEGIN, _OUTAGE, _LATE = "lmx last begin", "lmx outage", "lmx late"
"""In the context of an operation: until when a try may begin, what counts whether it failed, whether it timed out."""


class NoAnswerError(Exception):
    """What came is no answer of AWS, or not that of the operation."""


def asked(error: boto.HTTPClientError | boto.ConnectionError) -> tuple[str, str | None]:
    """Return the URL that got no answer, and what named its host, if anything did."""
    known: Any = error.kwargs
    return known.get("endpoint_url") or "", known.get(SOURCE)


class Watch:
    """Watches the operations of one service."""

    def __init__(self, service: str, policy: RetryPolicy, stop: threading.Event, listener: Listener) -> None:
        self._service = service
        self._listener = listener
        self._policy = policy
        self._stop = stop
        self._longest_pause = min(_LONGEST_PAUSE, 2.0 ** (policy.tries - 2))
        self._here = threading.local()
        # Counted apart: where every write fails, reading may go well.
        self._reading, self._writing = outage_of(service, policy), outage_of(service, policy)

    def register(self, client: Any) -> None:
        """Watch the operations of a client."""
        events, service = client.meta.events, client.meta.service_model.service_id.hyphenize()
        self._url = client.meta.endpoint_url
        events.register("before-call", self._begin)
        events.register("before-send", self._begin_try)
        events.register("response-received", self._end_try)
        events.register_first(f"needs-retry.{service}", self._decide)
        events.register("after-call", self._end)
        events.register("after-call-error", self._end_without_answer)

    def _begin(self, model: Any, context: dict[str, Any], **_: Any) -> None:
        policy, outage = self._policy, self._reading if model.name.startswith(READS) else self._writing
        if seconds_left() < SHORTEST_TRY:
            raise boto.ReadTimeoutError(endpoint_url=self._url)
        outage.begin()
        # No retry that begins until then makes the operation take longer than it may.
        seconds = min(policy.in_all - policy.connect - policy.read - self._longest_pause, seconds_left())
        context[_LAST_BEGIN], context[_OUTAGE] = time.monotonic() + seconds, outage

    def _begin_try(self, **_: Any) -> None:
        seconds = min(self._policy.read, max(seconds_left(), 0.0))
        self._here.answering = Answering(seconds, self._tell_slow)

    def _tell_slow(self) -> None:
        self._listener.waiting(f"Waiting for an answer of {self._service} ({urlsplit(self._url).netloc}) ...")

    def _end_try(self, context: dict[str, Any], **_: Any) -> None:
        answering: Answering = self._here.answering
        answering.end()
        context[_LATE] = answering.late

    def _decide(
        self, request_dict: dict[str, Any], caught_exception: Exception | None, response: Any, attempts: int, **_: Any
    ) -> float | Literal[False] | None:
        """Return False to end the retries, or seconds to wait before one; with None it is botocore that decides."""
        context = request_dict["context"]
        half_done = caught_exception is not None and context[_OUTAGE] is self._writing
        stopped = self._stop.is_set() and not half_done
        over = time.monotonic() > context[_LAST_BEGIN] or is_untrusted(caught_exception)
        if stopped or over or context[_OUTAGE].silent():
            return False
        if response is not None and error_code(response[1]) == NO_ANSWER:
            again = attempts < self._policy.tries
            return random.uniform(0.01, min(self._longest_pause, 0.5 * 2**attempts)) if again else False
        return None

    def _end(self, http_response: Any, parsed: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
        code = error_code(parsed)
        context[_OUTAGE].end(ok=http_response.status_code < 500 and code not in THROTTLED and code != NO_ANSWER)
        if code != NO_ANSWER:
            return
        if context[_LATE]:
            raise boto.ReadTimeoutError(endpoint_url=http_response.url)
        where = f"HTTP {http_response.status_code} from {name_host(http_response.url)}"
        raise NoAnswerError(f"{where}, {parsed['Error']['Message']}")

    def _end_without_answer(self, exception: Exception, context: dict[str, Any], **_: Any) -> None:
        sent = isinstance(exception, boto.HTTPClientError | boto.ConnectionError)
        context[_OUTAGE].end(ok=False if sent else None)
        if sent and context.get(_LATE):
            known: Any = getattr(exception, "kwargs", {})
            raise boto.ReadTimeoutError(**{"endpoint_url": self._url, **known}) from exception


def error_code(parsed: dict[str, Any]) -> str | None:
    """Return the code of an answer that is an error, None for others."""
    code: str | None = parsed.get("Error", {}).get("Code")
    return code
