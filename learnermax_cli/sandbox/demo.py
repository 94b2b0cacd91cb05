"""The demo: the commands that an operator would type, run one after the other on a throw-away sandbox."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.text import Text

from learnermax_cli.sandbox import process
from learnermax_cli.sandbox.student import STUDENT_ID, put_student

_OUTSIDE = ("AWS_", "STRIPE_", "NEXT_PUBLIC_STRIPE_", "LMX_", "EDUCATION_", "TRANSACTIONAL_", "FRONTEND_", "GITHUB_")


@dataclass(frozen=True, slots=True)
class Step:
    """One command of the demo, the sentence that introduces it, and how it should end."""

    title: str
    command: str
    last_line_only: bool = False
    exit_code: int = 0
    keeps: str | None = None
    """A word of later commands that stands for this one's output."""


STEPS = (
    Step("The LearnerMax courses go into a DynamoDB table.", "courses seed", last_line_only=True),
    Step("Prices are a number without a unit: 99.99 here, 4999 there.", "courses list"),
    Step("The Stripe keys go into AWS Secrets Manager, as one JSON secret.", "secrets push", last_line_only=True),
    Step("What would change at Stripe? A dry run writes nothing.", "products sync --dry-run"),
    Step("Do exactly that.", "products sync --yes", last_line_only=True),
    Step("And again: nothing left to do, nothing written.", "products sync --yes", last_line_only=True),
    Step("A course gets a new price ...", "courses set-price TEST-COURSE-003 119.00"),
    Step("... so Stripe gets a new price, and the old one becomes inactive.", "products sync --yes"),
    Step(
        "4999: is that 4,999.00 or 49.99 dollars? lmx refuses to guess.",
        "products sync --dry-run --include-coming-soon --course spec-driven-dev-premium",
        exit_code=1,
    ),
    Step("What Stripe holds now.", "products list"),
    Step("A student gets a link to pay ...", f"checkout create TEST-COURSE-005 --user {STUDENT_ID}", keeps="LINK"),
    Step("... and is not in yet: the site lets nobody in whose enrollment is pending.", "enrollments list"),
    Step("She pays.", "sandbox pay LINK"),
    Step("What do the payments say? A dry run first.", "enrollments reconcile --dry-run"),
    Step("Who paid is in.", "enrollments reconcile", last_line_only=True),
    Step("The enrollment now.", "enrollments list"),
)


def run_demo(environ: Mapping[str, str] = os.environ) -> int:
    """Run all steps and return 0, or 1 when a step did not end as it should."""
    console = Console(highlight=False, markup=False)
    console.print("Starting a throw-away sandbox of Stripe and AWS on this machine ...", style="dim")
    with tempfile.TemporaryDirectory(prefix="lmx-demo-") as folder:
        state_dir = Path(folder) / "state"
        info = process.start(state_dir, parent_pid=os.getpid())
        try:
            put_student(info)
            kept = {name: value for name, value in environ.items() if not name.startswith(_OUTSIDE)}
            return _run_steps(console, {**kept, "LMX_SANDBOX_HOME": str(state_dir), **info.environment()}, Path(folder))
        finally:
            process.stop(state_dir)


def _run_steps(console: Console, environment: Mapping[str, str], folder: Path) -> int:
    kept: dict[str, str] = {}
    for number, step in enumerate(STEPS, 1):
        words = [kept.get(word, word) for word in step.command.split()]
        console.print(Text(f"\n{number}. {step.title}", style="bold"))
        console.print(Text(f"$ lmx {' '.join(words)}", style="cyan"), soft_wrap=True)
        sys.stdout.flush()
        code, said = _run(step, words, environment, folder)
        if step.keeps is not None:
            kept[step.keeps] = said
        if code != step.exit_code:
            console.print(f"The demo stopped: this step ended with {code}.", style="bold red")
            return 1
    console.print("\nThe sandbox is gone again. Yours to keep: lmx sandbox start", style="dim")
    return 0


def _run(step: Step, words: list[str], environment: Mapping[str, str], folder: Path) -> tuple[int, str]:
    """Run one command; talk goes where data goes, so that both keep their order in a pipe as well."""
    caught = step.last_line_only or step.keeps is not None
    done = subprocess.run(  # noqa: S603 - our own words
        [sys.executable, "-m", "learnermax_cli", *words],
        env=environment,
        cwd=folder,
        check=False,
        stdout=subprocess.PIPE if caught else None,
        stderr=subprocess.PIPE if caught else subprocess.STDOUT,
        text=True,
    )
    if not caught:
        return done.returncode, ""
    last_line = "".join(done.stdout.rstrip().splitlines()[-1:])
    sys.stdout.write(f"{last_line}\n{done.stderr}")
    sys.stdout.flush()
    return done.returncode, last_line
