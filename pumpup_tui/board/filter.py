"""The board's filter: a value that says which cards are shown, and in which order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from math import inf
from typing import TYPE_CHECKING, Any

from api_client.request_facts import request_kind
from pumpup_tui.components.dialogs import Choice
from pumpup_tui.text.firewall import line
from pumpup_tui.text.labels import STATUSES, status_run
from pumpup_tui.text.layout import joined

if TYPE_CHECKING:
    from datetime import datetime

    from api_client.models import Card
    from pumpup_tui.components.task_turn import TaskRules

NOBODY = "\x00"
"""Stands for cards that are assigned to no one: no name can hold it."""
REQUESTS = {"any": "any open request", "approval": "an approval", "elicitation": "an elicitation", "none": "none"}
"""The kinds of open requests to filter by, in words. A card names the oldest one: others may be of any kind."""
LATE = ("overdue", "stuck", "escalated")
"""What may be wrong with a task."""
LANES = "assignee"


def _seconds(moment: datetime | None) -> float:
    """Return a moment as a number; one that is not known stands behind all others."""
    return moment.timestamp() if moment else inf


ORDERS: Mapping[str, tuple[str, Callable[[Card], Any]]] = {
    "name": ("by name", lambda card: card.name.casefold()),
    "newest": ("newest in the step first", lambda card: -_seconds(card.step_entered_at)),
    "quiet": ("longest without an event first", lambda card: _seconds(card.last_event_at)),
    "due": ("due first", lambda card: _seconds(card.overdue_at)),
}
"""The orders beside the board's own (oldest in the step first): in words, and the key that cards are sorted by."""
OLDEST = "oldest in the step first"


@dataclass(frozen=True)
class BoardFilter:
    """The conditions that a card must meet to be shown; empty parts ask for nothing."""

    text: str = ""
    status: str = ""
    assignee: str = ""
    request: str = ""
    step: str = ""
    agent: str = ""
    late: str = ""
    order: str = ""
    """One of `ORDERS`; empty is the order in which cards entered the step."""
    lanes: str = ""
    """Whether cards are in lanes: by assignee, or not."""

    @property
    def is_on(self) -> bool:
        """Whether it asks for anything."""
        return self.cleared() != self

    @property
    def needs_scan(self) -> bool:
        """Whether all cards have to be looked at to show the first ones."""
        return self != BoardFilter()

    def cleared(self) -> BoardFilter:
        """Return the filter that shows all cards, in the same order."""
        return BoardFilter(order=self.order, lanes=self.lanes)

    def takes(self, card: Card, rules: TaskRules) -> bool:
        """Return whether a card is shown."""
        return (
            (not self.step or card.current_step == self.step)
            and (not self.status or card.status == self.status)
            and (not self.assignee or (card.assignee_id or NOBODY) == self.assignee)
            and (not self.agent or card.agent == self.agent)
            and (not self.request or self._asks(card))
            and (not self.late or _is_late(card, self.late, rules))
            and (not self.text or self.text.casefold() in _searched(card))
        )

    def ends_behind(self, card: Card, rules: TaskRules) -> bool:
        """Return whether no card behind this one is shown: those that are late have been in the step for longest."""
        if self.late == "overdue":
            return not rules.is_overdue(card)
        return self.late == "stuck" and not rules.may_be_stuck(card.step_entered_at)

    def place(self, card: Card) -> tuple[Any, ...]:
        """Return what cards are sorted by; equal ones stay in the order in which they entered the step."""
        lane = (card.assignee_id is None, (card.assignee_id or "").casefold()) if self.lanes else ()
        return (*lane, ORDERS[self.order][1](card)) if self.order else lane

    def _asks(self, card: Card) -> bool:
        if card.open_request is None:
            return self.request == "none"
        # Better a card too many than one that hides what waits: only the oldest of several is known here.
        any_kind = self.request == "any" or (self.request != "none" and card.open_request_count > 1)
        return any_kind or request_kind(card.open_request.event_type) == self.request

    def words(self) -> str:
        """Return the conditions in clean words."""
        assigned = f"assigned to @{line(self.assignee, 40)}" if self.assignee else ""
        return joined(
            (
                f"“{line(self.text, 60)}”" if self.text else "",
                self.late,
                status_run(self.status)[0] if self.status else "",
                "unassigned" if self.assignee == NOBODY else assigned,
                f"agent {line(self.agent, 40)}" if self.agent else "",
                f"open request: {REQUESTS.get(self.request, self.request)}" if self.request else "",
                f"step {line(self.step, 80)}" if self.step else "",
            )
        )

    def order_words(self) -> str:
        """Return order and lanes in words; empty where they are the board's own."""
        order = ORDERS[self.order][0] if self.order else ""
        return joined((order, f"lanes by {LANES}" if self.lanes else ""))

    def lasting(self) -> dict[str, str]:
        """Return what is stored for a later start, as JSON; nothing where it asks for nothing."""
        return {part: value for part, value in asdict(self).items() if value}

    @classmethod
    def restored(cls, document: object, steps: Iterable[str]) -> BoardFilter:
        """Return the filter that was stored; what can't be read of it, or is no step now, asks for nothing."""
        known: Mapping[str, Any] = document if isinstance(document, Mapping) else {}
        allowed = {
            "status": STATUSES,
            "request": REQUESTS,
            "step": set(steps),
            "late": LATE,
            "order": ORDERS,
            "lanes": {LANES},
        }
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

    def choices(self, me: str, cards: Iterable[Card], steps: Iterable[str]) -> list[Choice[BoardFilter]]:
        """Return the filters that are one choice away, in raw words; the parts that are on are marked."""
        shown = list(cards)
        names = sorted({card.assignee_id for card in shown if card.assignee_id and card.assignee_id != me})
        agents = sorted({card.agent for card in shown if card.agent})
        offers = [
            *(("late", late, late) for late in LATE),
            *(("status", status, f"status: {status_run(status)[0]}") for status in STATUSES),
            ("assignee", me, f"assigned to me ({me})"),
            ("assignee", NOBODY, "unassigned"),
            # not foreign: PickScreen cleans its choices
            *(("assignee", name, f"assigned to {name}") for name in names),
            # not foreign: PickScreen cleans its choices
            *(("agent", name, f"agent: {name}") for name in agents),
            *(("request", kind, f"open request: {words}") for kind, words in REQUESTS.items()),
            *(("step", step, f"step: {step}") for step in steps),
        ]
        clear = [Choice(self.cleared(), "✗ show all cards again")] if self.is_on else []
        return [*(self._offered(part, value, words) for part, value, words in offers), *clear]

    def order_choices(self) -> list[Choice[BoardFilter]]:
        """Return the orders to choose from, and lanes; those that are on are marked."""
        first = Choice(replace(self, order=""), f"{'○' if self.order else '●'} {OLDEST}")
        orders = [self._offered("order", order, words) for order, (words, _) in ORDERS.items()]
        return [first, *orders, self._offered("lanes", LANES, f"lanes by {LANES}")]

    def _offered(self, part: str, value: str, words: str) -> Choice[BoardFilter]:
        is_on = bool(value) and getattr(self, part) == value
        return Choice(self.toggled(part, value), f"{'●' if is_on else '○'} {words}")


def _is_late(card: Card, late: str, rules: TaskRules) -> bool:
    if late == "escalated":
        return card.id in rules.escalated
    return rules.is_overdue(card) if late == "overdue" else rules.stuck_since(card) is not None


def _searched(card: Card) -> str:
    request = card.open_request.summary if card.open_request else ""
    return "\n".join((card.name, card.external_id or "", card.assignee_id or "", request)).casefold()
