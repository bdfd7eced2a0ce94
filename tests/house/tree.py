"""The source tree: every module of the program's packages, parsed."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

PACKAGES = ("pumpup_tui", "store", "api_client", "styles")

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Module:
    """One file."""

    name: str
    """Dotted; a package's is its folder's."""
    path: str
    """From the root, with slashes."""
    text: str
    is_package: bool

    @cached_property
    def tree(self) -> ast.Module:
        """The parsed text."""
        return ast.parse(self.text, self.path)

    @cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        """All nodes of the tree."""
        return tuple(ast.walk(self.tree))

    def place(self, node: ast.stmt | ast.expr, words: str) -> str:
        """Return words about a node with the place where it stands."""
        return f"{self.path}:{node.lineno} {words}"


Tree = Mapping[str, Module]
"""Modules by their dotted names."""


def read(root: Path, packages: tuple[str, ...] = PACKAGES) -> Tree:
    """Return the modules of these packages under `root`, in the order of their paths."""
    modules = {}
    for package in packages:
        for file in sorted((root / package).rglob("*.py")):
            path = file.relative_to(root)
            is_package = file.stem == "__init__"
            name = ".".join((path.parent if is_package else path.with_suffix("")).parts)
            modules[name] = Module(name, path.as_posix(), file.read_text(encoding="utf-8"), is_package)
    return modules


def within(tree: Tree, package: str) -> Iterator[Module]:
    """Yield the modules of a package and of what is in it."""
    for module in tree.values():
        if module.name == package or module.name.startswith(f"{package}."):
            yield module


def child(name: str, package: str) -> str | None:
    """Return which entry of a package's folder a module belongs to; None for the package itself and for others."""
    below = name.removeprefix(f"{package}.")
    return f"{package}.{below.partition('.')[0]}" if below != name else None
