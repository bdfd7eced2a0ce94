"""Pasted lines: an input of one line takes all of them, joined, and says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pumpup_tui.components.joined_lines import BREAK, Joined

if TYPE_CHECKING:
    from textual.events import Paste
    from textual.widget import Widget


def fit(paste: Paste, target: Widget | None) -> None:
    """Make a paste one that its target takes whole.

    Textual's input keeps the first line of a paste, and terminals send line breaks as carriage returns.
    """
    # With the first paste: the first frame does without.
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
