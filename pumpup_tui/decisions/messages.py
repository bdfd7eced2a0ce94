"""Messages about decisions: stored on this machine, submitted, and recovered after an earlier terminal ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from textual.message import Message

from pumpup_tui.decisions.desk import OnRecord

if TYPE_CHECKING:
    from pumpup_tui.decisions.desk import Phase
    from pumpup_tui.decisions.recovery import Recovered


@dataclass(eq=False, repr=False)
class Submitted(Message):
    """The state of a write that was sent under `key`."""

    key: str
    phase: Phase
    detail: str = ""
    faults: Mapping[str, str] = field(default_factory=dict)
    """Messages by field id, where answers were refused."""
    on_record: OnRecord = field(default_factory=OnRecord)


@dataclass(eq=False, repr=False)
class DecisionsStored(Message):
    """Decisions under these keys are stored on this machine, or can't be."""

    keys: Sequence[str]


@dataclass(eq=False, repr=False)
class RecoveryLoaded(Message):
    """The outcome of everything that was in flight when an earlier terminal ended."""

    recovered: Sequence[Recovered]
