"""Deciding several at once: what is selected, and one outcome for all of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType
from typing_extensions import override

from pumpup_tui.components.frame import KeyHints
from pumpup_tui.decisions.desk import Intent, Verb
from pumpup_tui.inbox.decision_controller import DecidingScreen
from pumpup_tui.keys.bindings import bindings

if TYPE_CHECKING:
    from api_client.models import InboxItem

NOT_TOGETHER = "an elicitation takes answers of its own: it can't be decided with others"


class BatchingScreen(DecidingScreen):
    """A queue in which requests can be selected. With any selected, the keys of an outcome are for all of them."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(
        ("inbox.select", "select"),
        ("inbox.select_all", "select_all"),
    )

    def action_select(self) -> None:
        """Select the request under the cursor, or let it go."""
        row, chosen = self.requests.row, self.requests.selected
        if row is None:
            self.context.outbox.hint("nothing to select here")
        elif row.event_type != "APPROVAL_REQUESTED":
            self.context.outbox.hint(NOT_TOGETHER)
        else:
            self._select(chosen ^ {row.request_id})

    def action_select_all(self) -> None:
        """Select every approval that is shown; let all go where they are selected."""
        shown = list(self.requests.queue.items())
        fit = {item.request_id for item in shown if item.event_type == "APPROVAL_REQUESTED"}
        left_out = len(shown) - len(fit)
        all_are = bool(fit) and fit <= self.requests.selected
        self._select(() if all_are else fit)
        if not all_are and left_out:
            several = left_out != 1
            self.context.outbox.hint(f"{left_out} elicitation{'s' if several else ''} left out: each takes answers")
        elif not all_are and not self._complete:
            on = f"{self.context.key('move.last')} reads on to the end"
            self.context.outbox.hint(f"all that are read so far are selected: {on}")

    def _select(self, ids: Iterable[str]) -> None:
        self.context.outbox.cancel()
        self.requests.set_selected(ids)
        self._tell_queue()
        self.query_one(KeyHints).retell()

    @override
    def _forget(self, ids: Iterable[str]) -> None:
        if self.requests.selected:
            self.requests.set_selected(self.requests.selected - set(ids))

    def _selected(self) -> Sequence[InboxItem]:
        """Return what is selected and nothing is on its way for, in the order of the queue."""
        queue, desk = self.requests.queue, self.context.outbox.desk
        found = (queue.get(request_id) for request_id in self.requests.selected)
        items = [item for item in found if item is not None and desk.in_flight(item.request_id) is None]
        return sorted(items, key=lambda item: (queue.where(item.request_id) or 0, item.requested_at))

    # One outcome for all.

    @override
    def action_act(self, verb: Verb) -> None:
        items = self._selected()
        if not items:
            super().action_act(verb)
        elif refusal := self.context.refusal("decide"):
            self.context.outbox.cancel(refusal)
        else:
            from pumpup_tui.inbox.batch_screen import BatchScreen

            self.context.outbox.cancel()
            screen = BatchScreen(self.context, verb, items, self._reason_codes(), self._opened)
            self.app.push_screen(screen, self._decide_all)

    def _decide_all(self, intents: Sequence[Intent] | None) -> None:
        sent = self.context.outbox.confirm_all(self.app, intents or ())
        if not sent:
            return
        from pumpup_tui.inbox.batch_screen import BatchResults

        self._select(())
        self.app.push_screen(BatchResults(self.context, sent[0].batch))
        if not self._step(1):
            self._step(-1)
