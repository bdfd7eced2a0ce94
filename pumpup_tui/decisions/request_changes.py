"""Changes between two requests: recommendation, context, attachments and text. Pure; all texts raw.

Two requests are compared where an agent asks again after it was asked for more or denied, and where an earlier
decision stands beside the present request as a similar one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from api_client.request_facts import confidence_value, recommended_type
from pumpup_tui.text.attachment_names import attachments_of

if TYPE_CHECKING:
    from datetime import datetime

    from api_client.models import Event, RequestDetail

Kind = Literal["recommendation", "confidence", "rationale", "context", "attachment", "summary", "asker"]

REQUESTED, DECIDED = "APPROVAL_REQUESTED", "APPROVAL_DECIDED"
ASKS_AGAIN_AFTER = frozenset(("REQUEST_MORE_INFO", "REJECT"))
"""Outcomes after which an agent may come back with the same question."""
NOTE_WORDS = 40
"""Words of a note that are looked for in what arrived."""
COMPARED = 20_000
"""Characters of a text that words are looked for in."""
_WORD = re.compile(r"[^\W_]{3,}")
_COMMON = frozenset(
    (
        *("add", "and", "any", "are", "ask", "attach", "but", "can", "could", "did", "does", "for", "from", "get"),
        *(
            "give",
            "had",
            "has",
            "have",
            "her",
            "his",
            "how",
            "its",
            "let",
            "may",
            "more",
            "need",
            "needs",
            "new",
            "not",
        ),
        *("now", "off", "one", "our", "out", "please", "provide", "say", "see", "send", "show", "tell", "than", "that"),
        *("the", "their", "them", "then", "there", "these", "they", "this", "those", "too", "was", "were", "what"),
        *("when", "where", "which", "who", "why", "will", "with", "would", "yet", "you", "your"),
    )
)
"""Words of a note that name nothing."""


@dataclass(frozen=True, slots=True)
class AskedRequest:
    """A request as it was asked."""

    summary: str
    asker: str
    recommended: str
    """The recommended outcome's type, empty where there is none."""
    confidence: float | None
    rationale: str
    context: Mapping[str, str]
    attachments: Mapping[str, str]
    """Labels by upload."""


@dataclass(frozen=True, slots=True)
class RequestChange:
    """One difference; None where there was nothing before, or is nothing after."""

    kind: Kind
    name: str
    """The key or the label; empty where the kind says it all."""
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Arrival:
    """Something new in a request that asks again, and the words of the note that its name or text contains."""

    change: RequestChange
    words: Sequence[str]


@dataclass(frozen=True, slots=True)
class SentBack:
    """The decision after which a request was asked again."""

    request_id: str
    at: datetime
    by_whom: str
    kind: str
    """The outcome's type."""
    note: str


@dataclass(frozen=True, slots=True)
class AskedBefore:
    """The earlier request of a task, and how it was decided."""

    sent_back: SentBack
    changes: Sequence[RequestChange]
    """What differs from it in the request that asks again."""


def asked_of(detail: RequestDetail) -> AskedRequest:
    """Return a request as it was asked."""
    payload = detail.event.payload
    recommendation: Any = payload.get("recommendation")
    offered = recommendation if isinstance(recommendation, Mapping) else {}
    pairs: Any = payload.get("keyValueContext")
    return AskedRequest(
        str(payload.get("summary") or ""),
        str(detail.event.subject or ""),
        recommended_type(offered),
        confidence_value(offered),
        str(offered.get("rationale") or ""),
        {str(key): str(value) for key, value in pairs.items()} if isinstance(pairs, Mapping) else {},
        {one.upload_id: one.label for one in attachments_of(detail)},
    )


def changes_between(before: AskedRequest, after: AskedRequest) -> list[RequestChange]:
    """Return what differs, in the order in which a request is read; nothing where they are alike."""
    confidences = (_number(before.confidence), _number(after.confidence))
    changes = [
        _change("asker", "", before.asker, after.asker),
        _change("recommendation", "", before.recommended or None, after.recommended or None),
        _change("confidence", "", *confidences),
        _change("rationale", "", before.rationale or None, after.rationale or None),
        *_pairs("context", before.context, after.context),
        *_attachments(before.attachments, after.attachments),
        _change("summary", "", before.summary, after.summary),
    ]
    return [change for change in changes if change is not None]


