"""The states of a decision, from a key press to the record: pure, without a screen.

    idle ──arm──► armed ──confirm──► held ──time──► sending ──► recorded
      ▲             │                  │               ├──────► lost      someone else was first
      └───cancel────┘◄────take back────┘               ├──────► refused   a rule, or no connection: nothing written
                                                       └──────► unknown   ──asked again, same key──► any of these

A `Desk` holds at most one armed intent and all that were confirmed. Every change returns a new one. What is
armed is fixed at arming: nothing that arrives later touches it. Keys and times come from outside.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Set
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import Enum
from typing import TYPE_CHECKING, Any, Literal

from pumpup_tui.text.outcomes import ACTS, OUTCOMES

if TYPE_CHECKING:
    from api_client.needs import Agreed, Needs

Verb = Literal[
    "APPROVE",
    "REJECT",
    "EDIT_AND_APPROVE",
    "ESCALATE",
    "REQUEST_MORE_INFO",
    "ANSWER",
    "WITHDRAW",
    "MOVE",
    "NOTE",
    "ASSIGN",
    "PAUSE",
    "RESUME",
    "GIVE_GRANT",
    "END_GRANT",
]

VERB_WORDS: Mapping[str, str] = {verb: act.word for verb, act in ACTS.items()}
"""What people read for an outcome or another act."""
NOTE_SAYS: Mapping[str, str] = {
    "EDIT_AND_APPROVE": "what should change",
    "REQUEST_MORE_INFO": "what is missing",
    "WITHDRAW": "why no answer is given",
    "NOTE": "the text of it",
    "PAUSE": "the reason",
}
"""What the note says, of each act that needs one."""
NEEDS_NOTE = frozenset(NOTE_SAYS)
TAKES_NOTE = frozenset((*OUTCOMES, "WITHDRAW", "MOVE", "NOTE", "PAUSE"))
"""Acts whose command carries the note that is typed for them; the others take none, for it would be lost."""
FINAL = frozenset(("APPROVE", "REJECT", "EDIT_AND_APPROVE", "ESCALATE", "REQUEST_MORE_INFO", "ANSWER", "WITHDRAW"))
"""Acts that settle a request, and so are held for the grace time."""
ALONE = frozenset(("PAUSE", "RESUME", "GIVE_GRANT", "END_GRANT"))
"""Acts on nothing that a screen shows: the decision bar shows all of them, wherever they were armed."""
ALL_PROJECTS = "all"
"""The target of a pause that is not of one project: no project has such an id."""
APPROVING = frozenset(("APPROVE", "EDIT_AND_APPROVE"))
"""The outcomes that may take several people; each of them agrees, and the last one decides."""

BURST = 0.005
"""Seconds. Two keys closer than this came in one read, as pasted text does: no finger is that fast."""
REPEAT = 1.0
"""Seconds. The same key again within this is a key held down (keyboards wait up to 0.66 s before they repeat)."""


class Phase(Enum):
    """The state of a confirmed act; the value is the word that is shown."""

    HELD = "held"
    SENDING = "sending"
    RECORDED = "recorded"
    LOST = "lost"
    REFUSED = "refused"
    UNKNOWN = "unknown"


OPEN = frozenset((Phase.HELD, Phase.SENDING, Phase.UNKNOWN))
"""Phases that are not over: leaving now would leave something open."""

NOTE_FIRST = "it needs a note first"


@dataclass(frozen=True)
class Intent:
    """An act that would be done, with its target as it was shown."""

    verb: Verb
    target: str
    """Id of the request that is settled, or of the task that is moved or noted."""
    title: str
    """The target as it was shown: raw, cleaned where it is drawn."""
    request_hash: str = ""
    note: str = ""
    reason_code: str = ""
    answers: Mapping[str, Any] = field(default_factory=dict)
    to_step: str = ""
    assignee: str = ""
    """Whom a task is given to; empty gives it back."""
    task_id: str = ""
    task_name: str = ""
    """The task of the request that is settled: where the note of a lost decision can go."""
    made_of: str = ""
    """The lost decision's request, where this is its note."""
    terms: Mapping[str, Any] = field(default_factory=dict)
    """The terms of a grant that is given, by the names of `GrantTerms`."""
    people: int = 1
    """Different people that the project's policy asks for, to approve it."""
    agreed: tuple[Agreed, ...] = ()
    """The agreements of other people, as they were shown."""
    blind: bool = False
    """Whether the agent's recommendation was hidden."""
    attachments: tuple[str, ...] | None = None
    """The upload ids of the request's attachments, as it was shown; None where the whole request was not."""
    opened: tuple[str, ...] | None = None
    """Those of them that were opened until it was confirmed; None where that goes into no record."""

    @property
    def lacks_note(self) -> bool:
        """Whether it can't go out before a note is written."""
        return self.verb in NEEDS_NOTE and not self.note.strip()

    @property
    def takes_note(self) -> bool:
        """Whether a note that is written for it reaches the record."""
        return self.verb in TAKES_NOTE

    def under(self, needs: Needs | None, reviewer: str, *, blind: bool | None) -> Intent:
        """Return the intent with what the policy asks for, as it was shown to a reviewer; and whether it was blind."""
        if needs is None:
            return replace(self, blind=bool(blind))
        others = tuple(agreement for agreement in needs.agreed if agreement.subject != reviewer)
        return replace(self, people=needs.people, agreed=others, blind=bool(blind))

    @property
    def agreement(self) -> int:
        """The number that it has among the agreements, as far as was shown; 0 where it decides."""
        if self.verb not in APPROVING:
            return 0
        edit = self.note.strip() if self.verb == "EDIT_AND_APPROVE" else None
        number = 1 + sum(agreement.outcome == self.verb and agreement.edit == edit for agreement in self.agreed)
        return number if number < self.people else 0

    @property
    def does(self) -> str:
        """What it does, in words: `approve`, or `agree 1 of 2`."""
        if not self.agreement:
            return VERB_WORDS[self.verb]
        edit = " to the edit" if self.verb == "EDIT_AND_APPROVE" else ""
        return f"agree {self.agreement} of {self.people}{edit}"


