"""Runs a view in its manners: on a terminal or in a pipe, in a world that is made anew where the command changes it."""

from collections.abc import Iterator, Sequence
from contextlib import closing

from learnermax_cli.sandbox import process
from tests.forking import forkserver
from tests.running import RUN_SECONDS, Sandbox
from tests.started import Started
from tests.terminals import React, follow, show
from tests.views.model import Capture, Manner, View, Words


def captures(sandbox: Sandbox, view: View, manners: Sequence[Manner]) -> Iterator[tuple[Manner, Capture]]:
    """Yield what a view shows in each manner."""
    known: Words | None = None
    try:
        for number, manner in enumerate(manners):
            if number == 0 or not view.reads:
                sandbox.control.reset()
                known = view.world(sandbox)
            yield manner, _capture(sandbox, view, manner, view.words(known))
    finally:
        if view.folder:
            process.stop(sandbox.home / view.folder)


def _capture(sandbox: Sandbox, view: View, manner: Manner, words: tuple[str, ...]) -> Capture:
    summary = sandbox.home / "summary.md"
    summary.unlink(missing_ok=True)
    own = {"LMX_SANDBOX_HOME": str(sandbox.home / view.folder)} if view.folder else {}
    changed = {**sandbox.env, **view.env, **manner.env, **own, "GITHUB_STEP_SUMMARY": str(summary)}
    env = {name: value for name, value in changed.items() if value is not None}
    react = _reaction(sandbox, view)
    words = (*words, *manner.args)
    if manner.columns is not None:
        shown = show(*words, env=env, cwd=sandbox.cwd, columns=manner.columns, answer=view.answer, react=react)
        return Capture(shown.exit_code, shown.raw)
    with closing(forkserver(env).start(words, env, sandbox.cwd)) as started:
        out, err = follow([started.stdout.fileno(), started.stderr.fileno()], started, react)
        exit_code = started.wait(RUN_SECONDS)
    return Capture(exit_code, out, err, summary.read_text(encoding="utf-8") if summary.exists() else "")


def _reaction(sandbox: Sandbox, view: View) -> React | None:
    steps = list(view.meanwhile)

    def react(said: str, started: Started) -> bool:
        if steps[0](sandbox, said, started):
            del steps[0]
        return not steps

    return react if steps else None
