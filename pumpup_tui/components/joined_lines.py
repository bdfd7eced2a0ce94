"""Lines in an input of one line: the mark that stands for a break, and the message that lines were joined."""

from __future__ import annotations

from textual.message import Message

BREAK = "⏎"
"""Stands for a line break in an input whose text may have some."""


class Joined(Message):
    """Lines were joined with spaces; bubbles up from the input that they were pasted into."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self.words = f"{count} pasted lines joined"
