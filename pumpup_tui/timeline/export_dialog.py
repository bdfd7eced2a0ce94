"""The timeline's export: asks where to, says how far it is, and never overwrites unasked."""

from __future__ import annotations

import re
from time import monotonic
from typing import TYPE_CHECKING

from pumpup_tui.components.prompt import Prompt, TextQuestion
from pumpup_tui.text.firewall import line
from pumpup_tui.timeline.calls import ExportState, export, stop_export

if TYPE_CHECKING:
    from pumpup_tui.timeline.screen import TimelineScreen

RETELL = 0.5


class TimelineExport:
    """One export at a time, of what a timeline screen shows."""

    def __init__(self, screen: TimelineScreen) -> None:
        self._screen = screen
        self._path = ""
        self._running = False
        self._told_at = 0.0
        self.progress = ""
        """How far it is, in clean words; empty where nothing is written."""

    @property
    def _stops(self) -> str:
        return f"{self._screen.context.key('move.back')} stops"

    def ask(self) -> None:
        """Ask for the file's name, with one offered."""
        if self._running:
            self._hint(f"an export is being written; {self._stops} it")
            return
        query = self._screen.shown_query
        project = self._screen.context.status.project
        of = query.task_id or (project.project_name if project else "all")
        stamp = self._screen.context.clock().strftime("%Y%m%d-%H%M%S")
        name = f"timeline-{re.sub('[^A-Za-z0-9_-]+', '-', of)}-{stamp}.jsonl"
        self._screen.query_one(Prompt).ask(TextQuestion("write to (.jsonl or .csv)", name), self._named)

    def _named(self, path: str | None) -> None:
        if path and path.strip():
            self._path = path.strip()
            self._begin(overwrite=False)

    def _ask_to_overwrite(self, state: ExportState) -> None:
        name = line(state.path.rsplit("/", maxsplit=1)[-1], 60)
        self._screen.query_one(Prompt).ask(TextQuestion(f"{name} is there: type over"), self._overwrite_answered)

    def _overwrite_answered(self, text: str | None) -> None:
        if text is None:
            return
        if text.strip().lower() == "over":
            self._begin(overwrite=True)
        else:
            self._hint("nothing was written: the file stays as it was")

    def _begin(self, *, overwrite: bool) -> None:
        self._running, self.progress = True, "writing…"
        screen = self._screen
        saving = screen.context.preferences.saving
        export(screen.context.calls, screen, screen.shown_query, self._path, saving, overwrite=overwrite)
        screen.retell()

    def told(self, state: ExportState) -> None:
        """Say how far it is, at most twice a second, and how it ended."""
        if not self._running:
            return
        if state.done:
            self._running, self.progress = False, ""
            where = line(state.path, 200)
            if state.is_there:
                self._ask_to_overwrite(state)
            elif state.failed and not state.looked:
                self._hint(f"nothing was written: {line(state.failed, 300)} ({where})")
            elif state.failed:
                self._hint(f"export stopped after {state.written:,} events: {line(state.failed, 200)} ({where})")
            else:
                self._hint(f"{state.written:,} event{'s' if state.written != 1 else ''} written to {where}")
        elif monotonic() - self._told_at < RETELL:
            return
        else:
            looked = f" of {state.looked:,} looked at" if state.looked != state.written else ""
            self.progress = f"writing: {state.written:,} events{looked} · {self._stops}"
        self._told_at = monotonic()
        self._screen.retell()

    def stop(self) -> bool:
        """Stop writing; return False where nothing is written."""
        was, self._running, self.progress = self._running, False, ""
        if was:
            stop_export(self._screen.context.calls)
            self._hint(f"export stopped: {line(self._path, 200)} holds a part")
        return was

    def _hint(self, words: str) -> None:
        self._screen.context.outbox.hint(words)
