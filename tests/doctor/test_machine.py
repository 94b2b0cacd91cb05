"""What doctor says of the machine: clock, site's address, versions."""

from datetime import timedelta

import pytest

from learnermax_cli.core.errors import Exit
from learnermax_cli.doctor.check_machine import judge_clock, judge_site, judge_versions
from learnermax_cli.doctor.model import failed, ok, warning
from tests.doctor.worlds import examine
from tests.running import Sandbox

SET_CLOCK = "Synchronize this machine's clock: timedatectl set-ntp true"


@pytest.mark.parametrize(("seconds", "status", "code"), [(120, "warning", 0), (600, "failed", 1)])
def test_clock_that_is_behind(sandbox: Sandbox, seconds: int, status: str, code: int) -> None:
    """Told by the Date of AWS's and of Stripe's answers: from four minutes on it is a failure."""
    sandbox.control.advance_clock(seconds)
    examined = examine(sandbox)
    for check in ("Clock against AWS", "Clock against Stripe"):
        row = examined.row(check)
        assert (status, SET_CLOCK, code) == (row[0], *row[2:])
        assert row[1].endswith("s behind: signatures more than 300 s off are rejected")


def test_clock_that_is_ahead(sandbox: Sandbox) -> None:
    """Either direction counts."""
    sandbox.control.advance_clock(-120)
    assert "s ahead: signatures more than 300 s off are rejected" in examine(sandbox).row("Clock against Stripe")[1]


def test_clock_is_judged_by_a_refusal_too(sandbox: Sandbox) -> None:
    """A clock far off makes AWS refuse every signature: the refusal has a Date as well."""
    sandbox.control.advance_clock(600)
    sandbox.control.add_fault(
        "error", service="sts", operation="GetCallerIdentity", status=403, code="SignatureDoesNotMatch", times=None
    )
    examined = examine(sandbox)
    assert ("failed", "failed") == (examined.row("AWS identity")[0], examined.row("Clock against AWS")[0])


@pytest.mark.parametrize(
    ("seconds", "verdict"),
    [
        (0, ok("c", "correct")),
        (60, ok("c", "this machine's clock is 60 s behind")),
        (
            61,
            warning("c", "this machine's clock is 61 s behind: signatures more than 300 s off are rejected", SET_CLOCK),
        ),
        (
            240,
            warning(
                "c", "this machine's clock is 240 s behind: signatures more than 300 s off are rejected", SET_CLOCK
            ),
        ),
        (
            241,
            failed(
                "c",
                "this machine's clock is 241 s behind: signatures more than 300 s off are rejected",
                SET_CLOCK,
                Exit.FAILED,
            ),
        ),
    ],
)
def test_limits_of_the_clock(seconds: int, verdict: object) -> None:
    """A minute is noted, four minutes are too many."""
    assert verdict == judge_clock("c", timedelta(seconds=seconds), "behind")


@pytest.mark.parametrize(
    ("url", "status", "code"),
    [
        (None, "warning", 0),
        ("http://preview.learnermax.example", "failed", 3),
        ("preview.learnermax.example", "failed", 3),
        ("https://[broken", "failed", 3),
        ("https://", "failed", 3),
    ],
)
def test_site_that_students_can_not_return_to(url: str | None, status: str, code: int) -> None:
    """Missing is a warning, since flags can stand in; wrong is a failure."""
    verdict = judge_site(url, ("https",))
    assert (status, code) == (verdict.status, verdict.exit_code)
    assert "FRONTEND_URL=https://" in str(verdict.remedy)


def test_site_of_a_real_environment_is_https(sandbox: Sandbox) -> None:
    """Plain http is refused there."""
    row = examine(sandbox, {"FRONTEND_URL": "http://preview.learnermax.example"}).row("FRONTEND_URL")
    assert ("failed", "http://preview.learnermax.example is not an absolute https URL") == row[:2]


def test_site_of_a_sandbox_may_be_plain_http(sandbox: Sandbox) -> None:
    """It may run on this machine."""
    env = {"LMX_ENVIRONMENT": "sandbox", "FRONTEND_URL": "http://localhost:3000"}
    assert ("ok", "http://localhost:3000", None, 0) == examine(sandbox, env).row("FRONTEND_URL")


REQUIREMENTS = ("boto3>=1.44", "stripe==16.1.0", "typer>=0.29", 'mypy==9.9; extra == "dev"')


def test_library_in_another_version_than_the_pinned_one() -> None:
    """What is pinned exactly was tested exactly."""
    verdict = judge_versions(REQUIREMENTS, {"stripe": "15.0.0"}.__getitem__)
    remedy = "Install the versions that it was made for: pip install -c constraints.txt ."
    assert failed("Versions", "lmx runs with stripe 15.0.0, not 16.1.0", remedy, Exit.CONFIG) == verdict


def test_pinned_libraries_are_told() -> None:
    """Beside Python's version; what belongs to an extra does not count."""
    verdict = judge_versions(REQUIREMENTS, {"stripe": "16.1.0"}.__getitem__)
    assert ("ok", True) == (verdict.status, verdict.found.endswith(", stripe 16.1.0"))
