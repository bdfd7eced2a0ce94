"""Paragraphs at any width: nothing of them is lost, each line knows whose it is, and folding says what it folds."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import example, given
from hypothesis import strategies as st

from pumpup_tui.text.firewall import BAR, clean
from pumpup_tui.text.layout import Line, width_of, wrap
from pumpup_tui.text.paragraphs import Paragraph, collapsed, drawn, foreign, led, ours

words = st.text(alphabet="ab c漢é▎\n🙂", max_size=120).map(clean)
heads = st.text(alphabet="xy 12", min_size=1, max_size=60)
widths = st.integers(24, 100)


def text_of(line: Line) -> str:
    return "".join(text for text, _ in line)


def solid(text: str) -> str:
    return "".join(text.split())


@given(st.lists(st.tuples(words, st.sampled_from(["", "muted"])), max_size=4), widths, st.integers(0, 10))
@example([("a", ""), ("aa⟨U+258E⟩漢", ""), ("a⟨U+258E⟩漢 ", "")], 24, 0)  # a blank at the very end has no room
@example([("a" * 23 + " ", ""), (" ", "muted"), ("a", "")], 24, 0)  # blanks of two runs, where the line is broken
@example([(" " * 30, "")], 24, 0)
def test_wrapping_loses_nothing_and_fits(line: list[tuple[str, str]], cells: int, indent: int) -> None:
    """Every character but blanks comes out once, in its tone, within the width."""
    pieces = wrap(line, cells, indent=indent)
    assert solid("".join(map(text_of, pieces))) == solid(text_of(line))
    assert all(width_of(piece) <= cells or cells - indent < 4 for piece in pieces)
    for tone in ("", "muted"):
        before = solid("".join(text for text, one in line if one == tone))
        assert solid("".join(text for piece in pieces for text, one in piece if one == tone)) == before


@given(heads, words, widths)
@example("1" * 25, "", 24)  # our own words are longer than a line: the bar stands before their rest
def test_the_first_cell_of_a_line_is_never_foreign(head: str, text: str, cells: int) -> None:
    """Someone else's words carry the bar on every line; led by ours, on every line but those that begin with ours."""
    for line in foreign((text, "")).wrapped(cells):
        assert text_of(line)[0] == BAR
    both = led([(head, "muted")], (text, ""))
    lines = [text_of(line) for line in both.wrapped(cells)]
    own = [line for line in lines if line[0] == " "]
    assert own, "it begins with our own words"
    assert solid("".join(line[1:] for line in lines)).startswith(solid(head))
    assert all(line[0] == BAR for line in lines[len(own) :])
    assert BAR not in "".join(line[1:] for line in lines), "foreign text can't draw the bar"


@given(heads, words, heads, widths)
@example("asked by ", "risk-desk@agents.example", " waiting 271d (since 02 Mar 13:40)", 48)
def test_our_own_words_never_carry_the_bar(head: str, text: str, tail: str, cells: int) -> None:
    """A line of nothing but our own words behind someone else's has no bar; one with any of theirs has."""
    for paragraph in (
        led([(head[:8], "muted")], (text, ""), tail=[(tail, "own")]),
        foreign((text, ""), tail=[(tail, "own")]),
    ):
        *_, last = paragraph.wrapped(cells)
        for line in paragraph.wrapped(cells)[1:]:
            whose = {tone == "own" for said, tone in line[1:] if said.strip()}
            assert not whose or (text_of(line)[0] == BAR) == (whose != {True})
        assert solid(text_of(last)).endswith(solid(tail)[-1:])


@given(words, widths, st.integers(2, 5))
def test_folding_says_how_many_lines_are_folded(text: str, cells: int, most: int) -> None:
    """What is cut off is counted, and the line that says so stands for none that was seen."""
    whole = drawn([foreign((text, ""))], cells)
    shown = drawn([foreign((text, ""), most=most, folds="z")], cells)
    over = len(whole) - most
    assert len(shown) == min(len(whole), most)
    if over > 0:
        assert f"+{over + 1} lines, z unfolds" in text_of(shown[-1].line)
        assert shown[-1].at is None
    seen = {one.at for one in shown if one.at is not None}
    assert seen <= {one.at for one in whole}, "a line that was seen while folded needs not be seen again"


def test_equal_lines_are_told_apart() -> None:
    """The second of two equal lines is not seen because the first one was."""
    first, second = drawn([foreign(("same", "")), foreign(("same", ""))], 40)
    assert first.at != second.at


def test_what_changes_with_time_stays_seen() -> None:
    """A request's age goes on; who asks was read once."""
    (before,) = drawn([led([("asked by ", "")], ("a", ""), (" · 1m", ""), known_as="a")], 40)
    (after,) = drawn([led([("asked by ", "")], ("a", ""), (" · 2m", ""), known_as="a")], 40)
    assert before.at == after.at


@given(st.lists(st.sampled_from(["", " ", "\u00a0", "x"]), max_size=30))
def test_runs_of_blank_lines_collapse(texts: list[str]) -> None:
    """Hundreds of them can't push the rest out of view; none stands at the end."""
    kept = collapsed(foreign((text, "")) for text in texts)
    assert [one for one in kept if one.has_text] == [foreign(("x", "")) for text in texts if text == "x"]
    assert all(one.has_text or other.has_text for one, other in pairwise(kept))
    assert not kept or kept[-1].has_text


def test_an_empty_paragraph_is_a_blank_line() -> None:
    """It stands between others, and need not be seen."""
    assert [(text_of(one.line).strip(), one.at) for one in drawn([ours(), Paragraph(())], 40)] == [("", None)] * 2
