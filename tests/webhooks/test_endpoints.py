"""What is to be done about the endpoints of a URL, decided from values."""

from collections.abc import Sequence
from typing import Any

import pytest

from learnermax_cli.core.errors import GuardError
from learnermax_cli.core.ownership import Marker
from learnermax_cli.core.secret_text import SecretText
from learnermax_cli.planning.change import Change, Finding
from learnermax_cli.webhooks.model import EVENTS, Endpoint, StoredSecrets
from learnermax_cli.webhooks.plan_endpoints import EndpointPlan, find_others, plan_create, plan_delete
from tests.webhooks.endpoint_values import GONE, NEW, OLD, STORED, URL, VERSION, endpoint, foreign, wanted

AFTER = {
    "events": list(EVENTS),
    "api_version": VERSION,
    "signing_secret": "STRIPE_WEBHOOK_SECRET in learnermax/stripe-keys",
}
KEPT = AFTER["signing_secret"] + "; the one stored there becomes STRIPE_WEBHOOK_SECRET_PREVIOUS"  # type: ignore[operator]
OTHER_URL = "https://other.learnermax.example/api/webhooks/stripe"


def steps(plan: EndpointPlan) -> list[tuple[str, str | None]]:
    """Return how each step is done, and to which endpoint."""
    return [(step.how, step.endpoint_id) for step in plan.steps]


def test_nothing_there_makes_one() -> None:
    """Without any endpoint one is made, and nothing else is stored than its secret."""
    plan = plan_create([], StoredSecrets(), wanted())
    assert (Change("endpoint", URL, "create", None, AFTER),) == plan.changes
    assert ([("create", None)], (), False, False) == (steps(plan), plan.replaces, plan.keeps_former, plan.goes_on)


def test_plan_says_that_the_secret_is_made_with_it() -> None:
    """Where there is none of that name yet."""
    [change] = plan_create([], StoredSecrets(exists=False), wanted()).changes
    assert change.after is not None
    assert "STRIPE_WEBHOOK_SECRET in a new secret, learnermax/stripe-keys" == change.after["signing_secret"]


def test_healthy_endpoint_stays() -> None:
    """One with exactly our events, enabled, of the SDK's version, whose secret is stored."""
    shuffled = endpoint(enabled_events=EVENTS[::-1])
    assert EndpointPlan() == plan_create([shuffled], STORED, wanted())


@pytest.mark.parametrize(
    ("fields", "before", "after"),
    [
        ({"enabled": False}, {"enabled": False}, {"enabled": True}),
        ({"enabled_events": ("*",)}, {"events": ["*"]}, {"events": list(EVENTS)}),
        (
            {"enabled_events": EVENTS[:1]},
            {"events": ["checkout.session.completed"]},
            {"events": list(EVENTS)},
        ),
    ],
    ids=("disabled", "all-events", "one-event"),
)
def test_drifted_endpoint_is_fixed(fields: dict[str, Any], before: dict[str, object], after: dict[str, object]) -> None:
    """Events and enabling are changed in place: the secret stays."""
    plan = plan_create([endpoint(**fields)], STORED, wanted())
    assert (Change("endpoint", URL, "update", before, after),) == plan.changes
    assert [("fix", "we_1")] == steps(plan)


@pytest.mark.parametrize(
    ("secret", "reason"),
    [(None, "its signing secret was never stored"), (GONE, "its signing secret is not the stored one")],
    ids=("unmarked", "another"),
)
def test_endpoint_with_a_lost_secret_is_replaced(secret: SecretText | None, reason: str) -> None:
    """The new one comes first, then the other is deleted; what is stored is somebody's: kept, and a person is asked."""
    plan = plan_create([endpoint(secret=secret)], STORED, wanted())
    before = {"endpoints": ["we_1"], "api_version": VERSION}
    told = {"endpoint": "we_1", "api_version": VERSION}
    assert (
        Change("endpoint", URL, "replace", before, {**AFTER, "signing_secret": KEPT}, reason),
        Change("endpoint", URL, "delete", told, None, reason),
    ) == plan.changes
    assert ([("create", None), ("drop", "we_1")], ("we_1",)) == (steps(plan), plan.replaces)
    assert (True, True) == (plan.keeps_former, plan.replaces_foreign)


