"""A run knows what it cost."""

import threading

from learnermax_cli.meter import Meter, MeterReading


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
    } == MeterReading(1, 2, 3, 0.1 + 0.2, 0.1, 1.2345).as_json()


def test_reading_as_line_names_throttles_only_when_there_were_any() -> None:
    """One line for people."""
    assert (
        "Cost: Stripe 1 reads, 2 writes; DynamoDB 0.5 read units, 1.0 write units; 3.2 s"
        == MeterReading(1, 2, 0, 0.5, 1.0, 3.21).as_line()
    )
    assert "writes, 3 throttled; DynamoDB" in MeterReading(stripe_throttled=3).as_line()
