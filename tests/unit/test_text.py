"""Nothing that someone else wrote steers the terminal, and nothing is hidden."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pumpup_tui.text.firewall import (
    BLOCK,
    LINE,
    clean,
    content,
    is_shown_as_is,
    line,
    stray_marks,
    wide_gaps,
    without_controls,
)
from pumpup_tui.text.labels import decision_facts
from tests.waiting import grows_no_faster_than_its_input, work_of

ANY_TEXT = st.text(st.characters(codec=None))  # with lone surrogates
NASTY = st.text(
    st.sampled_from("\x00\x07\x1b\x7f\x9b\u202e\u200b\u200d\ufeff\ud800\u0301\r\n\t\u2028[]/a é\U000e0041\u3164\ufe0f"),
    max_size=60,
)
NO_PICTURE = "\u2800\u3164\uffa0\u115f\u1160" + "".join(map(chr, (*range(0x1161, 0x1200), *range(0xD7B0, 0xD800))))
HIDDEN = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("plain", "plain"),
        ("\x1b]0;title\x07", "␛]0;title␇"),
        ("\x9b2J", "⟨U+009B⟩2J"),
        ("a\x7fb\x00", "a␡b␀"),
        ("\u202eevil", "⟨U+202E⟩evil"),
        ("ze\u200bro", "ze⟨U+200B⟩ro"),
        ("\ufeffbom", "⟨U+FEFF⟩bom"),
        ("\ud800", "⟨U+D800⟩"),
        ("a\u2028b", "a⟨U+2028⟩b"),
        ("\u3164", "⟨U+3164⟩"),
        ("a\U000e0041", "a⟨U+E0041⟩"),
        ("⚠\ufe0f", "⚠"),
        ("\u0301x", "◌\u0301x"),
        ("a" + "\u0301" * 9, "a" + "\u0301" * 4 + "⟨+5 marks⟩"),
        ("\u0e34x", "◌\u0e34x"),
        ("\u20ddx", "◌\u20ddx"),
        ("\u093ex", "◌\u093ex"),
        ("ก" + "\u0e34" * 20, "ก" + "\u0e34" * 4 + "⟨+16 marks⟩"),
        ("a" + "\u20dd" * 5 + "b" + "\u0301" * 4, "a" + "\u20dd" * 4 + "⟨+1 marks⟩b" + "\u0301" * 4),
        ("क" + "\u093e" * 300, "क" + "\u093e" * 4 + "⟨+296 marks⟩"),
        ("\u1100" + "\u1161" * 7, "\u1100" + "\u1161" * 4 + "⟨+3 marks⟩"),
        ("★" * 9 + "ק" + "\u05b0\u0307\u0591\u05bd" + "→" * 9, "★" * 9 + "ק" + "\u05b0\u0307\u0591\u05bd" + "→" * 9),
        ("a" + " " * 16 + "b", "a" + " " * 16 + "b"),
        ("a" + " " * 17 + "b", "a" + " " * 16 + "⟨+1 space⟩b"),
        ("$24" + "\u3000" * 40 + "b", "$24" + "\u3000" * 8 + "⟨+32 spaces⟩b"),
        ("a" + "\u00a0" * 300, "a" + "\u00a0" * 16 + "⟨+284 spaces⟩"),
        ("é" + " \u2003" * 10 + "b", "é" + " \u2003" * 8 + "⟨+4 spaces⟩b"),
        ("[@click=app.quit]x[/]", "[@click=app.quit]x[/]"),
        ("山田 Ångström Kraków", "山田 Ångström Kraków"),
    ],
)
def test_what_steers_is_shown_as_what_it_is(raw: str, shown: str) -> None:
    assert clean(raw, one_line=True) == shown
    assert clean(raw) == shown


def test_newlines_and_tabs() -> None:
    assert clean("a\nb\r\nc\rd\te", one_line=True) == "a⏎b⏎c␍d⇥e"
    assert clean("a\nb\r\nc\te") == "a\nb\nc    e"
    assert clean("a" + "\t" * 30 + "b") == "a" + " " * 16 + "⟨+104 spaces⟩b"
    assert clean("a" + "\t" * 5 + "b", padding=20) == "a" + " " * 20 + "b"


def test_what_is_cut_is_counted() -> None:
    assert clean("x" * 12, limit=10) == "x" * 10 + "… +2 characters"
    assert clean("x" * 10, limit=10) == "x" * 10
    assert clean("x" * 3_000, one_line=True).endswith(f"… +{3_000 - LINE:,} characters")
    assert clean("x" * 30_000).endswith(f"… +{30_000 - BLOCK:,} characters")


def test_line_takes_anything() -> None:
    assert line(None) == ""
    assert line(4.5) == "4.5"
    assert line({"a": "\x1b"}) == "{'a': '\\x1b'}"


def test_content_is_never_read_as_markup() -> None:
    made = content("[b]x[/b] [@click=app.quit]y[/] [/z]", "bold")
    assert made.plain == "[b]x[/b] [@click=app.quit]y[/] [/z]"
    assert len(made.spans) == 1


@given(st.one_of(ANY_TEXT, NASTY), st.booleans())
def test_no_control_and_nothing_hidden_is_left(raw: str, one_line: bool) -> None:
    shown = clean(raw, one_line=one_line, limit=10_000)
    left = {char for char in shown if unicodedata.category(char) in HIDDEN}
    assert left <= (set() if one_line else {"\n"})
    shown.encode()  # no lone surrogate


@given(st.one_of(ANY_TEXT, NASTY), st.booleans())
def test_clean_text_stays_as_it_is(raw: str, one_line: bool) -> None:
    once = clean(raw, one_line=one_line, limit=10_000)
    assert clean(once, one_line=one_line, limit=100_000) == once


ORDINARY = st.text(st.characters(categories=["L", "N", "P", "S", "Zs"], exclude_characters=NO_PICTURE))


@given(ORDINARY.filter(lambda text: not wide_gaps(text)))
def test_ordinary_text_is_not_changed(raw: str) -> None:
    assert clean(raw, limit=10_000) == raw


@given(st.one_of(ANY_TEXT, NASTY))
def test_the_net_lets_no_control_through(raw: str) -> None:
    assert not [char for char in without_controls(raw) if unicodedata.category(char) in ("Cc", "Cs")]


@pytest.mark.parametrize("unit", ["a", "\x1b", "\u0301", "\n\t", "山", "\u202ea", "[/x]", " ", "\u3000", "★"])
def test_a_megabyte_is_no_burden(unit: str) -> None:
    """Of the capped text only what is shown is looked at; the whole one takes no more than its length asks for."""
    big = unit * (1_000_000 // len(unit))
    capped = min(work_of(lambda: clean(big, one_line=True)) for _ in range(3))
    assert capped * 10 < work_of(lambda: clean(big, limit=2_000_000))
    assert grows_no_faster_than_its_input(lambda size: clean(big[:size], limit=2_000_000), len(big) // 4)


def test_every_control_below_the_blank_has_its_picture() -> None:
    """Control characters are shown by Unicode's pictures of them; the blank and what follows it as itself."""
    for code in range(0x20):
        assert clean(f"a{chr(code)}b", one_line=True) == f"a{ {9: '⇥', 10: '⏎'}.get(code, chr(0x2400 + code)) }b"
    assert clean("é !~") == "é !~"


