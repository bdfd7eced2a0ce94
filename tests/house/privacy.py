"""Uses of Textual's private parts: imports, attributes, and names of ours that stand in for one of Textual's."""

from __future__ import annotations

import ast
import inspect
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from tests.house.classes import Class, Family, Outside, classes_in, is_textual, mro
from tests.house.imports import absolute
from tests.house.tree import Module, Tree, within

PATCHES = "pumpup_tui.textual_patches"
"""The package that may use them, each use with its reason."""
_BY_NAME = frozenset(("getattr", "setattr", "hasattr", "delattr"))


def is_private(name: str) -> bool:
    """Return whether a name begins with one underscore, or two without being Python's own."""
    return name.startswith("_") and not (name.startswith("__") and name.endswith("__")) and name != "_"


@dataclass(frozen=True)
class Use:
    """A private name, and the words for where it stands."""

    name: str
    words: str


def uses(tree: Tree, family: Family, package: str = "pumpup_tui") -> list[Use]:
    """Return the uses of Textual's private names in a package outside its patches."""
    finder = _Finder(family)
    return [use for module in within(tree, package) if not is_patch(module) for use in finder.in_module(module)]


def is_patch(module: Module) -> bool:
    """Return whether a module may use Textual's private parts."""
    return f"{module.name}.".startswith(f"{PATCHES}.")


class _Finder:
    def __init__(self, family: Family) -> None:
        self._family = family
        self._of_module: dict[str, list[Class]] = defaultdict(list)
        for one in family.classes:
            self._of_module[one.module.name].append(one)
        own_names = (_defined(one.node).keys() - self._inherited(one).keys() for one in family.classes)
        self._ours = frozenset[str]().union(*own_names)
        """Private names that are a class's of ours: on an object that is not `self` they count as ours."""
        self._packages = {name.partition(".")[0] for name in family.origins}

    def in_module(self, module: Module) -> Iterator[Use]:
        for node in module.nodes:
            if isinstance(node, ast.ImportFrom):
                yield from self._imported(module, node)
            elif isinstance(node, ast.Import):
                names = (alias.name for alias in node.names)
                yield from (Use(name, module.place(node, f"imports {name}")) for name in names if _is_private_of(name))
        for one in self._of_module[module.name]:
            yield from self._taken_over(one)
        yield from self._attributes(module)

    def _imported(self, module: Module, node: ast.ImportFrom) -> Iterator[Use]:
        for alias in node.names:
            whole = f"{absolute(module, node)}.{alias.name}"
            if _is_private_of(whole):
                yield Use(alias.name, module.place(node, f"imports {whole}"))

    def _taken_over(self, one: Class) -> Iterator[Use]:
        """Yield what a class defines under a private name of the Textual class that it inherits."""
        inherited = self._inherited(one)
        for name, node in _defined(one.node).items():
            if owner := inherited.get(name):
                yield Use(name, one.module.place(node, f"{one.name}.{name} stands in for {owner}'s"))

    def _inherited(self, one: Class) -> dict[str, str]:
        """Return the private names of the Textual classes that a class inherits, and whose each is."""
        return {name: owner for base in self._family.outside(one) for name, owner in _privates_of(base).items()}

    def _attributes(self, module: Module) -> Iterator[Use]:
        owners = {one.node: one for one in self._of_module[module.name]}
        for owner, node in _with_owner(module.tree, None):
            reached = _attribute(node)
            if reached is not None and self._is_textuals(module, owners.get(owner) if owner else None, *reached):
                yield Use(reached[1], module.place(node, f"uses {reached[1]}"))

    def _is_textuals(self, module: Module, owner: Class | None, value: ast.expr, name: str) -> bool:
        """Return whether `value`'s private name is Textual's, as far as the text says it."""
        origin = self._family.origins[module.name].get(value.id, "") if isinstance(value, ast.Name) else ""
        package = origin.partition(".")[0]
        if package == "textual" or name not in textual_names():
            return package == "textual"
        if package and package not in self._packages:
            return False  # another library's, like `os._exit`
        if owner is not None and _is_self(value):
            definers = [ours for ours in self._family.own(owner) if name in _defined(ours.node)]
            if name in self._inherited(owner):
                # Outside the patches a definition that stands in for Textual's is named itself, and not its every use.
                return all(is_patch(ours.module) for ours in definers)
            if definers:
                return False
        return name not in self._ours


