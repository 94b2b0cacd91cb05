"""Which sessions are read before a pending item is released, and which of them keep it; from values alone."""

import pytest

from learnermax_cli.core.errors import FailedError
from learnermax_cli.enrollments.read_table import Scope
from learnermax_cli.enrollments.release import read_case, require_releasable
from tests.enrollments.history import History, Sale
from tests.enrollments.values import CREATED, KEY, NOW, case, enrollment, payment, rules, unpaid

RELEASE = rules(release_expired=True)
OTHERS = {"metadata_user": "user-8", "reference_user": "user-8"}


@pytest.mark.parametrize("disputes", [("lost",), ("lost", "lost"), ("lost", "won"), ("prevented",)])
def test_payment_that_was_lost_for_good_keeps_nothing(disputes: tuple[str, ...]) -> None:
    """The money is gone, so the student may buy again."""
    subject = case(payment(disputes=disputes))
    assert "disputed" == require_releasable(subject, RELEASE, allow_missing_session=False)


@pytest.mark.parametrize("disputes", [("won", "appeal_under_review"), ("needs_response", "lost"), ("under_review",)])
def test_payment_that_may_still_be_here_keeps_the_item(disputes: tuple[str, ...]) -> None:
    """One dispute that is not lost is enough."""
    with pytest.raises(FailedError) as caught:
        require_releasable(case(payment(disputes=disputes)), RELEASE, allow_missing_session=False)
    assert "failed.not_over" == caught.value.code


def test_sessions_of_the_enrollment_since_it_was_written_are_read() -> None:
    """From a quarter of an hour before the item on, with their disputes; neither its own again nor those of others."""
    own, first = unpaid("expired"), payment("cs_test_first", created=CREATED - 900, disputes=("lost",))
    later = unpaid("open", "cs_test_later", created=CREATED + 60)
    foreign = payment("cs_test_foreign", **OTHERS)
    early = payment("cs_test_early", created=CREATED - 901)
    history = History(sales=[Sale(each, KEY) for each in (early, first, own, foreign, later)])
    read = read_case(history, enrollment())
    assert (own, [later, first]) == (read.named, list(read.others))


@pytest.mark.parametrize(("before", "left"), [(900, ["pending"]), (901, [])])
def test_reconcile_reads_back_a_quarter_of_an_hour_before_the_oldest_item(before: int, left: list[str]) -> None:
    """An open session made shortly before the item keeps it; an older one is of an earlier attempt."""
    sessions = [unpaid("open", "cs_test_open", created=CREATED - before), unpaid("expired")]
    history = History(now=NOW, sales=[Sale(each, KEY) for each in sessions], items={KEY: enrollment()})
    history.reconcile("run-1", RELEASE, Scope())
    assert left == [item.status for item in history.items.values()]
