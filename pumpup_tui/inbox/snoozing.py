"""Snoozing requests: they go to the end of the list until a time. A local matter of one reviewer, and said so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo
from typing import TYPE_CHECKING

from pumpup_tui.components.dialogs import Choice, PickScreen
from pumpup_tui.components.prompt import Prompt
from pumpup_tui.text.typed_times import NotUnderstood, in_zone, typed_moment

if TYPE_CHECKING:
    from textual.screen import Screen

    from api_client.models import InboxItem
    from pumpup_tui.context import Context
    from pumpup_tui.inbox.filtering import FilterController
    from pumpup_tui.inbox.request_list import RequestList

AFTERNOON, MORNING = time(14), time(9)
"""The times of day that `this afternoon` and `tomorrow` are meant at."""
LONGEST = timedelta(days=366)
"""The longest time that a request is put off."""
LOCAL = "on this machine only: others still see it waiting"


@dataclass(frozen=True, slots=True)
class SnoozeUntil:
    """A choice of the time until which a request is snoozed."""

    until: datetime | None
    """None for a time that is typed."""


@dataclass(frozen=True, slots=True)
class WakeNow:
    """The choice to have a snoozed request back at once."""


SnoozeChoice = SnoozeUntil | WakeNow


def snooze_times(now: datetime, zone: tzinfo | None) -> Sequence[tuple[datetime, str]]:
    """Return the times that are offered, each with its words; those that are over today are left out."""
    here = now.astimezone(zone)
    hour = (now + timedelta(hours=1)).replace(second=0, microsecond=0)
    afternoon = in_zone(datetime.combine(here.date(), AFTERNOON), zone)
    tomorrow = in_zone(datetime.combine(here.date() + timedelta(days=1), MORNING), zone)
    times = [(hour, f"1 hour, until {hour.astimezone(zone):%H:%M}")]
    if afternoon > now:
        times.append((afternoon, f"this afternoon, {AFTERNOON:%H:%M}"))
    return [*times, (tomorrow, f"tomorrow, {MORNING:%H:%M}")]


class Snoozing:
    """Snoozes the request under the cursor, or those that are selected."""

    def __init__(
        self,
        screen: Screen[None],
        context: Context,
        *,
        requests: RequestList,
        filters: FilterController,
        prompt: Prompt,
    ) -> None:
        self._screen = screen
        self._context = context
        self._requests = requests
        self._filters = filters
        self._prompt = prompt

    def choose(self) -> None:
        """Choose until when; for a snoozed request, also to have it back."""
        items = self._items()
        self._context.outbox.cancel("" if items else "nothing to snooze here")
        if not items:
            return
        times = snooze_times(self._context.clock(), self._context.zone)
        choices: list[Choice[SnoozeChoice]] = [Choice(SnoozeUntil(until), words) for until, words in times]
        choices.append(Choice(SnoozeUntil(None), "until…"))
        if any(map(self._requests.reader().has_snoozed, items)):
            choices.insert(0, Choice(WakeNow(), "back in the list now"))
        count = f"{len(items):,} requests" if len(items) > 1 else "this request"

        def chosen(choice: SnoozeChoice | None) -> None:
            if isinstance(choice, WakeNow):
                self._put_off(items, None)
            elif choice is not None and choice.until is not None:
                self._put_off(items, choice.until)
            elif choice is not None:
                self._ask(items, screen.typed)

        title = f"Snooze {count}, for you on this machine"
        screen: PickScreen[SnoozeChoice] = PickScreen(title, choices, typed=SnoozeUntil(None))
        self._screen.app.push_screen(screen, chosen)

    def _items(self) -> Sequence[InboxItem]:
        """Return the selected requests, else the one under the cursor."""
        requests = self._requests
        chosen = [item for item in requests.queue.items() if item.request_id in requests.selected]
        return chosen or ([requests.row] if requests.row is not None else [])

    def _ask(self, items: Sequence[InboxItem], text: str) -> None:
        def take(typed: str) -> str:
            try:
                until = self._moment(typed)
            except NotUnderstood as fault:
                return str(fault)
            self._put_off(items, until)
            return ""

        self._prompt.ask_until_taken("snooze until", "like 16:00, fri 9am, 3d", take, text)

    def _moment(self, typed: str) -> datetime:
        now = self._context.clock()
        until = typed_moment(typed, now, self._context.zone, day_at=MORNING)
        if until <= now:
            raise NotUnderstood("that time has passed")
        if until > now + LONGEST:
            raise NotUnderstood("more than a year away")
        return until

    def _put_off(self, items: Sequence[InboxItem], until: datetime | None) -> None:
        """Snooze until a time, None for no longer; the cursor goes on to a request that stays."""
        queue, ids = self._requests.queue, {item.request_id for item in items}
        if until is not None and queue.cursor_id in ids:
            awake = [queue.beyond(by, lambda name: name not in ids and not self._is_snoozed(name)) for by in (1, -1)]
            if to := next((name for name in awake if name is not None), None):
                self._requests.select(to)
        for request_id in ids:
            self._context.snoozes.put_off(request_id, until, self._context.clock)
        self._requests.set_selected(self._requests.selected - ids)
        self._filters.arrange_again()
        self._context.outbox.hint(self._words(items, until))

    def _is_snoozed(self, request_id: str) -> bool:
        item = self._requests.queue.get(request_id)
        return item is not None and self._requests.reader().has_snoozed(item)

    def _words(self, items: Sequence[InboxItem], until: datetime | None) -> str:
        if until is None:
            return "back in the list"
        overdue = sum(item.request_id in {late.request_id for late in self._requests.queue.overdue()} for item in items)
        late = (
            f"; {'it is' if len(items) == 1 else f'{overdue:,} are'} overdue, and still counted so" if overdue else ""
        )
        return f"snoozed until {self._context.stamp(until)} {LOCAL}{late}"
