"""Markdown is given its shape, and hides nothing and does nothing."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pumpup_tui.text import clean
from pumpup_tui.widgets.markdown_lines import LINES_KEPT, markdown_lines
from pumpup_tui.widgets.painting import Line
from tests.unit.test_text import HIDDEN, NASTY
from tests.waiting import grows_no_faster_than_its_input

PIECES = (*"ab12 *_`#>|-+=~\\[]()!<>&;:.\n\t", "\n\n", "- ", "> ", "```", "|-|", "&#27;", "\x1b")
MARKED = st.lists(st.sampled_from(PIECES), max_size=60).map("".join)


def texts(lines: list[Line]) -> list[str]:
    return ["".join(text for text, _ in one) for one in lines]


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("plain\n\n\ntext", ["plain", "", "", "text"]),
        ("# Refund\nnow", ["Refund", "", "now"]),
        ("*a* **b** `c`", ["a b c"]),
        ("*one*\ntwo  \nthree", ["one", "two", "three"]),
        ("- a\n  - b\n- c", ["•  a", "   •  b", "•  c"]),
        ("3. a\n4. b", ["3.  a", "4.  b"]),
        ("> q\n> r\n\nend", ["│ q", "│ r", "", "end"]),
        ("```py\nx = *1*\n```", ["py", "  x = *1*"]),
        ("| a | b |\n|---|---|\n| 山田 | 2 |", ["a    │ b", "山田 │ 2"]),
        ("2*3*4 is not 234", ["2*3*4 is not 234"]),
        ("[x](http://a.b) ![i](y) <b>z</b> <http://q>", ["[x](http://a.b) ![i](y) <b>z</b> <http://q>"]),
        ("[a]: http://b 'c'\n[a]", ["[a]: http://b 'c'", "[a]"]),
        ("&#27;[31m &lt;b&gt;", ["&#27;[31m &lt;b&gt;"]),
        ("*[@click=app.quit]x[/]*", ["[@click=app.quit]x[/]"]),
        ("|a|\n|-|\n|1|2|", ["|a|", "|-|", "|1|2|"]),
        (">" * 40 + " deep", [">" * 40 + " deep"]),
    ],
)
def test_what_markdown_becomes(raw: str, shown: list[str]) -> None:
    assert texts(markdown_lines(raw)) == shown


def test_emphasis_and_headings_are_strong_and_the_rest_as_asked() -> None:
    assert markdown_lines("# a\n*b* c `d`", tone="muted")[0] == [("a", "strong")]
    assert markdown_lines("*b* c `d`", tone="muted") == [
        [("b", "strong"), (" c ", "muted"), ("d", "accent")],
    ]


@given(st.one_of(MARKED, NASTY))
def test_nothing_is_hidden_and_nothing_steers(raw: str) -> None:
    """Every letter and digit of the text is there, in order; no character is left that could act."""
    shown = texts(markdown_lines(raw, limit=10_000))
    assert not [char for one in shown for char in one if unicodedata.category(char) in HIDDEN]
    letters = [char for char in clean(raw, limit=10_000) if char.isalnum()]
    assert [char for one in shown for char in one if char.isalnum()] == letters


@pytest.mark.parametrize(
    "unit",
    [
        *"#>`[\\\t\x00",
        "# a\n",
        "- ",
        "*a ",
        "**",
        "*_",
        "`a``b",
        "[a](b",
        "<a",
        "|a",
        "&#27;",
        "a\n\n",
        "> a\n",
        *("a|b\n-|-\n", "***\n", "1. a\n", "  - a\n", "```\n", "a\n=\n"),
    ],
)
def test_a_megabyte_is_no_burden(unit: str) -> None:
    """What is read is capped, and so are the lines: a guard against hanging, not a measurement."""
    assert len(markdown_lines(unit * (1_000_000 // len(unit)))) <= LINES_KEPT + 1
    assert grows_no_faster_than_its_input(lambda size: markdown_lines(unit * (size // len(unit))), 200_000)


def test_lines_over_the_cap_are_counted() -> None:
    """5,000 blocks are not drawn, and not passed over in silence either."""
    assert texts(markdown_lines("a\n\n" * 5_000))[-1] == "… and 9,401 more lines"
