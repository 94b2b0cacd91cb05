"""A report is one value, from which the JSON document and the exit code are read."""

import pytest

from learnermax_cli.core.errors import CredentialsError, Exit, GuardError
from learnermax_cli.core.meter import MeterReading
from learnermax_cli.planning.change import Change, Finding, Result, Skipped, digest, planned
from learnermax_cli.planning.report import Changes, Data, Items, Report, StripeIdentity, failure_json

CHANGE = Change("product", "a", "create", None, {"name": "A"})
FINDING = Finding("orphan product", "b", "still active")
REFUSED = Skipped("course", "c", "it has no price", blocking=True, code="invalid.price")
SOON = Skipped("course", "d", "coming soon", code="coming_soon")
GUARD = GuardError("too much", hint="Pass --flag.", code="guard.archive")
METER = {
    "stripe_reads": 2,
    "stripe_writes": 0,
    "stripe_throttled": 0,
    "dynamodb_read_units": 1.5,
    "dynamodb_write_units": 0.0,
    "seconds": 0.8,
    "stripe_reads_per_month_if_daily": 60,
    "stripe_read_allocation_floor": 10_000,
}


@pytest.mark.parametrize(
    ("body", "findings", "pending_exit", "code"),
    [
        (Changes(), (), False, Exit.OK),
        (Changes(), (), True, Exit.OK),
        (Changes(skipped=(SOON,)), (), True, Exit.OK),
        (Changes(planned([CHANGE])), (), False, Exit.OK),
        (Changes(planned([CHANGE])), (), True, Exit.PENDING),
        (Changes((Result(CHANGE, "applied"),)), (), True, Exit.OK),
        (Changes((Result(CHANGE, "superseded"),)), (), True, Exit.OK),
        (Changes((Result(CHANGE, "applied"),)), (FINDING,), False, Exit.OK),
        (Changes((Result(CHANGE, "applied"),)), (FINDING,), True, Exit.PENDING),
        (Changes((Result(CHANGE, "failed", "no"),)), (FINDING,), True, Exit.FAILED),
        (Changes(planned([CHANGE]), (REFUSED,)), (), True, Exit.FAILED),
        (Items((), ()), (FINDING,), True, Exit.PENDING),
        (Data({}, ()), (), True, Exit.OK),
    ],
)
def test_exit_code_follows_from_the_report(
    body: Changes | Items | Data, findings: tuple[Finding, ...], pending_exit: bool, code: Exit
) -> None:
    """Failed and refused rows end in 1; pending changes and findings in 8, only with --exit-code."""
    assert code == Report("x", "preview", body, findings=findings, pending_exit=pending_exit).exit_code


def test_error_of_a_run_goes_before_failed_rows() -> None:
    """Credentials weigh more than a failed row, a guard too."""
    body = Changes((Result(CHANGE, "failed", "no"),), (REFUSED,))
    denied = CredentialsError("no", hint="Sign in.")
    assert Exit.CREDENTIALS == Report("x", "preview", body, error=denied).exit_code
    assert Exit.GUARD == Report("x", "preview", body, error=GUARD).exit_code


def test_document_of_a_plan_has_the_shape_of_the_schema() -> None:
    """Every field of lmx/1 is there, money and meter in their own shapes."""
    report = Report(
        command="products sync",
        environment="preview",
        body=Changes(planned([CHANGE]), (SOON,)),
        dry_run=True,
        stripe=StripeIdentity("test", "acct_1"),
        findings=(FINDING,),
        summary={"create": 1},
        meter=MeterReading(2, 0, 0, 1.5, 0.0, 0.8),
    )
    assert {
        "schema": "lmx/1",
        "command": "products sync",
        "environment": "preview",
        "dry_run": True,
        "stripe": {"mode": "test", "account": "acct_1"},
        "changes": [
            {
                "kind": "product",
                "key": "a",
                "action": "create",
                "before": None,
                "after": {"name": "A"},
                "reason": None,
                "outcome": "planned",
            }
        ],
        "skipped": [{"kind": "course", "key": "d", "reason": "coming soon", "code": "coming_soon"}],
        "findings": [FINDING._asdict()],
        "summary": {"create": 1},
        "digest": digest([CHANGE]),
        "meter": METER,
    } == report.as_json()


def test_digest_of_a_report_ignores_outcomes() -> None:
    """The dry run and the run after it have the same digest."""
    dry = Report("x", "preview", Changes(planned([CHANGE]))).as_json()
    done = Report("x", "preview", Changes((Result(CHANGE, "applied"),))).as_json()
    assert dry["digest"] == done["digest"]


def test_list_has_items_in_place_of_changes() -> None:
    """A list command's rows are its items."""
    document = Report("courses list", "preview", Items(({"course_id": "a"},), ("course_id",))).as_json()
    assert [{"course_id": "a"}] == document["items"]
    assert {"schema", "command", "environment", "items", "meter"} == set(document)


def test_single_result_is_data() -> None:
    """A command with one result has `data`."""
    document = Report("secrets status", "preview", Data({"version": "v1"}, ())).as_json()
    assert {"version": "v1"} == document["data"]


def test_failed_rows_become_the_error_of_the_document() -> None:
    """A run that ends in 1 because of its rows says so in `error`."""
    body = Changes((Result(CHANGE, "failed", "no"),), (REFUSED, REFUSED))
    assert {
        "code": "failed.rows",
        "message": "1 change failed and 2 rows were refused",
        "hint": "The report names them and the reasons; fix them and run again.",
        "exit_code": 1,
    } == Report("x", "preview", body).as_json()["error"]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (Changes(skipped=(REFUSED, SOON)), "1 row was refused"),
        (Changes((Result(CHANGE, "failed"),)), "1 change failed"),
    ],
)
def test_one_row_is_named_as_one(body: Changes, message: str) -> None:
    """In the error and in what to do."""
    error = Report("x", "preview", body).failure
    assert error is not None
    assert (message, "The report names it and the reason; fix it and run again.") == (error.message, error.hint)


def test_guard_is_the_error_of_the_document() -> None:
    """A guard keeps the report and adds the error."""
    document = Report("x", "preview", Changes(planned([CHANGE])), error=GUARD).as_json()
    expected = {"code": "guard.archive", "message": "too much", "hint": "Pass --flag.", "exit_code": 5}
    assert (expected, 1) == (document["error"], len(planned([CHANGE])))


def test_pending_is_no_error() -> None:
    """Exit code 8 is an answer, not a failure."""
    assert "error" not in Report("x", "preview", Changes(planned([CHANGE])), pending_exit=True).as_json()


def test_run_without_report_has_schema_command_and_error() -> None:
    """Nothing else can be known."""
    assert {
        "schema": "lmx/1",
        "command": "products sync",
        "error": {"code": "guard.archive", "message": "too much", "hint": "Pass --flag.", "exit_code": 5},
    } == failure_json("products sync", GUARD)


def test_unknown_account_is_null() -> None:
    """An account that nobody could learn is not invented."""
    assert {"mode": "test", "account": None} == StripeIdentity("test", None).as_json()
    assert "Stripe test mode, account unknown" == str(StripeIdentity("test", None))
