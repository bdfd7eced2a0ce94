"""The timeline's export: asks for the file, shows the progress, and never overwrites unasked."""

from __future__ import annotations

import re
from time import monotonic
from typing import TYPE_CHECKING

from pumpup_tui.components.prompt import Prompt, TextQuestion
from pumpup_tui.text.firewall import line
from pumpup_tui.timeline.calls import ExportState, export, stop_export

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.screen import Screen

    from pumpup_tui.context import Context
    from pumpup_tui.timeline.scope import TimelineScope

REFRESH_SECONDS = 0.5
"""Between two refreshes of the progress."""


class TimelineExport:
    """One export at a time, of what a timeline screen shows."""

    def __init__(
        self,
        context: Context,
        screen: Screen[None],
        prompt: Prompt,
        scope: TimelineScope,
        progressed: Callable[[], None],
    ) -> None:
        """Take the screen that the call answers to, the scope that is exported, and what shows the progress."""
        self._context = context
        self._screen = screen
        self._prompt = prompt
        self._scope = scope
        self._progressed = progressed
        self._path = ""
        self._running = False
        self._shown_at = 0.0
        self.progress = ""
        """The state of the export, in clean words; empty where nothing is written."""

    @property
    def _stops(self) -> str:
        return f"{self._context.key('move.back')} stops"

    def ask(self) -> None:
        """Ask for the file's name, with one offered."""
        if self._running:
            self._hint(f"an export is being written; {self._stops} it")
            return
        query = self._scope.query
        project = self._context.status.project
        of = query.task_id or (project.project_name if project else "all")
        stamp = self._context.clock().strftime("%Y%m%d-%H%M%S")
        name = f"timeline-{re.sub('[^A-Za-z0-9_-]+', '-', of)}-{stamp}.jsonl"
        self._prompt.ask(TextQuestion("write to (.jsonl or .csv)", name), self._named)

    def _named(self, path: str | None) -> None:
        if path and path.strip():
            self._path = path.strip()
            self._begin(overwrite=False)

    def _ask_to_overwrite(self, state: ExportState) -> None:
        name = line(state.path.rsplit("/", maxsplit=1)[-1], 60)
        self._prompt.ask(TextQuestion(f"{name} already exists: type over"), self._overwrite_answered)

    def _overwrite_answered(self, text: str | None) -> None:
        if text is None:
            return
        if text.strip().lower() == "over":
            self._begin(overwrite=True)
        else:
            self._hint("nothing was written: the file stays as it was")

    def _begin(self, *, overwrite: bool) -> None:
        self._running, self.progress = True, "writing…"
        saving = self._context.preferences.saving
        export(self._context.calls, self._screen, self._scope.query, self._path, saving, overwrite=overwrite)
        self._progressed()

    def take(self, state: ExportState) -> None:
        """Show the progress, at most twice a second, and the end."""
        if not self._running:
            return
        if state.done:
            self._running, self.progress = False, ""
            where = line(state.path, 200)
            if state.file_exists:
                self._ask_to_overwrite(state)
            elif state.failed and not state.looked:
                self._hint(f"nothing was written: {line(state.failed, 300)} ({where})")
            elif state.failed:
                self._hint(f"export stopped after {state.written:,} events: {line(state.failed, 200)} ({where})")
            else:
                self._hint(f"{state.written:,} event{'s' if state.written != 1 else ''} written to {where}")
        elif monotonic() - self._shown_at < REFRESH_SECONDS:
            return
        else:
            looked = f" of {state.looked:,} looked at" if state.looked != state.written else ""
            self.progress = f"writing: {state.written:,} events{looked} · {self._stops}"
        self._shown_at = monotonic()
        self._progressed()

    def stop(self) -> bool:
        """Stop writing; return False where nothing is written."""
        was, self._running, self.progress = self._running, False, ""
        if was:
            stop_export(self._context.calls)
            self._hint(f"export stopped: {line(self._path, 200)} holds a part")
        return was

    def _hint(self, words: str) -> None:
        self._context.outbox.hint(words)
