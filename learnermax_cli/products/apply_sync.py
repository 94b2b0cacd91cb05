"""Carries out a `CoursePlan`, change by change, in an order that is safe wherever a crash ends it.

Stripe has no conditional write. So that two runs side by side end in one state, the course is read again before the
first write and after the last, and the write-back is conditional on it: a run that finds another's work plans its
course again, from what is there then, until nothing is left to do.
"""

from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass, replace

from learnermax_cli.core.errors import FailedError, LmxError
from learnermax_cli.core.ownership import marker
from learnermax_cli.core.retries import is_fatal
from learnermax_cli.courses.model import PRODUCT_FIELDS, Course, CourseStore
from learnermax_cli.planning.change import Change, Mask, Result, masked_change, planned
from learnermax_cli.planning.plan_file import SavedPlan
from learnermax_cli.products.model import Catalog, CatalogGateway, NewPrice, SyncOptions, derived_product_id
from learnermax_cli.products.plan_course import CoursePlan
from learnermax_cli.products.plan_locate import depends_on_others
from learnermax_cli.products.plan_sync import Again, plan_again

ROUNDS = 5
"""How often one course is planned at most."""
_OVERTAKEN = frozenset(("failed.superseded", "failed.exists"))


@dataclass(frozen=True, slots=True)
class SyncRun:
    """What the courses of a run share: the ports, what the plan was made from, and a plan file with its mask."""

    gateway: CatalogGateway
    store: CourseStore
    courses: Mapping[str, Course]
    catalog: Catalog
    options: SyncOptions
    reviewed: SavedPlan | None
    mask: Mask

    def require_reviewed(self, plan: CoursePlan) -> None:
        """Raise FailedError where a plan file does not have every change of a plan."""
        reviewed = self.reviewed
        if reviewed is not None and reviewed.without([masked_change(change, self.mask) for change in plan.changes]):
            changed = f"course {plan.course_id} was changed while lmx ran"
            raise FailedError(
                f"{changed}, and what it needs now is not in plan file {reviewed.path}",
                hint="Make a new plan with --save-plan, review it, and apply that one.",
                code="failed.superseded",
            )

    def plan_again(self, former: CoursePlan) -> tuple[Again, Course | None]:
        """Read a course, and then its product and prices, and plan it anew; return the course, too."""
        course_id, environment = former.course_id, self.options.environment
        course = self.store.read_course(course_id)
        ids = {former.product_id, derived_product_id(environment, course_id)}
        ids |= {course.product_id} if course and course.product_id else set()
        catalog = self.catalog.replaced(ids, self.gateway.read_products(sorted(ids)))
        courses = {**self.courses}
        if course is not None and self.options.only and depends_on_others(course, catalog, environment):
            courses = {each.course_id: each for each in self.store.list_courses()}
        courses.pop(course_id, None)
        if course is not None:
            courses[course_id] = course
        return plan_again(former, courses.values(), catalog, self.options), course


