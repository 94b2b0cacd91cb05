"""Failures that the command line can be made to tell: what provokes each, its exit code and its two lines."""

from tests.failures.access import FAILURES as ACCESS
from tests.failures.catalog import FAILURES as CATALOG
from tests.failures.checkout import FAILURES as CHECKOUT
from tests.failures.enrollments import FAILURES as ENROLLMENTS
from tests.failures.model import Failure
from tests.failures.secrets import FAILURES as SECRETS
from tests.failures.usage import FAILURES as USAGE
from tests.failures.webhooks import FAILURES as WEBHOOKS

FAILURES: tuple[Failure, ...] = (*USAGE, *ACCESS, *CATALOG, *CHECKOUT, *ENROLLMENTS, *SECRETS, *WEBHOOKS)
