"""The rules of the code's shape, checked on a module's syntax tree: who may import whom, how long things may be."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PACKAGE = "learnermax_cli"
FEATURES = ("secrets", "courses", "products", "checkout", "enrollments", "webhooks", "doctor")
SDKS = (
    "boto3",
    "botocore",
    "stripe",
    "requests",
    "flask",
    "moto",
    "werkzeug",
    "urllib3",
    "aws_lambda_powertools",
    "uvicorn",
)
# The modules that may know that there is a sandbox.
SANDBOX_USERS = ("cli", "settings")
PRINTERS = ("console", "__main__")
# Composition roots: they put adapters and features together.
ROOTS = ("app", "clients", "lambda_app")
MAX_FUNCTION = 40
MAX_FILE = 280
MAX_PARAMETERS = 5
_RELATIVE = "a relative module"
_Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Module:
    """A module of the package: its dotted name without the package's, and its syntax tree."""

    name: str
    source: str

    @property
    def top(self) -> str:
        """The sub-package, or the module itself where it stands at the top."""
        return self.name.partition(".")[0]

    @property
    def tree(self) -> ast.Module:
        """The parsed source."""
        return ast.parse(self.source)


def read_modules(package: Path) -> list[Module]:
    """Return all modules of the package."""
    paths = sorted(package.rglob("*.py"))
    return [Module(_dotted(path.relative_to(package)), path.read_text(encoding="utf-8")) for path in paths]


def _dotted(path: Path) -> str:
    return ".".join(path.with_suffix("").parts).removesuffix(".__init__")


def imports(node: ast.AST) -> Iterator[str]:
    """Yield every module that is imported for use, inside functions too; those for type checkers alone are left out."""
    match node:
        case ast.If(test=ast.Name(id="TYPE_CHECKING"), orelse=used):
            for other in used:
                yield from imports(other)
            return
        case ast.Import(names=names):
            yield from (alias.name for alias in names)
        case ast.ImportFrom(module=base, names=names, level=0):
            yield from (f"{base}.{alias.name}" for alias in names)
        case ast.ImportFrom():
            yield _RELATIVE
        case ast.Call(func=ast.Name(id=called) | ast.Attribute(attr=called), args=[ast.Constant(value=str(name)), *_]):
            yield from (name,) if called in ("import_module", "__import__") else ()
    for child in ast.iter_child_nodes(node):
        yield from imports(child)


def import_flaws(module: Module) -> list[str]:
    """Return each import that the module must not make."""
    return [f"{module.name} imports {target}" for target in imports(module.tree) if not _may_import(module, target)]


def _may_import(module: Module, target: str) -> bool:
    if target == _RELATIVE:
        return False
    root, _, rest = target.partition(".")
    if root in SDKS:
        return module.top in ("adapters", "sandbox")
    if root != PACKAGE:
        return True
    other, _, inner = rest.partition(".")
    if other == "adapters":
        return module.top in ("adapters", *ROOTS)
    if other == "sandbox":
        return module.top in ("sandbox", *SANDBOX_USERS)
    if other in FEATURES:
        return _may_import_feature(module, other, inner.partition(".")[0])
    return True


def _may_import_feature(module: Module, feature: str, inner: str) -> bool:
    if module.top == "planning":
        return False
    if module.top == "adapters":
        return inner == "model" or inner.endswith("_model")
    if inner == "commands":
        return module.top in ("cli", feature)
    return True


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
                if not (name.startswith("_") or id(node) in inside or ast.get_docstring(node)):
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


def _is_command(node: _Function) -> bool:
    names = {getattr(d.func, "id", getattr(d.func, "attr", "")) for d in node.decorator_list if isinstance(d, ast.Call)}
    return bool(names & {"add_command", "command", "callback"})