def _with_owner(node: ast.AST, owner: ast.ClassDef | None) -> Iterator[tuple[ast.ClassDef | None, ast.expr]]:
    """Yield each expression with the class in whose body it stands."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.expr):
            yield owner, child
        yield from _with_owner(child, child if isinstance(child, ast.ClassDef) else owner)


def _attribute(node: ast.expr) -> tuple[ast.expr, str] | None:
    """Return the private attribute that an expression reaches for, and of what; also by `getattr` and the like."""
    match node:
        case ast.Attribute(value=value, attr=name) if is_private(name):
            return value, name
        case ast.Call(func=ast.Name(function), args=[value, ast.Constant(str() as name), *_]) if function in _BY_NAME:
            return (value, name) if is_private(name) else None
    return None


def _is_self(value: ast.expr) -> bool:
    match value:
        case ast.Name("self" | "cls") | ast.Call(func=ast.Name("super")):
            return True
    return False


@cache
def _defined(node: ast.ClassDef) -> dict[str, ast.stmt]:
    """Return the private names that a class statement defines, on the class or by `self.… =`."""
    names: dict[str, ast.stmt] = {}
    for statement in node.body:
        for name in _bound(statement):
            names.setdefault(name, statement)
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
            for inner in ast.walk(statement):
                if isinstance(inner, ast.Assign | ast.AnnAssign | ast.AugAssign):
                    for name in _bound_on_self(inner):
                        names.setdefault(name, inner)
    return {name: at for name, at in names.items() if is_private(name)}


def _bound(statement: ast.stmt) -> list[str]:
    match statement:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return [name]
        case ast.Assign(targets=targets):
            return [node.id for target in targets for node in ast.walk(target) if isinstance(node, ast.Name)]
        case ast.AnnAssign(target=ast.Name(name)):
            return [name]
    return []


def _bound_on_self(statement: ast.Assign | ast.AnnAssign | ast.AugAssign) -> list[str]:
    targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
    nodes = (node for target in targets for node in ast.walk(target))
    return [node.attr for node in nodes if isinstance(node, ast.Attribute) and _is_self(node.value)]


def _is_private_of(dotted: str) -> bool:
    package, *parts = dotted.split(".")
    return package == "textual" and any(map(is_private, parts))


@cache
def _privates_of(base: Outside) -> dict[str, str]:
    """Return the private names of the Textual classes in the line of a class of others, and whose each is."""
    names: dict[str, str] = {}
    for one in reversed([one for one in mro(base) if is_textual(one)]):
        names |= dict.fromkeys(filter(is_private, vars(one)), one.__name__)
        names |= dict.fromkeys(_statement_names(one), one.__name__)
    return names


@cache
def _statement_names(one: type) -> frozenset[str]:
    path = inspect.getsourcefile(one)
    statements = _class_statements(Path(path)) if path else {}
    return frozenset(_defined(statements[one.__qualname__])) if one.__qualname__ in statements else frozenset()


@cache
def _class_statements(path: Path) -> dict[str, ast.ClassDef]:
    module = Module("", path.name, path.read_text(encoding="utf-8"), is_package=False)
    return {one.name: one.node for one in classes_in([module])}


@cache
def textual_names() -> frozenset[str]:
    """Return every private name that a class of Textual defines."""
    spec = find_spec("textual")
    folders = (spec.submodule_search_locations if spec else None) or []
    files = [file for folder in folders for file in Path(folder).rglob("*.py")]
    return frozenset(name for file in files for node in _class_statements(file).values() for name in _defined(node))
