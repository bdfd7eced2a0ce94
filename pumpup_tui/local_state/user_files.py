"""The user's own files, as one app reads and writes them: drafts, the last view, and the store that holds both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pumpup_tui.local_state.background_writes import BackgroundWrites
from pumpup_tui.local_state.drafts import Drafts
from pumpup_tui.local_state.last_view import LastView

if TYPE_CHECKING:
    from textual.app import App

    from pumpup_tui.local_state.document_store import DocumentStore


@dataclass(frozen=True)
class UserFiles:
    """All that is stored for one reviewer on this machine."""

    documents: DocumentStore
    writes: BackgroundWrites
    drafts: Drafts
    last_view: LastView

    @classmethod
    def of(cls, app: App[None], documents: DocumentStore, theme: str) -> UserFiles:
        """Return the files in `documents`, written by workers of `app`; `theme` is the configured one."""
        writes = BackgroundWrites(app)
        return cls(
            documents,
            writes,
            Drafts(documents, lambda work: writes.start("drafts", work, group="drafts")),
            LastView(documents, theme, lambda work: writes.start("what is shown", work, group="shown")),
        )
