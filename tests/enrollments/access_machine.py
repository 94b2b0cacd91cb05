"""Buyers, their banks, operators, deliveries and runs in any order, and a model of who is in by right."""

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from random import Random
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from learnermax_cli.sandbox.client import SandboxError
from tests.enrollments import worlds
from tests.enrollments.access_model import PRICE, STORIES, Access, Event, Part, Sale, Step
from tests.enrollments.worlds import COURSE
from tests.items import course_item, student_item
from tests.running import Sandbox
from tests.webhooks.signed import deliver
from tests.webhooks.worlds import Serving, put_signing_secret

STUDENTS = ("ada", "bob")
USERS = st.sampled_from(STUDENTS)
AMOUNTS = st.sampled_from([None, None, None, 1_000, 6_000])
"""Of refunds and disputes: all, or a part; of two greater parts only nine tenths or more count as all."""
WAYS = ("checkout", "link", "open", "nobody", "claimed", "claimed", "claimed")
NUMBERS = st.integers(0, 1_000)
HISTORIES = st.one_of(
    st.sampled_from(STORIES), st.sampled_from(STORIES), st.lists(st.integers(0, 999), min_size=2, max_size=5)
)
RUN = ("--since", "30d")
OUTCOMES = (
    *("enrolled", "revoked", "restored", "updated", "new purchase", "claimed", "kept", "in by open dispute"),
    "paid after revoke",
)
MINUTE, PROGRESS, MOST_DELIVERED = 60, 40, 8


