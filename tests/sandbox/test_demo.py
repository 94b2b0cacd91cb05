"""The demo's steps: what a person may paste, and how far they go."""

from learnermax_cli.sandbox.demo_steps import STEPS


def test_every_command_works_on_a_sandbox_alone() -> None:
    """Pasted as it is shown, none reaches an account."""
    shown = [" ".join(step.words()) for step in STEPS]
    assert [] == [line for line in shown if not line.startswith("sandbox ") and not line.endswith(" -e sandbox")]


def test_demo_ends_with_a_refund() -> None:
    """Its finding, access that follows the money, and the student's case."""
    assert [
        "sandbox refund LINK",
        "enrollments reconcile --since 1d -e sandbox",
        "enrollments reconcile --since 1d --revoke -e sandbox",
        "students show test-student -e sandbox",
    ] == [" ".join(step.words()) for step in STEPS[-4:]]
