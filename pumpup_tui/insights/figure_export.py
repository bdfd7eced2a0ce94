"""The export of figures: asks for the file, and never writes over one that is there."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING

from pumpup_tui.components.prompt import Prompt, TextQuestion
from pumpup_tui.text.firewall import line

if TYPE_CHECKING:
    from textual.screen import Screen

    from pumpup_tui.context import Context
    from pumpup_tui.insights.figure_rows import Dimension, RangeFigures

_GROUP = "figures export"


class FiguresExport:
    """Writes what an insights screen shows to a file: one table as CSV, or all as Markdown."""

    def __init__(self, context: Context, screen: Screen[None], prompt: Prompt) -> None:
        """Take the screen whose prompt asks for the file."""
        self._context, self._screen, self._prompt = context, screen, prompt

    def ask(self, figures: RangeFigures, by: Dimension) -> None:
        """Ask for the file's name, with one offered, and write it."""
        stamp = self._context.clock().strftime("%Y%m%d-%H%M%S")
        of = re.sub("[^A-Za-z0-9_-]+", "-", figures.settled.range.caption)

        def named(path: str | None) -> None:
            if path and path.strip():
                self._write(figures, by, path.strip())

        question = TextQuestion(f"write to (.csv by {by}, or .md)", f"insights-{of}-by-{by}-{stamp}.csv")
        self._prompt.ask(question, named)

    def _write(self, figures: RangeFigures, by: Dimension, path: str) -> None:
        async def work() -> None:
            try:
                await asyncio.to_thread(self._save, figures, by, path)
            except FileExistsError:
                words = f"nothing was written: {line(path, 200)} is there already; type another name"
            except OSError as fault:
                words = f"nothing was written: {line(fault.strerror or fault, 300)} ({line(path, 200)})"
            else:
                words = f"the figures are written to {line(path, 200)}"
            self._screen.call_later(self._context.outbox.hint, words)

        self._context.calls.run(self._screen, "the export", work, group=_GROUP)

    def _save(self, figures: RangeFigures, by: Dimension, path: str) -> None:
        from pumpup_tui.insights.figure_tables import csv_text, markdown

        text = markdown(figures) if path.lower().endswith(".md") else csv_text(by, figures.rows(by))
        with self._context.preferences.saving.open(path) as file:
            file.write(text.encode("utf-8", "replace"))
