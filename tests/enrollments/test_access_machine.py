"""After each run that may take access away, everybody who paid is in and nobody else, whatever happened before."""

from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck
from hypothesis.stateful import run_state_machine_as_test

from tests.enrollments.access_machine import OUTCOMES, STUDENTS, AccessMachine
from tests.running import Sandbox
from tests.sampling import examples

EXAMPLES = 40
COMMON = ("enrolled", "revoked", "restored", "kept", "in by open dispute")
"""What forty random histories never miss; the others may be missing in one run of several."""
ADA, BOB = STUDENTS
TOLD: dict[str, Callable[[AccessMachine], None]] = {
    "enrolled": lambda machine: machine.buy(BOB, "checkout", ()),
    "revoked": lambda machine: machine.only_money_goes_back(ADA, ("refund",)),
    "restored": lambda machine: machine.only_money_goes_back(ADA, ("refund", "run", "fail")),
    "updated": lambda machine: (
        machine.buy(ADA, "link", ()),
        machine.money_goes_back_and_forth(ADA, 1, ("refund",), None, revoke=True),
    )[0],
    "new purchase": lambda machine: machine.only_money_goes_back(ADA, ("refund", "run", "buy")),
    "claimed": lambda machine: machine.buy(BOB, "claimed", ()),
    "kept": lambda machine: machine.decide_by_hand(ADA, "keep", ()),
    "in by open dispute": lambda machine: machine.only_money_goes_back(ADA, ("dispute",)),
    "paid after revoke": lambda machine: machine.decide_by_hand(ADA, "revoke, paid later", ()),
}
"""A story that ends in each outcome, so that none is left to chance."""


@pytest.mark.slow
@pytest.mark.parametrize("outcome", OUTCOMES)
def test_every_outcome_is_reached(sandbox: Sandbox, outcome: str) -> None:
    """The machine knows what access is by right in each of them, also when the story goes on by itself."""
    seen: Counter[str] = Counter()
    machine = _machine(sandbox, seen)()
    machine.begin()
    before = seen[outcome]
    TOLD[outcome](machine)
    machine.teardown()
    assert before < seen[outcome], seen


@pytest.mark.slow
@pytest.mark.properties
@pytest.mark.timeout(1_800)
def test_access_follows_the_money(sandbox: Sandbox) -> None:
    """In any order of purchases, refunds, disputes, decisions by hand, claims, deliveries and runs."""
    checked = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large]
    settings = examples(EXAMPLES, one_in=40, stateful_step_count=6, suppress_health_check=checked)
    seen: Counter[str] = Counter()
    machine = _machine(sandbox, seen)
    run_state_machine_as_test(machine, settings=settings)
    if settings.max_examples == EXAMPLES:
        assert [] == [outcome for outcome in COMMON if not seen[outcome]], seen


def _machine(sandbox: Sandbox, seen: Counter[str]) -> type[AccessMachine]:
    return type("Machine", (AccessMachine,), {"sandbox": sandbox, "seen": seen})
