"""Deciding several requests at once: the selection, and one outcome for all of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from typing import TYPE_CHECKING

from pumpup_tui.decisions.desk import Phase

if TYPE_CHECKING:
    from textual.screen import Screen

    from api_client.models import InboxItem
    from pumpup_tui.components.frame import KeyHints
    from pumpup_tui.context import Context
    from pumpup_tui.decisions.desk import Intent, Verb
    from pumpup_tui.inbox.detail import RequestPane
    from pumpup_tui.inbox.loader import InboxLoader
    from pumpup_tui.inbox.precedent_loader import PrecedentLoader
    from pumpup_tui.inbox.request_list import RequestList

NOT_TOGETHER = "an elicitation takes answers of its own: it can't be decided with others"


class Selection:
    """The selected requests. With any selected, the keys of an outcome are for all of them."""

    def __init__(
        self,
        screen: Screen[None],
        context: Context,
        *,
        requests: RequestList,
        pane: RequestPane,
        precedents: PrecedentLoader,
        loader: InboxLoader,
        hints: KeyHints,
    ) -> None:
        self._screen = screen
        self._context = context
        self._outbox = context.outbox
        self._requests = requests
        self._pane = pane
        self._precedents = precedents
        self._loader = loader
        self._hints = hints
        self._held: dict[str, str] = {}
        """The requests of the last batch that can still be taken back, by the key of each decision."""

    @property
    def count(self) -> int:
        """The number of selected requests."""
        return len(self._requests.selected)

    def toggle(self) -> None:
        """Select the request under the cursor, or deselect it."""
        row, selected = self._requests.row, self._requests.selected
        if row is None:
            self._outbox.hint("nothing to select here")
        elif row.event_type != "APPROVAL_REQUESTED":
            self._outbox.hint(NOT_TOGETHER)
        else:
            self._select(selected ^ {row.request_id})

    def toggle_all(self) -> None:
        """Select every approval that is shown and not snoozed; deselect all where they are selected."""
        has_snoozed = self._requests.reader().has_snoozed
        shown = [item for item in self._requests.queue.items() if not has_snoozed(item)]
        approvals = {item.request_id for item in shown if item.event_type == "APPROVAL_REQUESTED"}
        left_out = len(shown) - len(approvals)
        all_are = bool(approvals) and approvals <= self._requests.selected
        self._select(() if all_are else approvals)
        if not all_are and left_out:
            several = left_out != 1
            self._outbox.hint(f"{left_out} elicitation{'s' if several else ''} left out: each takes answers")
        elif not all_are and not self._loader.is_complete:
            on = f"{self._context.key('move.last')} reads on to the end"
            self._outbox.hint(f"all that are read so far are selected: {on}")

    def clear(self) -> None:
        """Deselect all."""
        self._select(())

    def follow_batch(self) -> None:
        """Select the requests of a batch again that was taken back, so that another outcome can be chosen for them."""
        sent = {confirmed.key: confirmed.phase for confirmed in self._outbox.desk.sent} if self._held else {}
        if taken_back := {target for key, target in self._held.items() if key not in sent}:
            self._requests.set_selected(self._requests.selected | taken_back)
            self._loader.show_status()
            self._hints.update_lines()
        self._held = {key: target for key, target in self._held.items() if sent.get(key) is Phase.HELD}

    def _select(self, ids: Iterable[str]) -> None:
        self._outbox.cancel()
        self._requests.set_selected(ids)
        self._loader.show_status()
        self._hints.update_lines()

    def _items(self) -> Sequence[InboxItem]:
        """Return the selected requests without a decision in flight, in the order of the queue."""
        queue, desk = self._requests.queue, self._outbox.desk
        selected = (queue.get(request_id) for request_id in self._requests.selected)
        items = [item for item in selected if item is not None and desk.in_flight(item.request_id) is None]
        return sorted(items, key=lambda item: (queue.where(item.request_id) or 0, item.requested_at))

    # One outcome for all.

    def decide(self, verb: Verb) -> bool:
        """Show what one outcome would be sent for; return False where nothing is selected."""
        items = self._items()
        if not items:
            return False
        if refusal := self._context.refusal("decide"):
            self._outbox.cancel(refusal)
            return True
        from pumpup_tui.inbox.batch_screen import BatchScreen

        self._outbox.cancel()
        screen = BatchScreen(self._context, verb, items, self._precedents, self._pane.opened)
        self._screen.app.push_screen(screen, lambda intents: self._send(intents, screen.left_out))
        return True

    def _send(self, intents: Sequence[Intent] | None, left_out: Set[str]) -> None:
        self._select(self._requests.selected - left_out)  # also where the others are not decided either
        sent = self._outbox.confirm_all(self._screen.app, intents or ())
        if not sent:
            return
        from pumpup_tui.inbox.batch_screen import BatchResults

        self.clear()
        self._held = {confirmed.key: confirmed.intent.target for confirmed in sent}
        self._screen.app.push_screen(BatchResults(self._context, sent[0].batch))
        self._requests.step_on()
