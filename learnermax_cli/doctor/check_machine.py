"""Checks of this machine and its settings: clock, the site's address, versions of Python and the libraries."""

import platform
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from importlib import metadata

from learnermax_cli.config.settings import Settings
from learnermax_cli.core.errors import CredentialsError, Exit
from learnermax_cli.core.urls import is_absolute
from learnermax_cli.doctor.model import Verdict, failed, not_checked, ok, warning

AWS_CLOCK, STRIPE_CLOCK, SITE, VERSIONS = "Clock against AWS", "Clock against Stripe", "FRONTEND_URL", "Versions"
# Stripe and AWS reject signatures that are more than 300 s off.
NOTABLE, FATAL = timedelta(seconds=60), timedelta(seconds=240)
_DISTRIBUTION = "learnermax-cli"
_PIN = re.compile(r"(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^ ;]+)")


def check_clock(check: str, now: Callable[[], datetime], read_clock: Callable[[], datetime]) -> Iterator[Verdict]:
    """Check how far this machine's clock is from another one, which is read in whole seconds."""
    before = now()
    try:
        there = read_clock()
    except CredentialsError as error:
        yield not_checked(check, error.message)
        return
    after = now()
    ahead, behind = before - timedelta(seconds=1) - there, there - after
    yield judge_clock(check, max(ahead, behind, timedelta()), "ahead" if ahead > behind else "behind")


def judge_clock(check: str, off: timedelta, direction: str) -> Verdict:
    """Return what it means that this machine's clock is off by so much."""
    seconds = round(off.total_seconds())
    words = f"this machine's clock is {seconds} s {direction}"
    consequence = f"{words}: signatures more than 300 s off are rejected"
    remedy = "Synchronize this machine's clock: timedatectl set-ntp true"
    if seconds > FATAL.total_seconds():
        return failed(check, consequence, remedy, Exit.FAILED)
    if seconds > NOTABLE.total_seconds():
        return warning(check, consequence, remedy)
    return ok(check, words if seconds else "correct")


def check_site(settings: Settings) -> Iterator[Verdict]:
    """Check that students have a site to return to."""
    yield judge_site(settings.frontend_url, ("https", "http") if settings.sandbox else ("https",))


def judge_site(url: str | None, schemes: tuple[str, ...]) -> Verdict:
    """Return whether students can return to a URL."""
    if url is None:
        found = "not set: checkout create has no page for students to return to"
        return warning(SITE, found, "Set FRONTEND_URL=https://…, or pass --success-url each time.")
    if is_absolute(url, schemes):
        return ok(SITE, url)
    return failed(SITE, f"{url} is not an absolute https URL", "Set FRONTEND_URL=https://…", Exit.CONFIG)


def check_versions() -> Iterator[Verdict]:
    """Check that the libraries are those that lmx was made for."""
    try:
        requirements = metadata.requires(_DISTRIBUTION) or []
    except metadata.PackageNotFoundError:
        yield not_checked(VERSIONS, "lmx is not installed as a package")
        return
    yield judge_versions(requirements, metadata.version)


def judge_versions(requirements: Iterable[str], installed: Callable[[str], str]) -> Verdict:
    """Return whether each library that is pinned exactly is installed in that version."""
    pins = [match for text in requirements if "extra" not in text and (match := _PIN.match(text))]
    versions = {pin["name"]: installed(pin["name"]) for pin in pins}
    wrong = [
        f"{pin['name']} {versions[pin['name']]}, not {pin['version']}"
        for pin in pins
        if versions[pin["name"]] != pin["version"]
    ]
    if wrong:
        remedy = "Install the versions that it was made for: pip install -c constraints.txt ."
        return failed(VERSIONS, f"lmx runs with {', '.join(wrong)}", remedy, Exit.CONFIG)
    present = {"Python": platform.python_version(), **versions}
    return ok(VERSIONS, ", ".join(f"{name} {version}" for name, version in present.items()))
