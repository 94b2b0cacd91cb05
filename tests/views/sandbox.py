"""Views of `lmx sandbox` and `lmx demo`."""

from learnermax_cli.sandbox import process
from learnermax_cli.sandbox.student import put_student
from tests.products.worlds import synced_course
from tests.running import Sandbox
from tests.views.checkout import created, delayed, linked, paid
from tests.views.courses import nothing
from tests.views.model import View

_OWN = "own"


def _stopped(sandbox: Sandbox) -> None:
    process.stop(sandbox.home / _OWN)


def _started(sandbox: Sandbox) -> None:
    process.start(sandbox.home / _OWN)


def _shop(sandbox: Sandbox) -> None:
    synced_course(sandbox, "a")
    put_student(sandbox.info)


def _shop_with_deaf_endpoint(sandbox: Sandbox) -> None:
    _shop(sandbox)
    sandbox.stripe().v1.webhook_endpoints.create({"url": "http://127.0.0.1:9/hooks", "enabled_events": ["*"]})


def _asked_for_an_older_version(sandbox: Sandbox) -> None:
    sandbox.stripe().v1.products.list(options={"stripe_version": "2024-06-20"})


VIEWS = (
    View("sandbox start", _stopped, "sandbox start", folder=_OWN, slow=True),
    View("sandbox start elsewhere", nothing, "sandbox start --aws-port 1", ends=1, reads=True),
    View("sandbox stop", _started, "sandbox stop", folder=_OWN, slow=True),
    View("sandbox stop nothing", _stopped, "sandbox stop", folder=_OWN, reads=True),
    View("sandbox status", _asked_for_an_older_version, "sandbox status", reads=True),
    View("sandbox reset", nothing, "sandbox reset"),
    View("sandbox env", nothing, "sandbox env", reads=True),
    View("sandbox pay", created, "sandbox pay {URL}"),
    View("sandbox pay delayed", created, "sandbox pay {SESSION} --method delayed"),
    View("sandbox pay declined", created, "sandbox pay {SESSION} --method declined"),
    View("sandbox pay link", linked, "sandbox pay {LINK} --email ada@example.com"),
    View("sandbox expire", created, "sandbox expire {SESSION}"),
    View("sandbox settle", delayed, "sandbox settle {SESSION}"),
    View("sandbox settle fail", delayed, "sandbox settle {URL} --fail"),
    View("sandbox refund", paid, "sandbox refund {SESSION}"),
    View("sandbox refund part", paid, "sandbox refund {URL} --amount 10.00 --fail"),
    View("sandbox dispute", paid, "sandbox dispute {SESSION}"),
    View("sandbox dispute lost", paid, "sandbox dispute {SESSION} --status lost --amount 10"),
    View("sandbox promo", nothing, "sandbox promo SUMMER --percent-off 12.5"),
    View("sandbox trigger", _shop, "sandbox trigger checkout.session.completed"),
    View("sandbox trigger deaf", _shop_with_deaf_endpoint, "sandbox trigger checkout.session.expired"),
    View("sandbox clock", created, "sandbox clock --advance 25h"),
    View("demo", nothing, "demo", slow=True),
)
