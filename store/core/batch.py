"""The batch: commands that share one sync, applied one after the other over one draft."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

import orjson
from msgspec.structs import replace

from api_client.actor import Actor
from api_client.commands import KEY_MAX, Command
from api_client.errors import ApiError, InvalidRequest, StoreFault
from api_client.models import Receipt
from api_client.times import Clock
from store.core import wire_objects
from store.core.chain import Commit, link_all
from store.core.draft import CommitDraft
from store.core.idempotency import KeyScope, record_of
from store.core.rules import check_role, decide, follow_up
from store.core.ruling import Content, Ruling
from store.core.schema_questions import Ask, Question, SchemaChecks, Verdict, Verdicts

log = logging.getLogger("pumpup.store")
log.addHandler(logging.NullHandler())  # without a handler of the program's own, a line would land on the screen

Recall = Callable[[KeyScope], Receipt | None]
"""Returns what a scope was answered before, None where it never was."""


@dataclass(slots=True)
class Job:
    """A command in the writer's queue. Without a key its answer is not recorded.

    With `verdicts`, metadata that has to be checked is checked elsewhere: the answer is `CheckNeeded` until they hold
    the verdict on it. Without, the writer waits for the check.
    """

    command: Command
    actor: Actor
    key: str | None
    content: Content | None = None
    verdicts: Verdicts | None = None
    _done: Future[Receipt] | None = field(default=None, init=False)

    @property
    def done(self) -> Future[Receipt]:
        """Where its outcome is put by default; made by the first look, which must come before the job is submitted."""
        if self._done is None:
            self._done = Future()
        return self._done

    def with_verdict(self, question: Question, verdict: Verdict | None) -> Job:
        """Return the same job, to be submitted again, with the verdict on a question."""
        return Job(self.command, self.actor, self.key, self.content, {question: verdict})


class Batch:
    """The commits that a batch of jobs makes, after the event whose hash is `last_hash`."""

    def __init__(
        self,
        draft: CommitDraft,
        last_hash: str,
        *,
        clock: Clock,
        tokens: Callable[[], str],
        checks: SchemaChecks,
    ) -> None:
        self.draft = draft
        self.last_hash = last_hash
        """The hash of the last event, including the batch's."""
        self.commits: list[Commit] = []
        self._clock = clock
        self._tokens = tokens
        self._checks = checks
        self._answered: dict[KeyScope, Receipt] = {}

    def take(self, job: Job, recall: Recall) -> Receipt | ApiError:
        """Apply one job and add its commit; return its caller's answer, to be given once the batch is durable."""
        self.draft.mark()
        try:
            check_role(job.command, job.actor)
            scope = scope_of(job)
            if scope is not None:
                replay = self._answered.get(scope) or recall(scope)
                if replay is not None:
                    return replace(replay, replayed=True)
            receipt = self._carry_out(job, scope)
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

    def _carry_out(self, job: Job, scope: KeyScope | None) -> Receipt:
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
            commit = link_all(self.last_hash, ruling.events)
        except TypeError as fault:
            raise InvalidRequest(f"The request holds something that JSON can't: {fault}.") from None
        self.draft.apply(commit.events)
        commit = self._with_follow_ups(commit)
        answer = _answer(self.draft, ruling)
        if scope is not None:
            record = record_of(scope, answer)
            commit = Commit(commit.events, commit.texts, record, orjson.dumps(record))
        self.commits.append(commit)
        self.last_hash = commit.events[-1]["hash"]
        return Receipt(answer=answer)

    def _with_follow_ups(self, commit: Commit) -> Commit:
        """Return a commit, which the draft has, with what its events bring about."""
        event = commit.events[0]
        while (ruling := follow_up(self.draft, event, token=self._tokens)) is not None:
            more = link_all(commit.events[-1]["hash"], ruling.events)
            self.draft.apply(more.events)
            commit = Commit([*commit.events, *more.events], [*commit.texts, *more.texts])
            event = more.events[-1]
        return commit

    def _ask_for(self, job: Job) -> Ask:
        return self._checks.at_once(job.actor.subject) if job.verdicts is None else self._checks.known(job.verdicts)


def scope_of(job: Job) -> KeyScope | None:
    """Return the scope of a job's key (CONTRACT.md part 3, Idempotency), None without a key.

    Raises:
        InvalidRequest: the key or an id can't be stored.
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
    return KeyScope(job.actor.subject, path, job.key)


def _answer(draft: CommitDraft, ruling: Ruling) -> dict[str, Any]:
    table, doc_id = ruling.shows
    if table == "event":
        return {"eventId": ruling.events[0]["id"]}
    if table in ("grants", "policies"):
        doc = draft.get("authority", doc_id) or {}
        return wire_objects.grant(doc) if table == "grants" else wire_objects.policy_in_force(doc)
    doc = draft.get(table, doc_id) or {}
    if table == "uploads":
        return {"id": doc_id, "status": "READY"}
    return dict(wire_objects.task(doc) if table == "tasks" else wire_objects.project(doc))
