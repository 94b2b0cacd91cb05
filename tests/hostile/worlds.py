"""The good rows beside which bad ones are put, and what shows in a report that they went through."""

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from learnermax_cli.adapters.aws.values import to_item
from learnermax_cli.config.keys import table_name
from tests.hostile.rows import BUYER, FRESH, GOOD, PAYER, Row
from tests.items import course_item, enrollment_item, student_item
from tests.products.worlds import make_product, marker
from tests.ran import Ran
from tests.running import Sandbox

if TYPE_CHECKING:
    from types_boto3_dynamodb.client import DynamoDBClient

Report = Mapping[str, Any]
PAID = "cs_test_paid"
COMMANDS: Mapping[str, tuple[str, ...]] = {
    "list": ("courses", "list"),
    "enrollments": ("enrollments", "list"),
    "products": ("products", "list"),
    "doctor": ("doctor",),
    "checkout": ("checkout", "create", GOOD, "--user", BUYER),
    "sync": ("products", "sync", "--yes"),
    "reconcile": ("enrollments", "reconcile", "--since", "3d"),
    "replay": ("webhooks", "replay", "--since", "3d"),
    "set-price": ("courses", "set-price", GOOD, "59.99"),
}


class Place(NamedTuple):
    """Where the rows are: a table, and the environment whose it is."""

    sandbox: Sandbox
    client: "DynamoDBClient"
    environment: str = "sandbox"
    env: Mapping[str, str | None] = {"FRONTEND_URL": "https://learnermax.example"}

    def put(self, *items: Mapping[str, Any]) -> None:
        """Put items into the table."""
        for item in items:
            made: Any = item
            self.client.put_item(TableName=table_name(self.environment), Item=made)

    def run(self, *args: str) -> Ran:
        """Run a command with JSON output: one document, and no traceback."""
        done = self.sandbox.run(*args, "-o", "json", env=self.env)
        return Ran.read(done.returncode, done.stdout, done.stderr)


def place_of(sandbox: Sandbox) -> Place:
    """Return the sandbox's own table."""
    return Place(sandbox, sandbox.dynamodb_client())


def put_world(place: Place, rows: Iterable[Row]) -> None:
    """Put a course that is sold, one to be synced, a payment that waits, and bad rows into the table and Stripe."""
    sandbox, product_id, bad = place.sandbox, f"lmx_{place.environment}_{GOOD}", tuple(rows)
    price_id = make_product(sandbox, product_id, GOOD, 4999, marker(GOOD, place.environment))
    metadata = {**marker(GOOD, place.environment), "userId": PAYER}
    paid = {"id": PAID, "user_id": PAYER, "course_id": GOOD, "offset": -7200, "amount": 4999, "metadata": metadata}
    sandbox.control.seed_sessions([paid, *(dict(session) for row in bad for session in row.sessions)])
    good = course_item(GOOD, "49.99", stripeProductId=product_id, stripePriceId=price_id)
    pending = enrollment_item(PAYER, GOOD, "2025-10-15T12:34:56.789Z", stripeSessionId=PAID)
    place.put(*map(to_item, (good, course_item(FRESH, "49.99"), student_item(BUYER), student_item(PAYER), pending)))
    place.put(*(item for row in bad for item in row.items))


def outcomes(report: Report) -> set[tuple[str, str]]:
    """Return key and outcome of each change."""
    return {(change["key"], change["outcome"]) for change in report["changes"]}


def _has_both_courses(report: Report) -> bool:
    sold_for = {item["course_id"]: item["sold_for"] for item in report["items"]}
    return [sold_for[GOOD], sold_for[FRESH]] == 2 * [{"amount": 4999, "currency": "usd"}]


def _checks_pass(report: Report) -> bool:
    checks = {item["check"]: item["status"] for item in report["items"]}
    return {"ok", "warning"} >= {checks[name] for name in ("Catalog", "Pending enrollments", "Events owed")}


GOES_THROUGH: Mapping[str, Callable[[Report], bool]] = {
    "sync": lambda report: (FRESH, "applied") in outcomes(report),
    "list": _has_both_courses,
    "set-price": lambda report: {(GOOD, "applied")} == outcomes(report),
    "checkout": lambda report: report["data"]["url"].startswith("http"),
    "reconcile": lambda report: (f"{PAYER}/{GOOD}", "applied") in outcomes(report),
    "enrollments": lambda report: PAYER in {item["user_id"] for item in report["items"]},
    "products": lambda report: GOOD in {item["course_id"] for item in report["items"]},
    "replay": lambda report: (f"{PAYER}/{GOOD}", "applied") in outcomes(report),
    "doctor": _checks_pass,
}
"""What shows in a report that the good rows went through."""