class CourseSync:
    """Carries out the plan of one course."""

    def __init__(self, plan: CoursePlan, run: SyncRun) -> None:
        self._run = run
        self._plan = plan
        self._marker = marker(run.options.environment, plan.course_id)
        self._price_id = plan.price_id
        self._course = run.courses.get(plan.course_id)
        """The course as it was read, with what this run wrote to it."""
        self._open = list(plan.changes)
        """The changes of the first plan that have no result yet."""
        self._left = list(plan.changes)
        """The changes that are to be carried out."""
        self._refused: Change | None = None
        """The change that Stripe refused last."""
        self._wrote = False
        self._unchecked = False
        """Whether something was written to Stripe since the course was last known to be unchanged."""

    def carry_out(self) -> Iterator[Result]:
        """Yield the result of each change of the plan, and of those that became necessary; raises fatal LmxErrors."""
        try:
            yield from self._carry_out_rounds()
        except LmxError as error:
            rest = [*self._left, *(change for change in self._open if change not in self._left)]
            if rest:
                yield Result(rest[0], "failed", error.message)
                yield from planned(rest[1:])
            if is_fatal(error):
                raise

    def _carry_out_rounds(self) -> Iterator[Result]:
        # A product and its default price belong together, but come from two lists.
        overtaken = self._run.catalog.contradicts_itself(self._plan.product_id) or self._is_course_changed()
        for _ in range(ROUNDS):
            if overtaken:
                yield from self._plan_again()
            lost = yield from self._carry_out_left()
            overtaken = lost is not None or (self._unchecked and self._is_course_changed())
            if not overtaken:
                return
        yield from self._plan_again()
        if self._left:
            raise _kept_changing(self._plan.course_id) if lost is None or lost.code in _OVERTAKEN else lost

    def _carry_out_left(self) -> Generator[Result, None, LmxError | None]:
        """Carry out what is left; return the failure that another run is the reason of, and that ends the round."""
        while self._left:
            change = self._left[0]
            try:
                wrote = self._carry_out(change)
            except FailedError as error:
                # What another run has changed was not written by this one; of all other failures nobody knows.
                self._wrote = self._wrote or error.code not in _OVERTAKEN
                if not self._is_overtaken(change, error):
                    raise
                return error
            self._wrote = self._wrote or wrote
            del self._left[0]
            if change in self._open:
                self._open.remove(change)
            else:
                change = replace(change, reason=change.reason or "the course was changed while lmx ran")
            yield Result(change, "applied") if wrote else Result(change, "superseded", "another run wrote the same")
        return None

    def _is_overtaken(self, change: Change, error: FailedError) -> bool:
        if is_fatal(error):
            return False
        try:
            if error.code in _OVERTAKEN or self._is_course_changed():
                return True
            if error.code != "failed.refused":
                return False
            # The reason of a first refusal may be gone already, as when another run set its default price in between.
            again, self._refused = self._refused == change, change
            return not again or self._is_plan_changed()
        except LmxError:
            return False

    def _is_plan_changed(self) -> bool:
        """Return whether Stripe refused a change since another run has changed the product or its prices."""
        plan = self._run.plan_again(self._plan)[0].plan
        return plan is None or list(plan.changes) != self._left

    def _is_course_changed(self) -> bool:
        return self._run.store.read_course(self._plan.course_id) != self._course

    def _plan_again(self) -> Iterator[Result]:
        """Plan the course from what is there now; raises FailedError where that is not what this run may do."""
        again, self._course = self._run.plan_again(self._plan)
        self._unchecked = False
        plan = again.plan
        if again.ends_badly(wrote=self._wrote) and self._open:
            raise FailedError(again.reason, hint="Run the command again.", code="failed.superseded")
        if plan is not None and self._plan.desired is None and not self._wrote:
            plan = plan if plan.desired is None else None  # its course is sold again
        if plan is not None:
            self._require_allowed(plan)
            self._plan, self._price_id = plan, plan.price_id
        self._left = [] if plan is None else list(plan.changes)
        needless = [change for change in self._open if change not in self._left]
        self._open = [change for change in self._open if change in self._left]
        yield from (Result(change, "superseded", again.reason) for change in needless)

    def _require_allowed(self, plan: CoursePlan) -> None:
        """Raise FailedError where nobody has seen what would be written now, and nothing has been written yet."""
        if not self._wrote and plan.desired != self._plan.desired:
            raise FailedError(
                f"course {plan.course_id} was changed while lmx ran, so nothing was written to it",
                hint="Run the command again to use the course as it is now.",
                code="failed.superseded",
            )
        self._run.require_reviewed(plan)

    def _carry_out(self, change: Change) -> bool:
        """Carry out a change; return False where another run has written the same."""
        if (change.kind, change.action) == ("product", "link"):
            return self._link()
        # A product's id cannot be taken twice; the writes of two runs to one that is there overwrite each other.
        self._unchecked = self._unchecked or change.action != "create" or change.kind != "product"
        self._write_to_stripe(change)
        return True

    def _link(self) -> bool:
        course, product_id, price_id = self._plan.course, self._plan.product_id, self._price_id
        assert course is not None
        assert price_id is not None
        wrote = self._run.store.put_stripe_ids(course, product_id, price_id)
        ids = {"stripeProductId": product_id, "stripePriceId": price_id}
        self._course = Course(course.course_id, {**course.attributes, **ids})
        return wrote

    def _write_to_stripe(self, change: Change) -> None:
        gateway, product_id = self._run.gateway, self._plan.product_id
        match change.kind, change.action:
            case "product", "create":
                assert self._plan.desired is not None
                self._price_id = gateway.create_product(product_id, self._plan.desired, self._marker)
            case "product", "archive":
                gateway.update_product(product_id, {"active": False})
            case "product", _:
                gateway.update_product(product_id, self._product_fields(change))
            case "price", "adopt":
                gateway.update_price(_price_id(change), {"metadata": self._marker})
            case "price", "update":
                gateway.update_price(_price_id(change), self._plan.takes_over)
            case "price", "archive":
                gateway.update_price(_price_id(change), {"active": False})
            case _:
                self._make_default()

    def _product_fields(self, change: Change) -> dict[str, object]:
        after = change.after or {}
        # Stripe takes the empty text for "none" [stripe.params.ProductUpdateParams].
        fields = {name: after[name] or "" for name in PRODUCT_FIELDS if name in after}
        others = {name: after[name] for name in ("active", "default_price") if name in after}
        return {**fields, **others, "metadata": self._marker}

    def _make_default(self) -> None:
        assert self._plan.desired is not None
        gateway, product_id = self._run.gateway, self._plan.product_id
        taken = self._plan.takes_over
        if self._price_id is None:
            money, replaces = self._plan.desired.money, self._plan.replaces
            self._price_id = gateway.create_price(NewPrice(product_id, money, self._marker, replaces, taken))
        elif taken:
            gateway.update_price(self._price_id, taken)
        gateway.update_product(product_id, {"default_price": self._price_id})


def _kept_changing(course_id: str) -> FailedError:
    hint = "Run the command again in a moment."
    return FailedError(
        f"course {course_id} kept changing while lmx ran: run again", hint=hint, code="failed.superseded"
    )


def _price_id(change: Change) -> str:
    return str((change.before or {})["stripePriceId"])
