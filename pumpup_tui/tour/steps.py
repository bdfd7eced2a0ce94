"""The steps of the demo's tour, and what ends each. Pure: it is given what there is to see."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

Key = Callable[[str], str]
"""Names the key of a binding, by the binding's id."""


@dataclass(frozen=True)
class Moment:
    """The state of the screens at a time, as far as a step hangs on it."""

    mode: str = "inbox"
    """The main screen."""
    over: str = ""
    """What lies over it: "palette", "help", or anything else; empty where nothing does."""
    cursor: str | None = None
    """The id of the request under the inbox's cursor."""
    kind: str = ""
    """What that is: "approval" or "elicitation"."""
    opened: bool = False
    """Whether the request is opened to be read."""
    armed: str = ""
    """The verb that is armed."""
    sent: Mapping[str, str] = field(default_factory=dict)
    """The verbs of what was confirmed and not taken back, by key."""
    held: frozenset[str] = frozenset()
    """The keys of what can still be taken back."""
    narrowed: bool = False
    """Whether the timeline is followed or filtered."""


@dataclass(frozen=True)
class TourStep:
    """One thing to do."""

    mode: str
    """The screen that it is done on; empty is any."""
    words: Callable[[Moment, Key], str]
    """Names what to press, on that screen."""
    is_done: Callable[[Moment, Moment], bool]
    """Whether it was done between two moments."""


TO_SCREEN = {
    "inbox": "shows the inbox: what agents wait for.",
    "board": "shows the board: a project's tasks by step.",
    "timeline": "shows the timeline: who decided what.",
    "insights": "shows the insights: what waits, and for how long.",
}


_DECISIONS = frozenset(("APPROVE", "REJECT", "EDIT_AND_APPROVE", "REQUEST_MORE_INFO", "ESCALATE"))


def _has_moved(before: Moment, now: Moment) -> bool:
    return None not in (before.cursor, now.cursor) and before.cursor != now.cursor


def _confirmed(before: Moment, now: Moment) -> set[str]:
    return {verb for key, verb in now.sent.items() if key not in before.sent}


def _has_decided(before: Moment, now: Moment) -> bool:
    return bool(_DECISIONS & _confirmed(before, now))


def _moving(now: Moment, key: Key) -> str:
    return f"{key('move.down')} moves to the next request, {key('move.up')} back."


def _opening(now: Moment, key: Key) -> str:
    return f"{key('move.enter')} opens it to read all of it, {key('move.back')} goes back."


def _approving(now: Moment, key: Key) -> str:
    if now.armed:
        return f"Armed, not sent. {key('decide.send')} sends it, {key('move.back')} cancels."
    if now.kind == "elicitation":
        return f"Not this one: go to one marked A with {key('move.down')} or {key('move.up')}."
    return f"{key('decide.approve')} arms an approval; a second key, {key('decide.send')}, sends it."


def _taking_back(now: Moment, key: Key) -> str:
    if now.held:
        return f"It is held for a moment: {key('decide.undo')} takes it back."
    if now.armed:
        return f"{key('decide.send')} sends it; then {key('decide.undo')} takes it back."
    send = f"{key('decide.approve')} {key('decide.send')}"
    if _DECISIONS.intersection(now.sent.values()):
        return f"Sent by now. {send} approves another; {key('decide.undo')} takes it back."
    return f"{send} approves a request; then {key('decide.undo')} takes it back."


def _answering(now: Moment, key: Key) -> str:
    if now.kind == "elicitation":
        return f"{key('decide.approve')} opens this one's form: answer, review, then send."
    return f"{key('inbox.next')} goes on: find one marked E, it asks for answers."


def _moving_a_card(now: Moment, key: Key) -> str:
    if now.armed:
        return f"{key('decide.send')} makes the move, {key('move.back')} cancels."
    moves = " ".join(key(f"board.{move}") for move in ("move_left", "move_right", "move"))
    return f"{key('board.task')} opens one; {moves} move the card along an exit."


def _following(now: Moment, key: Key) -> str:
    return f"{key('timeline.follow')} follows what happens, {key('timeline.filter')} shows some of it only."


def _counting(now: Moment, key: Key) -> str:
    return f"{key('screens.timeline')} goes back to the timeline."


def _finding(now: Moment, key: Key) -> str:
    return f"{key('screens.commands')} finds every command, project, task and request."


def _helping(now: Moment, key: Key) -> str:
    return f"{key('screens.help')} lists all keys."


def _leaving(now: Moment, key: Key) -> str:
    return f"That is all. {key('screens.quit')} quits; nothing of the demo stays."


TAKING_BACK = TourStep("inbox", _taking_back, lambda before, now: bool(before.held - now.sent.keys()))
STEPS = (
    TourStep("inbox", _moving, _has_moved),
    TourStep("inbox", _opening, lambda _, now: now.opened),
    TourStep("inbox", _approving, _has_decided),
    TAKING_BACK,
    TourStep("inbox", _answering, lambda before, now: "ANSWER" in _confirmed(before, now)),
    TourStep("board", _moving_a_card, lambda before, now: "MOVE" in _confirmed(before, now)),
    TourStep("timeline", _following, lambda _, now: now.mode == "timeline" and now.narrowed),
    TourStep("insights", _counting, lambda _, now: now.mode == "insights"),
    TourStep("", _finding, lambda _, now: now.over == "palette"),
    TourStep("", _helping, lambda _, now: now.over == "help"),
    TourStep("", _leaving, lambda _before, _now: False),
)


class Tour:
    """The tour of one newcomer, step by step."""

    def __init__(self, key: Key, *, holds: bool = True) -> None:
        """Begin.

        Args:
            key: Names the key of a binding.
            holds: Whether a decision is held before it is sent: else there is nothing to take back.
        """
        self._key = key
        self._steps: Sequence[TourStep] = STEPS if holds else [step for step in STEPS if step is not TAKING_BACK]
        self._index = 0
        self._now = Moment()

    @property
    def is_over(self) -> bool:
        """Whether it has ended."""
        return self._index >= len(self._steps)

    def see(self, now: Moment) -> None:
        """Take note of what there is to see now; go on where the step was done."""
        before, self._now = self._now, now
        if not self.is_over and self._steps[self._index].is_done(before, now):
            self.skip()

    def skip(self) -> None:
        """Go on to the next step; from the last one, end."""
        self._index += 1

    def end(self) -> None:
        """End it."""
        self._index = len(self._steps)

    def words(self) -> str:
        """Return what to do next, numbered; empty where the tour is over."""
        if self.is_over:
            return ""
        step = self._steps[self._index]
        if step.mode and step.mode != self._now.mode:
            words = f"{self._key(f'screens.{step.mode}')} {TO_SCREEN[step.mode]}"
        else:
            words = step.words(self._now, self._key)
        return f"{self._index + 1}/{len(self._steps)} · {words}"
