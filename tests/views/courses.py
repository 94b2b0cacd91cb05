"""Views of `lmx courses`."""

from learnermax_cli.courses.seed import read_seed_courses
from tests.enrollments.worlds import put_items
from tests.products.worlds import put_course
from tests.running import Sandbox
from tests.views.data import LONG_NAME, put_nasty_courses
from tests.views.model import View


def nothing(_: Sandbox) -> None:
    """Leave everything empty."""


def _seeded(sandbox: Sandbox) -> None:
    put_items(sandbox, map(dict, read_seed_courses()))


def _one_changed(sandbox: Sandbox) -> None:
    _seeded(sandbox)
    put_course(sandbox, "TEST-COURSE-003", "4999", name=LONG_NAME)


VIEWS = (
    View("courses list nothing", nothing, "courses list", reads=True),
    View("courses list", put_nasty_courses, "courses list", reads=True),
    View("courses seed plan", nothing, "courses seed --dry-run", reads=True),
    View("courses seed", nothing, "courses seed"),
    View("courses seed again", _seeded, "courses seed", reads=True),
    View("courses seed replace", _one_changed, "courses seed --replace", answer="y"),
    View("courses seed replace declined", _one_changed, "courses seed --replace", answer="n", ends=1),
    View("courses set-price plan", put_nasty_courses, "courses set-price cheap 49.99 --dry-run", reads=True),
    View("courses set-price", put_nasty_courses, "courses set-price spec-driven-dev-premium 49.99"),
    View("courses set-price same", put_nasty_courses, "courses set-price enterprise-license 125000.00", reads=True),
)