@dataclass(frozen=True)
class OnRecord:
    """The nature of a recorded act, where that was read back."""

    is_agreement: bool = False
    """Whether it is one person's agreement, and the request was not decided by it."""
    missing: int = 0
    """People who must still agree to the same; 0 where it is decided since, or that is not known."""
    recommendation: Any = None
    """The agent's recommendation, raw, where it was hidden until then."""


@dataclass(frozen=True)
class Confirmed:
    """A confirmed act and what became of it so far."""

    intent: Intent
    key: str
    """The idempotency key, made before the first try."""
    phase: Phase
    since: datetime
    until: datetime | None = None
    """When a held one goes out."""
    detail: str = ""
    faults: Mapping[str, str] = field(default_factory=dict)
    """Messages by field id, where the backend refused answers."""
    is_stored: bool = False
    """Whether it is stored where a crash can't reach it: nothing is claimed of it before."""
    batch: str = ""
    """Common to the acts that were confirmed with one key; empty where it was confirmed alone."""
    on_record: OnRecord = OnRecord()

    @property
    def does(self) -> str:
        """What it does, or did as far as the record says, in words."""
        if self.phase is not Phase.RECORDED:
            return self.intent.does
        word = VERB_WORDS[self.intent.verb]
        if not self.on_record.is_agreement:
            return word
        return f"agreed to {word}" + (f", needs {self.on_record.missing} more" if self.on_record.missing else "")

    @property
    def word(self) -> str:
        """Where it is, in a word."""
        return self.phase.value if self.is_stored or self.phase not in (Phase.HELD, Phase.SENDING) else "keeping"

    def seconds_left(self, now: datetime) -> float:
        """Return how long it is still held."""
        return max(0.0, (self.until - now).total_seconds()) if self.until else 0.0


