"""The standings of listed requests under their policies, read again where they may have changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from api_client.request_facts import agreed_id
from pumpup_tui.decisions.desk import FINAL, Phase
from pumpup_tui.text.firewall import line
from pumpup_tui.text.outcomes import OUTCOMES

if TYPE_CHECKING:
    from textual.message_pump import MessagePump

    from api_client.models import Event, InboxItem, RequestDetail
    from pumpup_tui.backend.messages import CallId
    from pumpup_tui.context import Context
    from pumpup_tui.inbox.calls import InboxReads
    from pumpup_tui.inbox.request_list import RequestList

NAME_CELLS, REASON_CELLS = 40, 120
STANDINGS = 50
"""Requests that are read at a time."""
EXPIRED = "EXPIRED"
"""The reason code of a decision by expiry (CONTRACT.md part 4)."""


class Standings:
    """Reads a request again after an agreement, after its task went on, and after a decision on it was refused."""

    def __init__(self, to: MessagePump, context: Context, requests: RequestList, reads: InboxReads) -> None:
        """Take the screen that the calls answer, and the list whose requests are followed."""
        self._to = to
        self._context = context
        self._requests = requests
        self._reads = reads
        self._wanted: dict[str, None] = {}
        """Requests that are to be read, and are not yet being read."""
        self._call: CallId | None = None
        """The read in flight."""
        self._refused: frozenset[str] = frozenset()
        """Keys of the decisions that were refused or lost, and after which their requests were read."""

    def follow_events(self, events: Iterable[Event]) -> None:
        """Read the requests that events may have given another standing."""
        if not self._context.can("authority"):
            return
        queue = self._requests.queue
        wanted: list[str] = []
        for event in events:
            if (agreed := agreed_id(event)) is not None:
                wanted.append(agreed)
            elif event.transition_to is not None:  # a rule may be for some steps only
                wanted += (item.request_id for item in queue.of_task(event.task_id))
        self._want(wanted)

    def follow_desk(self) -> None:
        """Read the requests whose decisions were refused or lost: the policy may have changed meanwhile."""
        if not self._context.can("authority"):
            return
        over = [sent for sent in self._context.outbox.desk.sent if sent.phase in (Phase.REFUSED, Phase.LOST)]
        over = [sent for sent in over if sent.intent.verb in FINAL]
        new = [sent.intent.target for sent in over if sent.key not in self._refused]
        self._refused = frozenset(sent.key for sent in over)
        self._want(new)

    def restart(self) -> None:
        """Want nothing any more: the whole list is read anew."""
        self._wanted, self._call = {}, None

    def take(self) -> None:
        """Note that a read has come, and read what is wanted by now."""
        self._call = None
        self._read()

    def failed(self, call_id: CallId) -> None:
        """Note that a read will not come."""
        if call_id == self._call:
            self._call = None

    def _want(self, ids: Iterable[str]) -> None:
        new = [request_id for request_id in ids if self._requests.queue.get(request_id) is not None]
        if new:
            self._wanted |= dict.fromkeys(new)
            self._read()

    def _read(self) -> None:
        # One at a time: where each event began it anew, none would end while events keep coming.
        if self._wanted and self._call is None and self._context.calls.is_open:
            batch = list(self._wanted)[:STANDINGS]
            self._wanted = dict.fromkeys(list(self._wanted)[STANDINGS:])
            self._call = self._reads.standings(self._to, batch)


def with_standing(item: InboxItem, detail: RequestDetail) -> InboxItem:
    """Return a listed request with its standing as it was read; also with what was hidden until now."""
    # Where there is a standing the models are loaded: the first paint waits for neither.
    from msgspec.structs import replace

    from api_client.models import Page
    from pumpup_tui.text.truncation import short_item_page

    offered = detail.event.payload.get("recommendation") if item.blind and not detail.blind else item.recommendation
    recommendation = None if detail.blind else offered
    now = replace(
        item, needs=detail.needs, blind=detail.blind, expires_at=detail.expires_at, recommendation=recommendation
    )
    return short_item_page(Page(items=(now,))).items[0]


def changed_by(items: Mapping[str, InboxItem], details: Mapping[str, RequestDetail | None]) -> dict[str, InboxItem]:
    """Return the listed requests that have another standing now, by id."""
    changed: dict[str, InboxItem] = {}
    for request_id, detail in details.items():
        item = items.get(request_id)
        if item is not None and detail is not None and (now := with_standing(item, detail)) != item:
            changed[request_id] = now
    return changed


def end_words(event: Event) -> str:
    """Return how a request came to its end that nobody decided: withdrawn or expired; empty for a decision."""
    payload = event.payload
    if event.event_type == "REQUEST_WITHDRAWN":
        by = f" by {line(event.subject, NAME_CELLS)}" if event.subject else ""
        return f"Withdrawn{by}: {line(payload.get('message'), REASON_CELLS)}"
    outcome = payload.get("outcome")
    if isinstance(outcome, Mapping) and outcome.get("reasonCode") == EXPIRED and event.source == "PLATFORM":
        return f"Expired, and {act.past if (act := OUTCOMES.get(str(outcome.get('type')))) else 'settled'}"
    return ""
