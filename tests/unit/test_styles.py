"""The style sheets name widgets that are there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages

import pytest
from textual import widgets
from textual.css.model import SelectorType
from textual.css.parse import parse
from textual.widget import Widget

import pumpup_tui
import styles

SHEETS = sorted(Path(styles.__path__[0]).glob("*.tcss"))


def names_in(css: str) -> set[str]:
    """Return the types that the selectors of a style sheet name."""
    plain = re.sub(r"\$[\w-]+", "red", css)  # what a variable stands for is another matter
    selectors = (
        selector for rule in parse("", plain, ("", "")) for one in rule.selector_set for selector in one.selectors
    )
    return {selector.name for selector in selectors if selector.type is SelectorType.TYPE}


def widget_names(of: type[Widget] = Widget) -> Iterator[str]:
    """Yield the names of a widget class and of all that inherit it."""
    yield of.__name__
    for child in of.__subclasses__():
        yield from widget_names(child)


@pytest.fixture(scope="module")
def known() -> set[str]:
    """Return the names of all widgets, ours and Textual's."""
    for module in walk_packages(pumpup_tui.__path__, "pumpup_tui."):
        if not module.name.endswith("__main__"):
            import_module(module.name)
    return {*widget_names(), *vars(widgets)["__all__"]}


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda path: path.stem)
def test_each_type_in_a_style_sheet_is_a_widget(sheet: Path, known: set[str]) -> None:
    """A widget that is renamed keeps its looks: a rule for the old name would fit nothing, and say so nowhere."""
    assert not names_in(sheet.read_text(encoding="utf-8")) - known


def test_a_name_of_no_widget_is_noticed(known: set[str]) -> None:
    """The test above is worth something: it sees types beside ids, classes and in nested rules."""
    css = "#modal ChoiceList, Renamed.-on > Static { color: $accent; Gone { width: 3 } }"
    assert names_in(css) - known == {"Renamed", "Gone"}
