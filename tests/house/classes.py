"""Our classes: what they inherit, from us and from Textual, and which methods they have."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module

from tests.house.imports import origins
from tests.house.tree import Function, Module, Tree


@dataclass(frozen=True, eq=False)
class Class:
    """One class statement."""

    module: Module
    name: str
    """With the classes that it stands in: `List.Selected`."""
    node: ast.ClassDef

    @property
    def place(self) -> str:
        """Where it stands."""
        return self.module.place(self.node, self.name)

    def methods(self) -> frozenset[str]:
        """Return the names of its own methods and properties."""
        return frozenset(node.name for node in self.node.body if isinstance(node, Function))


@dataclass(frozen=True)
class Outside:
    """A class of others that one of ours inherits, as it is imported."""

    module: str
    name: str


Base = Class | Outside


def classes_in(modules: Iterable[Module]) -> Iterator[Class]:
    """Yield the classes of these modules, those within others too."""
    for module in modules:
        yield from _classes(module, module.tree.body, "")


def _classes(module: Module, body: Iterable[ast.stmt], within: str) -> Iterator[Class]:
    for node in body:
        if isinstance(node, ast.ClassDef):
            yield Class(module, f"{within}{node.name}", node)
            yield from _classes(module, node.body, f"{within}{node.name}.")
        elif isinstance(node, ast.If | ast.Try | ast.With):
            yield from _classes(module, node.body, within)


class Family:
    """The classes of a tree, each with its ancestors."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self.classes = list(classes_in(tree.values()))
        self._by_name = {(one.module.name, one.name): one for one in self.classes}
        self.origins = {name: origins(module) for name, module in tree.items()}
        """What each module's imported names stand for."""
        self._bases: dict[Class, list[Base]] = {}

    def bases(self, one: Class) -> list[Base]:
        """Return the classes that `one` names as its bases, as far as they are named by import or in its module."""
        if one not in self._bases:
            found = (self._resolved(one, base) for base in one.node.bases)
            self._bases[one] = [base for base in found if base is not None and base is not one]
        return self._bases[one]

    def own_line(self, one: Class) -> list[Class]:
        """Return the longest line of our classes that ends with `one`, which is the first."""
        lines = (self.own_line(base) for base in self.bases(one) if isinstance(base, Class))
        return [one, *max(lines, key=len, default=[])]

    def own(self, one: Class) -> list[Class]:
        """Return `one` and all our classes that it inherits, each once."""
        line = {one: None}
        for base in self.bases(one):
            if isinstance(base, Class):
                line |= dict.fromkeys(self.own(base))
        return list(line)

    def outside(self, one: Class) -> list[Outside]:
        """Return the classes of others that `one` inherits, itself or through ours."""
        bases = (base for ours in self.own(one) for base in self.bases(ours))
        return list(dict.fromkeys(base for base in bases if isinstance(base, Outside)))

    def methods(self, one: Class) -> frozenset[str]:
        """Return the names of its methods, those inherited from ours too."""
        return frozenset[str]().union(*(ours.methods() for ours in self.own(one)))

    def _resolved(self, one: Class, base: ast.expr) -> Base | None:
        name = ast.unparse(base.value if isinstance(base, ast.Subscript) else base)
        module, beside = one.module.name, f"{one.name.rpartition('.')[0]}.{name}".lstrip(".")
        local = self._by_name.get((module, beside)) or self._by_name.get((module, name))
        return local or self._from(module, name)

    def _from(self, module: str, dotted: str) -> Base | None:
        """Return the class that a module knows by this name through its imports, also those that others pass on."""
        first, _, rest = dotted.partition(".")
        origin = self.origins[module].get(first)
        if origin is None:
            return None
        whole = f"{origin}.{rest}" if rest else origin
        for cut in range(whole.count("."), 0, -1):
            parts = whole.split(".")
            at, name = ".".join(parts[:cut]), ".".join(parts[cut:])
            if at in self._tree:
                return self._by_name.get((at, name)) or self._from(at, name)
        at, _, name = whole.rpartition(".")
        return Outside(at, name)


@cache
def mro(base: Outside) -> tuple[type, ...]:
    """Return the line of a class of Textual's, itself first; empty for others' and for what is no class."""
    if base.module.partition(".")[0] != "textual":
        return ()
    try:
        found = getattr(import_module(base.module), base.name.partition(".")[0], None)
    except ImportError:
        return ()
    return found.__mro__ if isinstance(found, type) else ()


def is_textual(one: type) -> bool:
    """Return whether a class is one of Textual's."""
    return one.__module__.partition(".")[0] == "textual"
