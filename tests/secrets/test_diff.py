"""What a push changes, decided from values."""

import json
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from learnermax_cli.planning.change import Change
from learnermax_cli.secrets.plan_push import KeyCounts, plan_push, plan_restore
from tests.secrets.support import NAME, content_of

SECRET = "sk_" + "test_" + "a" * 24
NEWER = "rk_" + "test_" + "b" * 24
PUBLISHABLE = "pk_" + "test_" + "c" * 24

NAMES = st.sampled_from(["STRIPE_SECRET_KEY", "NEXT_PUBLIC_STRIPE_PUBLISHABLE_KEY", "STRIPE_WEBHOOK_SECRET", "other"])
VALUES = st.sampled_from([SECRET, NEWER, PUBLISHABLE, "", "x"])
FOREIGN = st.one_of(VALUES, st.none(), st.integers(), st.lists(st.integers(), max_size=2))


def test_create() -> None:
    """A missing secret is created; words tell kind and mode, never a value."""
    plan = plan_push(NAME, None, {"STRIPE_SECRET_KEY": SECRET}, prune=False)

    assert Change("secret", NAME, "create", None, {"STRIPE_SECRET_KEY": "present (secret, test)"}) == plan.change
    assert json.dumps({"STRIPE_SECRET_KEY": SECRET}, separators=(",", ":")) == plan.text.reveal()
    assert ((), KeyCounts(add=1)) == (plan.loses, plan.counts)


def test_merge() -> None:
    """Keys there stay, new ones come, different ones change and are named as losses."""
    stored = content_of({"STRIPE_SECRET_KEY": SECRET, "other": {"nested": 1}})
    plan = plan_push(
        NAME, stored, {"STRIPE_SECRET_KEY": NEWER, "NEXT_PUBLIC_STRIPE_PUBLISHABLE_KEY": PUBLISHABLE}, prune=False
    )

    before = {
        "NEXT_PUBLIC_STRIPE_PUBLISHABLE_KEY": "missing",
        "STRIPE_SECRET_KEY": "present (secret, test)",
        "other": "present",
    }
    after = {
        "NEXT_PUBLIC_STRIPE_PUBLISHABLE_KEY": "present (publishable, test)",
        "STRIPE_SECRET_KEY": "changed (restricted, test)",
        "other": "present",
    }
    assert Change("secret", NAME, "update", before, after) == plan.change
    assert (("STRIPE_SECRET_KEY",), KeyCounts(1, 1, 0, 1)) == (plan.loses, plan.counts)


def test_prune() -> None:
    """With prune, keys that are not pushed go, and count as losses."""
    plan = plan_push(NAME, content_of({"A": "1", "other": "2"}), {"A": "1"}, prune=True)

    assert Change(
        "secret", NAME, "update", {"A": "present", "other": "present"}, {"A": "present", "other": "missing"}
    ) == (plan.change)
    assert (("other",), KeyCounts(remove=1, unchanged=1)) == (plan.loses, plan.counts)


def test_equal() -> None:
    """Nothing to change is no change."""
    assert plan_push(NAME, content_of({"B": "2", "A": "1"}), {"A": "1"}, prune=False).change is None


def test_empty_secret_is_filled() -> None:
    """A secret without keys is updated, not created."""
    plan = plan_push(NAME, {}, {"A": "1"}, prune=False)

    assert Change("secret", NAME, "update", {"A": "missing"}, {"A": "present"}) == plan.change


def test_restore_tells_the_date() -> None:
    """What is restored can't be compared before, so that everything may be lost."""
    plan = plan_restore(NAME, datetime(2026, 3, 4, tzinfo=UTC), {"A": "1"})

    assert plan.change is not None
    assert {"state": "scheduled for deletion, 2026-03-04"} == plan.change.before
    assert ("A",) == plan.loses


@given(
    stored=st.none() | st.dictionaries(NAMES, FOREIGN),
    wanted=st.dictionaries(NAMES, VALUES, min_size=1),
    prune=st.booleans(),
)
def test_applied_plan_leaves_nothing_to_do(
    stored: dict[str, object] | None, wanted: dict[str, str], prune: bool
) -> None:
    """What a plan stores is what was wanted, planning again is nothing, and no value is told."""
    plan = plan_push(NAME, None if stored is None else content_of(stored), wanted, prune=prune)
    after = json.loads(plan.text.reveal())

    assert wanted == {name: after[name] for name in wanted}
    assert plan_push(NAME, content_of(after), wanted, prune=prune).change is None
    assert (plan.change is None) == (stored == after)
    told = "" if plan.change is None else plan.change.canonical()
    assert not any(value in told for value in wanted.values() if len(value) > 8)
