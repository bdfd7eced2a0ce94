"""Names that stand for one thing: modules and classes that share theirs with others."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from tests.house.classes import Family
from tests.house.tree import Tree, within

NAMED_PACKAGES = ("pumpup_tui", "store", "api_client")

PARALLEL_MODULES: Mapping[str, str] = {
    "__main__": "Python's own name for what `python -m` runs",
    "app": "each of the two programs, the screens and the server, is one",
    "backend": "the interface, and the screens' calls of it off the event loop",
    "commands": "what can be written, and the command line's, which write it",
    "errors": "the tree of them, and the server's table from each to its answer",
    "screen": "each screen's folder has its own",
    "calls": "what a screen's folder asks of the backend",
    "messages": "what a folder's workers post",
    "filtering": "the part of a screen that narrows its list",
}
"""Module names that parallel folders share, each with the one meaning that it has in all of them."""
PARALLEL_CLASSES: Mapping[str, str] = {}
"""The same for classes."""


def shared_modules(tree: Tree, allowed: Mapping[str, str] = PARALLEL_MODULES) -> list[str]:
    """Return each name that several modules or packages have, with where they are."""
    modules = (module for package in NAMED_PACKAGES for module in within(tree, package))
    return _shared(((module.name.rpartition(".")[2], module.name) for module in modules), allowed)


def shared_classes(family: Family, allowed: Mapping[str, str] = PARALLEL_CLASSES) -> list[str]:
    """Return each name that several classes have; one within another class has that one's name before its own."""
    ours = (one for one in family.classes if one.module.name.partition(".")[0] in NAMED_PACKAGES)
    return _shared(((one.name, one.module.name) for one in ours), allowed)


def _shared(named: Iterable[tuple[str, str]], allowed: Mapping[str, str]) -> list[str]:
    places: dict[str, list[str]] = defaultdict(list)
    for name, place in named:
        places[name].append(place)
    return [f"{name}: {', '.join(at)}" for name, at in sorted(places.items()) if len(at) > 1 and name not in allowed]
