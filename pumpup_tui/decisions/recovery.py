"""Recovery: looks up what became of decisions that were in flight when a terminal ended. Nothing is sent again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import TYPE_CHECKING, Any

from api_client.errors import ApiError, NotFound
from api_client.request_facts import agreed_id
from api_client.times import parse_time
from pumpup_tui.decisions.desk import ALL_PROJECTS, ALONE, APPROVING, FINAL, Confirmed, Intent, Phase
from pumpup_tui.decisions.in_flight import Interrupted

if TYPE_CHECKING:
    from api_client.backend import Backend
    from api_client.models import Event

EARLIER = timedelta(minutes=5)
"""How far a server's clock may be behind this one's, when its events are compared with what was sent."""
LOOKED_AT = 100
"""Events of a task that are looked through for what was sent."""


class Fate(Enum):
    """The outcome of an interrupted act; the value is the word that is shown."""

    NOT_SENT = "not sent"
    RECORDED = "recorded"
    NOT_RECORDED = "not recorded"
    LOST = "lost"
    UNKNOWN = "not known"


@dataclass(frozen=True, slots=True)
class Recovered:
    """One interrupted act, its outcome, and what else there is to say: by whom, why."""

    interrupted: Interrupted
    fate: Fate
    detail: str = ""
    at: datetime | None = None
    """When it was recorded, by whomever."""

    @property
    def is_known(self) -> bool:
        """Whether there is nothing more to find out."""
        return self.fate is not Fate.UNKNOWN


async def look_up(backend: Backend, me: str, interrupted: Interrupted) -> Recovered:
    """Return the outcome of one act of `me`. What was held was never sent; all else is looked up."""
    if interrupted.sent.phase is Phase.HELD:
        return Recovered(interrupted, Fate.NOT_SENT, "it was still held when you left: decide again")
    try:
        if interrupted.sent.intent.verb in FINAL:
            return await _settled(backend, me, interrupted)
        if interrupted.sent.intent.verb in ALONE:
            look = _paused if interrupted.sent.intent.verb in ("PAUSE", "RESUME") else _granted
            return await look(backend, me, interrupted)
        return await _on_the_task(backend, me, interrupted)
    except NotFound as error:
        return Recovered(interrupted, Fate.NOT_RECORDED, str(error))
    except ApiError as error:
        # not foreign: cleaned where the list draws it
        return Recovered(interrupted, Fate.UNKNOWN, f"{error} It is looked up again at the next start.")


async def _settled(backend: Backend, me: str, interrupted: Interrupted) -> Recovered:
    intent = interrupted.sent.intent
    detail = await backend.request(intent.target)
    result = detail.result
    if intent.verb in APPROVING and (agreed := await _agreement(backend, me, interrupted, detail.task.id)) is not None:
        missing = detail.needs.missing_for(intent.verb, _edit(intent)) if detail.needs is not None else 0
        words = "agreed; it is decided since" if result is not None else "agreed"
        words += f", needs {missing} more" if result is None and missing > 0 else ""
        return Recovered(interrupted, Fate.RECORDED, words, at=agreed.timestamp)
    if result is None:
        return Recovered(interrupted, Fate.NOT_RECORDED, "still open: decide again")
    who = str(result.get("decidedBy") or result.get("answeredBy") or result.get("withdrawnBy") or "someone")
    at = _moment(result.get("decidedAt") or result.get("answeredAt") or result.get("withdrawnAt"))
    if who == me and _is_same(intent, result):
        return Recovered(interrupted, Fate.RECORDED, at=at)
    return Recovered(interrupted, Fate.LOST, "you decided it otherwise" if who == me else f"{who} was first", at)


async def _agreement(backend: Backend, me: str, interrupted: Interrupted, task_id: str) -> Event | None:
    """Return the event of one's agreement to a request that takes several people, None where there is none."""
    sent, intent = interrupted.sent, interrupted.sent.intent
    page = await backend.events(task_id=task_id, types=("ACTION",), order="desc", limit=LOOKED_AT)
    for event in page.items:
        detail = event.payload.get("detail")
        agreement = detail.get("agreement") if isinstance(detail, Mapping) else None
        if agreed_id(event) != intent.target or event.subject != me or not isinstance(agreement, Mapping):
            continue
        is_same = (agreement.get("outcome"), agreement.get("note") or "") == (intent.verb, intent.note.strip())
        if is_same and event.timestamp >= sent.since - EARLIER:
            return event
    return None


