"""The status of the queue: the line over the list, and the count in the header."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pumpup_tui.backend.messages import InboxCount
from pumpup_tui.components.frame import set_title
from pumpup_tui.decisions.session_tally import SessionTally
from pumpup_tui.inbox.queue_line import QueueLine, QueueState

if TYPE_CHECKING:
    from textual.message_pump import MessagePump

    from pumpup_tui.context import Context
    from pumpup_tui.inbox.active_filter import InboxFilter
    from pumpup_tui.inbox.request_list import RequestList


class QueueStatus:
    """Shows the state of the queue, and posts the count of open requests where it changed."""

    def __init__(self, to: MessagePump, context: Context, requests: RequestList, narrowing: InboxFilter) -> None:
        self._to = to
        self._context = context
        self.line = QueueLine()
        """The widget over the list."""
        self._requests = requests
        self._filter = narrowing
        self.tally = SessionTally()
        self._count = ""

    def show(self, *, complete: bool, reading: bool, news: int) -> None:
        """Show the queue's state now.

        Args:
            complete: Whether all requests are loaded.
            reading: Whether the rest of them is being loaded.
            news: The number of requests that are not shown before nothing is armed any more.
        """
        queue = self._requests.queue
        self._filter.has_demands = queue.has_demands
        count = f"{queue.total}{'' if complete else '+'}"
        if count != self._count and (queue.total or complete):
            self._count = count
            self._to.post_message(InboxCount(count))
        self._show_title(complete=complete)
        overdue = queue.overdue()
        has_snoozed = self._requests.reader().has_snoozed
        first = min((item.overdue_at for item in overdue if item.overdue_at), default=None)
        self.line.show(
            QueueState(
                tabs=self._filter.tabs,
                text=self._filter.text,
                only=self._filter.raw_words,
                order=queue.order.words,
                total=queue.total,
                complete=complete,
                pace=self.tally.words(self._context.clock()),
                reading=reading,
                news=news,
                selected=len(self._requests.selected),
                overdue=len(overdue),
                overdue_for=self._context.age(first) if first else "",
                snoozed_overdue=sum(map(has_snoozed, overdue)),
            )
        )

    def _show_title(self, *, complete: bool) -> None:
        """Show in the list's frame how many requests there are, and how many pass the filter."""
        queue, narrowing = self._requests.queue, self._filter
        total = f"{queue.total:,}{'' if complete else '+'}"
        count = f"{queue.matched:,} of {total}" if narrowing.is_on else total
        set_title(self._requests, "Inbox", count if queue.total else "")
