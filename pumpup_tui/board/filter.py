"""The board's filter: a value that says which cards are shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import TYPE_CHECKING, Any

from pumpup_tui.components.dialogs import Choice
from pumpup_tui.text.firewall import line
from pumpup_tui.text.labels import STATUSES, request_kind, status_run
from pumpup_tui.text.layout import joined

if TYPE_CHECKING:
    from api_client.models import Card

NOBODY = "\x00"
"""Stands for cards that are given to no one: no name can hold it."""
REQUESTS = {"any": "any open request", "approval": "an approval", "elicitation": "an elicitation", "none": "none"}
"""The kinds of open requests to filter by, in words. A card names the oldest one: others may be of any kind."""


@dataclass(frozen=True)
class BoardFilter:
    """The conditions that a card must meet to be shown; empty parts ask for nothing."""

    text: str = ""
    status: str = ""
    assignee: str = ""
    request: str = ""
    step: str = ""

    @property
    def is_on(self) -> bool:
        """Whether it asks for anything."""
        return self != BoardFilter()

    def takes(self, card: Card) -> bool:
        """Return whether a card is shown."""
        return (
            (not self.step or card.current_step == self.step)
            and (not self.status or card.status == self.status)
            and (not self.assignee or (card.assignee_id or NOBODY) == self.assignee)
            and (not self.request or self._asks(card))
            and (not self.text or self.text.casefold() in _searched(card))
        )

    def _asks(self, card: Card) -> bool:
        if card.open_request is None:
            return self.request == "none"
        # Better a card too many than one that hides what waits: only the oldest of several is known here.
        any_kind = self.request == "any" or (self.request != "none" and card.open_request_count > 1)
        return any_kind or request_kind(card.open_request.event_type) == self.request

    def words(self) -> str:
        """Return the conditions in clean words."""
        who = "nobody" if self.assignee == NOBODY else f"@{line(self.assignee, 40)}" if self.assignee else ""
        return joined(
            (
                f"“{line(self.text, 60)}”" if self.text else "",
                status_run(self.status)[0] if self.status else "",
                f"given to {who}" if who else "",
                f"open request: {REQUESTS.get(self.request, self.request)}" if self.request else "",
                f"step {line(self.step, 80)}" if self.step else "",
            )
        )

    def lasting(self) -> dict[str, str]:
        """Return what is stored for a later start, as JSON; nothing where it asks for nothing."""
        return {part: value for part, value in asdict(self).items() if value}

    @classmethod
    def restored(cls, document: object, steps: Iterable[str]) -> BoardFilter:
        """Return the filter that was stored; what can't be read of it, or is no step now, asks for nothing."""
        known: Mapping[str, Any] = document if isinstance(document, Mapping) else {}
        allowed = {"status": STATUSES, "request": REQUESTS, "step": set(steps)}
        parts = {part.name: known.get(part.name) for part in fields(cls)}
        return cls(
            **{
                name: value
                for name, value in parts.items()
                if isinstance(value, str) and value in allowed.get(name, (value,))
            }
        )

    def toggled(self, part: str, value: str) -> BoardFilter:
        """Return the filter with one part set to `value`, or to nothing where that is its value already."""
        return replace(self, **{part: "" if getattr(self, part) == value else value})

    def choices(self, me: str, assignees: Iterable[str], steps: Iterable[str]) -> list[Choice[BoardFilter]]:
        """Return the filters that are one choice away, in raw words; the parts that are on are marked."""
        names = sorted({name for name in assignees if name and name != me})
        offers = [
            *(("status", status, f"status: {status_run(status)[0]}") for status in STATUSES),
            ("assignee", me, f"given to: me ({me})"),
            ("assignee", NOBODY, "given to: nobody"),
            *(("assignee", name, f"given to: {name}") for name in names),
            *(("request", kind, f"open request: {words}") for kind, words in REQUESTS.items()),
            *(("step", step, f"step: {step}") for step in steps),
        ]
        clear = [Choice(BoardFilter(), "✗ show all cards again")] if self.is_on else []
        return [*(self._offered(part, value, words) for part, value, words in offers), *clear]

    def _offered(self, part: str, value: str, words: str) -> Choice[BoardFilter]:
        is_on = bool(value) and getattr(self, part) == value
        return Choice(self.toggled(part, value), f"{'●' if is_on else '○'} {words}")


def _searched(card: Card) -> str:
    request = card.open_request.summary if card.open_request else ""
    return "\n".join((card.name, card.external_id or "", card.assignee_id or "", request)).casefold()
