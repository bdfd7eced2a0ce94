"""The hints on the keys that settle a request: those alone that do something with the one that is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pumpup_tui.backend.messages import RequestLoaded
    from pumpup_tui.keys.key_names import Hints

OUTCOMES = (
    ("decide.approve", "approve"),
    ("decide.deny", "deny"),
    ("decide.edit", "edit+approve"),
    ("decide.ask", "ask"),
    ("decide.escalate", "escalate"),
)
OUTCOME_KEYS = " ".join(name for name, _ in OUTCOMES)


def act_hints(loaded: RequestLoaded | None, reviewer: str) -> Hints:
    """Return the hints for a request as it is shown to a reviewer; all of an approval while it is read."""
    if loaded is None:
        return OUTCOMES
    needs = loaded.detail.needs
    may = needs is None or needs.may
    if loaded.detail.event.event_type == "ELICITATION_REQUESTED":
        declines = ("decide.deny", "decline")
        return (("decide.approve", "answer"), declines) if may else (declines,)
    if not may:
        return ()
    mine = needs.agreement_of(reviewer) if needs is not None else None
    return OUTCOMES[1:] if mine is not None and mine.outcome == "APPROVE" else OUTCOMES
