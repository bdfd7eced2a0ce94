"""Reads of a task or a board as it was, and steps from one event to the next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from textual.message import Message

from api_client.event_filter import EventFilter
from api_client.models import APPROVAL_REQUESTED, ELICITATION_REQUESTED
from pumpup_tui.backend.messages import TaskLoaded
from pumpup_tui.backend.past_moment import PastMoment

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.message_pump import MessagePump

    from api_client.backend import Backend
    from api_client.models import Board, Event, Order, Project
    from pumpup_tui.backend.calls import BackendCalls
    from pumpup_tui.backend.messages import CallId

PAGE = 100
_REQUESTS = (APPROVAL_REQUESTED, ELICITATION_REQUESTED)
_TICK = timedelta(microseconds=1)


@dataclass(eq=False, repr=False)
class PastTaskLoaded(Message):
    """A task as it was, the event that it was after, and the requests that were open or had just been settled."""

    loaded: TaskLoaded
    event: Event | None
    requests: tuple[Event, ...]
    hidden: frozenset[str] = frozenset()
    """The ids of those whose recommendation is hidden from the reader (blind review), and left out."""


@dataclass(eq=False, repr=False)
class PastBoardLoaded(Message):
    """A board as it was."""

    project: Project
    board: Board
    event: Event | None


@dataclass(eq=False, repr=False)
class Stepped(Message):
    """The next event, either way; None where there is none."""

    event: Event | None


class PastReads:
    """Reads of earlier moments through one backend."""

    def __init__(self, calls: BackendCalls, reviewer: Callable[[], str] = str) -> None:
        """Take what returns the reader's name: what is hidden from them is not read to the screens."""
        self._calls = calls
        self._reviewer = reviewer

    def task(self, to: MessagePump, task_id: str, moment: PastMoment) -> CallId:
        """Read a task as it was, with its events until then."""

        async def call(backend: Backend) -> PastTaskLoaded:
            detail = await backend.task(task_id, at=moment.at)
            project = await backend.project(detail.task.project_id)
            until = EventFilter(until=moment.time + _TICK)
            page = await backend.events(task_id=task_id, order="desc", limit=PAGE, only=until)
            events = tuple(_until(page.items, moment))
            given = next((one for one in events if one.event_type == "ASSIGNMENT"), None)
            asked = [request.request_id for request in detail.open_requests]
            if events and events[0].in_response_to:
                asked.append(events[0].in_response_to)
            from pumpup_tui.backend.blind_review import hidden_detail

            details = [hidden_detail(await backend.request(request_id), self._reviewer()) for request_id in asked]
            requests = tuple(detail.event for detail in details)
            hidden = frozenset(detail.event.id for detail in details if detail.blind)
            assignee = str(given.payload.get("assigneeId") or "") if given else ""
            from msgspec.structs import replace

            loaded = TaskLoaded(detail, project, replace(page, items=events), {}, assignee)
            return PastTaskLoaded(loaded, events[0] if events else None, requests, hidden)

        return self._calls.ask(to, "the task as it was", call, group="past")

    def board(self, to: MessagePump, project_id: str, moment: PastMoment) -> CallId:
        """Read a board's columns as they were."""

        async def call(backend: Backend) -> PastBoardLoaded:
            project, board = await backend.project(project_id), await backend.board(project_id, at=moment.at)
            until = EventFilter(until=moment.time + _TICK)
            page = await backend.events(project_id=project_id, order="desc", limit=PAGE, only=until)
            return PastBoardLoaded(project, board, next(iter(_until(page.items, moment)), None))

        return self._calls.ask(to, "the board as it was", call, group="past")

    def step(self, to: MessagePump, event_id: str, by: int, *, task_id: str = "", project_id: str = "") -> CallId:
        """Read the event before or after another one, of a task or a project."""

        async def call(backend: Backend) -> Stepped:
            order: Order = "asc" if by > 0 else "desc"
            task, project = task_id or None, project_id or None
            page = await backend.events(task_id=task, project_id=project, order=order, cursor=event_id, limit=1)
            return Stepped(page.items[0] if page.items else None)

        return self._calls.ask(to, "the next event", call, group="past step")


def _until(newest_first: tuple[Event, ...], moment: PastMoment) -> tuple[Event, ...]:
    """Return the events up to a moment: several may share its time."""
    ids = [event.id for event in newest_first]
    return newest_first[ids.index(moment.event_id) :] if moment.event_id in ids else newest_first
