"""A record in memory: the rules, the fold and the chain without a place to store them."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

from api_client.actor import Actor
from api_client.commands import Command
from api_client.errors import ApiError
from api_client.models import Receipt
from store.core.batch import Batch, Job
from store.core.chain import NO_HASH
from store.core.command_limits import CommandLimits
from store.core.draft import CommitDraft
from store.core.ruling import Content
from store.core.schema_questions import Ask, Verdicts, unasked
from store.transfer.conformance import Conformance
from store.transfer.folded_record import FoldedRecord, Raw


class NoChecks:
    """Answers yes: nothing here declares a schema."""

    limits = CommandLimits()

    def known(self, _verdicts: Verdicts) -> Ask:
        return unasked

    def at_once(self, _subject: str) -> Ask:
        return unasked


class MemoryRecord:
    """A record in memory, whose every event is also held against the rules, as `verify` does."""

    def __init__(self, *, tokens: itertools.count[int] | None = None) -> None:
        self.raw: list[Raw] = []
        self.events: list[dict[str, Any]] = []
        self.view = FoldedRecord(lambda seq: self.raw[seq - 1])
        self.now = datetime(2026, 1, 1, tzinfo=UTC)
        self._tokens = tokens or itertools.count(1)
        self._conformance = Conformance(self.view, NoChecks())  # type: ignore[arg-type]  # it asks no more of them

    def submit(self, command: Command, actor: Actor, content: Content | None = None) -> Receipt | ApiError:
        """Carry out a command a second later, and return its outcome; `content` is that of an upload."""
        self.now += timedelta(seconds=1)
        last = self.raw[-1][1] if self.raw else NO_HASH
        draft = CommitDraft(self.view)
        batch = Batch(
            draft, last, clock=lambda: self.now, tokens=lambda: f"{next(self._tokens):012x}", checks=NoChecks()
        )
        outcome = batch.take(Job(command, actor, None, content), lambda _: None)
        for commit in batch.commits:
            for event, text in zip(commit.events, commit.texts, strict=True):
                breach = self._conformance.breach(event, text)
                assert not breach, f"{event['eventType']}: {breach}"
                self.raw.append((text, event["hash"]))
                self.events.append(event)
                self.view.take(dict(event), text)
        assert not self._conformance.unfinished()
        return outcome
