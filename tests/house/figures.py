"""The figures and their limits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from textual.app import App
from textual.screen import Screen

from tests.house import imports, names, privacy, prose
from tests.house.classes import Class, Family, mro
from tests.house.lengths import Lengths
from tests.house.tree import Tree, child, read, within

ROOMS = 24
"""The screens, a linear form of them and a gallery each have their own folder."""
SCREEN_DEPTH = 2
DEPTH = 3
METHODS = 45
MODULE_LINES = 400
MEDIAN = 8
P90 = 15
FUNCTION_LINES = 40
"""Wanted, not enforced: a table or a list of routes may need more."""


@dataclass(frozen=True)
class Figure:
    """One figure, its limit, and where it is broken."""

    name: str
    now: float
    limit: int | None
    """None where there is none: it is only printed."""
    places: list[str]
    """What makes it what it is, the worst first."""

    @property
    def is_broken(self) -> bool:
        """Whether it is over its limit."""
        return self.limit is not None and self.now > self.limit


def measure(root: Path) -> list[Figure]:
    """Return all figures of the tree under `root`."""
    tree = read(root)
    family = Family(tree)
    return [*_of_imports(tree), *_of_classes(family), *_of_names(tree, family), *_of_text(tree, family)]


def _of_imports(tree: Tree) -> Iterator[Figure]:
    files = imports.graph(tree)
    yield _circles("import circles of files", files, files)
    for package in ("pumpup_tui", "store"):
        yield _circles(f"import circles of {package}'s folders", imports.folders(files, package), files)
    rooms = {entry for module in within(tree, "pumpup_tui") if (entry := child(module.name, "pumpup_tui"))}
    yield Figure("entries at the top of pumpup_tui", len(rooms), ROOMS, sorted(rooms))
    for package in ("pumpup_tui", "store"):
        yield Figure(f"floors of {package}", imports.floors(imports.folders(files, package)), None, [])


def _circles(name: str, graph: imports.Graph, files: imports.Graph) -> Figure:
    circles = imports.circles(graph)
    places = [f"{len(circle)}: {', '.join(circle)}" for circle in circles]
    causes = [imports.causes(files, *edge) for circle in circles for edge in imports.edges(graph, circle)]
    # What one import alone makes is the first to be cut.
    places += [cause for of_edge in sorted(causes, key=len) for cause in of_edge]
    return Figure(name, len(circles), 0, places)


def _of_classes(family: Family) -> Iterator[Figure]:
    ours = [one for one in family.classes if one.module.name.partition(".")[0] == "pumpup_tui"]
    screens = [one for one in ours if _is_screen(family, one)]
    yield _depth("own inheritance of screens and the app", family, screens, SCREEN_DEPTH)
    others = [one for one in ours if one not in screens]
    yield _depth("own inheritance of widgets and all else", family, others, DEPTH)
    counts = sorted(((len(family.methods(one)), one.place) for one in ours), reverse=True)
    over = [f"{place}: {count} methods" for count, place in counts if count > METHODS]
    yield Figure("methods of a class with those inherited from ours", max(counts, default=(0, ""))[0], METHODS, over)


def _is_screen(family: Family, one: Class) -> bool:
    return any(issubclass(base, Screen | App) for outside in family.outside(one) for base in mro(outside))


def _depth(name: str, family: Family, classes: list[Class], most: int) -> Figure:
    lines = sorted(map(family.own_line, classes), key=len, reverse=True)
    places = [f"{line[0].place}: {' < '.join(one.name for one in line)}" for line in lines if len(line) > most]
    return Figure(name, max(map(len, lines), default=0), most, places)


def _of_names(tree: Tree, family: Family) -> Iterator[Figure]:
    modules, classes = names.shared_modules(tree), names.shared_classes(family)
    yield Figure("module names that several modules have", len(modules), 0, modules)
    yield Figure("class names that several classes have", len(classes), 0, classes)


def _of_text(tree: Tree, family: Family) -> Iterator[Figure]:
    longest = [f"{module.path}: {lines} lines" for lines, module in prose.modules_over(tree, MODULE_LINES)]
    yield Figure(f"modules over {MODULE_LINES} lines", len(longest), 0, longest)
    lengths = Lengths(tree)
    yield Figure("lines of a function, median", lengths.median, MEDIAN, [])
    yield Figure("lines of a function, nine of ten", lengths.p90, P90, [one.place for one in lengths.over(P90)])
    over = [one.place for one in lengths.over(FUNCTION_LINES)]
    yield Figure(f"functions over {FUNCTION_LINES} lines", len(over), None, over)
    bare = prose.undocumented(tree)
    yield Figure("public names without a docstring", len(bare), 0, bare)
    asking = prose.questions(tree)
    yield Figure("docstrings that open with a question word", len(asking), 0, asking)
    uses = [use.words for use in privacy.uses(tree, family)]
    yield Figure("uses of Textual's private names", len(uses), 0, uses)