def test_stored_secret_of_nobody_known() -> None:
    """The plan says that it is replaced and kept; where none is stored, or it is this endpoint's, nobody is asked."""
    plan = plan_create([], STORED, wanted())
    reason = "replaces a signing secret that is not this endpoint's"
    assert (Change("endpoint", URL, "create", None, {**AFTER, "signing_secret": KEPT}, reason),) == plan.changes
    assert (True, True) == (plan.keeps_former, plan.replaces_foreign)
    for other in (plan_create([], StoredSecrets(), wanted()), plan_create([endpoint()], STORED, wanted(roll=True))):
        assert not other.replaces_foreign


def test_lost_endpoint_makes_room_first() -> None:
    """Stripe takes sixteen: with so many there the one that nobody can use goes first."""
    rest = [foreign(f"we_{number}", url=f"https://{number}.example/") for number in range(100, 115)]
    assert [("drop", "we_1"), ("create", None)] == steps(plan_create([endpoint(secret=None), *rest], STORED, wanted()))


def test_other_version_is_replaced_with_an_overlap() -> None:
    """The version of an endpoint can't be changed; the old one is deleted last, and its secret stays valid."""
    plan = plan_create([endpoint(api_version="2020-01-01")], STORED, wanted())
    assert [("create", None), ("retire", "we_1")] == steps(plan)
    assert (True, "its API version is 2020-01-01") == (plan.keeps_former, plan.changes[0].reason)


def test_roll_makes_a_second_and_retires_the_first() -> None:
    """With --roll a healthy endpoint is replaced, its secret kept as the previous one."""
    plan = plan_create([endpoint()], STORED, wanted(roll=True))
    assert ([("create", None), ("retire", "we_1")], True) == (steps(plan), plan.keeps_former)
    assert "a new signing secret" == plan.changes[0].reason


@pytest.mark.parametrize("roll", [False, True])
def test_unfinished_roll_is_finished(roll: bool) -> None:
    """Newest fits the stored secret, older the previous: only the end of the older is left, whoever asks."""
    plan = plan_create([endpoint("we_1", OLD), endpoint("we_2", NEW)], STORED, wanted(roll=roll))
    assert ([("retire", "we_1")], False) == (steps(plan), plan.keeps_former)


def test_stored_secret_of_nobody_known_during_a_roll() -> None:
    """It is kept rather than the former one, whose endpoint is deleted by the same run."""
    plan = plan_create([endpoint("we_1", OLD), endpoint("we_2", None)], STORED, wanted())
    assert [("create", None), ("drop", "we_2"), ("retire", "we_1")] == steps(plan)
    assert (("we_2", "we_1"), True, True) == (plan.replaces, plan.keeps_former, plan.replaces_foreign)


def test_roll_cut_before_the_secret_was_stored() -> None:
    """A plain create goes back to the one in use; --roll makes another."""
    listed = [endpoint("we_1", NEW), endpoint("we_2", None)]
    assert [("drop", "we_2")] == steps(plan_create(listed, STORED, wanted()))
    rolled = plan_create(listed, STORED, wanted(roll=True))
    assert ([("create", None), ("drop", "we_2"), ("retire", "we_1")], True) == (steps(rolled), rolled.keeps_former)


def test_unfinished_roll_of_an_old_version_goes_on() -> None:
    """First the roll is finished, since its former secret is still in use, then the version is replaced."""
    listed = [endpoint("we_1", OLD), endpoint("we_2", NEW, api_version="2020-01-01")]
    plan = plan_create(listed, STORED, wanted())
    assert ([("retire", "we_1")], True) == (steps(plan), plan.goes_on)


