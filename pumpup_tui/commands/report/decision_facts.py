"""The facts of a report's decisions, read out of its events, which may hold any JSON: no key is taken for granted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from api_client.deed_rule import TrailEvent, deed_state, links
from api_client.deeds import DeedState
from api_client.event_filter import decider_of
from api_client.models import APPROVAL_DECIDED
from api_client.request_facts import confidence_value, recommended_type
from api_client.task_trail import AGENT
from pumpup_tui.commands.report.evidence import Evidence
from pumpup_tui.commands.report.timeline_places import LOOKED_MOST, SETTLED
from pumpup_tui.text.outcomes import OUTCOMES

ANSWERED, WITHDRAWN, EXPIRED, UNKNOWN = "ANSWER", "WITHDRAWN", "EXPIRED", "UNKNOWN"
"""How a request was settled where that is no outcome."""
Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ShownAttachment:
    """An attachment of a request as it was when it was asked."""

    upload_id: str
    label: str
    sha256: str
    """Empty where the record does not say."""
    opened: bool | None
    """Whether whoever decided had opened it; None where the record does not say."""


@dataclass(frozen=True, slots=True)
class DecisionFacts:
    """One settled request; texts are raw, and empty where the record does not say."""

    settled: Json
    """The event that settled it, and …"""
    request: Json | None
    """… the one that asked; None where it is not in the evidence."""
    act: str
    """The outcome on the wire, or `ANSWERED`, `WITHDRAWN`, `EXPIRED`, `UNKNOWN`."""
    who: str
    by_platform: bool
    grant: str
    """The id of the grant that decided it."""
    seconds_waited: float | None
    recommended: str
    confidence: float | None
    rationale: str
    task_name: str
    project_name: str
    attachments: tuple[ShownAttachment, ...]
    agreements: tuple[Json, ...]
    """The events of those who agreed before."""
    deeds: tuple[Json, ...]
    """The events of what agents did in its name."""
    deed_state: DeedState

    @property
    def by_person(self) -> bool:
        """Whether a person decided or answered: who takes a request back does neither, and is mostly an agent."""
        return not self.by_platform and self.act != WITHDRAWN

    @property
    def agrees(self) -> bool | None:
        """Whether a person decided as the agent had recommended; None where that can't be compared."""
        if self.act not in OUTCOMES or not self.recommended or self.by_platform:
            return None
        return self.act == self.recommended


def decision_facts_of(evidence: Evidence) -> list[DecisionFacts]:
    """Return the facts of the decisions in the order of the record."""
    return list(_FactReader(evidence).decisions())