def _change(kind: Kind, name: str, before: str | None, after: str | None) -> RequestChange | None:
    return None if before == after else RequestChange(kind, name, before, after)


def _pairs(kind: Kind, before: Mapping[str, str], after: Mapping[str, str]) -> Iterable[RequestChange | None]:
    return (_change(kind, key, before.get(key), after.get(key)) for key in sorted({*before, *after}))


def _attachments(before: Mapping[str, str], after: Mapping[str, str]) -> Iterable[RequestChange]:
    """Yield the uploads that were added or removed: a label is a name, the content is the upload's."""
    yield from (RequestChange("attachment", after[upload], None, upload) for upload in after if upload not in before)
    yield from (RequestChange("attachment", before[upload], upload, None) for upload in before if upload not in after)


def _number(confidence: float | None) -> str | None:
    return None if confidence is None else repr(confidence)


def arrivals(note: str, changes: Iterable[RequestChange]) -> list[Arrival]:
    """Return what is new or has another value, each with the note's words that it contains.

    Whether it is what was meant is for the reader to judge: no word is no proof of anything.
    """
    words = note_words(note)
    new = [change for change in changes if change.after is not None and change.kind in ("context", "attachment")]
    return [Arrival(change, _contained(words, change)) for change in new]


def note_words(note: str) -> list[str]:
    """Return the words of a note that may name what it asks for, in their order."""
    found = (word.casefold() for word in _WORD.findall(note[:COMPARED]))
    return list(dict.fromkeys(word for word in found if word not in _COMMON))[:NOTE_WORDS]


def unmet_words(note: str, changes: Sequence[RequestChange]) -> list[str]:
    """Return the note's words that no new context, attachment or text contains."""
    kinds = ("context", "attachment", "rationale", "summary")
    texts = [change for change in changes if change.after is not None and change.kind in kinds]
    met = {word for change in texts for word in _contained(note_words(note), change)}
    return [word for word in note_words(note) if word not in met]


def _contained(words: Sequence[str], change: RequestChange) -> list[str]:
    """Return the words that a change's name or its new text has, and that stood nowhere in its old text."""
    # not foreign: looked through, and not drawn
    text = change.name if change.kind == "attachment" else f"{change.name} {change.after}"
    new = {word.casefold() for word in _WORD.findall(text[:COMPARED])}
    if change.kind in ("rationale", "summary"):
        new -= {word.casefold() for word in _WORD.findall((change.before or "")[:COMPARED])}
    return [word for word in words if any(_is_same(word, other) for other in new)]


def _is_same(word: str, other: str) -> bool:
    """Return whether two words are one, but for an ending of a letter or two."""
    short, long = sorted((word, other), key=len)
    return long.startswith(short) and len(long) - len(short) <= 2 and (len(short) > 3 or short == long)


def refusal_before(events: Sequence[Event], request_id: str) -> SentBack | None:
    """Return the decision after which a request asks again, None where it is asked for the first time.

    Args:
        events: The requests and decisions of its task, the newest first.
        request_id: The request; it is one of the events, or the decisions are all before it.

    Requests may stand open side by side: a decision counts unless a request that came between it and this one was
    approved, which was the answer to it then.
    """
    at = next((number for number, event in enumerate(events) if event.id == request_id), -1)
    later: set[str] = set()
    approved = {str(event.in_response_to) for event in events if _kind(event) in ("APPROVE", "EDIT_AND_APPROVE")}
    for event in events[at + 1 :]:
        if event.event_type == REQUESTED:
            later.add(event.id)
        elif _kind(event) in ASKS_AGAIN_AFTER and event.in_response_to:
            return None if later & approved else _refusal(event)
    return None


def _kind(event: Event) -> str:
    outcome = event.payload.get("outcome") if event.event_type == DECIDED else None
    return str(outcome.get("type") or "") if isinstance(outcome, Mapping) else ""


def _refusal(event: Event) -> SentBack:
    outcome: Any = event.payload.get("outcome")
    authority = event.payload.get("authority")
    who = authority.get("subject") if isinstance(authority, Mapping) else event.subject
    note = str(outcome.get("note") or "")
    return SentBack(str(event.in_response_to), event.timestamp, str(who or ""), _kind(event), note)
