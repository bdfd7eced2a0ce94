"""The evidence of a report: the events that it is made of, byte for byte, and one proof that a record holds them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class ReportScope:
    """The decisions that a report is about; nothing is left out by what is not given."""

    tasks: Mapping[str, str] = field(default_factory=dict)
    """Raw names by id; empty for all tasks."""
    project: tuple[str, str] | None = None
    """Id and raw name."""
    since: datetime | None = None
    until: datetime | None = None
    decided_by: str = ""


@dataclass(frozen=True, slots=True)
class ProvenEvent:
    """An event as it stands in the chain."""

    seq: int
    text: str
    """Its JSON, byte for byte as it is hashed."""
    previous: str
    hash: str

    def read(self) -> dict[str, Any]:
        """Return it as JSON values, its hash among them; an object without keys where it is none."""
        value = json.loads(self.text)
        return {**value, "hash": self.hash} if isinstance(value, dict) else {}


# Without `repr`: asyncio makes one of what a coroutine returned when it ends, of twice the memory of all else.
@dataclass(frozen=True, slots=True, repr=False)
class Evidence:
    """The events of a report, in order, with the proof of them all."""

    key: str
    """The public key of the checkpoint (C2SP signed-note)."""
    checkpoint: str
    """A signed note."""
    events: Sequence[ProvenEvent]
    nodes: Sequence[bytes]
    """Their shared proof (`store/core/shared_proof.py`)."""
    projects: Mapping[str, str]
    """Raw names by id, as they are now: no part of the proof."""
    decisions: int = 0
    """The decisions among them."""
    beside: Sequence[int] = ()
    """The places of decisions that are not the report's, and of their requests: there for what they say of its own."""


@dataclass(frozen=True, slots=True)
class ReportHead:
    """The report's own statements of itself, which no proof is of."""

    scope: ReportScope
    made_at: datetime
    made_by: str
    version: str
    """This program's."""
