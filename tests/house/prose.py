"""Docstrings: what public thing has none, and which open with a question word."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tests.house.tree import Function, Module, Tree

QUESTIONS = ("What", "How", "Who", "Where", "Whether", "Which")

Documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
_NEEDS_NONE = frozenset(("override", "overload", "setter", "deleter"))
"""Decorators of what is documented elsewhere: on the base, on the implementation, on the getter."""


def undocumented(tree: Tree) -> list[str]:
    """Return the public modules, classes, functions and methods without a docstring."""
    found: list[str] = []
    for module in tree.values():
        if not ast.get_docstring(module.tree):
            found.append(f"{module.path}:1 the module")
        found += [module.place(node, name) for name, node in _public(module.tree, "") if not ast.get_docstring(node)]
    return found


def _public(node: ast.Module | ast.ClassDef, within: str) -> Iterator[tuple[str, ast.ClassDef | Function]]:
    for inner in node.body:
        if isinstance(inner, ast.ClassDef | Function) and not inner.name.startswith("_"):
            if _NEEDS_NONE.isdisjoint(_decorators(inner)):
                yield f"{within}{inner.name}", inner
            if isinstance(inner, ast.ClassDef):
                yield from _public(inner, f"{within}{inner.name}.")


def _decorators(node: ast.ClassDef | Function) -> set[str]:
    return {ast.unparse(decorator).rpartition(".")[2] for decorator in node.decorator_list}


def questions(tree: Tree) -> list[str]:
    """Return the modules and classes whose docstrings open with a question word."""
    found: list[str] = []
    for module in tree.values():
        if _asks(module.tree):
            found.append(f"{module.path}:1 {_opening(module.tree)}")
        classes = (node for node in module.nodes if isinstance(node, ast.ClassDef))
        found += [module.place(node, f"{node.name}: {_opening(node)}") for node in classes if _asks(node)]
    return found


def _asks(node: Documented) -> bool:
    words = (ast.get_docstring(node) or "").split(maxsplit=1)
    return bool(words) and words[0].rstrip(",:") in QUESTIONS


def _opening(node: Documented) -> str:
    return " ".join((ast.get_docstring(node) or "").split()[:6])


def modules_over(tree: Tree, most: int) -> list[tuple[int, Module]]:
    """Return the modules of more than so many lines, the longest first."""
    sizes = [(len(module.text.splitlines()), module) for module in tree.values()]
    return sorted((one for one in sizes if one[0] > most), key=lambda one: -one[0])