@pytest.mark.parametrize("char", ["\u034f", "\u2800", "\u3164", "\ufe00", "\ufe0e", "\U000e0100", "\U000e01ef"])
def test_what_has_no_picture_is_shown_as_its_number(char: str) -> None:
    """Blanks and selectors that Unicode counts among letters, marks and symbols are no less hidden than formats."""
    assert clean(f"a{char}b") == f"a⟨U+{ord(char):04X}⟩b"
    assert not is_shown_as_is(char)


def test_a_stray_presentation_mark_is_shown_where_it_stands() -> None:
    """A mark behind an emoji or a keycap's digit is its own; anywhere else it is shown, and its place is told."""
    assert clean("a\ufe0fb") == "a⟨U+FE0F⟩b"
    assert clean("⚠\ufe0f 1\ufe0f\u20e3") == "⚠ 1\u20e3"
    assert stray_marks("a\ufe0fb⚠\ufe0f\ufe0f") == [1, 5]
    assert stray_marks("ab⚠\ufe0f") == stray_marks("ab") == []


@pytest.mark.parametrize(
    ("text", "cut"), [("xxx", "xxx"), ("xxxx", "xxx… +1 characters"), ("é" * 4, "ééé… +1 characters")]
)
def test_one_character_over_is_cut_and_counted(text: str, cut: str) -> None:
    """The limit itself still fits; one more is left out and said so, in every way to clean a text."""
    assert clean(text, limit=3) == cut
    assert clean(text, one_line=True, limit=3) == cut
    assert line(text, 3) == cut
    assert content(text, limit=3).plain == cut


def test_a_line_is_one_line_within_the_limit_of_lines() -> None:
    """A one-line place shows line ends as marks; where it names no limit, it keeps as much as a line does."""
    assert line("a\nb") == "a⏎b"
    assert line("\ud800a") == "⟨U+D800⟩a"
    assert line("x" * (LINE + 7)) == "x" * LINE + "… +7 characters"


def test_content_keeps_its_lines_unless_it_has_one() -> None:
    """Content of many lines keeps them; in a place of one line they are marks; without a style it has none."""
    assert content("a\nb").plain == "a\nb"
    assert content("a\nb", one_line=True).plain == "a⏎b"
    assert content("x" * (BLOCK + 7)).plain == "x" * BLOCK + "… +7 characters"
    assert not any(span.style for span in content("a").spans)


def test_the_net_replaces_each_control_and_nothing_else() -> None:
    """What slipped by `clean` becomes the mark of a character that could not be shown, one for one."""
    assert without_controls("a\x1b[2J\x9bé") == "a\ufffd[2J\ufffdé"
    assert without_controls("plain é") == "plain é"


def test_the_facts_of_a_decision_are_in_plain_view() -> None:
    """Reason code and tags are named by an event's payload and by a result alike; of tags up to twenty."""
    outcome, tags = {"type": "REJECT", "reasonCode": "LATE"}, ["claims", "senior"]
    assert [name for name, _ in decision_facts({"outcome": outcome, "authority": {"tags": tags}})] == ["reason", "tags"]
    assert decision_facts({"outcome": outcome, "authoritySnapshot": {"tags": ["a", "b"]}})[1] == ("tags", "a, b")
    assert decision_facts({"outcome": {"type": "APPROVE"}, "authority": {"tags": []}}) == []
    assert decision_facts({"authority": {"tags": ["t"] * 23}})[0][1].endswith("t and 3 more")
    under = {"blind": True, "agreements": ["evt_1", "evt_2"], "escalatedTo": ["lead"], "sampleOf": "grt_2"}
    assert decision_facts({"authority": {"subject": "zoe", "tags": [], "grant": "grt_1"}, **under}) == [
        ("grant", "grt_1 of zoe: nobody was asked"),
        ("agreed", "2 other people before"),
        ("blind", "the recommendation was hidden until the decision"),
        ("sent to", "lead"),
        ("sample", "of the grant grt_2, which asked all the same"),
    ]
