"""A run knows what it cost."""

import json
import threading

import pytest

from learnermax_cli.core.meter import Meter, MeterReading
from tests.products.worlds import put_course
from tests.running import Sandbox


def test_meter_reads_what_was_counted() -> None:
    """Each counter for itself, seconds by the clock that was given."""
    ticks = iter([10.0, 12.5])
    meter = Meter(lambda: next(ticks))
    meter.add("stripe_reads")
    meter.add("stripe_reads", 2)
    meter.add("stripe_writes")
    meter.add("stripe_throttled")
    meter.add("dynamodb_read_units", 0.5)
    meter.add("dynamodb_read_units", 1.0)
    meter.add("dynamodb_write_units", 2.0)
    assert MeterReading(3, 1, 1, 1.5, 2.0, 2.5) == meter.reading()


def test_new_meter_reads_nothing() -> None:
    """A run that did nothing cost nothing."""
    assert MeterReading() == Meter(lambda: 0.0).reading()


def test_meter_counts_every_thread() -> None:
    """Workers that count at the same time lose no count."""
    meter = Meter(lambda: 0.0)

    def count() -> None:
        for _ in range(1000):
            meter.add("stripe_reads")

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 4000 == meter.reading().stripe_reads


def test_reading_as_json_is_rounded() -> None:
    """Units to a tenth, seconds to a hundredth."""
    assert {
        "stripe_reads": 1,
        "stripe_writes": 2,
        "stripe_throttled": 3,
        "dynamodb_read_units": 0.3,
        "dynamodb_write_units": 0.1,
        "seconds": 1.23,
        "stripe_reads_per_month_if_daily": 30,
        "stripe_read_allocation_floor": 10_000,
    } == MeterReading(1, 2, 3, 0.1 + 0.2, 0.1, 1.2345).as_json()


def test_reading_as_line_names_throttles_only_when_there_were_any() -> None:
    """One line for people."""
    assert (
        "Cost: Stripe 1 read, 2 writes; DynamoDB 0.5 read units, 1.0 write units; 3.2 s"
        == MeterReading(1, 2, 0, 0.5, 1.0, 3.21).as_line()
    )
    assert "writes, 3 throttled; DynamoDB" in MeterReading(stripe_throttled=3).as_line()


@pytest.mark.parametrize(
    ("reads", "told"),
    [
        (33, ""),
        (34, "; once a day: 1,020 of Stripe's 10,000 free reads a month"),
        (333, "; once a day: 9,990 of Stripe's 10,000 free reads a month"),
        (334, "; once a day: 10,020 reads a month, over the 10,000 that Stripe always allows"),
    ],
)
def test_share_of_the_read_allocation_is_told_when_it_matters(reads: int, told: str) -> None:
    """From a tenth of what Stripe allows on, were the run made once a day."""
    assert told == MeterReading(stripe_reads=reads).as_line().partition("0.0 s")[2]


@pytest.mark.parametrize(
    ("command", "costs"),
    [
        ("courses list", True),
        ("products sync --dry-run", True),
        ("enrollments reconcile --dry-run --since 1d", True),
        ("secrets status", False),
        ("sandbox status", False),
        ("config", False),
    ],
)
def test_every_kind_of_report_has_its_cost(sandbox: Sandbox, command: str, costs: bool) -> None:
    """Lists, plans and single results alike: in JSON, and as a line on stderr and in Markdown where there is any."""
    done = sandbox.run(*command.split(), "-o", "json")
    assert (0, costs) == (done.returncode, "\nCost: Stripe " in f"\n{done.stderr}")
    assert set(MeterReading().as_json()) == set(json.loads(done.stdout)["meter"])
    assert costs == ("Cost: Stripe " in sandbox.run(*command.split(), "-o", "markdown").stdout)


@pytest.fixture
def cut_short(sandbox: Sandbox) -> Sandbox:
    """A sandbox whose Stripe fails while prices are read, for good, once the table has been."""
    put_course(sandbox, "a", "49.99")
    sandbox.control.add_fault(
        "error", service="stripe", operation="GET /v1/prices", when="before", status=400, times=None
    )
    return sandbox


def test_failed_run_tells_its_cost(cut_short: Sandbox) -> None:
    """What was read before a failure is paid for too: a line on stderr, before what went wrong."""
    done = cut_short.run("products", "sync")
    assert (1, "", "Cost: Stripe 3 reads, 0 writes; DynamoDB 4.0 read units", ["Error: ", "  "]) == (
        done.returncode,
        done.stdout,
        done.stderr.partition(", 0.0 write units")[0],
        [line[: len(start)] for line, start in zip(done.stderr.splitlines()[1:], ("Error: ", "  "), strict=True)],
    )


def test_document_of_a_failed_run_has_its_cost(cut_short: Sandbox) -> None:
    """With -o json it is the meter that a report has."""
    meter = json.loads(cut_short.run("products", "sync", "-o", "json").stdout)["meter"]
    assert {**MeterReading(3, 0, 0, 4.0).as_json(), "seconds": meter["seconds"]} == meter


def test_failed_run_that_asked_nobody_has_no_cost(sandbox: Sandbox) -> None:
    """Wrong configuration is found before the first request."""
    done = sandbox.run("products", "sync", "-o", "json", env={"LMX_MAX_PRICE": "much"})
    assert ({"schema", "command", "error"}, 2) == (set(json.loads(done.stdout)), len(done.stderr.splitlines()))


def test_refused_run_tells_its_cost(sandbox: Sandbox) -> None:
    """A failure that reached a report has read before it was refused."""
    put_course(sandbox, "a", "49.99")
    done = sandbox.run("products", "sync", "-o", "json")
    document = json.loads(done.stdout)
    assert (5, "guard.confirm") == (done.returncode, document["error"]["code"])
    assert document["meter"]["stripe_reads"] > 0
