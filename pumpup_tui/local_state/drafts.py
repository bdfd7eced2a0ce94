"""Drafts of answers that are not sent yet: stored while their form is away, over a restart too, until recorded."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from pumpup_tui.local_state.answer_draft import AnyForm, Draft
    from pumpup_tui.local_state.document_store import DocumentStore

Run: TypeAlias = Callable[[Callable[[], Awaitable[None]]], object]
"""Runs the writing, as a worker."""
FOUND_MOST = 500
"""Drafts on the disk that are looked at."""
PAUSE = 0.5
"""Seconds between two writes: what is typed meanwhile goes with the next one."""


class Drafts:
    """Drafts by request, in memory and on the disk. The loop never waits for the disk."""

    def __init__(self, documents: DocumentStore, run: Run) -> None:
        self._documents = documents
        self._run = run
        self._drafts: dict[str, Draft] = {}
        self._stored: dict[str, int] = {}
        """The number of touched fields by a draft's name, of those that were on the disk."""
        self._changed: set[str] = set()
        self._writing = False
        self.fault = ""
        """Why the last write failed; empty where it did not."""

    async def find(self) -> None:
        """Find the drafts that are on the disk."""
        for name in (await self._documents.names("draft"))[:FOUND_MOST]:
            typed = (await self._documents.read(name)).get("typed")
            self._stored[name] = len(typed) if isinstance(typed, dict) else 0

    def touched(self, request_id: str) -> int:
        """Return the number of fields that a person has changed in a request's draft, as far as it is known."""
        draft = self._drafts.get(request_id)
        return (
            len(draft.touched) if draft is not None else self._stored.get(_name(request_id), 0) if self._stored else 0
        )

    @property
    def opened(self) -> Mapping[str, int]:
        """The number of changed fields of each draft that was opened, by request."""
        return {request_id: len(draft.touched) for request_id, draft in self._drafts.items()}

    async def open(self, request_id: str, fields: Sequence[AnyForm]) -> Draft:
        """Return a request's draft, as it was left; a new one where there is none."""
        from pumpup_tui.local_state.answer_draft import TYPED, draft_of, type_of

        if request_id not in self._drafts:
            draft = draft_of(await self._documents.read(_name(request_id)))
            picked = {one.id: type_of(one) not in TYPED for one in fields}
            draft.typed = {
                one: typed for one, typed in draft.typed.items() if picked.get(one) is isinstance(typed, list)
            }
            draft.touched &= draft.typed.keys()
            self._drafts.setdefault(request_id, draft)
        return self._drafts[request_id]

    def save(self, request_id: str) -> None:
        """Have a changed draft written soon."""
        self._changed.add(request_id)
        if not self._writing:
            self._writing = True
            self._run(self._write)

    def discard(self, request_id: str) -> None:
        """Forget a draft: its answers are recorded, or no longer asked for."""
        self._drafts.pop(request_id, None)
        self._stored.pop(_name(request_id), None)
        self.save(request_id)

    async def flush(self) -> None:
        """Write what is not written yet, at once."""
        from pumpup_tui.local_state.answer_draft import document_of

        self.fault = ""
        for request_id in sorted(self._changed):
            self._changed.discard(request_id)
            draft = self._drafts.get(request_id)
            document = document_of(draft) if draft is not None and draft.touched else {}
            written = False
            try:
                # Shielded: one that is left half-way, as the program ends, still comes before the next one.
                await asyncio.shield(self._put(_name(request_id), document))
                written = True
            except OSError as error:
                self.fault = error.strerror or str(error)
            finally:
                if not written:
                    self._changed.add(request_id)  # with the next change, or at the end

    async def _put(self, name: str, document: dict[str, Any]) -> None:
        if document:
            await self._documents.write(name, document)
        else:
            await self._documents.delete(name)

    async def _write(self) -> None:
        try:
            while self._changed:
                await asyncio.sleep(PAUSE)
                await self.flush()
                if self.fault:
                    break
        finally:
            self._writing = False


def _name(request_id: str) -> str:
    """Return the name that a draft is stored under: an id is whatever a server made it."""
    return f"draft-{hashlib.sha256(request_id.encode('utf-8', 'surrogatepass')).hexdigest()[:32]}"
