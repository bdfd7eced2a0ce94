"""What a terminal's locale says that it can draw, and what is drawn there instead of the rest."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.cells import cell_len

from pumpup_tui.text.charset import SUBSTITUTES, Charset, charset_of, substitute
from pumpup_tui.text.firewall import clean, draw_only, is_shown_as_is

SOURCES = Path(__file__).parents[2] / "pumpup_tui"
NO_GLYPHS = ("unicode_scripts.py", "suspicion.py", "digits.py", "firewall.py", "charset.py")
"""Modules whose strings are about foreign text."""


@pytest.mark.parametrize(
    ("environment", "name"),
    [
        ({}, None),
        ({"LANG": "de_DE.UTF-8"}, None),
        ({"LANG": "C.UTF-8"}, None),
        ({"LANG": "en_US.utf8@euro"}, None),
        ({"LC_CTYPE": "UTF-8"}, None),
        ({"LANG": "de_DE.UTF-8", "LC_ALL": "C"}, "ascii"),
        ({"LC_ALL": "POSIX"}, "ascii"),
        ({"LC_ALL": "", "LC_CTYPE": "", "LANG": "C"}, "ascii"),
        ({"LANG": "de_DE.ISO-8859-1"}, "iso8859-1"),
        ({"LANG": "de_DE@euro"}, "iso8859-15"),
        ({"LANG": "ru_RU.KOI8-R"}, "koi8-r"),
        ({"LANG": "fr_FR"}, "iso8859-1"),
        ({"LANG": "xx_XX.nothing-known"}, "ascii"),
        ({"LC_CTYPE": "de_DE.ISO-8859-1", "LANG": "de_DE.UTF-8"}, "iso8859-1"),
    ],
)
def test_a_locale_names_the_charset(environment: dict[str, str], name: str | None, tmp_path: Path) -> None:
    """The first variable that is set counts; where none is, the terminal is taken to be as most are."""
    found = charset_of(environment, tmp_path / "none")
    assert (found.name if found else None) == name


@pytest.mark.parametrize(("started", "name"), [(b"LANG=C\0", "ascii"), (b"LC_CTYPE=C.UTF-8\0LANG=C\0", None)])
def test_what_python_sets_by_itself_is_no_locale(started: bytes, name: str | None, tmp_path: Path) -> None:
    """Python puts a UTF-8 locale in the place of C: what its user set counts."""
    (tmp_path / "environ").write_bytes(started)
    found = charset_of({"LC_CTYPE": "C.UTF-8", "LANG": "C"}, tmp_path / "environ")
    assert (found.name if found else None) == name


def glyphs() -> Iterator[str]:
    """Yield what our own strings draw that is no ASCII."""
    for path in SOURCES.rglob("*.py"):
        if path.name in NO_GLYPHS:
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield from (char for char in node.value if char > "\x7f" and char.isprintable())


def test_each_glyph_of_ours_has_a_substitute() -> None:
    """None is drawn as a question mark, and each stands in one cell, as what it stands for."""
    assert sorted(set(glyphs()) - set(SUBSTITUTES)) == []
    assert {cell_len(char) for char in SUBSTITUTES} == {1}
    assert {(len(shown), shown.isascii(), shown.isprintable()) for shown in SUBSTITUTES.values()} == {(1, True, True)}


@pytest.mark.parametrize(
    "name", ["ascii", "iso8859-1", "koi8-r", "cp1252", "cp866", "shift_jis", "utf_7", "hz", "utf-16"]
)
def test_no_control_and_no_other_width(name: str) -> None:
    """Whatever the charset, no character becomes a control, and what is sent is as wide as what was meant."""
    charset = Charset(name)
    for code in (*range(0x20, 0x7F), *range(0xA0, 0x3000, 7), 0x65E5, 0x1F600, 0xD800):
        sent = charset.encode(chr(code))
        assert not [byte for byte in sent if byte < 0x20 or 0x7F <= byte < 0xA0], hex(code)
        assert len(sent) == (cell_len(chr(code)) if code != 0xD800 else 1), hex(code)
    assert charset.encode("\x1b[31mred") == b"\x1b[31mred"


def test_foreign_text_is_spelt() -> None:
    """What the terminal can't draw is told by its number, also what we draw ourselves; what it can stays."""
    try:
        draw_only(Charset("iso8859-1"))
        told = clean("Müller 5 € █▎日\u202e\x1b")
        assert told == "Müller 5 <U+20AC> <U+2588><U+258E><U+65E5><U+202E>^"
        assert clean(told) == told
        assert clean("e\ufe0f") == "e<U+FE0F>"
        assert is_shown_as_is("€"), "it hides nothing: no warning counts it"
    finally:
        draw_only(None)
    assert clean("Müller 5 €") == "Müller 5 €"


def test_a_substitute_of_anything() -> None:
    """Wide characters take two, pictures of controls one, marks none."""
    assert [substitute(char) for char in "日␛\u0301\ud800"] == ["??", "^", "", "?"]
