"""The rule of promise and deed: which actions were recorded in the name of which approval, and what that makes of it.

A deed of a decided approval is an `ACTION` of an agent (source `AGENT`: a person's agreement is none) on the same task,
later in the chain than the decision, that refers to it:

* it names the request or the decision, in `inResponseTo` or as its `externalTraceId`; or
* it names nothing else in `inResponseTo`, and its `externalTraceId` is the request's own (not an empty one).

Of several approvals with one trace id on a task, an action that has only the trace belongs to the latest that was
approved or denied before it: it follows the last word that was given. So a request that was denied, asked again with
changes and then approved is not taken for a denial that was ignored; and where the last word was no, what comes after
it is shown as such. To tell them apart, agents name the request.

An approval (also with an edit) promises that something is done, a denial that nothing is. Escalating, and asking for
more, promise neither, and are no last word. That no action refers to an approval says that nothing was done only where
no agent acted on the task at all: agents need not say what their actions are for. A deed after a denial may also be the
record of having left it: the text is there to be read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

from msgspec import Struct

from api_client.deeds import DEED_TEXT, DEEDS_SHOWN, Deed, DeedLink, Deeds, DeedState
from api_client.models import APPROVAL_DECIDED
from api_client.needs import APPROVING
from api_client.task_trail import AGENT
from api_client.wire import read_known

if TYPE_CHECKING:
    from api_client.models import Event

ACTION = "ACTION"
TRAIL_TYPES = (APPROVAL_DECIDED, ACTION)
"""The types of the events that the rule looks at."""
DENIED = "REJECT"
TRACE_MOST = 200
"""Characters of a trace id that are compared as they are."""
_LAST_WORDS = (*APPROVING, DENIED)


class TrailEvent(NamedTuple):
    """A decision or an agent's action on a task, as far as the rule goes."""

    id: str
    names: str | None = None
    """The `inResponseTo`: of a decision the request that it settles."""
    trace: str | None = None
    """The `externalTraceId`: of a decision that of its request."""
    outcome: str | None = None
    """Of a decision its type; None of an action."""


class _PartOfEvent(Struct, rename="camel", gc=False):
    """The keys of an event that the rule needs: all others are passed over unread."""


class _OutcomeJson(_PartOfEvent):
    type: str = ""


class _TrailPayload(_PartOfEvent):
    outcome: _OutcomeJson | None = None


class _TrailJson(_PartOfEvent):
    id: str
    event_type: str
    source: str
    payload: _TrailPayload
    in_response_to: str | None = None
    external_trace_id: str | None = None


class _RequestJson(_PartOfEvent):
    external_trace_id: str | None = None


class _ActionPayload(_PartOfEvent):
    description: str = ""


class _ActionJson(_PartOfEvent):
    timestamp: datetime
    payload: _ActionPayload
    subject: str | None = None
    transition_to: str | None = None


def comparable(trace: str | None) -> str | None:
    """Return a trace id, in place of a long one its hash: thousands of them are held at a time."""
    if trace is None or len(trace) <= TRACE_MOST:
        return trace
    return sha256(trace.encode("utf-8", "surrogatepass")).hexdigest()


def trail_event(text: bytes, request_of: Callable[[str], bytes | None]) -> TrailEvent | None:
    """Return what the rule needs of an event.

    Args:
        text: The event's JSON.
        request_of: Returns the JSON of the request with this id; None where there is none.

    Returns:
        None where the event is neither a decision nor an agent's action, or has no shape that this version knows.
    """
    event = read_known(_TrailJson, text)
    if event is None:
        return None
    named, trace = event.in_response_to, comparable(event.external_trace_id)
    if event.event_type == ACTION and event.source == AGENT:
        return TrailEvent(event.id, named, trace)
    if event.event_type != APPROVAL_DECIDED or named is None or event.payload.outcome is None:
        return None
    request = request_of(named)
    if request is not None:
        asked = read_known(_RequestJson, request)
        if asked is None:
            return None
        trace = comparable(asked.external_trace_id)
    return TrailEvent(event.id, named, trace, event.payload.outcome.type)


