"""The attachments that the reader opened in this session: shown on the screen, printed or saved. It has no times."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from pumpup_tui.decisions.desk import Intent
from pumpup_tui.text.outcomes import OUTCOMES

TAKEN = "attachments_opened"
"""The capability of a backend whose decisions record it."""


class OpenedAttachments:
    """Upload ids by the request, as it was shown, whose attachments they are."""

    def __init__(self, is_taken: Callable[[], bool]) -> None:
        """Take what says whether the backend takes it with a decision."""
        self._is_taken = is_taken
        self._opened: dict[tuple[str, str], set[str]] = {}

    def add(self, request_id: str, request_hash: str, upload_id: str) -> None:
        """Note that an attachment of a request was opened."""
        self._opened.setdefault((request_id, request_hash), set()).add(upload_id)

    def of(self, request_id: str, request_hash: str) -> frozenset[str]:
        """Return the attachments of a request that were opened."""
        return frozenset(self._opened.get((request_id, request_hash), ()))

    def stated(self, intent: Intent) -> Intent:
        """Return a decision or answers, as they are confirmed now, with the attachments that were opened until now."""
        if intent.attachments == () or not (intent.verb in OUTCOMES or intent.verb == "ANSWER") or not self._is_taken():
            return intent
        opened = self.of(intent.target, intent.request_hash)
        return replace(intent, opened=tuple(sorted(opened)))

    def words(self, intent: Intent) -> str:
        """Return how many of a request's attachments were opened; empty where that goes into no record."""
        if not intent.attachments or self.stated(intent).opened is None:
            return ""
        count = len(self.of(intent.target, intent.request_hash).intersection(intent.attachments))
        total = len(intent.attachments)
        return f"{count} of {total} attachment{'s' if total > 1 else ''} opened"
