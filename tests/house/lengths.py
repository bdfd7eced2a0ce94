"""Functions by their length: the lines from `def` to the last one, docstring and all."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median

from tests.house.tree import Function, Module, Tree


@dataclass(frozen=True)
class Length:
    """A function and its lines."""

    lines: int
    module: Module
    node: Function

    @property
    def place(self) -> str:
        """Where it stands, and how long it is."""
        return self.module.place(self.node, f"{self.node.name}: {self.lines} lines")


class Lengths:
    """The functions of a tree, the shortest first."""

    def __init__(self, tree: Tree) -> None:
        found = [
            Length((node.end_lineno or node.lineno) - node.lineno + 1, module, node)
            for module in tree.values()
            for node in module.nodes
            if isinstance(node, Function)
        ]
        self.all = sorted(found, key=lambda one: one.lines)

    @property
    def median(self) -> float:
        """The length that half of them keep within."""
        return median(one.lines for one in self.all) if self.all else 0

    @property
    def p90(self) -> int:
        """The length that nine of ten keep within."""
        return self.all[(9 * len(self.all) - 1) // 10].lines if self.all else 0

    def over(self, most: int) -> list[Length]:
        """Return those of more than so many lines, the longest first."""
        return [one for one in reversed(self.all) if one.lines > most]