class AccessMachine(RuleBasedStateMachine):
    """Buyers, their banks, operators and runs take turns, a minute each."""

    sandbox: Sandbox
    seen: Counter[str]

    def __init__(self) -> None:
        super().__init__()
        self.all: list[Sale] = []
        self.access = dict.fromkeys(STUDENTS, Access())
        self.receiver: Serving | None = None
        self.learned: set[str] = set()
        self.mailed: Counter[str] = Counter()

    @initialize()
    def begin(self) -> None:
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
        self._buy(STUDENTS[0], "checkout")
        self.run_and_compare(revoke=True)

    def teardown(self) -> None:
        """Whatever was left is settled, and there is nothing to do for another run."""
        if self.all:
            self.run_and_compare(revoke=True)
            again = worlds.reconcile(self.sandbox, *RUN, "--revoke")
            assert [] == again.changes
        if self.receiver is not None:
            self.receiver.kill()

    @rule(user=USERS, through=st.sampled_from(WAYS), history=HISTORIES)
    def buy(self, user: str, through: str, history: Sequence[Step]) -> None:
        """Through a session, whose item is put where there is none yet; a link; a session paid later; or unnamed.

        An operator may claim what does not say by whom.
        """
        self._buy(user, through)
        sale = self.all[-1]
        if through == "claimed":
            self._claim(user, sale)
        self._tell(sale, (*history, "run"), None)

    @rule(user=USERS, number=NUMBERS, history=HISTORIES, amount=AMOUNTS, revoke=st.sampled_from([True, True, False]))
    def money_goes_back_and_forth(
        self, user: str, number: int, history: Sequence[Step], amount: int | None, revoke: bool
    ) -> None:
        """A sale, the one that lets a student in or any, is paid, refunded or disputed, and its refund fails ..."""
        self._tell(self._sale(user, number), history, amount)
        self.run_and_compare(revoke=revoke)

    @rule(user=USERS, history=HISTORIES)
    def only_money_goes_back(self, user: str, history: Sequence[Step]) -> None:
        """The same where no other sale of the student holds, and nobody decided by hand unless for both of them."""
        user = next((one for one in (user, *STUDENTS) if not self.access[one].kept), user)
        subject = self._sale(user, 1)
        for sale in (sale for sale in self.all if user in (sale.student, sale.address) and sale is not subject):
            self._tell(sale, ("refund",), None)
        self._tell(subject, (*history, "run"), None)

    @rule(user=USERS, verb=st.sampled_from(["keep", "revoke", "revoke, paid later"]), history=HISTORIES)
    def decide_by_hand(self, user: str, verb: str, history: Sequence[Step]) -> None:
        """An operator lets a student stay, or in, or takes access away, and then the money moves; some are refused."""
        if verb == "keep":
            if self._decide("keep", COURSE, "--user", user, "--reason", "goodwill"):
                self.access[user] = self.access[user].keep(self._named(user))
            self._tell(self._sale(user, 1), ("refund", "run", *history, "run"), None)
            return
        if verb == "revoke, paid later":
            self._buy(user, "open")
            history = ("pay",)
        sale = self.all[-1]
        if self._decide("revoke", COURSE, "--user", user, "--reason", "shared the account"):
            self.access[user] = self.access[user].revoke(worlds.now(self.sandbox))
        self._tell(sale, (*history, "run"), None)

    def _claim(self, user: str, sale: Sale) -> None:
        """Let an operator say whose payment it is; refused where it is of no use to the student."""
        before = self._entries()
        if not self._decide("create", COURSE, "--user", user, "--session", sale.session_id):
            assert before == self._entries()
            return
        assert (True, "completed", sale.session_id) == (sale.valid, self._status(user), self._named(user))
        sale.student = user
        self.access[user] = self.access[user].claim(sale.session_id)
        self.seen["claimed"] += 1

    def _decide(self, *words: str) -> bool:
        """Run a command of an operator; return whether it was not refused."""
        self._pass_time()
        done = self.sandbox.run("enrollments", *words, "--yes")
        assert done.returncode in (0, 1), done.stderr
        return done.returncode == 0

    def _deliver(self, number: int) -> None:
        """Events come twice and in any order, to a receiver that may take access away: it stays, or becomes right."""
        if self.receiver is None:
            self.receiver = Serving(self.sandbox, env={"LMX_REVOKE": "1"})
        events = [event.to_dict() for event in self.sandbox.stripe().v1.events.list({"limit": 100}).data]
        order = Random(number)
        some = order.sample(events, order.randint(0, min(len(events), MOST_DELIVERED)))
        chosen = [*some, *order.sample(some, len(some) // 2)]
        order.shuffle(chosen)
        for one in chosen:
            status, text = deliver(self.receiver.url, one, worlds.now(self.sandbox))
            assert (200, one["type"]) == (status, one["type"]), text
        self._require_between(lambda user: (self.access[user], self._by_right(user)))

    def run_and_compare(self, revoke: bool) -> None:
        """After a run, access is what it is by right, and progress is what it was; without the flag none is taken."""
        self._pass_time()
        ran = worlds.reconcile(self.sandbox, *RUN, *(["--revoke"] if revoke else []))
        assert 0 == ran.exit_code, ran.stderr
        for kind, _ in ran.findings:
            self.seen[kind] += 1

        def expect(user: str) -> tuple[Access, ...]:
            by_right, now = self._by_right(user), self.access[user]
            return (by_right if revoke or by_right.inside else now,)

        self._require_between(expect)
        self._learn()

    def _require_between(self, expect: Callable[[str], Sequence[Access]]) -> None:
        """Assert that each student's access is as it may be, that its item names what let them in, and its mails."""
        for user, before in self.access.items():
            inside = self._status(user) == "completed"
            fitting = [access for access in reversed(expect(user)) if access.inside == inside]
            assert fitting, (user, inside, expect(user), self.all)
            now = fitting[0].named(self._named(user), before=before) if inside else fitting[0]
            self.access[user] = now
            self.seen[self._outcome(before, now, user)] += 1
            own = [sale for sale in self.all if sale.student == user]
            valid = [sale.session_id for sale in own if sale.valid]
            void = [sale.session_id for sale in own if sale.void]
            if inside and valid and not now.kept and len(expect(user)) == 1:
                assert self._named(user) not in void, "another payment holds"
        self._compare_mails()

    def _compare_mails(self) -> None:
        self.mailed.update(str(sent["studentId"]) for sent in worlds.read_events(self.sandbox))
        assert {user: access.mails for user, access in self.access.items()} == {u: self.mailed[u] for u in STUDENTS}

    def _by_right(self, user: str) -> Access:
        unclaimed = [sale for sale in self.all if sale.student is None and sale.address == user]
        return self.access[user].follow([sale for sale in self.all if sale.student == user], unclaimed)

    def _outcome(self, before: Access, now: Access, user: str) -> str:
        """Return what has become of a student's access, in a word."""
        own = [sale for sale in self.all if sale.student == user]
        holds = [sale for sale in own if sale.valid]
        if before.inside and now.inside:
            if now.kept and not holds:
                return "kept"
            if any(sale.waiting for sale in own) and not holds:
                return "in by open dispute"
            return "unchanged" if before.through == now.through else "updated"
        if before.inside or not now.inside:
            return "revoked" if before.inside else "unchanged"
        if before.through is None:
            return "enrolled"
        return "restored" if before.through == now.through else "new purchase"

    def _sale(self, user: str, number: int) -> Sale:
        """Return the sale that lets a student in, three times of four and where there is one, or any."""
        through = [sale for sale in self.all if sale.session_id == self.access[user].through]
        return through[0] if through and number % 4 else self.all[number % len(self.all)]

    def _tell(self, sale: Sale, history: Sequence[Step], amount: int | None) -> None:
        """Let a history happen to a sale; what is not possible then is left out."""
        for step in history:
            what = sale.step(step) if isinstance(step, int) else step
            if what == "run":
                self.run_and_compare(revoke=True)
            elif what == "deliver":
                self._deliver(len(self.all) + len(self.seen))
            elif what == "buy":
                self._buy(sale.student or sale.address, "checkout")
            elif what == "buy unnamed":
                self._buy(sale.student or sale.address, "nobody")
            elif what == "buy disputed":
                self._buy(sale.student or sale.address, "checkout")
                self._tell(self.all[-1], ("dispute",), None)
            elif what in sale.possible():
                self._pass_time()
                with suppress(SandboxError):  # Stripe refunds nothing that is charged back, and no session ends twice
                    self._happen(sale, what, amount)

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

    def _buy(self, user: str, through: str) -> None:
        self._pass_time()
        fields: dict[str, Any] = {"email": f"{user}@example.com", "offset": 0}
        if unnamed := through in ("nobody", "claimed"):
            ours = {"managedBy": "lmx", "environment": "sandbox", "courseId": COURSE}
            fields |= {"metadata": ours, "payment_link": "plink_1", "client_reference_id": None}
        at, student = worlds.now(self.sandbox), None if unnamed else user
        state = "open" if through == "open" else "paid"
        session_id = worlds.seed(self.sandbox, student, state, **fields)
        self.all.append(Sale(session_id, student, user, at, paid=state == "paid"))
        if through in ("checkout", "open") and self._item(user) is None:
            worlds.put_pending(self.sandbox, user, session_id, hours=0)

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

    def _named(self, user: str) -> str:
        return str((self._item(user) or {}).get("stripeSessionId"))

    def _entries(self) -> int:
        return sum(entry["write"] for entry in self.sandbox.control.journal())

    def _pass_time(self) -> None:
        self.sandbox.control.advance_clock(MINUTE)
