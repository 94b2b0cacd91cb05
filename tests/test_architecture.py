"""The code keeps the layout that it was given, and the check would notice if it did not."""

from pathlib import Path

import pytest

import learnermax_cli
from tests.architecture import UPWARD, Module, circles, import_flaws, read_modules, shape_flaws

ROOT = Path(learnermax_cli.__file__).parent
MODULES = read_modules(ROOT)


def test_whole_package_is_checked() -> None:
    """Every sub-package that is there is walked."""
    rooms = {"adapters", "cli", "composition", "config", "core", "planning", "products", "sandbox", "terminal"}
    assert rooms <= {module.room for module in MODULES}
    assert 80 < len(MODULES)


def test_package_root_has_no_loose_module() -> None:
    """Each module stands in a room."""
    assert ["__init__.py", "__main__.py"] == sorted(path.name for path in ROOT.glob("*.py"))


def test_each_module_imports_what_it_may() -> None:
    """Imports run one way, and each SDK is known to its adapters alone."""
    assert [] == [flaw for module in MODULES for flaw in import_flaws(module)]


def test_few_arrows_run_upwards() -> None:
    """Each of them is there, and has its reason."""
    assert len(UPWARD) <= 3
    assert all(reason for reason in UPWARD.values())


def test_no_module_imports_itself() -> None:
    """No circle of imports, those for type checkers included."""
    assert [] == circles(MODULES)


def test_each_module_keeps_its_shape() -> None:
    """Short files, short functions, few parameters, docstrings, and one printer."""
    assert [] == [flaw for module in MODULES for flaw in shape_flaws(module)]


def test_package_stays_small() -> None:
    """Files of one thought are one file: 150 before students, settings and access by hand had commands of their own."""
    assert len([module for module in MODULES if module.room != "sandbox"]) <= 196


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("products.plan_sync", "import boto3"),
        ("products.plan_sync", "import stripe.error"),
        ("courses.listing", "def f():\n    from botocore.exceptions import ClientError"),
        ("secrets.push", "def f():\n    import requests"),
        ("checkout.create", "class A:\n    def f(self):\n        if self:\n            import flask"),
        ("webhooks.serve", "import importlib\nimportlib.import_module('moto.server')"),
        ("webhooks.serve", "import typer"),
        ("adapters.http_server", "import typer"),
        ("cli.main", "from stripe import StripeClient"),
        ("composition.app", "import boto3"),
        ("products.sync", "from learnermax_cli.adapters.aws.clients import AwsClients"),
        ("products.sync", "from learnermax_cli import adapters"),
        ("products.sync", "def f():\n    import learnermax_cli.adapters.aws"),
        ("products.sync", "from ..adapters import aws"),
        ("products.sync", "from learnermax_cli.composition.app import App"),
        ("products.sync", "if TYPE_CHECKING:\n    from learnermax_cli.composition.app import App"),
        ("products.sync", "from learnermax_cli.cli.command import add_command"),
        ("products.sync", "from learnermax_cli.courses.listing import run_list"),
        ("terminal.console", "from learnermax_cli.adapters import aws"),
        ("planning.report", "from learnermax_cli.products.model import Catalog"),
        ("planning.report", "from learnermax_cli.courses import model"),
        ("planning.report", "from learnermax_cli.terminal.console import Console"),
        ("core.errors", "from learnermax_cli.config.settings import Settings"),
        ("config.settings", "from learnermax_cli.sandbox.process import start"),
        ("adapters.aws.table", "from learnermax_cli.products.plan_sync import plan_sync"),
        ("adapters.aws.table", "from learnermax_cli.products import plan_sync"),
        ("products.sync", "from learnermax_cli.sandbox.client import SandboxClient"),
        ("adapters.aws.clients", "def f():\n    from learnermax_cli.sandbox import process"),
        ("products.plan_sync", "if TYPE_CHECKING:\n    import typing\nelse:\n    import boto3"),
    ],
)
def test_forbidden_import_is_noticed(name: str, source: str) -> None:
    """Each rule can fail, inside functions, by name and for type checkers too."""
    assert 1 == len(import_flaws(Module(name, source)))


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("adapters.aws.clients", "import boto3"),
        ("sandbox.app", "from flask import Flask"),
        ("composition.app", "def f():\n    from learnermax_cli.adapters.aws.clients import AwsClients"),
        ("composition.app", "if TYPE_CHECKING:\n    from stripe import StripeClient"),
        ("adapters.stripe.catalog", "from learnermax_cli.products.model import Catalog"),
        ("products.sync", "from learnermax_cli.courses.model import Course"),
        ("products.sync", "from learnermax_cli.courses.price import read_money"),
        ("products.sync", "from learnermax_cli.planning.apply import apply"),
        ("cli.products", "from learnermax_cli.products.sync import run_sync"),
        ("cli.sandbox", "from learnermax_cli.sandbox.process import start"),
        ("products.sync", "from stripe_like import x"),
    ],
)
def test_permitted_import_passes(name: str, source: str) -> None:
    """The check does not forbid what the layout is made of."""
    assert [] == import_flaws(Module(name, source))


def test_circle_is_noticed() -> None:
    """Whether it is closed in a function, or for type checkers alone."""
    modules = [
        Module("core.a", "from learnermax_cli.core.b import B"),
        Module("core.b", "def f():\n    from learnermax_cli.core import c"),
        Module("core.c", "if TYPE_CHECKING:\n    from learnermax_cli.core.a import A"),
        Module("core.d", "from learnermax_cli.core.a import A"),
    ]
    assert ["core.a", "core.b", "core.c"] == circles(modules)


@pytest.mark.parametrize(
    ("source", "flaw"),
    [
        ("x = 1", "m has no docstring"),
        ('"""D."""\n' + "x = 1\n" * 250, "m has more than 250 lines"),
        ('"""D."""\ndef f():\n    pass', "m.f has no docstring"),
        ('"""D."""\nclass C:\n    x = 1', "m.C has no docstring"),
        ('"""D."""\nclass C:\n    """D."""\n    def f(self):\n        pass', "m.f has no docstring"),
        ('"""D."""\ndef _f(a, b, c, *, d, e, f):\n    pass', "m._f takes 6 parameters"),
        ('"""D."""\ndef _f():\n' + "    x = 1\n" * 39, "m._f has 40 lines"),
        ('"""D."""\nprint(1)', "m prints"),
    ],
)
def test_lost_shape_is_noticed(source: str, flaw: str) -> None:
    """Each rule of shape can fail."""
    assert [flaw] == shape_flaws(Module("m", source))


def test_property_of_a_protocol_may_be_named_alone() -> None:
    """A job lists what it works with; a property with a body is held to the rule."""
    source = '"""D."""\nclass C(Protocol):\n    """D."""\n    @property\n    def f(self) -> int: ...\n'
    assert [] == shape_flaws(Module("m", source))
    assert ["m.f has no docstring"] == shape_flaws(Module("m", source.replace("...", "return 1")))


def test_commands_may_take_what_they_offer() -> None:
    """The signature of a command is its interface; its body is held to the rule."""
    source = '"""D."""\n@add_command(group, "x")\ndef f(a, b, c, d, e, f):\n    """D."""\n'
    assert [] == shape_flaws(Module("m", source))
    assert ["m.f has 40 lines"] == shape_flaws(Module("m", source + "    x = 1\n" * 39))
