"""Finds uses of private names of libraries (`_x`) in source code: a scanner of syntax trees that knows what is ours.

Private are names with one leading underscore. What counts as ours: modules under the names in OURS, and attributes that
one of our own classes defines in the same file or in a module of ours which that file imports. A class of ours that
inherits from a class of a library must neither use nor define a private name of that class; to know these names, the
scanner imports the library.
"""

import ast
import dis
import functools
import importlib
import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

OURS = frozenset({"helix", "tests", "bench", "scripts", "migrations", "config", "wsgi"})
# Underscore names that Python's own documentation describes as public.
# https://docs.python.org/3/library/os.html#os._exit
DOCUMENTED_FUNCTIONS = frozenset({"os._exit"})
# https://docs.python.org/3/library/collections.html#collections.namedtuple
# https://docs.python.org/3/library/enum.html#supported-sunder-names, https://docs.python.org/3/library/ctypes.html
DOCUMENTED_ATTRIBUTES = frozenset(
    {"_asdict", "_replace", "_make", "_fields", "_field_defaults"}
    | {"_missing_", "_generate_next_value_", "_ignore_", "_order_", "_name_", "_value_"}
    | {"_fields_", "_pack_"}
)
# Functions that take the name of an attribute as text, after the object or as a path.
BY_TEXT = frozenset(
    {"getattr", "setattr", "hasattr", "delattr", "attrgetter", "methodcaller", "patch", "object", "get", "pop"}
)
ATTRIBUTE_STEPS = frozenset({"LOAD_ATTR", "STORE_ATTR", "LOAD_METHOD", "LOAD_SUPER_ATTR"})
OWN_INSTANCE = frozenset({"self", "cls"})


@dataclass(frozen=True, order=True)
class Use:
    """One use of a private name: in which file and line, and what is used."""

    file: str
    line: int
    name: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.name}"


