"""Tables and texts that fit the columns that there are."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from pumpup_tui.commands.config_errors import line_of
from pumpup_tui.commands.id_lookup import SHORT, short
from pumpup_tui.commands.output import TableColumn, fit_widths, print_line, wrap_text
from pumpup_tui.commands.settings import faults
from pumpup_tui.text.firewall import clean

COLUMN = st.builds(
    lambda min_width, rank, wide: (TableColumn("x", "X", min_width=min_width, rank=rank), wide),
    st.integers(0, 30),
    st.integers(0, 5),
    st.integers(1, 200),
)


@given(st.lists(COLUMN, min_size=1, max_size=8), st.integers(10, 200))
def test_a_table_never_is_wider_than_the_terminal(wanted: list[tuple[TableColumn, int]], room: int) -> None:
    """Whatever the columns want; and nothing is cut where all of it has room."""
    widths = fit_widths(wanted, room)
    shown = [wide for wide in widths if wide]
    assert shown
    assert sum(shown) + 2 * (len(shown) - 1) <= room
    whole = [wide for _, wide in wanted]
    if sum(whole) + 2 * (len(whole) - 1) <= room:
        assert widths == whole


@given(st.text(max_size=300), st.integers(8, 60))
def test_a_wrapped_text_fits_and_loses_nothing(text: str, cells: int) -> None:
    """Each line fits; all that is no blank is there, in order."""
    text = clean(text)
    lines = wrap_text(text, cells)
    assert all(cell_len(line) <= cells for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())


@given(st.lists(st.text("abc", min_size=14, max_size=20), unique=True, max_size=8))
def test_short_ids_tell_them_apart(ids: list[str]) -> None:
    """Each is the beginning of its own id and of no other's."""
    ids = [one for one in ids if not any(other != one and other.startswith(one) for other in ids)]
    for full, name in zip(ids, short(ids), strict=True):
        assert len(name) >= SHORT
        assert [one for one in ids if one.startswith(name)] == [full]


def test_a_key_is_found_by_its_line() -> None:
    """Also in dotted keys, inline tables, quoted names and values of many lines."""
    text = b'a = 1\n\n"b.c" = [\n 1,\n 2]\n# d = 1\n[d]\ne.f = 3\ng = {h = 1}\n'
    assert line_of(text, ("a",)) == 1
    assert line_of(text, ("b.c",)) == 3
    assert line_of(text, ("d",)) == 7
    assert line_of(text, ("d", "e", "f")) == 8
    assert line_of(text, ("d", "g", "h")) == 9


def test_the_example_can_be_used_as_it_is(tmp_path: Path) -> None:
    """With the # taken away before each setting, of which it names every one; with them nothing is set."""
    from pumpup_tui.commands.settings import Settings, example

    file = tmp_path / "config.toml"
    nothing, wrong = faults(file, example().encode(), {})
    assert (nothing, wrong) == (Settings(), ())
    lines = [line[1:] if line[1:2] != " " else line for line in example().splitlines()]
    found, wrong = faults(file, "\n".join(lines).encode(), {})
    assert wrong == ()
    assert found is not None
    assert found.model_fields_set == set(Settings.model_fields)


def test_nothing_that_is_printed_acts_on_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever slipped by the cleaning: only colours pass, and those only to a terminal."""
    print_line("a\x1b]0;owned\x07b\x9b31mc\rd\x7f\nnext \x1b[1mbold\x1b[0m \ud800")
    assert capsys.readouterr().out == "a\ufffd]0;owned\ufffdb\ufffd31mc\ufffdd\ufffd\nnext bold \ufffd\n"
