"""The rules of the code's layout, checked on syntax trees: who may import whom, how long things may be."""

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

PACKAGE = "learnermax_cli"
FEATURES = ("secrets", "courses", "products", "checkout", "enrollments", "students", "webhooks", "doctor")
# An import goes from a line to a line below it. The console prints reports, so the terminal stands above planning.
LAYERS = (
    ("cli",),
    ("functions",),
    ("composition",),
    ("adapters",),
    FEATURES,
    ("terminal",),
    ("planning",),
    ("config",),
    ("core",),
)
# At most three arrows upwards, each with its reason.
UPWARD: Mapping[tuple[str, str], str] = {}
# What a feature may import of another, beside `model`, `plan_*`, `decide*` and `apply_*`: pure rules and reads through
# a port that is handed in.
SHARED = (
    "checkout.offer",
    "courses.price",
    "enrollments.payment_state",
    "enrollments.read_reversed",
    "secrets.content",
    "webhooks.endpoints",
)
OUTSIDE = {  # who may import what is outside of the package
    **dict.fromkeys(("boto3", "botocore", "stripe", "requests", "urllib3", "uvicorn", "h11"), ("adapters",)),
    **dict.fromkeys(("certifi", "truststore"), ("adapters",)),
    "aws_lambda_powertools": ("adapters",),
    **dict.fromkeys(("typer", "click"), ("cli",)),
    **dict.fromkeys(("flask", "moto", "psutil", "werkzeug"), ()),
}
PRINTERS = ("terminal.console", "__main__")
MAX_FUNCTION = 40
MAX_FILE = 250
MAX_PARAMETERS = 5
_RELATIVE = "a relative module"
_Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Module:
    """A module of the package: its dotted name without the package's, and its source."""

    name: str
    source: str
    is_package: bool = False

    @property
    def room(self) -> str:
        """The sub-package that it stands in, or its own name in the package's root."""
        return self.name.partition(".")[0]

    @cached_property
    def tree(self) -> ast.Module:
        """The parsed source."""
        return ast.parse(self.source)


def read_modules(package: Path) -> list[Module]:
    """Return all modules of the package."""
    return [
        Module(_dotted(path.relative_to(package)), path.read_text(encoding="utf-8"), path.name == "__init__.py")
        for path in sorted(package.rglob("*.py"))
    ]


def _dotted(path: Path) -> str:
    return ".".join(path.with_suffix("").parts).removesuffix("__init__").removesuffix(".")


def imports(node: ast.AST) -> Iterator[str]:
    """Yield every name that is imported, inside functions and for type checkers alone too."""
    for found in ast.walk(node):
        match found:
            case ast.Import(names=names):
                yield from (alias.name for alias in names)
            case ast.ImportFrom(module=base, names=names, level=0):
                yield from (f"{base}.{alias.name}" for alias in names)
            case ast.ImportFrom():
                yield _RELATIVE
            case ast.Call(
                func=ast.Name(id=called) | ast.Attribute(attr=called), args=[ast.Constant(value=str(name)), *_]
            ) if called in ("import_module", "__import__"):
                yield name


def inner_imports(module: Module) -> Iterator[str]:
    """Yield what a module imports of the package, without the package's name."""
    for target in imports(module.tree):
        root, _, rest = target.partition(".")
        if root == PACKAGE:
            yield rest


def import_flaws(module: Module) -> list[str]:
    """Return each import that the module must not make."""
    return [f"{module.name} imports {target}" for target in imports(module.tree) if not _may_import(module, target)]


def _may_import(module: Module, target: str) -> bool:
    root, _, inner = target.partition(".")
    if target == _RELATIVE:
        return False
    if module.room in ("sandbox", "", "__main__"):
        return True
    if root != PACKAGE:
        # The composition root hands Stripe's client on, so it names its type.
        typed = module.room == "composition" and root == "stripe"
        return root not in OUTSIDE or module.room in OUTSIDE[root] or typed
    return _may_import_inner(module, inner)


