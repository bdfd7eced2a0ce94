"""A place for a record that is nothing but dictionaries: the smallest that rules, fold, draft and batch run over."""

from __future__ import annotations

from collections.abc import Callable

from api_client.actor import Actor
from api_client.commands import Command
from api_client.errors import ApiError
from api_client.models import Receipt
from api_client.times import Clock
from store.core.batch import Batch, Job
from store.core.chain import NO_HASH, Commit
from store.core.command_limits import CommandLimits
from store.core.draft import CommitDraft
from store.core.event_ids import seq_of
from store.core.idempotency import KeyScope, answer_to
from store.core.schema_questions import Ask, CheckNeeded, Question, Verdict, Verdicts
from store.core.state_view import Doc


class MemoryPlace:
    """Documents, events and idempotency records in memory: a `StateView`, and the `DocumentTables` of the fold."""

    def __init__(self) -> None:
        self.tables: dict[tuple[str, str], Doc] = {}
        self.events: list[Doc] = []
        self.settled: dict[str, Doc] = {}
        self.records: dict[KeyScope, Doc] = {}

    @property
    def seq(self) -> int:
        return len(self.events)

    @property
    def last_hash(self) -> str:
        return str(self.events[-1]["hash"]) if self.events else NO_HASH

    def get(self, table: str, doc_id: str) -> Doc | None:
        return self.tables.get((table, doc_id))

    def put(self, table: str, doc_id: str, doc: Doc) -> None:
        self.tables[table, doc_id] = doc

    def drop(self, table: str, doc_id: str) -> None:
        del self.tables[table, doc_id]

    def count(self, table: str) -> int:
        return sum(name == table for name, _ in self.tables)

    def project_by_slug(self, slug: str) -> Doc | None:
        projects = (doc for (table, _), doc in self.tables.items() if table == "projects")
        return next((doc for doc in projects if doc["projectName"] == slug), None)

    def event(self, event_id: str) -> Doc | None:
        seq = seq_of(event_id)
        event = self.events[seq - 1] if 0 < seq <= len(self.events) else None
        return event if event is not None and event["id"] == event_id else None

    def settlement(self, request_id: str) -> Doc | None:
        return self.settled.get(request_id)

    def recall(self, scope: KeyScope) -> Receipt | None:
        """Return what a key was answered, None where it never was."""
        record = self.records.get(scope)
        answer = answer_to(scope, dict(record) if record else None)
        return None if answer is None else Receipt(answer=answer, replayed=True)

    def store(self, commit: Commit) -> None:
        """Add a commit's events and idempotency record."""
        self.events += commit.events
        self.settled.update({event["inResponseTo"]: event for event in commit.events if "inResponseTo" in event})
        if commit.record is not None:
            scope = KeyScope(commit.record["caller"], commit.record["path"], commit.record["key"])
            self.records[scope] = commit.record


class NoSchemas:
    """Schema checks that know no answer."""

    limits = CommandLimits()

    def known(self, verdicts: Verdicts) -> Ask:
        def ask(question: Question) -> Verdict | None:
            if question not in verdicts:
                raise CheckNeeded(question)
            return verdicts[question]

        return ask

    def at_once(self, _subject: str) -> Ask:
        return self.known({})


class MemoryStore:
    """One writer over a `MemoryPlace`, in the steps of any store: draft, batch, commit, state."""

    def __init__(self, place: MemoryPlace, clock: Clock, tokens: Callable[[], str]) -> None:
        self.place, self._clock, self._tokens = place, clock, tokens

    def carry_out(self, *jobs: Job) -> list[Receipt | ApiError]:
        """Carry out jobs as one batch."""
        draft = CommitDraft(self.place)
        batch = Batch(draft, self.place.last_hash, clock=self._clock, tokens=self._tokens, checks=NoSchemas())
        outcomes = [batch.take(job, self.place.recall) for job in jobs]
        draft.copy_to(self.place)
        for commit in batch.commits:
            self.place.store(commit)
        return outcomes

    def give(self, command: Command, actor: Actor, key: str | None = None) -> Receipt:
        """Carry out one command; raise what refuses it."""
        (outcome,) = self.carry_out(Job(command, actor, key, verdicts={}))
        if isinstance(outcome, ApiError):
            raise outcome
        return outcome
