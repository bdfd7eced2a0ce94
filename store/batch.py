"""The commands that share one sync: ruled one after the other over one draft, encoded as lines."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from msgspec.structs import replace

from api_client.actor import Actor
from api_client.commands import KEY_MAX, Command
from api_client.errors import ApiError, InvalidRequest
from api_client.models import Receipt
from api_client.times import Clock
from store import lines, wire
from store.head import Position
from store.rules import decide
from store.ruling import Content, Ruling
from store.state import Draft

Scope = tuple[str, str, str]
Recall = Callable[[str, str, str], Receipt | None]


@dataclass(slots=True)
class Job:
    """A command on its way through the writer. Without a key nothing remembers its answer."""

    command: Command
    actor: Actor
    key: str | None
    content: Content | None = None
    done: Future[Receipt] = field(default_factory=Future)


class Batch:
    """What a batch of jobs would write, from `position` on."""

    def __init__(self, draft: Draft, position: Position, *, clock: Clock, tokens: Callable[[], str]) -> None:
        self.draft = draft
        self.position = position
        self.commits: list[lines.Commit] = []
        self.data = bytearray()
        self._clock = clock
        self._tokens = tokens
        self._answered: dict[Scope, Receipt] = {}

    def take(self, job: Job, recall: Recall) -> Receipt | ApiError:
        """Rule on one job and add what it writes; return what its caller is to hear once that is durable."""
        try:
            scope = _scope(job)
            if scope is not None:
                replay = self._answered.get(scope) or recall(*scope)
                if replay is not None:
                    return replace(replay, replayed=True)
            receipt = self._write(job, scope)
        except ApiError as fault:
            return fault
        if scope is not None:
            self._answered[scope] = receipt
        return receipt

    def _write(self, job: Job, scope: Scope | None) -> Receipt:
        ruling = decide(self.draft, job.command, job.actor, self._clock(), token=self._tokens, content=job.content)
        try:
            texts, events = lines.chain(self.position.hash, ruling.events)
        except TypeError as fault:
            raise InvalidRequest(f"The request holds something that JSON can't: {fault}.") from None
        self.draft.apply(events)
        answer = _answer(self.draft, ruling)
        record = None if scope is None else dict(zip(("caller", "path", "key"), scope, strict=True), answer=answer)
        line, commit = lines.encode(texts, events, record, self.position.size)
        self.commits.append(commit)
        self.data += line
        self.position = self.position.after(commit)
        return Receipt(answer=answer)


def _scope(job: Job) -> Scope | None:
    """Return what the job's key is good for (CONTRACT.md part 3, Idempotency), None without a key.

    Raises:
        InvalidRequest: the key or an id is nothing that can be kept.
    """
    if job.key is None:
        return None
    try:
        job.key.encode()
        path = job.command.location()
    except UnicodeEncodeError:
        raise InvalidRequest("The idempotency key or an id is no Unicode text.") from None
    if not 1 <= len(job.key) <= KEY_MAX:
        raise InvalidRequest(f"An idempotency key has 1 to {KEY_MAX} characters.")
    return job.actor.subject, path, job.key


def _answer(draft: Draft, ruling: Ruling) -> dict[str, Any]:
    table, doc_id = ruling.shows
    if table == "event":
        return {"eventId": ruling.events[0]["id"]}
    doc = draft.get(table, doc_id) or {}
    if table == "uploads":
        return {"id": doc_id, "status": "READY"}
    return dict(wire.task(doc) if table == "tasks" else wire.project(doc))
