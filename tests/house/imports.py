"""Imports between our modules, wherever they stand: at a module's top, in a function, under TYPE_CHECKING."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from tests.house.tree import Module, Tree, child

Graph = Mapping[str, frozenset[str]]
"""What each name imports."""


def graph(tree: Tree) -> Graph:
    """Return which of our modules each module imports."""
    return {name: frozenset(_imports(module, tree)) - {name} for name, module in tree.items()}


def _imports(module: Module, tree: Tree) -> Iterator[str]:
    for node in module.nodes:
        for name in _named(module, node):
            if name in tree:
                yield name
            elif (parent := name.rpartition(".")[0]) in tree:
                yield parent  # a name within a module


def _named(module: Module, node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Import(names=names):
            yield from (alias.name for alias in names)
        case ast.ImportFrom(names=names):
            yield from (f"{absolute(module, node)}.{alias.name}" for alias in names)
        case ast.Call(
            func=ast.Name("import_module") | ast.Attribute(attr="import_module"), args=[ast.Constant(str() as name), *_]
        ):
            yield name


def origins(module: Module) -> Mapping[str, str]:
    """Return what a module's imported names stand for: the dotted names of modules, classes and all else."""
    names: dict[str, str] = {}
    for node in module.nodes:
        if isinstance(node, ast.ImportFrom):
            names |= {alias.asname or alias.name: f"{absolute(module, node)}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            for alias in node.names:
                first = alias.name.partition(".")[0]
                names[alias.asname or first] = alias.name if alias.asname else first
    return names


def absolute(module: Module, node: ast.ImportFrom) -> str:
    """Return the dotted name of what a `from` names, relative ones made absolute."""
    if not node.level:
        return node.module or ""
    parts = module.name.split(".")
    base = parts[: len(parts) - node.level + module.is_package]
    return ".".join([*base, *([node.module] if node.module else [])])


def folders(imports: Graph, package: str) -> Graph:
    """Return which entries of a package's folder import which others."""
    made: dict[str, set[str]] = {}
    for name, imported in imports.items():
        if (importer := child(name, package)) is not None:
            entries = made.setdefault(importer, set())
            entries |= {entry for one in imported if (entry := child(one, package)) is not None and entry != importer}
    return {name: frozenset(entries) for name, entries in made.items()}


def causes(imports: Graph, importer: str, imported: str) -> list[str]:
    """Return the imports of modules that make one entry of a folder import another, as text."""
    inner = (name for name in sorted(imports) if _is_in(name, importer))
    return [f"{name} -> {other}" for name in inner for other in sorted(imports[name]) if _is_in(other, imported)]


def _is_in(name: str, entry: str) -> bool:
    return f"{name}.".startswith(f"{entry}.")


def circles(imports: Graph) -> list[list[str]]:
    """Return the groups of names that import each other, directly or by others, the largest first."""
    reached = {name: _reached(imports, name) for name in imports}
    groups = {
        frozenset(other for other in reached[name] if name in reached[other])
        for name in imports
        if name in reached[name]
    }
    return sorted(map(sorted, groups), key=len, reverse=True)


def _reached(imports: Graph, start: str) -> set[str]:
    reached: set[str] = set()
    ahead = [start]
    while ahead:
        new = imports.get(ahead.pop(), frozenset()) - reached
        reached |= new
        ahead += new
    return reached


def edges(imports: Graph, circle: list[str]) -> list[tuple[str, str]]:
    """Return the imports that a circle is made of."""
    members = frozenset(circle)
    return [(name, other) for name in circle for other in sorted(imports[name] & members)]


def floors(imports: Graph) -> int:
    """Return how many names the longest chain of imports has; a circle is one floor."""
    in_circle = {name: frozenset(circle) for circle in circles(imports) for name in circle}
    heights: dict[frozenset[str], int] = {}

    def height(name: str) -> int:
        group = in_circle.get(name, frozenset((name,)))
        if group not in heights:
            below = {other for member in group for other in imports.get(member, ())} - group
            heights[group] = 1 + max(map(height, below), default=0)
        return heights[group]

    return max(map(height, imports), default=0)