@dataclass(frozen=True)
class Desk:
    """The armed intent, and the confirmed acts, oldest first."""

    armed: Intent | None = None
    hint: str = ""
    """Why the last key did nothing; empty where it did."""
    sent: tuple[Confirmed, ...] = ()

    def arm(self, intent: Intent) -> Desk:
        """Arm `intent` in place of what was armed; a request whose decision is in flight is not armed again."""
        if intent.verb in FINAL and self.in_flight(intent.target):
            return replace(self, armed=None, hint="that decision is already in flight")
        return Desk(armed=intent, sent=tuple(self.unfinished()))

    def cancel(self, hint: str = "") -> Desk:
        """Disarm."""
        return replace(self, armed=None, hint=hint)

    def clear(self) -> Desk:
        """Disarm, and forget what is over: it was about what is shown no more. A lost note that is offered stays."""
        words = f"{VERB_WORDS[self.armed.verb]} taken back: you went on, nothing was sent" if self.armed else ""
        lost = self.sent[-1] if self.lost_note() else None
        return Desk(hint=words, sent=tuple(sent for sent in self.sent if sent.phase in OPEN or sent is lost))

    def write_note(self, note: str) -> Desk:
        """Give the armed intent its note, where it takes one."""
        if self.armed is None:
            return self
        if not self.armed.takes_note:
            return replace(self, hint=no_note_words(self.armed))
        return replace(self, armed=replace(self.armed, note=note), hint="")

    def give_reason(self, code: str) -> Desk:
        """Give the armed intent a reason code; an empty one takes it away."""
        return replace(self, armed=replace(self.armed, reason_code=code), hint="") if self.armed else self

    def confirm(self, key: str, now: datetime, grace: float, *, batch: str = "") -> Desk:
        """Turn the armed intent into one that is held, or sent at once where there is no grace time.

        Args:
            key: The idempotency key.
            now: The time.
            grace: Seconds that a final act is held.
            batch: What it has in common with others that the same key confirms.
        """
        if self.armed is None:
            return self
        if self.armed.lacks_note:
            return replace(self, hint=NOTE_FIRST)
        held = grace > 0 and self.armed.verb in FINAL
        until = now + timedelta(seconds=grace) if held else None
        sent = Confirmed(self.armed, key, Phase.HELD if held else Phase.SENDING, now, until, batch=batch)
        return Desk(sent=(*self.sent, sent))

    def take_back(self) -> tuple[Desk, Intent | None]:
        """Drop the latest held act, and what of its batch is held; also return it, None where nothing is held."""
        held = self.held()
        if not held:
            return replace(self, hint="nothing is held: what was sent is on the record"), None
        latest = held[-1]
        dropped = {sent.key for sent in held if sent is latest or (latest.batch and sent.batch == latest.batch)}
        rest = tuple(sent for sent in self.sent if sent.key not in dropped)
        return replace(self, sent=rest, hint="taken back: nothing was sent"), latest.intent

    def due(self, now: datetime, grace: float) -> tuple[Desk, list[Confirmed]]:
        """Release what has been held long enough; also return it, as it is to be sent."""
        due: list[Confirmed] = []
        after: list[Confirmed] = []
        for sent in self.sent:
            if sent.phase is not Phase.HELD or sent.until is None:
                after.append(sent)
            elif sent.seconds_left(now) == 0:
                due.append(replace(sent, phase=Phase.SENDING, until=None))
                after.append(due[-1])
            else:
                # A clock that was set back must not hold a decision for hours.
                after.append(replace(sent, until=min(sent.until, now + timedelta(seconds=grace))))
        return replace(self, sent=tuple(after)), due

    def settle(
        self,
        key: str,
        phase: Phase,
        now: datetime,
        detail: str = "",
        faults: Mapping[str, str] | None = None,
        *,
        on_record: OnRecord = OnRecord(),
    ) -> Desk:
        """Note the state of the act that was sent under `key`."""
        changed = {"phase": phase, "since": now, "until": None, "detail": detail, "faults": faults or {}}
        return self._with({key}, **changed, on_record=on_record)

    def mark_stored(self, keys: Iterable[str]) -> Desk:
        """Note that these are stored on this machine."""
        return self._with(set(keys), is_stored=True)

    def _with(self, keys: Set[str], **changed: Any) -> Desk:
        """Change the acts that were confirmed under these keys."""
        return replace(self, sent=tuple(replace(sent, **changed) if sent.key in keys else sent for sent in self.sent))

    def in_flight(self, target: str) -> Confirmed | None:
        """Return the act on `target` that is not over, or None."""
        return next((sent for sent in self.unfinished() if sent.intent.target == target), None)

    def lost_note(self) -> Intent | None:
        """Return the newest act where it was lost to someone else and its note is on no record yet, else None."""
        newest = self.sent[-1] if self.sent else None
        if newest is None or newest.phase is not Phase.LOST or not newest.intent.task_id:
            return None
        return newest.intent if newest.intent.note.strip() else None

    def held(self) -> list[Confirmed]:
        """Return what can still be taken back."""
        return [sent for sent in self.sent if sent.phase is Phase.HELD]

    def unfinished(self) -> list[Confirmed]:
        """Return what is not over."""
        return [sent for sent in self.sent if sent.phase in OPEN]


def no_note_words(intent: Intent) -> str:
    """Return why no note can be written for an act."""
    apart = "" if intent.verb in ALONE else ": a note on the task is written apart from it"
    return f"{VERB_WORDS[intent.verb]} takes no note{apart}"


class KeyGuard:
    """Distinguishes a key that was pressed from one that was pasted or held down."""

    def __init__(self, send: Callable[[], str]) -> None:
        """Take what names the key that confirms."""
        self._send = send
        self._before: tuple[str, float] | None = None
        self._last: tuple[str, float] | None = None

    def saw(self, key: str, at: float) -> None:
        """Note a key event: its name and its time in seconds."""
        self._before, self._last = self._last, (key, at)

    def fault(self) -> str:
        """Return why the last key must not confirm anything; empty where it may."""
        if self._last is None or self._before is None:
            return ""
        gap = self._last[1] - self._before[1]
        if gap < BURST:
            return f"that came too fast for a key press: wait a moment, then press {self._send()} again"
        if self._last[0] == self._before[0] and gap < REPEAT:
            return f"{self._send()} again so soon may be a key held down: wait a second, then press it once"
        return ""