class _FactReader:
    """The events of a report, by what refers to them."""

    def __init__(self, evidence: Evidence) -> None:
        self._events = [event.read() for event in evidence.events]
        self._by_id = {text_of(event.get("id")): event for event in self._events}
        self._projects = evidence.projects
        self._beside = frozenset(evidence.beside)
        self._tasks: dict[str, Json] = {}
        self._trails: dict[str, list[TrailEvent]] = {}
        self._places: dict[str, int] = {}
        for event in self._events:
            self._file(event)

    def _file(self, event: Json) -> None:
        kind, task = event.get("eventType"), text_of(event.get("taskId"))
        trail = self._trails.setdefault(task, [])
        if kind == "TASK_CREATED":
            self._tasks[task] = payload_of(event)
        elif kind == "ACTION" and event.get("source") == AGENT:
            trail.append(_trail_event(event, event.get("externalTraceId"), None))
        elif kind == APPROVAL_DECIDED:
            request = self._by_id.get(text_of(event.get("inResponseTo")), {})
            outcome = text_of(mapping_of(payload_of(event).get("outcome")).get("type"))
            self._places[text_of(event.get("id"))] = len(trail)
            trail.append(_trail_event(event, request.get("externalTraceId"), outcome))

    def decisions(self) -> Iterator[DecisionFacts]:
        """Yield what settled a request."""
        for event in self._events:
            if event.get("eventType") in SETTLED and event.get("seq") not in self._beside:
                yield self._facts(event)

    def _facts(self, event: Json) -> DecisionFacts:
        payload, request = payload_of(event), self._by_id.get(text_of(event.get("inResponseTo")))
        asked = payload_of(request or {})
        snapshot = payload.get("recommendationSnapshot")
        recommendation = mapping_of(asked.get("recommendation") if snapshot is None else snapshot)
        grant = text_of(mapping_of(payload.get("authority")).get("grant"))
        task, project = text_of(event.get("taskId")), text_of(event.get("projectId"))
        deeds, state = self._deeds(event)
        return DecisionFacts(
            settled=event,
            request=request,
            act=_act_of(event, grant),
            who=decider_of(text_of(event.get("subject")), payload),
            by_platform=event.get("source") == "PLATFORM",
            grant=grant,
            seconds_waited=_seconds(request, event),
            recommended=recommended_type(recommendation),
            confidence=confidence_value(recommendation),
            rationale=text_of(recommendation.get("rationale")),
            task_name=text_of(self._tasks.get(task, {}).get("name")) or task,
            project_name=self._projects.get(project, project),
            attachments=tuple(_attachments(asked, payload)),
            agreements=tuple(self._agreements(payload)),
            deeds=deeds,
            deed_state=state,
        )

    def _agreements(self, payload: Json) -> Iterator[Json]:
        for event_id in list_of(payload.get("agreements")):
            if event := self._by_id.get(text_of(event_id)):
                yield event

    def _deeds(self, event: Json) -> tuple[tuple[Json, ...], DeedState]:
        trail = self._trails.get(text_of(event.get("taskId")), [])
        place = self._places.get(text_of(event.get("id")))
        if place is None:
            return (), "NOTHING_PROMISED"
        decision, later = trail[place], trail[place + 1 : place + 1 + LOOKED_MOST]
        linked = tuple(self._by_id[one.id] for one, link in links(decision, later) if link is not None)
        return linked, deed_state(decision, later, more=len(trail) > place + 1 + LOOKED_MOST)


def _trail_event(event: Json, trace: Any, outcome: str | None) -> TrailEvent:
    names = event.get("inResponseTo")
    return TrailEvent(text_of(event.get("id")), text_of(names) or None, text_of(trace) or None, outcome)


def _act_of(event: Json, grant: str) -> str:
    is_platforms = event.get("source") == "PLATFORM" and not grant
    kind = event.get("eventType")
    if kind == "REQUEST_WITHDRAWN":
        return EXPIRED if is_platforms else WITHDRAWN
    if kind == "ELICITATION_PROVIDED":
        return ANSWERED
    outcome = text_of(mapping_of(payload_of(event).get("outcome")).get("type"))
    return EXPIRED if is_platforms else outcome if outcome in OUTCOMES else UNKNOWN


def _attachments(asked: Json, payload: Json) -> Iterator[ShownAttachment]:
    opened = payload.get("attachmentsOpened")
    snapshots = {
        text_of(one.get("uploadId")): one for one in map(mapping_of, list_of(asked.get("attachmentSnapshots")))
    }
    for upload in dict.fromkeys(map(text_of, list_of(asked.get("attachments")))):
        shot = mapping_of(snapshots.get(upload))
        yield ShownAttachment(
            upload,
            text_of(shot.get("label")) or upload,
            text_of(shot.get("sha256")),
            upload in opened if isinstance(opened, list) else None,
        )


def _seconds(request: Json | None, settled: Json) -> float | None:
    asked, at = time_of(request or {}), time_of(settled)
    return None if asked is None or at is None else max(0.0, (at - asked).total_seconds())


def time_of(event: Json) -> datetime | None:
    """Return when an event was recorded, None where it does not say."""
    from api_client.times import parse_time

    try:
        return parse_time(text_of(event.get("timestamp")))
    except ValueError:
        return None


def payload_of(event: Json) -> Json:
    """Return an event's payload; an empty one where it has none."""
    return mapping_of(event.get("payload"))


def mapping_of(value: Any) -> Json:
    """Return a value that is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def list_of(value: Any) -> Sequence[Any]:
    """Return a value that is a list, else an empty one."""
    return value if isinstance(value, list) else ()


def text_of(value: Any) -> str:
    """Return a value that is a text, else an empty one."""
    return value if isinstance(value, str) else ""
