"""Tickets: from every id that a student could hold, one command gives the verdict, and its remedy settles it."""

import pytest

from tests.enrollments import worlds
from tests.items import student_item
from tests.ran import last_entry, writes_since
from tests.running import Sandbox
from tests.sampling import sampled
from tests.students.tickets import TICKETS, Ticket
from tests.students.worlds import USER, case_of, ids_of, paste, show

MOST_READS, MOST_FROM_USER, MOST_UNITS = 12, 8, 6


@pytest.mark.parametrize("ticket", sampled(TICKETS, 4), ids=str)
def test_ticket_is_settled_by_its_remedy(sandbox: Sandbox, ticket: Ticket) -> None:
    """The state and the command are right, nothing is written, and the command, pasted, leaves nothing to run."""
    worlds.put_basics(sandbox, USER)
    ticket.put(sandbox)
    seq = last_entry(sandbox)
    ran = show(sandbox, USER)
    assert [] == writes_since(sandbox, seq)
    case = case_of(ran)
    remedy = case["remedy"] or ""
    assert (ticket.state, ticket.remedy) == (case["state"], " ".join(remedy.split()[1:3]) or None), case
    assert ran.report["meter"]["stripe_reads"] <= MOST_FROM_USER
    assert ran.report["meter"]["dynamodb_read_units"] <= MOST_UNITS
    if not remedy:
        return
    paste(sandbox, remedy)
    left = show(sandbox, USER).report["data"]["cases"]
    settled = [case["state"] for case in left if case["state"] != "no enrollment"]
    assert [ticket.after] * (ticket.after is not None) == settled, left
    assert [None] * len(left) == [case["remedy"] for case in left]


@pytest.mark.parametrize("ticket", sampled(TICKETS, one_in=7, in_ci=3), ids=str)
def test_every_id_leads_to_the_same_case(sandbox: Sandbox, ticket: Ticket) -> None:
    """The address, the session, its URL, payment, charge, refund, dispute, customer and event all do."""
    worlds.put_basics(sandbox, USER)
    session_id = ticket.put(sandbox)
    expected = case_of(show(sandbox, USER))
    ids = [] if session_id is None else ids_of(sandbox, session_id)
    if ticket.name == "another user's metadata":
        ids = []  # they are the other user's
    for what in [student_item(USER)["email"], *ids]:
        ran = show(sandbox, what)
        case = case_of(ran)
        assert (expected["state"], expected["remedy"]) == (case["state"], case["remedy"]), (what, case)
        assert ran.report["meter"]["stripe_reads"] <= MOST_READS
        assert ran.report["meter"]["dynamodb_read_units"] <= MOST_UNITS