@pytest.mark.parametrize(
    "other",
    [
        foreign(),
        foreign(enabled_events=("*",)),
        foreign(url="https://API.learnermax.example:443/api/webhooks/stripe"),
        endpoint("we_9", marker=Marker(managed=True, environment="prod")),
    ],
    ids=("by-hand", "all-events", "written-otherwise", "other-environment"),
)
def test_other_endpoint_at_the_url_is_in_the_way(other: Endpoint) -> None:
    """Each event would come twice: refused, naming it and the flag; a healthy one of ours beside it is left alone."""
    with pytest.raises(GuardError) as refusal:
        plan_create([other], STORED, wanted())
    assert "guard.other_endpoint" == refusal.value.code
    assert ("we_9" in refusal.value.message, "--allow-other" in refusal.value.hint) == (True, True)
    assert [("create", None)] == steps(plan_create([other], STORED, wanted(allow_other=True)))
    assert EndpointPlan() == plan_create([other, endpoint()], STORED, wanted())


@pytest.mark.parametrize(
    "other",
    [foreign(enabled=False), foreign(enabled_events=("payout.paid",)), foreign(url=OTHER_URL)],
    ids=("disabled", "other-events", "other-url"),
)
def test_other_endpoint_that_brings_nothing_twice_is_not_in_the_way(other: Endpoint) -> None:
    """It may stay."""
    assert [("create", None)] == steps(plan_create([other], StoredSecrets(), wanted()))


def test_endpoint_elsewhere_that_needs_the_stored_secret_is_in_the_way() -> None:
    """Its deliveries would be refused; with --allow-other its secret stays as the previous one."""
    elsewhere = endpoint("we_5", NEW, url=OTHER_URL)
    with pytest.raises(GuardError) as refusal:
        plan_create([elsewhere], STORED, wanted())
    assert ("we_5" in refusal.value.message, "--allow-other" in refusal.value.hint) == (True, True)
    plan = plan_create([elsewhere], STORED, wanted(allow_other=True))
    assert ([("create", None)], True) == (steps(plan), plan.keeps_former)


def test_roll_that_would_take_the_previous_secret_from_another_url_is_refused() -> None:
    """Receivers accept two secrets, not three."""
    listed = [endpoint("we_1", NEW), endpoint("we_5", OLD, url=OTHER_URL)]
    with pytest.raises(GuardError):
        plan_create(listed, STORED, wanted(roll=True))
    assert EndpointPlan() == plan_create(listed, STORED, wanted())


def test_others_are_found() -> None:
    """A finding for each that delivers every event a second time."""
    detail = "we_9 is not lmx's and delivers each event a second time"
    listed = [endpoint(), foreign(), foreign("we_8", enabled=False)]
    assert (Finding("other endpoint", URL, detail),) == find_others(listed, URL, "preview")


@pytest.mark.parametrize(
    ("listed", "deleted"),
    [
        ([], []),
        ([endpoint("we_1"), endpoint("we_2", None), foreign()], ["we_2", "we_1"]),
        ([endpoint(url=OTHER_URL), foreign(url=OTHER_URL)], []),
    ],
    ids=("nothing", "ours-beside-another", "elsewhere"),
)
def test_delete_takes_ours_alone(listed: Sequence[Endpoint], deleted: list[str]) -> None:
    """All of ours at the URL, marked or not; nothing of others, nothing elsewhere."""
    plan = plan_delete(listed, URL, "preview")
    assert deleted == [step.endpoint_id for step in plan.steps]
    assert {"delete"} >= {change.action for change in plan.changes}


@pytest.mark.parametrize("other", [foreign(), endpoint("we_9", marker=Marker(managed=True, environment="prod"))])
def test_delete_of_anothers_is_refused(other: Endpoint) -> None:
    """With the reason: whose it is."""
    with pytest.raises(GuardError) as refusal:
        plan_delete([other], URL, "preview")
    whose = "lmx's of environment prod" if other.marker.managed else "is not lmx's"
    assert ("guard.other_endpoint", True) == (refusal.value.code, whose in refusal.value.message)
