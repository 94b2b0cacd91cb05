"""What the demo shows, step by step."""

from dataclasses import dataclass

from learnermax_cli.sandbox.student import STUDENT_ID

OTHER_STUDENT_ID = "other-student"


@dataclass(frozen=True, slots=True)
class Step:
    """One command of the demo, the sentence that introduces it, and its expected exit code."""

    title: str
    command: str
    verdict_only: bool = False
    """Whether only what its report begins with is shown: the place and the verdict."""
    exit_code: int = 0
    keeps: str | None = None
    """A placeholder in later commands that this one's output replaces."""
    background: bool = False
    """Whether the command, a receiver, keeps running during later ones."""
    alone: bool = False
    """Whether what runs in the background is stopped first."""

    def words(self) -> list[str]:
        """Return the words of the command, so that it works on a sandbox alone whoever pastes it."""
        words = self.command.split()
        return words if words[0] == "sandbox" else [*words, "-e", "sandbox"]


STEPS = (
    Step("The LearnerMax courses go into a DynamoDB table.", "courses seed", verdict_only=True),
    Step("Prices are a number without a unit: 99.99 here, 4999 there.", "courses list"),
    Step("The Stripe keys go into AWS Secrets Manager, as one JSON secret.", "secrets push", verdict_only=True),
    Step("What would change at Stripe? A dry run writes nothing.", "products sync --dry-run"),
    Step("Apply exactly that.", "products sync --yes", verdict_only=True),
    Step("Run it again: nothing to do, nothing written.", "products sync --yes", verdict_only=True),
    Step("A course gets a new price ...", "courses set-price TEST-COURSE-003 119.00"),
    Step("... so Stripe gets a new price, and the old one becomes inactive.", "products sync --yes"),
    Step(
        "4999: is that 4,999.00 or 49.99 dollars? lmx refuses to guess.",
        "products sync --dry-run --include-coming-soon --course spec-driven-dev-premium",
        exit_code=1,
    ),
    Step("What Stripe holds now.", "products list"),
    Step("A student gets a link to pay ...", f"checkout create TEST-COURSE-005 --user {STUDENT_ID}", keeps="LINK"),
    Step("... and has no access yet: for the site a pending enrollment is none.", "enrollments list"),
    Step("The student pays.", "sandbox pay LINK"),
    Step("Which enrollments were paid? A dry run first.", "enrollments reconcile --dry-run"),
    Step("The enrollment that was paid is completed.", "enrollments reconcile", verdict_only=True),
    Step("The webhook endpoint is registered at Stripe; its signing secret is stored.", "webhooks create --url URL"),
    Step("A receiver listens there ...", "webhooks serve --port PORT", background=True),
    Step("... and when another course is paid, a webhook is delivered.", "sandbox trigger checkout.session.completed"),
    Step("That enrollment is completed a moment later.", "enrollments list"),
    Step(
        "The receiver is down when the next student pays: nothing is delivered.",
        f"sandbox trigger checkout.session.completed --user {OTHER_STUDENT_ID}",
        alone=True,
    ),
    Step("The replay handles what was not delivered.", "webhooks replay --since 1h --undelivered"),
    Step("The first student gets the money back ...", "sandbox refund LINK"),
    Step("... and is still in: the nightly run reports that, and what to do.", "enrollments reconcile --since 1d"),
    Step("With --revoke access follows the money; progress stays.", "enrollments reconcile --since 1d --revoke"),
    Step("One student's case, from any id or address that support has.", f"students show {STUDENT_ID}"),
)
