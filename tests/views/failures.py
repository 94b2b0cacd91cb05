"""Views of what goes wrong before there is anything to do: wrong usage, settings, credentials, the network."""

from collections.abc import Mapping

from tests.checkout.worlds import synced_course
from tests.products.worlds import put_course
from tests.running import Sandbox
from tests.secrets.support import api_keys, write_env
from tests.views.checkout import COURSE, created, on_sale, shop
from tests.views.courses import nothing
from tests.views.data import ENV, LONG_NAME, USER, put_enrolled, session_id
from tests.views.model import View

_PREVIEW = {"LMX_ENVIRONMENT": "preview"}
_REFUSED: Mapping[str, str | None] = {"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}
_KEYLESS: Mapping[str, str | None] = {**_PREVIEW, "STRIPE_SECRET_KEY": None}
_SIGNED_OUT: Mapping[str, str | None] = {**_PREVIEW, "AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None}
_CREATE = f"checkout create {COURSE} --user {USER}"


def _unsynced(sandbox: Sandbox) -> None:
    shop(sandbox)
    put_course(sandbox, "unsynced", "49.99", name=LONG_NAME)
    put_course(sandbox, "free-intro", None, name="Free", pricingModel="free")
    put_course(sandbox, "soon", "99.00", name="Coming soon", comingSoon=True)


def _repriced(sandbox: Sandbox) -> None:
    shop(sandbox)
    synced = synced_course(sandbox, "repriced", "49.99")
    put_course(sandbox, "repriced", "59.99", stripePriceId=synced, stripeProductId="lmx_sandbox_repriced")


def _enrolled(sandbox: Sandbox) -> None:
    on_sale(sandbox)
    put_enrolled(sandbox, USER, COURSE, "completed")


def _keys_of_two_modes(sandbox: Sandbox) -> None:
    write_env(sandbox, {**api_keys(sandbox), "NEXT_PUBLIC_STRIPE_PUBLISHABLE_KEY": "pk_" + "live_" + "51" + "x" * 90})


def _live_keys(sandbox: Sandbox) -> None:
    tail = "live_" + "51" + "x" * 90
    write_env(sandbox, {"STRIPE_SECRET_KEY": "sk_" + tail, "NEXT_PUBLIC_STRIPE_PUBLISHABLE_KEY": "pk_" + tail})


USAGE = (
    View("usage without a command", nothing, "enrollments", ends=2, reads=True),
    View("usage of no such command", nothing, "reconcile --since 3d", ends=2, reads=True),
    View("usage of a mistyped command", nothing, "enrollments reconsile", ends=2, reads=True),
    View("usage of a mistyped option", nothing, "enrollments reconcile --create-mising", ends=2, reads=True),
    View("usage of no such option", nothing, "courses list --sort price", ends=2, reads=True),
    View("usage without an argument", nothing, "checkout create --ui hosted", ends=2, reads=True),
    View("usage of a wrong value", nothing, "products sync --price-unit cents", ends=2, reads=True),
    View("usage of a wrong duration", nothing, "enrollments reconcile --since yesterday", ends=2, reads=True),
    View("usage of csv", nothing, "products sync -o csv", ends=2, reads=True),
)

HELP = (
    View("help version", nothing, "--version", reads=True),
    View("help of the sandbox", nothing, "sandbox -h", reads=True),
    View("help of the secrets", nothing, "secrets --help", reads=True),
    View("help of secrets push", nothing, "secrets push --help", reads=True),
    View("help of checkout create", nothing, "checkout create --help", reads=True),
    View("help of reconcile", nothing, "help enrollments reconcile", reads=True),
    View("help of sandbox refund", nothing, "sandbox refund -h", reads=True),
    View("help of serve", nothing, "webhooks serve -h", reads=True),
    View("help of no such command", nothing, "help products sink", ends=2, reads=True),
)

CHECKOUT = (
    View("refused no course", _unsynced, f"checkout create spec-driven --user {USER}", env=ENV, ends=1, reads=True),
    View("refused no student", _unsynced, f"checkout create {COURSE} --user ada", env=ENV, ends=1, reads=True),
    View("refused address", _unsynced, f"checkout create {COURSE} --user ada@example.com", env=ENV, ends=1, reads=True),
    View("refused unsynced", _unsynced, f"checkout create unsynced --user {USER}", env=ENV, ends=1, reads=True),
    View("refused free", _unsynced, f"checkout create free-intro --user {USER}", env=ENV, ends=1, reads=True),
    View("refused soon", _unsynced, "checkout link soon", env=ENV, ends=1, reads=True),
    View("refused price", _repriced, f"checkout create repriced --user {USER}", env=ENV, ends=1, reads=True),
    View("refused enrolled", _enrolled, _CREATE, env=ENV, ends=1, reads=True),
    View("refused no session", nothing, f"checkout show {session_id(7)}", ends=1, reads=True),
    View("refused no URL", shop, _CREATE, env={"FRONTEND_URL": None, **_PREVIEW}, ends=3, reads=True),
)

COURSES = (
    View("refused set-price unit", _unsynced, "courses set-price unsynced 4999", ends=5, reads=True),
    View("refused set-price no course", _unsynced, "courses set-price unsinced 49.99", ends=1, reads=True),
    View("refused set-price decimals", _unsynced, "courses set-price unsynced 49.999", ends=2, reads=True),
    View("refused seed in prod", nothing, "courses seed -e prod", ends=5, reads=True),
)

SECRETS = (
    View("refused push of two modes", _keys_of_two_modes, "secrets push", env=_PREVIEW, ends=3, reads=True),
    View("refused push of live keys", _live_keys, "secrets push", env=_PREVIEW, ends=5, reads=True),
    View("refused pull of nothing", nothing, "secrets pull", env=_PREVIEW, ends=3, reads=True),
    View("refused rollback of nothing", nothing, "secrets rollback", env=_PREVIEW, ends=3, reads=True),
)

SANDBOX = (
    View("refused pay", nothing, f"sandbox pay {session_id(7)}", ends=1, reads=True),
    View("refused settle", created, "sandbox settle {SESSION}", ends=1, reads=True),
    View("refused refund", created, "sandbox refund {SESSION}", ends=1, reads=True),
    View("refused dispute", created, "sandbox dispute {SESSION}", ends=1, reads=True),
    View("refused promo", nothing, "sandbox promo SUMMER", ends=2, reads=True),
    View("refused clock", nothing, "sandbox clock --advance never", ends=2, reads=True),
    View("refused trigger", nothing, "sandbox trigger checkout.session.paid", ends=2, reads=True),
    View("refused trigger without courses", nothing, "sandbox trigger checkout.session.completed", ends=1, reads=True),
    View("refused without a sandbox", nothing, "sandbox status", folder="none", ends=3, reads=True),
    View("refused in no sandbox", nothing, "courses list -e sandbox", folder="none", ends=3, reads=True),
)

FAILURES = (
    View("failed environment", nothing, "courses list", env={"LMX_ENVIRONMENT": "staging"}, ends=3, reads=True),
    View("failed table", nothing, "courses list --table no-such-table", ends=3, reads=True),
    View("failed env file", nothing, "products list --env-file missing.env", env=_PREVIEW, ends=3, reads=True),
    View("failed Stripe key missing", nothing, "products list", env=_KEYLESS, ends=3, reads=True),
    View("failed AWS credentials", nothing, "courses list", env=_SIGNED_OUT, ends=4, reads=True),
    View("failed connection", nothing, "courses list", env={**_PREVIEW, **_REFUSED}, ends=1, reads=True, slow=True),
)

VIEWS = (*USAGE, *HELP, *CHECKOUT, *COURSES, *SECRETS, *SANDBOX, *FAILURES)