@dataclass
class Source:
    """A parsed file. `imported` maps a local name to the dotted path that it was imported from."""

    root: Path
    path: Path
    tree: ast.Module
    imported: dict[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.path.relative_to(self.root).as_posix()

    @functools.cached_property
    def classes(self) -> dict[str, ast.ClassDef]:
        return {node.name: node for node in ast.walk(self.tree) if isinstance(node, ast.ClassDef)}

    @functools.cached_property
    def own_names(self) -> set[str]:
        """Private names that the classes in this file define."""
        return {name for found in self.classes.values() for name in defined_by(found)}


def is_private(name: str) -> bool:
    return re.fullmatch(r"_[^_].*", name) is not None


def scan(root: Path, paths: list[Path]) -> list[Use]:
    """Every use of a private name of a library in the files, in order."""
    return sorted({use for path in paths for use in uses_in(read(root, path))})


@functools.cache
def read(root: Path, path: Path) -> Source:
    source = Source(root, path, ast.parse(path.read_text(encoding="utf-8"), filename=str(path)))
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                source.imported[alias.asname or alias.name.partition(".")[0]] = (
                    alias.name if alias.asname else alias.name.partition(".")[0]
                )
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                source.imported[alias.asname or alias.name] = f"{absolute(source, node)}.{alias.name}"
    return source


def absolute(source: Source, node: ast.ImportFrom) -> str:
    """The module of `from … import`, also where it is written relative to the file."""
    if not node.level:
        return node.module or ""
    package = source.path.relative_to(source.root).with_suffix("").parts[: -node.level]
    return ".".join([*package, *([node.module] if node.module else [])])


def uses_in(source: Source) -> Iterator[Use]:
    known = names_of_ours(source)
    for node in ast.walk(source.tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            yield from imported_names(source, node)
        elif isinstance(node, ast.Attribute) and is_private(node.attr):
            owner = dotted(node.value)
            if owner not in OWN_INSTANCE and owner != "super()" and not is_ours(source, owner, node.attr, known):
                yield Use(source.name, node.lineno, f"{owner or ast.unparse(node.value)}.{node.attr}")
        elif isinstance(node, ast.Call):
            yield from named_by_text(source, node, known)
            yield from passed_by_keyword(source, node)
        elif isinstance(node, ast.Subscript):
            yield from looked_up_in_dict(source, node, known)
        elif isinstance(node, ast.ClassDef):
            yield from inherited(source, node)


def imported_names(source: Source, node: ast.Import | ast.ImportFrom) -> Iterator[Use]:
    module = absolute(source, node) if isinstance(node, ast.ImportFrom) else ""
    for alias in node.names:
        path = f"{module}.{alias.name}" if module else alias.name
        if top(path) not in OURS and path not in DOCUMENTED_FUNCTIONS and any(map(is_private, path.split("."))):
            yield Use(source.name, node.lineno, path)


def named_by_text(source: Source, node: ast.Call, known: set[str]) -> Iterator[Use]:
    """Such as `getattr(x, "_y")`, `monkeypatch.setattr("library._x.y", 1)` and `x.__dict__.pop("_y")`."""
    function = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if function not in BY_TEXT:
        return
    on_dict = isinstance(node.func, ast.Attribute) and is_dict_of(node.func.value)
    if function in ("get", "pop") and not on_dict:
        return
    texts = [argument for argument in node.args[:2] if isinstance(argument, ast.Constant)]
    for text in texts:
        path = text.value.split(".") if isinstance(text.value, str) else []
        if not any(map(is_private, path)):
            continue
        if len(path) > 1 and text is node.args[0]:
            allowed = path[0] in OURS
        else:
            owner = dotted(node.func.value if on_dict else node.args[0])  # type: ignore[union-attr]
            allowed = owner in OWN_INSTANCE or all(
                is_ours(source, owner.removesuffix(".__dict__"), part, known) for part in path if is_private(part)
            )
        if not allowed:
            yield Use(source.name, node.lineno, f"{function}({text.value!r})")


def passed_by_keyword(source: Source, node: ast.Call) -> Iterator[Use]:
    """Such as `library.call(_x=1)`, where the function is an attribute of something or imported."""
    owner = dotted(node.func)
    first, _, rest = owner.partition(".")
    imported = source.imported.get(first)
    if top(imported or first) in OURS or first in OWN_INSTANCE or not (imported or rest):
        return
    for keyword in node.keywords:
        if keyword.arg is not None and is_private(keyword.arg):
            yield Use(source.name, node.lineno, f"{owner}({keyword.arg}=)")


def looked_up_in_dict(source: Source, node: ast.Subscript, known: set[str]) -> Iterator[Use]:
    """`vars(x)["_y"]` and `x.__dict__["_y"]`."""
    if isinstance(node.slice, ast.Constant) and is_dict_of(node.value) and isinstance(node.slice.value, str):
        name = node.slice.value
        if is_private(name) and not is_ours(source, dotted(node.value).removesuffix(".__dict__"), name, known):
            yield Use(source.name, node.lineno, f"{ast.unparse(node.value)}[{name!r}]")


def is_dict_of(node: ast.expr) -> bool:
    return (isinstance(node, ast.Attribute) and node.attr == "__dict__") or (
        isinstance(node, ast.Call) and getattr(node.func, "id", "") == "vars"
    )


def inherited(source: Source, found: ast.ClassDef) -> Iterator[Use]:
    """Private names of a library's class that a class of ours uses, or replaces, by inheriting from it."""
    theirs = names_of_bases(source, found)
    if not theirs:
        return
    for node in ast.walk(found):
        if isinstance(node, ast.Attribute) and dotted(node.value) in (*OWN_INSTANCE, "super()"):
            name = node.attr
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node in found.body:
            name = node.name
        elif isinstance(node, (ast.Assign, ast.AnnAssign)) and node in found.body:
            name = next((target.id for target in targets(node) if isinstance(target, ast.Name)), "")
        else:
            continue
        if name in theirs and name not in DOCUMENTED_ATTRIBUTES:
            yield Use(source.name, node.lineno, f"{found.name}.{name}, of {theirs[name]}")


def names_of_bases(source: Source, found: ast.ClassDef) -> dict[str, str]:
    """Private names that the library classes above a class define, each with the class that does."""
    theirs: dict[str, str] = {}
    for base in found.bases:
        path = dotted(base.value if isinstance(base, ast.Subscript) else base)
        if path in source.classes and source.classes[path] is not found:
            theirs |= names_of_bases(source, source.classes[path])
            continue
        kind = resolved(source, path)
        for above in inspect.getmro(kind) if isinstance(kind, type) else ():
            if above is not object and top(above.__module__) not in OURS:
                theirs |= dict.fromkeys(names_of_class(above), f"{above.__module__}.{above.__qualname__}")
    return theirs


@functools.cache
def names_of_class(kind: type) -> frozenset[str]:
    """From its members and from what their code reads and writes: the source of some classes cannot be found."""
    names = {name for name in vars(kind) if is_private(name)}
    for member in vars(kind).values():
        member = getattr(member, "fget", None) or getattr(member, "__func__", member)
        code = getattr(inspect.unwrap(member), "__code__", None) if callable(member) else None
        for step in dis.get_instructions(code) if code else ():
            if step.opname in ATTRIBUTE_STEPS and is_private(str(step.argval)):
                names.add(step.argval)
    return frozenset(names)


def resolved(source: Source, path: str) -> object:
    """What a dotted name in this file stands for; None where it is neither imported nor a builtin."""
    first, *rest = path.split(".")
    target = source.imported.get(first)
    if target is None:
        return getattr(importlib.import_module("builtins"), first, None) if not rest else None
    parts = [*target.split("."), *rest]
    for length in range(len(parts), 0, -1):
        try:
            found: object = importlib.import_module(".".join(parts[:length]))
        except ModuleNotFoundError:
            continue
        for part in parts[length:]:
            found = getattr(found, part, None)
        return found
    return None


def is_ours(source: Source, owner: str, name: str, known: set[str]) -> bool:
    """Whether the private name of the owner, a dotted path in this file, is one of ours or documented."""
    first, _, rest = owner.partition(".")
    path = ".".join(filter(None, (source.imported.get(first, first), rest)))
    if name in DOCUMENTED_ATTRIBUTES or f"{path}.{name}" in DOCUMENTED_FUNCTIONS:
        return True
    if first in source.imported and top(path) in OURS and file_of(source.root, path):
        return True
    return name in known


def names_of_ours(source: Source) -> set[str]:
    """Private names that our classes define: those of this file, and of our modules that it imports."""
    names = set(source.own_names)
    for path in source.imported.values():
        # The name that is imported is a module itself, or stands in one.
        for module in (path, path.rpartition(".")[0]):
            file = file_of(source.root, module) if top(module) in OURS else None
            if file is not None:
                names |= read(source.root, file).own_names
    return names


def file_of(root: Path, module: str) -> Path | None:
    path = root.joinpath(*module.split("."))
    return next((file for file in (path.with_suffix(".py"), path / "__init__.py") if file.is_file()), None)


def defined_by(found: ast.ClassDef) -> set[str]:
    """Private names that a class gives its instances: methods, fields, and what is assigned to `self`."""
    names = set()
    for node in ast.walk(found):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            names.add(node.name)
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            for target in targets(node):
                if isinstance(target, ast.Attribute) and dotted(target.value) in OWN_INSTANCE:
                    names.add(target.attr)
                elif isinstance(target, ast.Name) and node in found.body:
                    names.add(target.id)
    return {name for name in names if is_private(name)}


def targets(node: ast.Assign | ast.AnnAssign) -> list[ast.expr]:
    found = node.targets if isinstance(node, ast.Assign) else [node.target]
    return [one for target in found for one in (target.elts if isinstance(target, ast.Tuple) else [target])]


def dotted(node: ast.expr) -> str:
    """`a.b.c` of such an expression, `super()` of a call of it, and nothing of any other."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        before = dotted(node.value)
        return f"{before}.{node.attr}" if before else ""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "super":
        return "super()"
    return ""


def top(path: str) -> str:
    return path.partition(".")[0]
