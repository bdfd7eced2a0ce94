"""Pasted lines: an input of one line takes all of them, joined, and says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:
    from textual.events import Paste
    from textual.widget import Widget

BREAK = "⏎"
"""Stands for a line break in an input whose text may have some."""


class Joined(Message):
    """Lines were joined with spaces; bubbles up from the input that they were pasted into."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self.words = f"{count} pasted lines joined"


def fit(paste: Paste, target: Widget | None) -> None:
    """Make a paste one that its target takes whole.

    Textual's input keeps the first line of a paste, and terminals send line breaks as carriage returns.
    """
    from textual.widgets import Input

    from pumpup_tui.components.prompt import Prompt

    lines = paste.text.splitlines()
    if not isinstance(target, Input):
        paste.text = paste.text.replace("\r\n", "\n").replace("\r", "\n")
        return
    while lines and not lines[-1].strip():
        lines.pop()  # what was copied with its line's end
    if isinstance(target.parent, Prompt) and target.parent.takes_lines:
        paste.text = BREAK.join(lines)
        return
    paste.text = " ".join(lines)
    if len(lines) > 1:
        target.post_message(Joined(len(lines)))
