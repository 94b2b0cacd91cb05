"""The code keeps the shape that it was given, and the check would notice if it did not."""

from pathlib import Path

import pytest

import learnermax_cli
from tests.architecture import Module, import_flaws, read_modules, shape_flaws

MODULES = read_modules(Path(learnermax_cli.__file__).parent)


def test_whole_package_is_checked() -> None:
    """Every sub-package that is there is walked."""
    assert {"adapters", "courses", "planning", "products", "sandbox", "secrets"} <= {module.top for module in MODULES}
    assert 80 < len(MODULES)


def test_each_module_imports_what_it_may() -> None:
    """Features know no adapter and no SDK, planning no feature, adapters models only, few the sandbox."""
    assert [] == [flaw for module in MODULES for flaw in import_flaws(module)]


def test_each_module_keeps_its_shape() -> None:
    """Short files, short functions, few parameters, docstrings, and one printer."""
    assert [] == [flaw for module in MODULES for flaw in shape_flaws(module)]


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("products.diff", "import boto3"),
        ("products.diff", "import stripe.error"),
        ("courses.run", "def f():\n    from botocore.exceptions import ClientError"),
        ("secrets.push", "def f():\n    import requests"),
        ("checkout.run", "class A:\n    def f(self):\n        if self:\n            import flask"),
        ("webhooks.serve", "import importlib\nimportlib.import_module('moto.server')"),
        ("cli", "from stripe import StripeClient"),
        ("app", "import boto3"),
        ("products.run", "from learnermax_cli.adapters.aws import AwsClients"),
        ("products.run", "from learnermax_cli import adapters"),
        ("products.run", "def f():\n    import learnermax_cli.adapters.aws"),
        ("products.run", "from ..adapters import aws"),
        ("console", "from learnermax_cli.adapters import aws"),
        ("planning.report", "from learnermax_cli.products.model import Catalog"),
        ("planning.report", "from learnermax_cli.courses import model"),
        ("courses.run", "from learnermax_cli.products.commands import group"),
        ("courses.run", "from learnermax_cli.products import commands"),
        ("adapters.table", "from learnermax_cli.products.diff import plan_sync"),
        ("adapters.table", "from learnermax_cli.products import diff"),
        ("products.run", "from learnermax_cli.sandbox.client import SandboxClient"),
        ("adapters.aws", "def f():\n    from learnermax_cli.sandbox import process"),
        ("products.diff", "if TYPE_CHECKING:\n    import typing\nelse:\n    import boto3"),
    ],
)
def test_forbidden_import_is_noticed(name: str, source: str) -> None:
    """Each rule can fail, inside functions and by name too."""
    assert 1 == len(import_flaws(Module(name, source)))


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("adapters.aws", "import boto3"),
        ("sandbox.app", "from flask import Flask"),
        ("app", "def f():\n    from learnermax_cli.adapters.aws import AwsClients"),
        ("app", "if TYPE_CHECKING:\n    from stripe import StripeClient"),
        ("adapters.stripe", "from learnermax_cli.products.model import Catalog"),
        ("products.run", "from learnermax_cli.courses.model import Course"),
        ("products.run", "from learnermax_cli.planning.apply import apply"),
        ("cli", "from learnermax_cli.products.commands import group"),
        ("settings", "from learnermax_cli.sandbox.state_file import load"),
        ("products.run", "from stripe_like import x"),
    ],
)
def test_permitted_import_passes(name: str, source: str) -> None:
    """The check does not forbid what the shape is made of."""
    assert [] == import_flaws(Module(name, source))


@pytest.mark.parametrize(
    ("source", "flaw"),
    [
        ("x = 1", "m has no docstring"),
        ('"""D."""\n' + "x = 1\n" * 280, "m has more than 280 lines"),
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


def test_commands_may_take_what_they_offer() -> None:
    """The signature of a command is its interface; its body is held to the rule."""
    source = '"""D."""\n@add_command(group, "x")\ndef f(a, b, c, d, e, f):\n    """D."""\n'
    assert [] == shape_flaws(Module("m", source))
    assert ["m.f has 40 lines"] == shape_flaws(Module("m", source + "    x = 1\n" * 39))
