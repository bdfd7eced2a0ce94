"""The common part of the screens of earlier moments: the moment that is shown, its words, and the way to others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from pumpup_tui.backend.past_moment import PastMoment
from pumpup_tui.components.prompt import Prompt
from pumpup_tui.text.firewall import line
from pumpup_tui.text.layout import Run
from pumpup_tui.text.outcomes import ACTS, OUTCOMES
from pumpup_tui.text.typed_times import NotUnderstood, typed_moment

if TYPE_CHECKING:
    from api_client.models import Event
    from pumpup_tui.context import Context

QUESTION, EXAMPLE = "as it was at", "yesterday, 2h ago, 2026-11-01 09:30"


class PastView:
    """The moment that a screen shows."""

    def __init__(self, context: Context, moment: PastMoment) -> None:
        """Begin with a moment. `context` has a clock that stands still there: ages are those of then."""
        self.moment = moment
        self.event: Event | None = None
        """The last event that had happened."""
        self.context = replace(context, clock=lambda: self.moment.time)
        self._now = context

    def title(self, what: str, name: str = "") -> list[Run]:
        """Return the title of the pane: that it is the past, of which project (its raw name), when, and after what."""
        shown = self._now.there(self.moment.time)
        of = f" · {line(name, 40)}" if name else ""
        runs: list[Run] = [
            (f"{what} as it was", "needs"),
            (f"{of} · {shown:%a} {shown.day} {shown:%b %Y %H:%M:%S}", ""),
        ]
        if self.event is not None:
            runs.append((f" · after {event_words(self.event)}", ""))
        return runs

    def words(self) -> str:
        """Return the words of the line that says what one may do."""
        key = self._now.key
        steps = f"{key('past.earlier')} {key('past.later')} step through the events"
        return f"Read-only, as it was then. {steps}, {key('move.back')} returns to now."


def event_words(event: Event) -> str:
    """Return who did what, in clean words."""
    outcome = event.payload.get("outcome")
    kind = str(outcome.get("type")) if isinstance(outcome, dict) else ""
    act = OUTCOMES.get(kind) or (ACTS["ANSWER"] if event.event_type == "ELICITATION_PROVIDED" else None)
    what = act.past_with_glyph if act else line(event.event_type.lower().replace("_", " "), 30)
    return f"{line(event.subject or event.source.lower(), 40)} {what}"


def ask_moment(prompt: Prompt, context: Context, chosen: Callable[[PastMoment], None]) -> None:
    """Ask for a time until one is understood, and hand on the moment."""

    def take(text: str) -> str:
        try:
            moment = typed_moment(text, context.clock(), context.zone, ahead=False)
        except NotUnderstood as fault:
            return f"{str(fault).partition(':')[0]}: try 2h ago"
        chosen(PastMoment(moment))
        return ""

    if not context.can("history"):
        context.outbox.hint("this server can't say how things were at an earlier time")
        return
    prompt.ask_until_taken(QUESTION, EXAMPLE, take)
