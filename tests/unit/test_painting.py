"""Texts in exactly the cells that they are given."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from pumpup_tui.components.frame import HeaderLine
from pumpup_tui.text.layout import columns, crop, fit, width_of
from tests.pilot.stage import Stage

texts = st.text(alphabet="ab c漢字é🙂", max_size=30)


@given(texts, st.integers(0, 40))
def test_fit_is_exact(text: str, cells: int) -> None:
    """Also where the cut falls after a space or in a wide character."""
    assert cell_len(fit(text, cells)) == cells
    assert cell_len(crop(text, cells)) <= cells


@given(texts, st.text(alphabet="ab", max_size=10), st.integers(1, 40))
def test_what_stands_at_the_right_end_stays_there(left: str, right: str, cells: int) -> None:
    """A column on the right is where it is in every other line."""
    line = columns(left, right, cells)
    assert cell_len(line) == cells
    assert cell_len(right) + 2 > cells or line.endswith(right)


@pytest.mark.parametrize("width", range(60, 130, 5))
def test_the_header_keeps_name_authority_and_state(tmp_path: Path, width: int) -> None:
    """Under which name and tags one decides is the last thing to go."""
    context = Stage(tmp_path).app.context
    context.status_model.status = replace(
        context.status, reviewer="alice", tags=("claims-lead",), live="live", inbox="12"
    )
    (drawn,) = HeaderLine(context, "board", lambda: None).lines(width)
    words = "".join(text for text, _ in drawn)
    assert width_of(drawn) == width
    assert words.rstrip().endswith("alice [claims-lead] · live") or "alice [claims-lead] · local · live" in words
    assert re.search(r" 1[ (]", words)
    assert "2 Board" in words
    assert "12" in words
