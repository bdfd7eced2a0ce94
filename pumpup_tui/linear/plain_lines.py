"""Paragraphs as plain lines: no colour, no glyph to look at, and `| ` before each line of someone else's. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeAlias

from pumpup_tui.text.firewall import line
from pumpup_tui.text.layout import joined
from pumpup_tui.text.paragraphs import FOREIGN, Paragraph, foreign, led, ours

FOREIGN_MARK = "| "
"""Begins each line of foreign text; a line of ours begins with a letter."""
LEAST_WIDTH = 20
Spoken: TypeAlias = Paragraph | str
"""A paragraph, or a line of our own words."""


def plain(paragraphs: Iterable[Spoken], width: int) -> Iterator[str]:
    """Yield paragraphs as lines of at most `width` characters, each of someone else's marked as such."""
    room = max(LEAST_WIDTH, width - len(FOREIGN_MARK))
    for paragraph in paragraphs:
        whole = ours((paragraph, "")) if isinstance(paragraph, str) else paragraph
        for mark, *runs in whole.wrapped(room):
            text = "".join(run for run, _ in runs).rstrip()
            yield f"{FOREIGN_MARK if mark == FOREIGN else ''}{text}".rstrip()


def said(lead: str, text: object, *, limit: int = 500) -> Paragraph:
    """Return words of ours and someone else's behind them, in one line; these are cleaned here."""
    return led([(f"{lead}: ", "")], (line(text, limit), ""))


def quoted(cleaned: str) -> list[Paragraph]:
    """Return someone else's clean text of any number of lines."""
    return [foreign((part, "")) for part in cleaned.split("\n")]


def counted(count: int, noun: str) -> str:
    """Return a count with its noun."""
    return f"{count:,} {noun}{'s' if count != 1 else ''}"


def sentence(*parts: str) -> str:
    """Return the parts that are not empty, between commas."""
    return joined(parts, ", ")