def _edit(intent: Intent) -> str | None:
    return intent.note.strip() if intent.verb == "EDIT_AND_APPROVE" else None


def _is_same(intent: Intent, result: Mapping[str, Any]) -> bool:
    if intent.verb == "ANSWER":
        return bool(result.get("fields") == dict(intent.answers))
    if intent.verb == "WITHDRAW":
        return bool(result.get("reason") == intent.note.strip())
    outcome = result.get("outcome")
    if not isinstance(outcome, Mapping):
        return False
    recorded = (outcome.get("type"), outcome.get("note") or "", outcome.get("reasonCode") or "")
    return recorded == (intent.verb, intent.note.strip(), intent.reason_code)


async def _on_the_task(backend: Backend, me: str, interrupted: Interrupted) -> Recovered:
    sent = interrupted.sent
    page = await backend.events(task_id=sent.intent.target, order="desc", limit=LOOKED_AT)
    event = next((event for event in page.items if _is_its_event(event, me, sent)), None)
    if event is None:
        return Recovered(interrupted, Fate.NOT_RECORDED, "it is not on the task's timeline")
    return Recovered(interrupted, Fate.RECORDED, at=event.timestamp)


def _is_its_event(event: Event, me: str, sent: Confirmed) -> bool:
    intent = sent.intent
    if event.source != "HUMAN" or event.timestamp < sent.since - EARLIER or event.subject not in (None, me):
        return False
    if intent.verb == "NOTE":
        return event.event_type == "NOTE" and event.payload.get("message") == intent.note
    if intent.verb == "ASSIGN":
        return event.event_type == "ASSIGNMENT" and (event.payload.get("assigneeId") or "") == intent.assignee
    return event.event_type == "ACTION" and event.transition_to == intent.to_step


async def _paused(backend: Backend, me: str, interrupted: Interrupted) -> Recovered:
    """Look up a pause, or its end: as it is now, for neither is on a task's timeline."""
    intent = interrupted.sent.intent
    pauses = (await backend.authority()).pauses
    paused = next((pause for pause in pauses if (pause.project_id or ALL_PROJECTS) == intent.target), None)
    if (paused is None) is (intent.verb == "PAUSE"):
        return Recovered(interrupted, Fate.NOT_RECORDED)
    if paused is None or paused.by == me:
        return Recovered(interrupted, Fate.RECORDED, at=paused.at if paused else None)
    # not foreign: cleaned where the list draws it
    return Recovered(interrupted, Fate.LOST, f"{paused.by} was first", paused.at)


async def _granted(backend: Backend, me: str, interrupted: Interrupted) -> Recovered:
    """Look up a grant that was given or ended."""
    sent, intent = interrupted.sent, interrupted.sent.intent
    for grant in await backend.grants():
        if intent.verb == "END_GRANT" and grant.id == intent.target and grant.ended is not None:
            if grant.ended.by == me:
                return Recovered(interrupted, Fate.RECORDED, at=grant.ended.at)
            return Recovered(interrupted, Fate.LOST, "it had ended already", grant.ended.at)
        is_new = grant.given_by.subject == me and grant.given_at >= sent.since - EARLIER
        if intent.verb == "GIVE_GRANT" and is_new and grant.name == intent.terms.get("name"):
            return Recovered(interrupted, Fate.RECORDED, at=grant.given_at)
    return Recovered(interrupted, Fate.NOT_RECORDED)


def _moment(raw: object) -> datetime | None:
    try:
        return parse_time(str(raw))
    except ValueError:
        return None