def links(decision: TrailEvent, later: Iterable[TrailEvent]) -> Iterator[tuple[TrailEvent, DeedLink | None]]:
    """Yield agents' actions among a task's later events, each with how it refers to a decision; None: not at all."""
    own, trace = {decision.names, decision.id} - {None, ""}, decision.trace
    for event in later:
        if event.outcome is not None:
            is_last_word = event.outcome in _LAST_WORDS
            trace = None if is_last_word and event.trace == decision.trace and event.names not in own else trace
        elif event.names in own or (event.trace is not None and event.trace in own):
            yield event, "REQUEST"
        else:
            yield event, "TRACE" if trace and event.names is None and event.trace == trace else None


def deed_state(decision: TrailEvent, later: Iterable[TrailEvent], *, more: bool = False) -> DeedState:
    """Return the state of a decided approval.

    Args:
        decision: Its decision.
        later: The later events of its task, in the order of the chain.
        more: Whether the task has further ones, which are not among them.
    """
    if decision.outcome not in _LAST_WORDS:
        return "NOTHING_PROMISED"
    is_denied, has_others = decision.outcome == DENIED, more
    for _, link in links(decision, later):
        if link is not None:
            return "AFTER_DENIAL" if is_denied else "DONE"
        has_others = True
    if is_denied:
        return "NOTHING_PROMISED"
    return "UNLINKED" if has_others else "NONE"


def deeds_of(
    decision: TrailEvent, later: Iterable[TrailEvent], text_of: Callable[[str], bytes] | None, *, more: bool = False
) -> Deeds:
    """Return the deeds of a decided approval; the arguments are those of `deed_state`.

    `text_of` returns the JSON of the event with an id; without it none is listed, and all are counted.
    """
    later = list(later)
    found: list[Deed] = []
    count = others = 0
    for event, link in links(decision, later):
        if link is None:
            others += 1
            continue
        count += 1
        if text_of and len(found) < DEEDS_SHOWN and (deed := _deed(event.id, link, text_of(event.id))) is not None:
            found.append(deed)
    state = deed_state(decision, later, more=more)
    return Deeds(state=state, items=tuple(found), count=count, others=others, more=True if more else None)


def _deed(event_id: str, link: DeedLink, text: bytes) -> Deed | None:
    action = read_known(_ActionJson, text)
    if action is None:
        return None
    words = action.payload.description
    cut = words if len(words) <= DEED_TEXT else f"{words[:DEED_TEXT]}…"
    return Deed(
        event_id=event_id,
        timestamp=action.timestamp,
        by=action.subject or "",
        text=cut,
        transition_to=action.transition_to,
        link=link,
    )


def deeds_on_task(events: Sequence[Event], most: int) -> dict[str, Deeds]:
    """Return what came of the last decisions on a task, by the event that decided; no deed is listed, all are counted.

    Args:
        events: The task's latest events, in the order of the chain. Of decisions whose requests are not among them
            nothing is said: a trace that is not known can't be looked for.
        most: Decisions that are looked at.
    """
    trail, known = trail_of(events), {event.id for event in events}
    decided = [at for at, event in enumerate(trail) if event.outcome is not None and event.names in known]
    return {trail[at].id: deeds_of(trail[at], trail[at + 1 :], None) for at in decided[-most:]}


def trail_of(events: Iterable[Event]) -> list[TrailEvent]:
    """Return what the rule needs of a task's events, in their order; they hold the requests that they settle."""
    events = list(events)
    traces = {event.id: comparable(event.external_trace_id) for event in events}
    trail: list[TrailEvent] = []
    for event in events:
        outcome = event.payload.get("outcome")
        if event.event_type == ACTION and event.source == AGENT:
            trail.append(TrailEvent(event.id, event.in_response_to, comparable(event.external_trace_id)))
        elif event.event_type == APPROVAL_DECIDED and event.in_response_to and isinstance(outcome, dict):
            trace = traces.get(event.in_response_to)
            trail.append(TrailEvent(event.id, event.in_response_to, trace, str(outcome.get("type"))))
    return trail
