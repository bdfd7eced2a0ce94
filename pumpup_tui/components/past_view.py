"""The common part of the screens of earlier moments: the moment that is shown, its words, and the way to others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from pumpup_tui.backend.past_moment import PastMoment
from pumpup_tui.backend.past_reads import PastReads, Stepped
from pumpup_tui.components.prompt import Prompt
from pumpup_tui.keys.key_names import Hints
from pumpup_tui.text.firewall import line
from pumpup_tui.text.layout import Run
from pumpup_tui.text.outcomes import ACTS, OUTCOMES
from pumpup_tui.text.typed_times import NotUnderstood, typed_moment

if TYPE_CHECKING:
    from api_client.models import Event
    from pumpup_tui.components.reviewer_screen import ReviewerScreen
    from pumpup_tui.context import Context

PAST_ACTIONS = (("past.earlier", "step(-1)"), ("past.later", "step(1)"), ("past.choose", "choose"))
PAST_HINTS: Hints = (
    ("past.earlier past.later", "earlier, later"),
    ("past.choose", "another time"),
    ("move.back", "now"),
)
QUESTION, EXAMPLE = "as it was at", "yesterday, 2h ago, 2026-11-01 09:30"


class PastView:
    """The moment that a screen shows, and the steps to others."""

    def __init__(self, screen: ReviewerScreen, moment: PastMoment, *, project_id: str = "", task_id: str = "") -> None:
        """Begin with a moment. `context` has a clock that stands still there: ages are those of then.

        Args:
            screen: Reads again at each moment that is chosen.
            moment: What it begins with.
            project_id: Whose events are stepped through.
            task_id: Whose events are stepped through.
        """
        context = screen.context
        self.moment = moment
        self.reads = PastReads(context.calls, lambda: context.status.reviewer)
        self._screen = screen
        self._project_id, self._task_id = project_id, task_id
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

    def step(self, by: int) -> None:
        """Ask for the event before or after."""
        if self.event is not None:
            self.reads.step(self._screen, self.event.id, by, project_id=self._project_id, task_id=self._task_id)

    def take(self, stepped: Stepped) -> None:
        """Go to the event that was asked for, if there is one."""
        if stepped.event is None:
            self._now.outbox.hint("no event further that way")
        else:
            self.go_to(PastMoment.of(stepped.event))

    def go_to(self, moment: PastMoment) -> None:
        """Show another moment."""
        self.moment = moment
        self._screen.reload()

    def choose(self) -> None:
        """Ask for another time."""
        ask_moment(self._screen.prompt, self._now, self.go_to)

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
