"""Patches of Textual that no screen shows by itself."""

from __future__ import annotations

import gc
import weakref

from textual._styles_cache import StylesCache
from textual.color import Color

from pumpup_tui.textual_patches.styles_cache import free_lines_with_screens
from pumpup_tui.textual_patches.stylesheets import SteadyStylesheet


def test_the_lines_of_a_screen_are_freed_with_it() -> None:
    """What Textual remembers of background styles keeps no widget's cache of lines alive."""
    free_lines_with_screens()
    cache = StylesCache()
    inner, outer = cache.get_inner_outer(Color(0, 0, 0), Color(9, 9, 9, 0.5))
    assert (inner.background, outer.background) == (Color(0, 0, 0) + Color(9, 9, 9, 0.5), Color(0, 0, 0))
    gone = weakref.ref(cache)
    del cache
    gc.collect()
    assert gone() is None


def test_a_sheet_is_parsed_again_only_for_what_is_new() -> None:
    """The rules of before stay those that they are, beside the rules of an added sheet."""
    sheet = SteadyStylesheet(variables={"tone": "red"})
    sheet.add_source("Static { color: $tone; }", read_from=("first", ""))
    before = list(sheet.rules)
    sheet.reparse()
    assert all(one is other for one, other in zip(sheet.rules, before, strict=True))
    sheet.add_source("Label { color: $tone; }", read_from=("second", ""))
    sheet.reparse()
    assert [rule.selectors for rule in sheet.rules] == ["Static", "Label"]
    assert sheet.rules[0] is before[0]


def test_a_changed_variable_is_seen_in_every_rule() -> None:
    """All sheets are parsed again with it; the same variables once more change nothing."""
    sheet = SteadyStylesheet(variables={"tone": "red"})
    sheet.add_source("Static { color: $tone; }")
    assert sheet.rules[0].styles.color == Color.parse("red")
    sheet.set_variables({"tone": "blue"})
    sheet.reparse()
    assert sheet.rules[0].styles.color == Color.parse("blue")
    before = sheet.rules[0]
    sheet.set_variables({"tone": "blue"})
    sheet.reparse()
    assert sheet.rules[0] is before
