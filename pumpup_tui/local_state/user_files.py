"""The user's own files, as one app reads and writes them: drafts, snoozes, the last view, and the store of them all."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from pumpup_tui.local_state.background_writes import BackgroundWrites
from pumpup_tui.local_state.drafts import Drafts
from pumpup_tui.local_state.last_view import LastView
from pumpup_tui.local_state.snoozes import Snoozes

if TYPE_CHECKING:
    from textual.app import App

    from pumpup_tui.local_state.document_store import DocumentStore


class UserFiles:
    """All that is stored for one reviewer on this machine."""

    def __init__(self, app: App[None], documents: DocumentStore, theme: str) -> None:
        """Take the documents, written by workers of `app`; `theme` is the configured one."""
        self.documents = documents
        self.writes = BackgroundWrites(app)
        self.drafts = Drafts(documents, partial(self.writes.start, "drafts"))
        self.snoozes = Snoozes(documents, partial(self.writes.run, None, "what is snoozed", group="snoozed"))
        self.last_view = LastView(documents, theme, partial(self.writes.start, "what is shown"))
