"""After each run that may take access away, everybody who paid is in and nobody else, whatever happened before."""

from contextlib import suppress
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)

from learnermax_cli.sandbox.client import SandboxError
from tests.enrollments import worlds
from tests.enrollments.access_model import PRICE, Access, Event, Part, Sale
from tests.enrollments.worlds import COURSE
from tests.items import course_item, student_item
from tests.running import Sandbox
from tests.sampling import examples
from tests.webhooks.signed import deliver
from tests.webhooks.worlds import Serving, put_signing_secret

pytestmark = pytest.mark.properties

STUDENTS = ("ada", "bob")
AMOUNTS = st.sampled_from([None, None, 1_000, 6_000])
"""Of refunds and disputes: all, or a part; of two greater parts only nine tenths or more count as all."""
NUMBERS = st.integers(0, 1_000)
RUN = ("--since", "30d", "--revoke")
MINUTE, PROGRESS = 60, 40


class AccessMachine(RuleBasedStateMachine):
    """Buyers, their banks, operators and runs take turns, a minute each."""

    sales: Bundle[Sale] = Bundle("sales")
    unclaimed: Bundle[Sale] = Bundle("unclaimed")

    sandbox: Sandbox

    def __init__(self) -> None:
        super().__init__()
        self.all: list[Sale] = []
        self.access = {user: Access() for user in STUDENTS}
        self.receiver: Serving | None = None
        self.learned: set[str] = set()

    @initialize(target=sales)
    def begin(self) -> Any:
        """A course on sale, the students, and one who has bought it."""
        self.sandbox.control.reset()
        product = self.sandbox.stripe().v1.products.create(
            {
                "name": "Course",
                "metadata": {"managedBy": "lmx", "environment": "sandbox", "courseId": COURSE},
                "default_price_data": {"currency": "usd", "unit_amount": PRICE},
            }
        )
        course = course_item(COURSE, "99.99", stripeProductId=product.id)
        worlds.put_items(self.sandbox, [course, *(student_item(user) for user in STUDENTS)])
        put_signing_secret(self.sandbox)
        return self._buy(STUDENTS[0], "checkout")

    def teardown(self) -> None:
        """Whatever was left is settled, and there is nothing to do for another run."""
        if self.all:
            self.run_and_compare()
            again = worlds.reconcile(self.sandbox, *RUN)
            assert [] == again.changes
        if self.receiver is not None:
            self.receiver.kill()

    @rule(target=sales, user=st.sampled_from(STUDENTS), through=st.sampled_from(["checkout", "link", "open"]))
    def buy(self, user: str, through: str) -> Any:
        """A session with its pending item, where there is none yet; through a link; or one that is paid later."""
        return self._buy(user, through)

    def _buy(self, user: str, through: str) -> Sale:
        sale = self._sell(user, user, state="open" if through == "open" else "paid")
        sale.paid = through != "open"
        if through != "link" and worlds.read_item(self.sandbox, user) is None:
            worlds.put_pending(self.sandbox, user, sale.session_id, hours=0)
        return sale

    @rule(target=unclaimed, address=st.sampled_from(STUDENTS))
    def buy_without_saying_by_whom(self, address: str) -> Any:
        """Through a link, under an address that may be a student's."""
        ours = {"managedBy": "lmx", "environment": "sandbox", "courseId": COURSE}
        return self._sell(None, address, metadata=ours, payment_link="plink_1", client_reference_id=None)

    @precondition(lambda self: self.all)
    @rule(sale=st.one_of(sales, unclaimed), amount=AMOUNTS, number=NUMBERS, then_run=st.booleans())
    def something_happens(self, sale: Sale, amount: int | None, number: int, then_run: bool) -> None:
        """A session is paid, refunded, all or a part, or disputed; a refund fails, a dispute is won, lost, or both."""
        self._pass_time()
        possible = list(sale.possible())
        what = possible[number % len(possible)]
        with suppress(SandboxError):  # Stripe refunds nothing that is charged back, and no open session is paid twice
            self._happen(sale, what, amount)
        if then_run:
            self.run_and_compare()

    def _happen(self, sale: Sale, what: Event, amount: int | None) -> None:
        control, session_id = self.sandbox.control, sale.session_id
        match what:
            case "pay":
                control.pay(session_id)
                sale.paid = True
            case "refund":
                made = control.refund(session_id, amount)
                sale.refunds.append(Part(made.amount, made.status, made.id))
            case "fail" | "fail_silently":
                part = sale.standing_refunds[-1]
                control.change_refund(session_id, refund_id=part.refund_id, charge_follows=what == "fail")
                part.state = "failed"
            case "dispute":
                opened = control.dispute(session_id, amount=amount)
                sale.disputes.append(Part(opened.amount, opened.status))
            case "won" | "lost":
                control.change_dispute(session_id, what)
                sale.disputes[-1].state = what

    @precondition(lambda self: self.all)
    @rule(user=st.sampled_from(STUDENTS), kept=st.booleans())
    def decide_by_hand(self, user: str, kept: bool) -> None:
        """An operator keeps a student, or takes the access away; some are refused."""
        self._pass_time()
        verb = "keep" if kept else "revoke"
        done = self.sandbox.run("enrollments", verb, COURSE, "--user", user, "--reason", "by hand", "--yes")
        assert done.returncode in (0, 1), done.stderr
        if done.returncode == 0 and kept:
            self.access[user].keep()
        elif done.returncode == 0 and self.access[user].revoked_at is None:
            self.access[user].revoke(worlds.now(self.sandbox))

    @precondition(lambda self: any(sale.student is None for sale in self.all))
    @rule(target=sales, sale=consumes(unclaimed), user=st.sampled_from(STUDENTS))
    def claim(self, sale: Sale, user: str) -> Any:
        """An operator says whose payment it is; refused where it is of no use to the student."""
        self._pass_time()
        before = self._entries()
        done = self.sandbox.run("enrollments", "create", COURSE, "--user", user, "--session", sale.session_id, "--yes")
        assert done.returncode in (0, 1), done.stderr
        if done.returncode == 1:
            assert before == self._entries()
            return multiple()
        assert (True, "completed") == (sale.valid, self._status(user))
        sale.student = user
        self.access[user].inside, self.access[user].revoked_at = True, None
        return sale

    @precondition(lambda self: self.all)
    @rule(number=NUMBERS)
    def deliver(self, number: int) -> None:
        """Events come twice and in any order, to a receiver that may take access away; nobody gets in unpaid."""
        if self.receiver is None:
            self.receiver = Serving(self.sandbox, env={"LMX_REVOKE": "1"})
        events = [event.to_dict() for event in self.sandbox.stripe().v1.events.list({"limit": 100}).data]
        order = Random(number)
        some = order.sample(events, order.randint(0, len(events)))
        chosen = [*some, *order.sample(some, len(some) // 2)]
        order.shuffle(chosen)
        for event in chosen:
            status, text = deliver(self.receiver.url, event, worlds.now(self.sandbox))
            assert (200, event["type"]) == (status, event["type"]), text
        for user, access in self.access.items():
            inside = self._status(user) == "completed"
            may_be = access.inside or any(sale.valid for sale in self.all if sale.student == user)
            assert may_be or not inside
            access.inside = inside

    @precondition(lambda self: self.all)
    @rule()
    def run_and_compare(self) -> None:
        """After a run, access is what it is by right, and progress is what it was."""
        self._pass_time()
        ran = worlds.reconcile(self.sandbox, *RUN)
        assert 0 == ran.exit_code, ran.stderr
        for user, access in self.access.items():
            unclaimed = [sale for sale in self.all if sale.student is None and sale.address == user]
            access.follow([sale for sale in self.all if sale.student == user], unclaimed)
        there = {user: access for user, access in self.access.items() if self._item(user) is not None}
        expected = {user: "completed" if access.inside else "pending" for user, access in there.items()}
        assert expected == {user: self._status(user) for user in there}
        assert [] == [user for user, access in self.access.items() if access.inside and user not in there]
        self._learn()

    def _sell(self, student: str | None, address: str, state: str = "paid", **fields: Any) -> Sale:
        self._pass_time()
        at = worlds.now(self.sandbox)
        email = f"{address}@example.com"
        session_id = worlds.seed(self.sandbox, student, state, offset=0, email=email, **fields)
        sale = Sale(session_id, student, address, at)
        self.all.append(sale)
        return sale

    def _learn(self) -> None:
        """Let everybody with an item make progress, once; nothing ever loses it."""
        for user in self.access:
            item = self._item(user)
            assert (user in self.learned) == (item is not None and item["progress"] == PROGRESS)
            if item is not None and user not in self.learned:
                self.sandbox.dynamodb().put_item(Item={**item, "progress": PROGRESS})
                self.learned.add(user)

    def _item(self, user: str) -> dict[str, Any] | None:
        item = worlds.read_item(self.sandbox, user)
        assert item is None or item["paymentStatus"] in ("pending", "completed")
        return item

    def _status(self, user: str) -> str | None:
        item = self._item(user)
        return None if item is None else str(item["paymentStatus"])

    def _entries(self) -> int:
        return sum(entry["write"] for entry in self.sandbox.control.journal())

    def _pass_time(self) -> None:
        self.sandbox.control.advance_clock(MINUTE)


@pytest.mark.timeout(1_200)
def test_access_follows_the_money(sandbox: Sandbox) -> None:
    """In any order of purchases, refunds, disputes, decisions by hand, claims, deliveries and runs."""
    checked = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large]
    settings = examples(30, stateful_step_count=12, suppress_health_check=checked)
    run_state_machine_as_test(type("Machine", (AccessMachine,), {"sandbox": sandbox}), settings=settings)
