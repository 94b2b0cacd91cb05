"""Packed results come out as they went in."""

from learnermax_cli.planning.change import Change, PackedResults, Result

COMPLETE = Change("enrollment", "u/c", "complete", {"paymentStatus": "pending"}, {"paymentStatus": "completed"}, "ü")
PUBLISH = Change("event", "u/c", "publish")
RESULTS = [Result(COMPLETE, "applied"), Result(PUBLISH, "failed", "no topic"), Result(PUBLISH)]


def test_results_come_back_in_order() -> None:
    """What was added in batches is iterated over in the same order, as often as asked."""
    packed = PackedResults()
    packed.add(RESULTS[:2])
    packed.add([])
    packed.add(RESULTS[2:])
    assert RESULTS == list(packed)
    assert RESULTS == list(packed)
    assert 3 == len(packed)


def test_contains_what_was_added() -> None:
    """An added result is in it, another is not; without any it is empty and false."""
    packed = PackedResults()
    assert not packed
    packed.add(RESULTS[:1])
    assert RESULTS[0] in packed
    assert RESULTS[1] not in packed
