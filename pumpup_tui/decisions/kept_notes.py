"""Notes and reason codes that were typed and not recorded yet: offered again when their request is armed again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pumpup_tui.decisions.desk import Intent
    from pumpup_tui.local_state.last_view import LastView

DOCUMENT = "notes"
STORED, LONGEST = 30, 4_000
"""The number of notes that outlive the process, the newest, and the characters of each of them at the most."""


@dataclass(frozen=True, slots=True)
class KeptNote:
    """A note and a reason code, and the act that they were typed for."""

    verb: str
    note: str
    reason_code: str = ""


class KeptNotes:
    """Keeps what was typed, by the id of the request or task that it was typed for. It arms and sends nothing."""

    def __init__(self, last_view: LastView) -> None:
        self._last_view = last_view
        self._kept: dict[str, KeptNote | None] = {}
        """What was typed here; None where it is on the record."""

    def remember(self, intents: Sequence[Intent]) -> None:
        """Keep what was typed for these acts, in place of what was typed before."""
        for intent in intents:
            typed = KeptNote(intent.verb, intent.note, intent.reason_code)
            self._kept.pop(intent.target, None)  # the newest stand at the end
            self._kept[intent.target] = typed if typed.note or typed.reason_code else None
        self._store()

    def forget(self, target: str) -> None:
        """Drop what was typed for a request or a task: it is on the record."""
        if self.find(target) is not None:
            self._kept[target] = None
            self._store()

    def find(self, target: str) -> KeptNote | None:
        """Return what was typed for a request or a task, None where nothing is kept."""
        return self._kept[target] if target in self._kept else _stored(self._last_view.recall(DOCUMENT)).get(target)

    def offered(self, intent: Intent) -> Intent:
        """Return an act with what was typed for its target: also the reason code, where it is the same act."""
        kept = self.find(intent.target)
        if kept is None or intent.note or not intent.takes_note:
            return intent
        return replace(intent, note=kept.note, reason_code=kept.reason_code if kept.verb == intent.verb else "")

    def offered_to_all(self, intents: Sequence[Intent]) -> tuple[str, str]:
        """Return the note and the reason code that would be offered for each of these, empty where they differ."""
        offers = {(one.note, one.reason_code) for one in map(self.offered, intents)}
        return offers.pop() if len(offers) == 1 else ("", "")

    def _store(self) -> None:
        merged: dict[str, KeptNote | None] = {**_stored(self._last_view.recall(DOCUMENT))}
        for target, kept in self._kept.items():
            merged.pop(target, None)
            merged[target] = kept
        stored = {name: kept for name, kept in merged.items() if kept is not None and len(kept.note) <= LONGEST}
        newest = list(stored.items())[-STORED:]
        self._last_view.note(DOCUMENT, {name: [kept.verb, kept.note, kept.reason_code] for name, kept in newest})


def _stored(document: Mapping[str, Any]) -> dict[str, KeptNote]:
    """Return the notes of a document; what is none is left out: it is a convenience, not the record."""
    return {
        target: KeptNote(*entry)
        for target, entry in document.items()
        if isinstance(entry, list) and len(entry) == 3 and all(isinstance(text, str) for text in entry)
    }
