"""The table of permissions: what each command asks of AWS and Stripe, and what it writes; tests compare it with that.

`python -m docs.make_permissions` brings it into docs/permissions.md.
"""

from dataclasses import dataclass

AWS_SERVICES = {
    "table": "dynamodb",
    "GSI1": "dynamodb",
    "email-index": "dynamodb",
    "secret": "secretsmanager",
    "topic": "sns",
    "queue": "sqs",
}
"""The resources of AWS, in the order in which they are shown; GSI1 and email-index are indexes of the table."""
KMS = {
    "secretsmanager:GetSecretValue": {"kms:Decrypt"},
    "secretsmanager:CreateSecret": {"kms:Decrypt", "kms:GenerateDataKey"},
    "secretsmanager:PutSecretValue": {"kms:Decrypt", "kms:GenerateDataKey"},
    "sns:Publish": {"kms:Decrypt", "kms:GenerateDataKey"},
}
"""What a customer managed key of the secret, or of the topic, has to allow besides: AWS asks on the caller's behalf
[doc "Secret encryption and decryption", doc "Key management" of SNS]."""


@dataclass(frozen=True, slots=True)
class Row:
    """All that a command, or a function, asks for with the options of `when`; it may ask for less."""

    command: str
    aws: str = ""
    """Actions by resource: `table Scan GetItem; topic Publish`."""
    read: str = ""
    write: str = ""
    """Names of permissions of a restricted Stripe key as the Dashboard has them; to write includes to read."""
    when: str = ""
    writes: str = "-"
    """What is different afterwards."""

    @property
    def name(self) -> str:
        """The command with what tells its rows apart."""
        return f"{self.command} {self.when}".rstrip()

    @property
    def actions(self) -> frozenset[tuple[str, str]]:
        """Resource and action of AWS."""
        parts = [part.split() for part in self.aws.split(";")]
        return frozenset(
            (at, f"{AWS_SERVICES[at]}:{action}") for at, *actions in filter(None, parts) for action in actions
        )

    @property
    def permissions(self) -> dict[str, str]:
        """Name and level of the permissions at Stripe."""
        levels = ((self.read, "Read"), (self.write, "Write"))
        return {name: level for names, level in levels for name in filter(None, names.split(", "))}


NEEDS_KEY = Row("with a key of Stripe", "secret GetSecretValue")
"""Beside every row with a permission at Stripe, unless STRIPE_SECRET_KEY is set."""
FIND_ADDRESS = Row("--user ADDRESS", "email-index Query; table BatchGetItem")
"""Beside every row, where a student is named by the e-mail address."""
_STORE = "secret DescribeSecret GetSecretValue CreateSecret TagResource PutSecretValue UpdateSecretVersionStage"
_LOOK = "secret DescribeSecret GetSecretValue"
_PAYMENTS = "PaymentIntents, Charges and Refunds, Disputes"
_SESSIONS = f"Checkout Sessions, {_PAYMENTS}"
_CHECKOUT = "table GetItem BatchGetItem PutItem UpdateItem"
_CONFIRM = "table GetItem BatchGetItem PutItem UpdateItem; topic Publish"
_COMPLETED = "enrollments, `stripeCustomerId` of students; the events of mails"
_CONFIRMED = f"{_COMPLETED}; ends an open session beside a payment"
_CATALOG = "Products, Prices"

