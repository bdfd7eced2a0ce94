"""The commands that share one sync: ruled one after the other over one draft, encoded as lines."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from msgspec.structs import replace

from api_client.actor import Actor
from api_client.commands import KEY_MAX, Command
from api_client.errors import ApiError, InvalidRequest, StoreFault
from api_client.models import Receipt
from api_client.times import Clock
from store.core import wire_objects
from store.core.rules import decide
from store.core.ruling import Content, Ruling
from store.core.schema_questions import Ask, Question, Verdict
from store.folder import journal_line
from store.folder.head import Position
from store.folder.state import Draft
from store.schemas.checks import Checks

log = logging.getLogger("pumpup.store")
log.addHandler(logging.NullHandler())  # where nobody keeps a log, a screen must not show it

Scope = tuple[str, str, str]
Recall = Callable[[str, str, str], Receipt | None]


@dataclass(slots=True)
class Job:
    """A command on its way through the writer. Without a key nothing remembers its answer.

    With `verdicts`, metadata that has to be checked is checked elsewhere: the answer is `CheckNeeded` until they hold
    what is asked. Without, it is checked there and then.
    """

    command: Command
    actor: Actor
    key: str | None
    content: Content | None = None
    verdicts: dict[Question, Verdict | None] | None = None
    done: Future[Receipt] = field(default_factory=Future)

    def with_verdict(self, question: Question, verdict: Verdict | None) -> Job:
        """Return the same job, to be submitted again, with the answer to what was asked."""
        return Job(self.command, self.actor, self.key, self.content, {question: verdict})


class Batch:
    """What a batch of jobs would write, from `position` on."""

    def __init__(
        self,
        draft: Draft,
        position: Position,
        *,
        clock: Clock,
        tokens: Callable[[], str],
        checks: Checks,
    ) -> None:
        self.draft = draft
        self.position = position
        self.commits: list[journal_line.Commit] = []
        self.data = bytearray()
        self._clock = clock
        self._tokens = tokens
        self._checks = checks
        self._answered: dict[Scope, Receipt] = {}

    def take(self, job: Job, recall: Recall) -> Receipt | ApiError:
        """Rule on one job and add what it writes; return what its caller is to hear once that is durable."""
        self.draft.mark()
        try:
            scope = _scope(job)
            if scope is not None:
                replay = self._answered.get(scope) or recall(*scope)
                if replay is not None:
                    return replace(replay, replayed=True)
            receipt = self._write(job, scope)
        except ApiError as fault:
            self.draft.undo()
            return fault
        except Exception as fault:  # noqa: BLE001 - one faulty command must not fail those that share its sync
            self.draft.undo()
            # The fault's own words may hold what a caller sent.
            place = "".join(traceback.format_tb(fault.__traceback__))
            log.error("%s failed: %s\n%s", type(job.command).__name__, type(fault).__name__, place)
            return StoreFault(f"The store failed over this command ({type(fault).__name__}); nothing was recorded.")
        if scope is not None:
            self._answered[scope] = receipt
        return receipt

    def _write(self, job: Job, scope: Scope | None) -> Receipt:
        ruling = decide(
            self.draft,
            job.command,
            job.actor,
            self._clock(),
            token=self._tokens,
            content=job.content,
            limits=self._checks.limits,
            ask=self._ask_for(job),
        )
        try:
            texts, events = journal_line.chain(self.position.hash, ruling.events)
        except TypeError as fault:
            raise InvalidRequest(f"The request holds something that JSON can't: {fault}.") from None
        self.draft.apply(events)
        answer = _answer(self.draft, ruling)
        record = None if scope is None else dict(zip(("caller", "path", "key"), scope, strict=True), answer=answer)
        line, commit = journal_line.encode(texts, events, record, self.position.size)
        self.commits.append(commit)
        self.data += line
        self.position = self.position.after(commit)
        return Receipt(answer=answer)

    def _ask_for(self, job: Job) -> Ask:
        return self._checks.at_once(job.actor.subject) if job.verdicts is None else self._checks.known(job.verdicts)


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
    return dict(wire_objects.task(doc) if table == "tasks" else wire_objects.project(doc))
