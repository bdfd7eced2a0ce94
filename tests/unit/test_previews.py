"""Attachments are shown as what they are, as far as that is safe, and saved under a name that is only a name."""

from __future__ import annotations

import io
import struct
import unicodedata
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from pumpup_tui.attachments.attachment_files import save
from pumpup_tui.attachments.previews import LINES, NoPreview, file_name, free_names, image_rows, kind_of, text_lines
from pumpup_tui.local_state.save_policy import Saving
from pumpup_tui.text.layout import Line
from tests.unit.test_text import HIDDEN, NASTY
from tests.waiting import grows_no_faster_than_its_input


def texts(lines: list[Line]) -> list[str]:
    return ["".join(text for text, _ in one) for one in lines]


def png(width: int, height: int, colour: tuple[int, int, int] = (255, 0, 0)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(out, "PNG")
    return out.getvalue()


def bomb(width: int, height: int) -> bytes:
    """A PNG that says it is huge, and holds next to nothing."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 99)) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("content_type", "name", "kind"),
    [
        ("image/png", "x", "image"),
        ("image/jpeg; q=1", "x.txt", "image"),
        ("image/svg+xml", "x.svg", ""),
        ("application/json", "x", "json"),
        ("application/problem+json", "x", "json"),
        ("text/csv", "x", "csv"),
        ("text/plain", "x.csv", "csv"),
        ("text/html", "x.html", "text"),
        ("application/octet-stream", "photo.JPG", "image"),
        ("", "notes.md", "text"),
        ("application/pdf", "x.txt", ""),
        ("application/zip", "x.json", ""),
        ("application/octet-stream", "x.exe", ""),
    ],
)
def test_what_it_is_shown_as(content_type: str, name: str, kind: str) -> None:
    """The declared type decides; whatever would have to be unpacked or run is only saved."""
    assert kind_of(content_type, name) == kind


def test_text_json_and_csv() -> None:
    assert texts(text_lines("one\r\ntwo ü\x1b".encode(), "text", "s")) == ["one", "two ü␛"]
    assert texts(text_lines(b'{"a":[1,"\\u001b"]}', "json", "s")) == [
        "{",
        '  "a": [',
        "    1,",
        '    "\\u001b"',
        "  ]",
        "}",
    ]
    assert texts(text_lines(b'{"a":', "json", "s")) == ["not valid JSON; the raw text:", '{"a":']
    assert texts(text_lines("name;sum\nMei;240\n山田;4\n".encode(), "csv", "s")) == [
        "name │ sum",
        "Mei  │ 240",
        "山田 │ 4",
    ]


def test_what_is_no_text_is_said() -> None:
    with pytest.raises(NoPreview, match="declared as text, but is not"):
        text_lines(b"PK\x03\x04\x00\x00", "text", "s")


def test_lines_over_the_cap_are_counted() -> None:
    assert texts(text_lines(b"a\n" * 5_000, "text", "s saves"))[-1] == (
        f"… {5_001 - LINES:,} more lines: s saves all of it"
    )
    assert "only the first" in texts(text_lines(b"a,b\n" * 5_000, "csv", "s"))[-1]


@given(st.one_of(st.binary(max_size=300), NASTY.map(lambda text: text.encode("utf-8", "replace"))), st.data())
def test_nothing_steers(content: bytes, data: st.DataObject) -> None:
    """Whatever the bytes are, lines are clean, or there is a word for why there are none."""
    kind = data.draw(st.sampled_from(["text", "json", "csv"]))
    try:
        shown = texts(text_lines(content, kind, "s"))
    except NoPreview:
        return
    assert not [char for one in shown for char in one if unicodedata.category(char) in HIDDEN]


@pytest.mark.parametrize("content", [b"[" * 100_000, b'"' * 1_000_000, b"a,b;c|d\te" * 100_000, b"1" * 1_000_000])
@pytest.mark.parametrize("kind", ["text", "json", "csv"])
def test_a_megabyte_is_no_burden(content: bytes, kind: str) -> None:
    """A guard against hanging, not a measurement."""
    text_lines(content, kind, "s")
    assert grows_no_faster_than_its_input(lambda size: text_lines(content[:size], kind, "s"), len(content) // 4)


def test_an_image_is_two_pixels_a_cell() -> None:
    red = (255, 0, 0)
    assert image_rows(png(3, 3), 80, 24) == [[(red, red)] * 3, [(red, None)] * 3]
    rows = image_rows(png(4_000, 1_000), 80, 24)
    assert (len(rows[0]), len(rows)) == (80, 10)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "its format is unknown"),
        (b"GIF89a", "its format is unknown|broken"),
        (png(50, 50)[:90], "broken|its format is unknown"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "its format is unknown"),
        (bomb(60_000, 60_000), "too much memory"),
        (bomb(8_000, 8_000), "too many to show"),
    ],
)
def test_an_image_that_is_none_or_too_large_is_said(content: bytes, said: str) -> None:
    with pytest.raises(NoPreview, match=said):
        image_rows(content, 80, 24)


@given(st.binary(max_size=200))
def test_a_broken_image_ends_nothing(tail: bytes) -> None:
    for head in (b"\x89PNG\r\n\x1a\n", b"GIF89a", b"\xff\xd8\xff", b"BM", b"RIFF\x40\0\0\0WEBPVP8 "):
        try:
            image_rows(head + tail, 20, 10)
        except NoPreview:
            continue


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("photo.jpg", "photo.jpg"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Windows\\x.dll", "x.dll"),
        (".bashrc", "bashrc"),
        ("..", "attachment"),
        ("", "attachment"),
        ("a\x00\x1b[31m\u202egpj.exe", "a__[31m_gpj.exe"),
        ("CON.txt", "_CON.txt"),
        ("x" * 300 + ".jpeg", "x" * 100 + ".jpeg"),
        ("Schöne Bilder 山.png", "Schöne Bilder 山.png"),
    ],
)
def test_a_file_name_is_only_a_name(name: str, kept: str) -> None:
    assert file_name(name) == kept


@given(st.one_of(NASTY, st.text()))
def test_any_name_stays_in_its_folder(name: str) -> None:
    safe = file_name(name)
    assert safe
    assert Path("folder", safe).parent == Path("folder")
    assert not safe.startswith(".")


def test_what_is_there_is_never_written_over(tmp_path: Path) -> None:
    first = tmp_path / "a.txt"
    first.write_bytes(b"mine")
    assert save(Saving(), str(tmp_path), "a.txt", b"theirs").words.endswith("a (2).txt")
    assert (first.read_bytes(), (tmp_path / "a (2).txt").read_bytes()) == (b"mine", b"theirs")
    assert list(free_names("a"))[:2] == ["a", "a (2)"]
    assert "is not a folder: nothing was saved" in save(Saving(), str(tmp_path / "nowhere"), "a.txt", b"x").words
