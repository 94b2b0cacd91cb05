"""Views of `lmx products`: every kind of change, refusal and finding; what failed in part; what was interrupted."""

import signal

from learnermax_cli.products.sync import WORKERS
from learnermax_cli.sandbox.stripe_api.ids import new_id
from tests.products.worlds import (
    add_price,
    edit_course,
    make_product,
    marker,
    put_course,
    put_courses,
    synced_course,
)
from tests.running import Sandbox
from tests.started import STOPPING, Started
from tests.views.courses import nothing
from tests.views.data import LIVE, LONG_NAME, WIDE_NAME, put_link, put_live_keys, put_nasty_courses
from tests.views.model import View


def _everything(sandbox: Sandbox) -> None:
    """Put in what is to be added, changed, replaced, adopted, archived, refused and looked at."""
    put_nasty_courses(sandbox)
    for course_id in ("renamed-course", "repriced", "foreign-priced", "no-longer-paid"):
        make_product(sandbox, f"lmx_sandbox_{course_id}", course_id, 1999, marker(course_id))
        put_course(sandbox, course_id, "19.99", stripeProductId=f"lmx_sandbox_{course_id}")
    edit_course(sandbox, "renamed-course", name=LONG_NAME, description=WIDE_NAME * 9)
    put_course(sandbox, "repriced", "24.99", stripeProductId="lmx_sandbox_repriced")
    add_price(sandbox, "lmx_sandbox_foreign-priced", 2500)
    edit_course(sandbox, "no-longer-paid", pricingModel="free")
    by_hand = "prod_" + new_id("x")[2:]
    make_product(sandbox, by_hand, "by-hand", 4900, None)
    put_course(sandbox, "by-hand", "49.00", stripeProductId=by_hand)
    put_course(sandbox, "lost-product", "29.00", stripeProductId="prod_GoneAtStripe")
    make_product(sandbox, "lmx_sandbox_ten-fold", "ten-fold", 999, marker("ten-fold"))
    put_course(sandbox, "ten-fold", "99.90", stripeProductId="lmx_sandbox_ten-fold")
    for number in (1, 2):
        make_product(sandbox, f"prod_twin_{number}", "twins", 999, marker("twins"))
    put_course(sandbox, "twins", "9.99")


def _synced(sandbox: Sandbox) -> None:
    synced_course(sandbox, "b", "19.99")
    put_link(sandbox, "a", synced_course(sandbox, "a", "19.99"))


def _linked(sandbox: Sandbox) -> None:
    _synced(sandbox)
    put_course(sandbox, "a", "24.99", stripeProductId="lmx_sandbox_a")


def _many(sandbox: Sandbox) -> None:
    put_courses(sandbox, [f"course-{number:03}" for number in range(24)])


def _hundreds(sandbox: Sandbox) -> None:
    put_courses(sandbox, [f"course-{number:03}" for number in range(300)])


def _saved(sandbox: Sandbox) -> None:
    put_course(sandbox, "a", "19.99")
    sandbox.run("products", "sync", "--dry-run", "--save-plan", str(sandbox.cwd / "plan.json"))


def _outdated(sandbox: Sandbox) -> None:
    _saved(sandbox)
    put_course(sandbox, "b", "29.99")


def _some_of_many_fail(sandbox: Sandbox) -> None:
    put_nasty_courses(sandbox)
    put_courses(sandbox, [f"course-{number:03}" for number in range(60)])
    _failing(sandbox)


def _failing(sandbox: Sandbox) -> None:
    make_product(sandbox, "lmx_sandbox_a", "a", 1999, marker("a"))
    put_course(sandbox, "a", "24.99", stripeProductId="lmx_sandbox_a")
    put_courses(sandbox, ["b", "c"])
    message = "Your card's [bank] said: no such thing as a product here, whatever you may have been told before today."
    sandbox.control.add_fault(
        "error",
        service="stripe",
        operation="POST /v1/prices",
        status=400,
        error_type="invalid_request_error",
        message=message,
        times=None,
    )


def _live(sandbox: Sandbox) -> None:
    _linked(sandbox)
    put_live_keys(sandbox)


def _held(sandbox: Sandbox) -> None:
    put_courses(sandbox, [f"course-{number:03}" for number in range(WORKERS + 2)])
    sandbox.control.add_fault("hold", operation="POST /v1/products", times=WORKERS)


def _interrupt(sandbox: Sandbox, _: str, process: Started) -> bool:
    if sandbox.control.held() < WORKERS:
        return False
    process.send_signal(signal.SIGINT)
    return True


def _let_go(sandbox: Sandbox, said: str, _: Started) -> bool:
    if STOPPING not in said:
        return False
    sandbox.control.release()
    return True


VIEWS = (
    View("products list nothing", nothing, "products list", reads=True),
    View("products list", _everything, "products list", reads=True),
    View("products list one", _synced, "products list --course a", reads=True),
    View("products sync nothing", nothing, "products sync", reads=True),
    View("products sync unchanged", _synced, "products sync", reads=True),
    View("products sync plan", _everything, "products sync --dry-run --prune", ends=1, reads=True),
    View("products sync plan pending", _linked, "products sync --dry-run --exit-code", ends=8, reads=True),
    View("products sync plan verbose", _linked, "products sync --dry-run -v", reads=True),
    View("products sync plan quiet", _linked, "products sync --dry-run -q", reads=True),
    View("products sync", _everything, "products sync --yes", ends=1),
    View("products sync answered", _linked, "products sync", answer="y"),
    View("products sync declined", _linked, "products sync", answer="n", ends=1),
    View("products sync live declined", _live, "products sync", answer="n", ends=1, env=LIVE),
    View("products sync live", _live, "products sync", answer="y", env=LIVE),
    View("products sync live unchanged", put_live_keys, "products sync", env=LIVE, reads=True),
    View("products sync many", _many, "products sync --yes -v"),
    View("products sync plan of hundreds", _hundreds, "products sync --dry-run", reads=True),
    View("products sync plan saved", _linked, "products sync --dry-run --save-plan plan.json", reads=True),
    View("products sync plan outdated", _outdated, "products sync --plan plan.json --yes", ends=5),
    View("products sync some of many fail", _some_of_many_fail, "products sync --yes", ends=1, slow=True),
    View("products sync plan not paid", _everything, "products sync --dry-run --course free-intro", reads=True),
    View("products sync saved", _saved, "products sync --plan plan.json --yes"),
    View("products sync failed in part", _failing, "products sync --yes", ends=1),
    View("products sync interrupted", _held, "products sync --yes", ends=130, meanwhile=(_interrupt, _let_go)),
)
