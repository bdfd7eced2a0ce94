"""Decisions in flight, stored on this machine before they are sent: the next start looks up what became of them.

Each process has a document of its own, under a lock that ends with the process. What an ended process left is read
by the next one, which holds it until a person has seen it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pumpup_tui.decisions.desk import VERB_WORDS, Confirmed, Intent, Phase

if TYPE_CHECKING:
    from pumpup_tui.local_state.document_store import DocumentStore

KIND = "on-way"
_TEXTS = (
    "verb target title request_hash note reason_code to_step assignee task_id task_name made_of".split()  # noqa: SIM905
)


@dataclass(frozen=True, slots=True)
class Interrupted:
    """One act that an ended process had not seen the end of, and the document that holds it."""

    sent: Confirmed
    document: str


class InFlight:
    """Stores what this process has in flight, and finds what ended ones left."""

    def __init__(self, documents: DocumentStore, unfinished: Callable[[], Sequence[Confirmed]]) -> None:
        self._documents = documents
        self._unfinished = unfinished
        self._name: str | None = None
        self._lock = asyncio.Lock()
        self._version = 0
        self._written = 0
        self._interrupted: dict[str, list[Interrupted]] = {}

    def next_version(self) -> int:
        """Count a change; return the version to be written."""
        self._version += 1
        return self._version

    async def write(self, version: int) -> None:
        """Return once the disk holds what was in flight at `version`, or later.

        Raises:
            OSError: it could not be written.
        """
        async with self._lock:
            if self._written >= version:
                return
            current, sent = self._version, self._unfinished()
            if self._name is None:
                self._name = await self._documents.claim(KIND)
            if sent:
                await self._documents.write(self._name, {"sent": [_stored_form(unfinished) for unfinished in sent]})
            else:
                await self._documents.delete(self._name)
            self._written = current

    async def prepare(self) -> None:
        """Claim this process's own document, so that the first decision needn't wait for one."""
        async with self._lock:
            if self._name is None:
                self._name = await self._documents.claim(KIND)

    async def interrupted(self) -> Sequence[Interrupted]:
        """Return what ended processes left in flight and nobody has seen yet."""
        for name in await self._documents.abandoned(KIND):
            if name != self._name and name not in self._interrupted:
                document = await self._documents.read(name)
                self._interrupted[name] = [Interrupted(sent, name) for sent in _read(document)]
        return [act for acts in self._interrupted.values() for act in acts]

    async def acknowledge(self, seen: Iterable[Interrupted]) -> None:
        """Forget what a person has seen.

        Raises:
            OSError: it could not be written; it is shown again at the next start.
        """
        keys = {act.sent.key for act in seen}
        for name, acts in list(self._interrupted.items()):
            rest = [act for act in acts if act.sent.key not in keys]
            if rest:
                await self._documents.write(name, {"sent": [_stored_form(act.sent) for act in rest]})
            else:
                await self._documents.delete(name)
            self._interrupted[name] = rest


def _stored_form(sent: Confirmed) -> dict[str, Any]:
    intent = {name: getattr(sent.intent, name) for name in _TEXTS}
    if sent.intent.opened is not None:
        intent["opened"] = list(sent.intent.opened)
    return {
        "key": sent.key,
        "phase": sent.phase.value,
        "since": sent.since.isoformat(),
        "intent": {**intent, "answers": dict(sent.intent.answers), "terms": dict(sent.intent.terms)},
    }


def _read(document: Mapping[str, Any]) -> list[Confirmed]:
    raw = document.get("sent")
    acts = [_sent(entry) for entry in raw] if isinstance(raw, list) else []
    return [act for act in acts if act is not None]


def _sent(raw: Any) -> Confirmed | None:
    """Return an act as it was stored, None where the document is not ours."""
    try:
        intent = dict(raw["intent"])
        texts = {name: str(intent.get(name) or "") for name in _TEXTS}
        if texts["verb"] not in VERB_WORDS:
            return None
        more = {name: dict(intent.get(name) or {}) for name in ("answers", "terms")}
        opened = tuple(map(str, intent["opened"])) if "opened" in intent else None
        act = Intent(**texts, **more, opened=opened)  # type: ignore[arg-type]
        return Confirmed(act, str(raw["key"]), Phase(raw["phase"]), datetime.fromisoformat(raw["since"]))
    except (KeyError, TypeError, ValueError):
        return None
