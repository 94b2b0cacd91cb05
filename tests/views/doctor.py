"""Views of `lmx commands`, `help`, `config`, and of `doctor`: all green, nothing there, and a bit of everything."""

from tests.doctor.worlds import PREVIEW, heal, keys_of, put_secret
from tests.enrollments.worlds import age_intents, put_basics, put_bought, put_pending
from tests.products.worlds import put_course
from tests.running import Sandbox
from tests.views.courses import nothing
from tests.views.data import LONG_NAME, put_nasty_courses, session_id
from tests.views.model import View
from tests.webhooks.endpoint_worlds import make_endpoint, ours


def _ill(sandbox: Sandbox) -> None:
    """Make most things wrong at once."""
    put_nasty_courses(sandbox)
    put_basics(sandbox)
    put_course(sandbox, "spec-driven-dev-premium", "4999", name=LONG_NAME)
    put_bought(sandbox, "waits-for-long", id=session_id(1), offset=-3600 * 80)
    put_pending(sandbox, "waits-for-long", session_id(1), hours=80)
    put_secret(sandbox, keys_of(sandbox, STRIPE_SECRET_KEY="rk_" + "test_" + "x" * 30), tag="prod")
    make_endpoint(sandbox, "https://elsewhere.example/hooks", metadata=ours(), enabled_events=["*"])
    age_intents(sandbox)


VIEWS = (
    View("commands", nothing, "commands", reads=True),
    View("help of all", nothing, "help", reads=True),
    View("help of a group", nothing, "help enrollments", reads=True),
    View("help", nothing, "help products sync", reads=True),
    View("config", nothing, "config", reads=True),
    View("config with errors", nothing, "config", ends=3, env={"LMX_MAX_RATE": "fast"}, reads=True),
    View("doctor green", heal, "doctor", reads=True),
    View("doctor of an empty world", nothing, "doctor", ends=3, reads=True),
    View("doctor ill", _ill, "doctor", ends=3, reads=True),
    View("doctor ill verbose", _ill, "doctor -v", ends=3, reads=True),
    View("doctor in preview", _ill, "doctor -e preview", env=PREVIEW, ends=3, reads=True),
    View(
        "doctor without credentials",
        nothing,
        "doctor",
        env={"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None, "LMX_ENVIRONMENT": "preview"},
        ends=4,
        reads=True,
    ),
)
