"""The deeds of an approval as they are on the wire: what agents recorded on its task, after it and in its name.

The rule that says which actions these are is in `deed_rule`.
"""

from __future__ import annotations

from typing import Literal

from api_client.wire import Moment, Wire, keep_in_utc

DeedLink = Literal["REQUEST", "TRACE"]
"""How an action refers to an approval: it names the request or its decision, or it only has the request's trace id."""
DeedState = Literal["DONE", "NONE", "UNLINKED", "AFTER_DENIAL", "NOTHING_PROMISED"]
"""The state of a decided approval.

`DONE`: approved, and an action refers to it. `NONE`: approved, and no agent acted on its task since. `UNLINKED`:
approved, and agents acted on its task since, but no action refers to it. `AFTER_DENIAL`: denied, and an action refers
to it all the same. `NOTHING_PROMISED`: all else; denied and left alone, escalated, asked for more.
"""
DEEDS_SHOWN = 20
"""Deeds that are listed; the others are counted."""
DEED_TEXT = 500
"""Characters of a deed's text; the event has all of it."""


class Deed(Wire):
    """An action in the name of an approval; `text` is its description, cut at `DEED_TEXT` characters."""

    event_id: str
    timestamp: Moment
    by: str = ""
    text: str = ""
    transition_to: str | None = None
    link: DeedLink

    def __post_init__(self) -> None:
        keep_in_utc(self, "timestamp")


class Deeds(Wire):
    """The deeds of one decided approval, oldest first, and how many of its task's later actions there are beside them.

    `count` is of all deeds, `others` of agents' later actions that don't refer to it. `more` is true where the task has
    further events that were not looked at.
    """

    state: DeedState
    items: tuple[Deed, ...] = ()
    count: int = 0
    others: int = 0
    more: bool | None = None