def _may_import_inner(module: Module, target: str) -> bool:
    room, _, rest = target.partition(".")
    if (module.name, room) in UPWARD:
        return True
    if room == "sandbox":
        return module.name == "cli.sandbox"
    if _rank(room) is None or room == module.room:
        return room in ("", "__version__", module.room)
    own, other = _rank(module.room), _rank(room)
    assert other is not None
    if own is None or own > other:
        return False
    if room not in FEATURES:
        return True
    part = rest.partition(".")[0]
    if module.room == "adapters":
        return part == "model" or part.endswith("_model")
    if module.room in FEATURES:
        pure = part == "model" or part.endswith("_model") or part.startswith(("plan_", "decide", "apply_"))
        return pure or f"{room}.{part}" in SHARED
    return True


def _rank(room: str) -> int | None:
    return next((rank for rank, rooms in enumerate(LAYERS) if room in rooms), None)


def circles(modules: Iterable[Module]) -> list[str]:
    """Return each module that imports itself, by whatever way."""
    names = {module.name for module in modules}
    graph = {
        module.name: {found for t in inner_imports(module) if (found := _module_of(t, names))} for module in modules
    }
    return sorted(name for name in names if name in _reachable(graph, name))


def _module_of(target: str, names: set[str]) -> str:
    while target and target not in names:
        target = target.rpartition(".")[0]
    return target


def _reachable(graph: Mapping[str, set[str]], start: str) -> set[str]:
    seen: set[str] = set()
    waiting = list(graph[start])
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting += graph.get(name, ())
    return seen


def shape_flaws(module: Module) -> list[str]:
    """Return each thing of the module that is too long, takes too much, prints, or has no docstring."""
    tree = module.tree
    closed = [
        n for n in ast.walk(tree) if isinstance(n, _Function) or (isinstance(n, ast.ClassDef) and n.name[0] == "_")
    ]
    inside = {id(inner) for outer in closed for inner in ast.walk(outer) if inner is not outer}
    flaws = [] if ast.get_docstring(tree) else [f"{module.name} has no docstring"]
    if len(module.source.splitlines()) > MAX_FILE:
        flaws.append(f"{module.name} has more than {MAX_FILE} lines")
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                flaws += [f"{module.name}.{name} {flaw}" for flaw in _size_flaws(node)]
                if not (name.startswith("_") or id(node) in inside or ast.get_docstring(node) or _is_stub(node)):
                    flaws.append(f"{module.name}.{name} has no docstring")
            case ast.ClassDef(name=name) if not name.startswith("_") and not ast.get_docstring(node):
                flaws.append(f"{module.name}.{name} has no docstring")
            case ast.Call(func=ast.Name(id="print")) if module.name not in PRINTERS:
                flaws.append(f"{module.name} prints")
    return flaws


def _size_flaws(node: _Function) -> Iterator[str]:
    command = _is_command(node)
    start = node.body[0].lineno if command else node.lineno
    lines = (node.end_lineno or start) - start + 1
    if lines >= MAX_FUNCTION:
        yield f"has {lines} lines"
    arguments = node.args.posonlyargs + node.args.args + node.args.kwonlyargs
    taken = [argument for argument in arguments if argument.arg not in ("self", "cls")]
    if len(taken) > MAX_PARAMETERS and not command:
        yield f"takes {len(taken)} parameters"


def _is_stub(node: _Function) -> bool:
    """Return whether it is a property of a protocol, named without a body."""
    properties = [decorator for decorator in node.decorator_list if getattr(decorator, "id", "") == "property"]
    match node.body:
        case [ast.Expr(value=ast.Constant(value=value))]:
            return value is ... and bool(properties)
    return False


def _is_command(node: _Function) -> bool:
    names = {getattr(d.func, "id", getattr(d.func, "attr", "")) for d in node.decorator_list if isinstance(d, ast.Call)}
    return bool(names & {"add_command", "command", "callback"})
