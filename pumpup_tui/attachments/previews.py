"""Previews of attachments in a terminal: text, JSON, CSV and images. Pure: bytes in, lines out.

Nothing is opened by itself and nothing is unpacked: an attachment of any other type can only be saved.
"""

from __future__ import annotations

import csv
import io
import json
import re
import warnings
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import TypeAlias

from pumpup_tui.text.firewall import INDENT, clean, is_shown_as_is, line
from pumpup_tui.text.layout import Line
from pumpup_tui.text.markdown import table_lines

Rgb: TypeAlias = tuple[int, int, int]
Cell: TypeAlias = tuple[Rgb, Rgb | None]
LINES = 2_000
"""Lines of a preview; the rest is counted, or only mentioned."""
TEXT_BYTES = 2_000_000
"""Bytes up to which text is decoded."""
PIXELS = 40_000_000
"""Pixels over which an image is not decoded: a small file can hold billions."""
FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "BMP")
"""Image formats that are decoded; others have decoders that nobody attacks for lack of use."""
_IMAGE = re.compile(r"image/(png|jpe?g|gif|webp|bmp|x-ms-bmp)")
_UNSAFE = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]')
_DEVICES = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)", re.IGNORECASE)


class NoPreview(Exception):
    """The attachment can't be shown; the message says why."""


def kind_of(content_type: str, name: str) -> str:
    """Return the kind of preview: "text", "json", "csv", "image", or "" where the attachment can only be saved.

    The declared type decides, and the name only where the type is unspecific.
    """
    declared = content_type.split(";", maxsplit=1)[0].strip().lower()
    suffix = PurePosixPath(name.lower()).suffix
    if _IMAGE.fullmatch(declared):
        return "image"
    if declared == "application/json" or declared.endswith("+json"):
        return "json"
    if declared == "text/csv":
        return "csv"
    if declared.startswith("text/"):
        return {".csv": "csv", ".json": "json"}.get(suffix, "text")
    if declared in ("", "application/octet-stream"):
        known = {".txt": "text", ".log": "text", ".md": "text", ".json": "json", ".csv": "csv"}
        pictures = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".bmp")
        return "image" if suffix in pictures else known.get(suffix, "")
    return ""


def text_lines(content: bytes, kind: str, saves: str) -> list[Line]:
    """Return text, JSON or CSV as lines of clean runs; `saves` names the key that saves, where there is one.

    Raises:
        NoPreview: it is not of the declared type.
    """
    text = _decoded(content)
    if kind == "json":
        lines = _json_lines(text, saves)
    elif kind == "csv":
        lines = _csv_lines(text, saves)
    else:
        lines = [[(clean(part, one_line=True, limit=2_000, padding=INDENT), "")] for part in _first_lines(text, saves)]
    if len(content) > TEXT_BYTES:
        lines.append([(f"… {len(content) - TEXT_BYTES:,} more bytes{_all(saves)}", "muted")])
    return lines


def _decoded(content: bytes) -> str:
    head = content[:TEXT_BYTES]
    if b"\x00" in head[:8_000]:
        raise NoPreview("It is declared as text, but is not.")
    return head.decode("utf-8-sig", errors="replace")


def _all(saves: str) -> str:
    return f": {saves} all of it" if saves else ""


def _first_lines(text: str, saves: str) -> Iterator[str]:
    parts = text.split("\n")
    yield from (part.removesuffix("\r") for part in parts[:LINES])
    if len(parts) > LINES:
        yield f"… {len(parts) - LINES:,} more lines{_all(saves)}"


def _json_lines(text: str, saves: str) -> list[Line]:
    try:
        pretty = json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return [
            [("not valid JSON; the raw text:", "warn")],
            *text_lines(text.encode("utf-8", "replace"), "text", saves),
        ]
    return [[(clean(part, one_line=True, limit=2_000, padding=INDENT), "")] for part in _first_lines(pretty, saves)]


def _csv_lines(text: str, saves: str) -> list[Line]:
    # The separator is guessed from the first line alone: csv.Sniffer takes minutes on hostile text.
    first = text.split("\n", 1)[0]
    separator = max(",;\t|", key=first.count)
    rows: list[list[str]] = []
    try:
        for row in csv.reader(io.StringIO(text), delimiter=separator):
            if len(rows) == LINES:
                break
            rows.append([line(cell, 200) for cell in row[:100]])
    except csv.Error:
        return text_lines(text.encode("utf-8", "replace"), "text", saves)
    lines: list[Line] = [[(row, "strong" if number == 0 else "")] for number, row in enumerate(table_lines(rows))]
    if len(rows) == LINES:
        lines.append([(f"… only the first {LINES:,} rows are shown{_all(saves)}", "muted")])
    return lines


def image_rows(content: bytes, columns: int, rows: int) -> list[list[Cell]]:
    """Return an image in half blocks: per cell the colours of its upper and lower half, within `columns` by `rows`.

    Slow: call it in a thread.

    Raises:
        NoPreview: it is no image of a known format, is broken, or is too large to decode.
    """
    # Brings decoders that most requests do not need.
    from PIL import Image, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=FORMATS) as image:
                if image.width * image.height > PIXELS:
                    raise NoPreview(f"{image.width:,} × {image.height:,} pixels are too many to show.")  # noqa: RUF001
                image.draft("RGB", (columns * 2, rows * 4))  # a large JPEG is decoded smaller at once
                shown = image.convert("RGB")
        shown.thumbnail((columns, rows * 2))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise NoPreview("It would take too much memory to show.") from None
    except UnidentifiedImageError:
        raise NoPreview("It is declared as an image, but its format is unknown.") from None
    except (OSError, ValueError, SyntaxError, EOFError, IndexError) as error:  # what Pillow's decoders raise
        raise NoPreview(f"The image is broken ({line(error, 100)}).") from None
    pixels, width = shown.tobytes(), shown.width
    return [[_cell(pixels, width, x, y) for x in range(width)] for y in range(0, shown.height, 2)]


def _cell(pixels: bytes, width: int, x: int, y: int) -> Cell:
    upper, lower = (3 * (row * width + x) for row in (y, y + 1))
    red, green, blue = pixels[upper : upper + 3]
    below = tuple(pixels[lower : lower + 3])
    return (red, green, blue), (below[0], below[1], below[2]) if below else None


def file_name(name: str) -> str:
    """Return a name that a file can have on any system: no path, nothing hidden, nothing that acts."""
    last = re.split(r"[/\\]", name)[-1]
    safe = _UNSAFE.sub("_", "".join(char if is_shown_as_is(char) else "_" for char in last)).strip(" .")
    if _DEVICES.match(safe):
        safe = f"_{safe}"
    stem, dot, suffix = safe.rpartition(".")
    short = f"{stem[:100]}{dot}{suffix[:20]}" if stem else safe[:100]
    return short or "attachment"


def free_names(name: str) -> Iterator[str]:
    """Yield `name`, then others like it: an existing file is never overwritten."""
    yield name
    stem, dot, suffix = name.rpartition(".")
    for number in range(2, 1_000):
        # not foreign: the name of a file that is written, not drawn
        yield f"{stem} ({number}){dot}{suffix}" if stem else f"{name} ({number})"
