"""What was confirmed and is not over, on the disk before it is sent: the next start tells what became of it.

Each process has a document of its own, under a lock that ends with the process. What an ended process left is read
by the next one, which holds it until a person has been told.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pumpup_tui.decisions.desk import VERB_WORDS, Intent, Phase, Sent

if TYPE_CHECKING:
    from pumpup_tui.local_state.document_store import Kept

KIND = "on-way"
_TEXTS = (
    "verb target title request_hash note reason_code to_step assignee task_id task_name made_of".split()  # noqa: SIM905
)


@dataclass(frozen=True, slots=True)
class Left:
    """One act that an ended process had not seen the end of, and the document that holds it."""

    sent: Sent
    document: str


class OnWay:
    """Keeps what is on its way, of this process, and finds what ended ones left."""

    def __init__(self, kept: Kept, unfinished: Callable[[], Sequence[Sent]]) -> None:
        self._kept = kept
        self._unfinished = unfinished
        self._name: str | None = None
        self._turn = asyncio.Lock()
        self._asked = 0
        self._written = 0
        self._found: dict[str, list[Left]] = {}

    def changed(self) -> int:
        """Take note that something changed; return the number to have written."""
        self._asked += 1
        return self._asked

    async def write(self, number: int) -> None:
        """Return once the disk holds what was on its way when `number` was given, or later.

        Raises:
            OSError: it could not be written.
        """
        async with self._turn:
            if self._written >= number:
                return
            upto, sent = self._asked, self._unfinished()
            if self._name is None:
                self._name = await self._kept.own(KIND)
            if sent:
                await self._kept.write(self._name, {"sent": [_kept_form(one) for one in sent]})
            else:
                await self._kept.drop(self._name)
            self._written = upto

    async def begin(self) -> None:
        """Have a document of this process's own, so that the first decision needn't wait for one."""
        async with self._turn:
            if self._name is None:
                self._name = await self._kept.own(KIND)

    async def left(self) -> Sequence[Left]:
        """Return what ended processes left and nobody has been told of."""
        for name in await self._kept.left(KIND):
            if name != self._name and name not in self._found:
                document = await self._kept.read(name)
                self._found[name] = [Left(one, name) for one in _read(document)]
        return [one for found in self._found.values() for one in found]

    async def told(self, told: Iterable[Left]) -> None:
        """Let go of what a person has been told of.

        Raises:
            OSError: it could not be written; it is told again at the next start.
        """
        keys = {one.sent.key for one in told}
        for name, found in list(self._found.items()):
            rest = [one for one in found if one.sent.key not in keys]
            if rest:
                await self._kept.write(name, {"sent": [_kept_form(one.sent) for one in rest]})
            else:
                await self._kept.drop(name)
            self._found[name] = rest


def _kept_form(one: Sent) -> dict[str, Any]:
    intent = {name: getattr(one.intent, name) for name in _TEXTS}
    return {
        "key": one.key,
        "phase": one.phase.value,
        "since": one.since.isoformat(),
        "intent": {**intent, "answers": dict(one.intent.answers)},
    }


def _read(document: Mapping[str, Any]) -> list[Sent]:
    raw = document.get("sent")
    found = [_sent(one) for one in raw] if isinstance(raw, list) else []
    return [one for one in found if one is not None]


def _sent(raw: Any) -> Sent | None:
    """Return an act as it was kept, None where the document is not ours."""
    try:
        intent = dict(raw["intent"])
        texts = {name: str(intent.get(name) or "") for name in _TEXTS}
        if texts["verb"] not in VERB_WORDS:
            return None
        act = Intent(**texts, answers=dict(intent.get("answers") or {}))  # type: ignore[arg-type]
        return Sent(act, str(raw["key"]), Phase(raw["phase"]), datetime.fromisoformat(raw["since"]))
    except (KeyError, TypeError, ValueError):
        return None
