"""Words for what came of a decision: the same on the screens and in the commands."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from api_client.times import parse_time
from pumpup_tui.text.firewall import line
from pumpup_tui.text.layout import Run

if TYPE_CHECKING:
    from api_client.deeds import Deed, Deeds
    from api_client.event_filter import DeedFilter

DEED_FILTER_WORDS: Mapping[DeedFilter, str] = {
    "NONE": "approved, nothing done",
    "UNLINKED": "approved, no action linked",
    "AFTER_DENIAL": "denied, acted on",
}
"""What decisions are looked for by: in this order, the same in filters, figures and tables."""
BY_TRACE = "same trace"
"""Behind an action that does not name the request."""
TEXT = 600
"""Characters of a deed's text: all that a list of deeds has of it."""


def came_of_run(deeds: Deeds, ago: str, *, is_closed: bool) -> Run:
    """Return what came of a decision, with its tone; empty where nothing was to come of it, and nothing did.

    Args:
        deeds: The deeds of the approval.
        ago: How long ago it was decided, like `12m ago`; empty where that stands beside it.
        is_closed: Whether its task is closed by now.
    """
    actions = _actions(deeds.count)
    if deeds.state == "DONE":
        return f"done · {actions}", "good"
    if deeds.state == "AFTER_DENIAL":
        return f"acted on after the denial · {actions}", "bad"
    closed = " · the task is closed" if is_closed else ""
    if deeds.state == "NONE":
        decided = f" · decided {ago}" if ago else ""
        return (f"nothing done{closed}" if is_closed else f"nothing done yet{decided}"), "needs"
    if deeds.state == "UNLINKED":
        return f"no action linked · {_others(deeds)}{closed}", "warn"
    return (actions, "") if deeds.count else ("", "")


def _others(deeds: Deeds) -> str:
    looked = "or more " if deeds.more else ""
    return f"{deeds.others:,} {looked}later action{'' if deeds.others == 1 else 's'} on the task"


def _actions(count: int) -> str:
    return f"{count:,} action{'' if count == 1 else 's'}"


def deed_who(deed: Deed) -> str:
    """Return who did it, and which step the task entered by it, in clean words."""
    moved = f" → {line(deed.transition_to, 40)}" if deed.transition_to else ""
    return f"{line(deed.by, 40) or 'agent'}{moved}"


def deed_text(deed: Deed) -> str:
    """Return what was done, in one clean line."""
    return line(deed.text, TEXT)


def more_deeds(deeds: Deeds) -> str:
    """Return a count of the deeds that are not listed; empty where all are."""
    left = deeds.count - len(deeds.items)
    return f"… and {left:,} more on the timeline" if left > 0 else ""


def decided_at(result: Mapping[str, Any] | None) -> datetime | None:
    """Return when a request was decided, by its result; None where that does not say so in a form that is known."""
    try:
        return parse_time(str((result or {}).get("decidedAt")))
    except (ValueError, OverflowError):
        return None


def ago_words(age: str) -> str:
    """Return an age as how long ago that was."""
    return "just now" if age == "now" else f"{age} ago"
