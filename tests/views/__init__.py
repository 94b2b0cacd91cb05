"""Every table and report that lmx shows, for people to look at: python -m tests.views FOLDER [WORD ...]."""

from tests.views.checkout import VIEWS as CHECKOUT
from tests.views.courses import VIEWS as COURSES
from tests.views.doctor import VIEWS as DOCTOR
from tests.views.enrollments import VIEWS as ENROLLMENTS
from tests.views.failures import VIEWS as FAILURES
from tests.views.model import View
from tests.views.products import VIEWS as PRODUCTS
from tests.views.sandbox import VIEWS as SANDBOX
from tests.views.secrets import VIEWS as SECRETS
from tests.views.students import VIEWS as STUDENTS
from tests.views.webhooks import VIEWS as WEBHOOKS

VIEWS: tuple[View, ...] = (
    *SECRETS,
    *COURSES,
    *PRODUCTS,
    *CHECKOUT,
    *ENROLLMENTS,
    *STUDENTS,
    *WEBHOOKS,
    *DOCTOR,
    *SANDBOX,
    *FAILURES,
)