ROWS = (
    Row("secrets push", _STORE, writes="one version of the secret, if something changed"),
    Row("secrets push", f"{_STORE} RestoreSecret", when="--restore", writes="the same, and the secret is restored"),
    Row("secrets status", _LOOK),
    Row("secrets pull", _LOOK, writes="the env file, mode 600"),
    Row(
        "secrets rollback", f"{_LOOK} ListSecretVersionIds UpdateSecretVersionStage", writes="which version is current"
    ),
    Row("courses list", "table Scan"),
    Row("courses set-price", "table GetItem UpdateItem", writes="`price` and `priceUnit` of the course"),
    Row("courses seed", "table GetItem PutItem", writes="test courses that are not there (`--replace`: all seven)"),
    Row(
        "products sync",
        "table Scan GetItem UpdateItem",
        "Payment Links",
        _CATALOG,
        writes="products, prices; `stripeProductId` and `stripePriceId` of courses",
    ),
    Row("products sync", "table Scan GetItem", f"Payment Links, {_CATALOG}", when="--dry-run"),
    Row("products list", "table Scan GetItem", _CATALOG),
    Row(
        "checkout create",
        f"{_CHECKOUT} DeleteItem",
        f"{_CATALOG}, {_PAYMENTS}",
        "Checkout Sessions",
        writes="a session, the pending enrollment; ends the former session",
    ),
    Row("checkout link", "table GetItem", _CATALOG, "Payment Links", writes="a payment link; ends those of old prices"),
    Row(
        "checkout link",
        "table GetItem BatchGetItem",
        _CATALOG,
        "Payment Links",
        when="--user",
        writes="the same",
    ),
    Row("checkout show", read="Checkout Sessions"),
    Row("checkout expire", write="Checkout Sessions", writes="ends the session"),
    Row("enrollments list", "table Scan"),
    Row("enrollments list", "GSI1 Query; table GetItem", when="--course"),
    Row("enrollments list", "table Query BatchGetItem", when="--user"),
    Row(
        "enrollments create",
        f"{_CHECKOUT} DeleteItem",
        f"{_CATALOG}, {_PAYMENTS}",
        "Checkout Sessions",
        writes="as `checkout create`",
    ),
    Row("enrollments create", _CONFIRM, when="in a free course", writes="the enrollment and its event"),
    Row(
        "enrollments create",
        _CONFIRM,
        "Charges and Refunds, Disputes",
        "Checkout Sessions, PaymentIntents",
        when="--session",
        writes="the session's and its payment's metadata; the enrollment and its event",
    ),
    Row("enrollments reconcile", "table Scan BatchGetItem UpdateItem; topic Publish", _SESSIONS, writes=_COMPLETED),
    Row(
        "enrollments reconcile",
        "table Scan BatchGetItem PutItem UpdateItem; topic Publish",
        _PAYMENTS,
        "Checkout Sessions",
        when="--since",
        writes="the same; ends an open session beside a payment; with `--revoke` or `LMX_REVOKE=1` takes access away",
    ),
    Row(
        "enrollments reconcile",
        "GSI1 Query; table GetItem BatchGetItem UpdateItem; topic Publish",
        _SESSIONS,
        when="--course",
        writes="the same",
    ),
    Row(
        "enrollments reconcile",
        "table Query GetItem BatchGetItem UpdateItem; topic Publish",
        _SESSIONS,
        when="--user",
        writes="the same",
    ),
    Row("enrollments reconcile", _CONFIRM, _PAYMENTS, "Checkout Sessions", when="--window-only", writes="as `--since`"),
    Row(
        "enrollments reconcile",
        "table Scan BatchGetItem UpdateItem DeleteItem; topic Publish",
        _SESSIONS,
        when="--release-expired",
        writes="the same; removes pending enrollments whose session is over",
    ),
    Row("enrollments release", "table GetItem DeleteItem", _SESSIONS, writes="removes the pending enrollment"),
    Row("enrollments keep", "table GetItem UpdateItem", writes="`paymentStatus` and `accessKept…` of the enrollment"),
    Row(
        "enrollments keep",
        "table GetItem UpdateItem; topic Publish",
        _SESSIONS,
        when="of a pending enrollment",
        writes="the same, and the event of who gets in for the first time",
    ),
    Row(
        "enrollments revoke",
        "table GetItem UpdateItem",
        writes="`paymentStatus` and `accessRevoked…` of the enrollment",
    ),
    Row("students show", "table Query GetItem BatchGetItem; email-index Query", f"{_SESSIONS}, Customers, Events"),
    Row("webhooks create", _STORE, write="Webhook Endpoints", writes="the endpoint, `STRIPE_WEBHOOK_SECRET`"),
    Row(
        "webhooks create",
        f"{_STORE}; {_CONFIRM}",
        f"Events, {_PAYMENTS}",
        "Webhook Endpoints, Checkout Sessions",
        when="--roll or a replaced endpoint",
        writes="the same; for the events meanwhile as `webhooks replay`",
    ),
    Row("webhooks list", _LOOK, "Webhook Endpoints"),
    Row("webhooks delete", write="Webhook Endpoints", writes="deletes our endpoint of that URL"),
    Row("webhooks serve", f"secret GetSecretValue; {_CONFIRM}", _PAYMENTS, "Checkout Sessions", writes=_CONFIRMED),
    Row("webhooks replay", _CONFIRM, f"Events, {_PAYMENTS}", "Checkout Sessions", writes=_CONFIRMED),
    Row(
        "doctor",
        f"{_LOOK}; table DescribeTable Scan; topic GetTopicAttributes",
        f"{_CATALOG}, Payment Links, {_SESSIONS}, Customers, Events, Webhook Endpoints",
    ),
)

FUNCTIONS = (
    Row("webhook", f"secret GetSecretValue; {_CONFIRM}; queue SendMessage", _PAYMENTS, "Checkout Sessions"),
    Row("retry", f"secret GetSecretValue; {_CONFIRM}", _PAYMENTS, "Checkout Sessions"),
    Row(
        "reconcile",
        "secret GetSecretValue; table Scan BatchGetItem PutItem UpdateItem; topic Publish",
        _PAYMENTS,
        "Checkout Sessions",
    ),
    Row("reconcile_window", f"secret GetSecretValue; {_CONFIRM}", _PAYMENTS, "Checkout Sessions"),
)
"""The functions of the Lambda stack."""


@dataclass(frozen=True, slots=True)
class Job:
    """What one role and one key are for: commands, with all their rows, or rows."""

    title: str
    rows: tuple[str, ...]
    note: str = ""


JOBS = (
    Job(
        "Nightly reconcile",
        ("enrollments reconcile --since",),
        ", with `--revoke` or `LMX_REVOKE=1` too",
    ),
    Job("Plan of `products sync` in CI", ("products sync --dry-run",), "; it can change nothing"),
    Job("Apply of `products sync` in CI", ("products sync",)),
    Job("Webhooks: `webhooks serve` and `replay`", ("webhooks serve", "webhooks replay")),
    Job(
        "Support that looks: `students show` and lists",
        ("students show", "enrollments list", "enrollments list --course", "enrollments list --user", "checkout show"),
        "; it can change nothing",
    ),
    Job(
        "Support that decides",
        (
            "students show",
            "enrollments keep",
            "enrollments keep of a pending enrollment",
            "enrollments revoke",
            "enrollments release",
            "enrollments create --session",
            "checkout create",
        ),
    ),
    Job(
        "Setting up: keys, endpoint, doctor",
        (
            "secrets push",
            "secrets status",
            "secrets rollback",
            "webhooks create",
            "webhooks list",
            "webhooks delete",
            "doctor",
        ),
    ),
)
