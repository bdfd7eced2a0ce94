"""Markdown is given its shape, and hides nothing and does nothing."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pumpup_tui.inbox.request_paragraphs import MOST
from pumpup_tui.text.firewall import clean
from pumpup_tui.text.layout import Line
from pumpup_tui.text.markdown import LINES_SHOWN, markdown_lines
from tests.unit.test_text import HIDDEN, NASTY
from tests.waiting import grows_no_faster_than_its_input

PIECES = (*"ab12 *_`#>|-+=~\\[]()!<>&;:.\n\t", "\n\n", "- ", "> ", "```", "|-|", "&#27;", "\x1b")
COUNTED = re.compile(r"⟨\+[\d,]+ spaces?⟩")
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
    letters = [char for char in clean(raw, limit=10_000, padding=10_000) if char.isalnum()]
    whole = COUNTED.sub("", "\n".join(shown))
    assert [char for char in whole if char.isalnum()] == letters


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("- 500 USD", ["- 500 USD"]),
        ("> 1000", ["> 1000"]),
        ("# 5", ["# 5"]),
        ("### 5 ###", ["### 5"]),
        ("+ 5", ["+ 5"]),
        ("* 5", ["* 5"]),
        ("- $500", ["- $500"]),
        ("- USD 500", ["- USD 500"]),
        ("- US$500", ["- US$500"]),
        ("- (500)", ["- (500)"]),
        ("- \u0665\u0660", ["- \u0665\u0660"]),
        ("> = 5", ["> = 5"]),
        (">=5", [">=5"]),
        (">5", [">5"]),
        ("- - 5", ["- - 5"]),
        ("> - 5", ["> - 5"]),
        ("500\n-\n300", ["500", "-", "300"]),
        ("500\n=\n300", ["500", "=", "300"]),
        ("5\n\n+\n\n-3", ["5", "", "+", "", "-3"]),
        ("#\n5", ["#", "5"]),
        ("2 *3* 4", ["2 *3* 4"]),
        ("**500** ok", ["**500** ok"]),
        ("_5_", ["_5_"]),
        ("5`000`", ["5`000`"]),
        ("`1`000", ["`1`000"]),
        ("\\- 5", ["- 5"]),
        ("- 2026-01-01: *got* it\n- **done**", ["- 2026-01-01: got it", "- done"]),
        ("> a\n> 5 b", ["> a", "> 5 b"]),
        ("1. 500\n   - 6", ["1. 500", "   - 6"]),
    ],
)
def test_no_sign_before_a_number_is_lost(raw: str, shown: list[str]) -> None:
    """A mark that leads to a number stands there as it was typed, whatever it is to a parser."""
    assert texts(markdown_lines(raw)) == shown


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("- a\n- b\n\n5 > 3", ["•  a", "•  b", "", "5 > 3"]),
        ("**Amount:** 500", ["Amount: 500"]),
        ("**Amount** $500", ["Amount $500"]),
        ("see `C-1029`, 5 days", ["see C-1029, 5 days"]),
        ("a\n\n---\n\n500 USD", ["a", "", "─" * 24, "", "500 USD"]),
        ("|a|n|\n|-|-|\n| -5 |3|", ["a  │ n", "-5 │ 3"]),
        ("\\$500 and *so* on", ["$500 and so on"]),
        (f"|a{' ' * 30}|n|\n|-|-|\n|b|{' ' * 30}3|", ["a │ n", "b │ 3"]),
    ],
)
def test_what_loses_no_sign_keeps_its_shape(raw: str, shown: list[str]) -> None:
    """Numbers in shaped text that no mark leads to leave its shape as it is; so do the blanks of a padded table."""
    assert texts(markdown_lines(raw)) == shown


def test_code_keeps_its_indent_and_padding_is_cut() -> None:
    """Blanks within code are shown up to 64; in other text 16 of them are, and the rest is counted."""
    code = f"```\n{' ' * 30}x\n```"
    assert texts(markdown_lines(code)) == [" " * 32 + "x"]
    assert texts(markdown_lines("a" + " " * 30 + "b *c*")) == ["a" + " " * 16 + "⟨+14 spaces⟩b *c*"]
    assert texts(markdown_lines("a" + " " * 30 + "b")) == ["a" + " " * 16 + "⟨+14 spaces⟩b"]


NUMBERED = st.lists(
    st.sampled_from((*"-+*#>=5 $a\n", "- ", "> ", "# ", "+ 7", "* 3", "\n\n", "**", "(", "1. ", "`", "|")), max_size=25
).map("".join)


def signs_of(lines: list[str]) -> list[str]:
    """Return the sign before each number, blanks and a currency aside: read off the text from right to left."""
    found: list[str] = []
    for one in lines:
        for number in re.finditer(r"\d+", one):
            before = one[: number.start()].rstrip(" $(")
            found.append(before[-1:] if before[-1:] in tuple("-+#>=<") else "")
    return found


@given(NUMBERED)
def test_each_number_has_the_sign_that_was_typed(raw: str) -> None:
    """Whatever stands around it: a minus, plus, hash or comparison before a number is shown before it."""
    shown = texts(markdown_lines(raw))
    for typed, drawn in zip(signs_of(raw.split("\n")), signs_of(shown), strict=True):
        assert typed in ("", drawn), shown


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
        *(
            "a|b\n-|-\n",
            "***\n",
            "1. a\n",
            "  - a\n",
            "```\n",
            "a\n=\n",
            "-\n",
            "- 5\n",
            "-\n   ",
            "> 5\n",
            "#5 ",
            "**5** ",
            "USD ",
            "\n",
            "\n ",
            "   \n",
        ),
    ],
)
def test_a_megabyte_is_no_burden(unit: str) -> None:
    """What is read is capped, and so are the lines: a guard against hanging, not a measurement."""
    assert len(markdown_lines(unit * (1_000_000 // len(unit)))) <= LINES_SHOWN + 1
    # As much as a request's screen shows of one: a quarter of it must cost a quarter.
    assert grows_no_faster_than_its_input(
        lambda size: markdown_lines(unit * (size // len(unit)), limit=MOST, lines=MOST), MOST
    )


def test_lines_over_the_cap_are_counted() -> None:
    """5,000 blocks are not drawn, and not passed over in silence either."""
    assert texts(markdown_lines("a\n\n" * 5_000))[-1] == "… and 9,401 more lines"
