"""The demo: the commands that an operator would type, run one after the other on a throw-away sandbox."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from learnermax_cli.sandbox import process

STEPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("The Stripe keys go into Secrets Manager", ("secrets", "push", "--yes")),
    ("Courses into the table", ("courses", "seed", "--yes")),
    ("What the table has", ("courses", "list")),
    ("What would be done at Stripe", ("products", "sync", "--dry-run")),
    ("The same, done", ("products", "sync", "--yes")),
    ("Again: nothing left to do", ("products", "sync", "--yes")),
    ("What Stripe has now", ("products", "list")),
)
_OUTSIDE = ("AWS_", "STRIPE_", "NEXT_PUBLIC_STRIPE_", "LMX_", "EDUCATION_", "TRANSACTIONAL_", "GITHUB_")


def run_demo(environ: Mapping[str, str] = os.environ) -> int:
    """Run all steps and return 0, or the number of the first exit code that says something failed."""
    with tempfile.TemporaryDirectory(prefix="lmx-demo-") as folder:
        state_dir = Path(folder) / "state"
        info = process.start(state_dir, parent_pid=os.getpid())
        try:
            environment = {
                **{name: value for name, value in environ.items() if not name.startswith(_OUTSIDE)},
                "LMX_SANDBOX_HOME": str(state_dir),
                **info.environment(),
            }
            return _run_steps(environment, Path(folder))
        finally:
            process.stop(state_dir)


def _run_steps(environment: Mapping[str, str], folder: Path) -> int:
    worst = 0
    for title, arguments in STEPS:
        sys.stdout.write(f"\n# {title}\n$ lmx {' '.join(arguments)}\n")
        sys.stdout.flush()
        done = subprocess.run(
            [sys.executable, "-m", "learnermax_cli", *arguments], env=environment, cwd=folder, check=False
        )
        worst = worst or done.returncode
    return worst
