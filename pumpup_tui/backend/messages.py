"""Messages of the backend's workers to the screens: results of reads, changes, failures, and the connection's state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, NewType

from textual.message import Message

from pumpup_tui.backend.retry import is_passing

if TYPE_CHECKING:
    from api_client.authority import AuthorityStatus, Grant
    from api_client.deeds import Deeds
    from api_client.errors import ApiError
    from api_client.models import Event, Me, Page, Project, RequestDetail, TaskDetail, Upload
    from pumpup_tui.backend.page_requests import PageRequest, PageResult
    from pumpup_tui.backend.past_moment import PastMoment
    from pumpup_tui.text.inspection import Inspection

CallId = NewType("CallId", int)
"""Names one call among all, so that its failure is distinguished from that of another."""


@dataclass(eq=False, repr=False)
class RequestsArrived(Message):
    """Agents have asked for something just now: the raw summaries."""

    summaries: Sequence[str]


@dataclass(eq=False, repr=False)
class InboxCount(Message):
    """The number of open requests, in words for the header."""

    words: str


@dataclass(eq=False, repr=False)
class RequestLoaded(Message):
    """A request, its task's latest events, what is known of its attachments and what its inspection found.

    In blind review it is without the recommendation, as long as that is hidden from the reader.
    """

    detail: RequestDetail
    events: Sequence[Event]
    uploads: Mapping[str, Upload]
    inspection: Inspection


@dataclass(eq=False, repr=False)
class EventsPage(Message):
    """A page of a timeline that was asked for."""

    request: PageRequest
    result: PageResult[Event]
    looked: int
    """The number of events that were looked at for it."""


@dataclass(eq=False, repr=False)
class NamesRead(Message):
    """The raw names of tasks and summaries of requests that were asked for, by id; and labels of their attachments."""

    names: dict[str, str]
    attachments: dict[str, dict[str, str]] = field(default_factory=dict)


@dataclass(eq=False, repr=False)
class BlindnessRead(Message):
    """The state of a request's blind review: whether its recommendation is hidden from the reader."""

    request_id: str
    is_hidden: bool


@dataclass(eq=False, repr=False)
class DeedsRead(Message):
    """The deeds of a request: None before it is decided, and where they can't be read."""

    request_id: str
    deeds: Deeds | None
    decided_at: datetime | None = None
    is_closed: bool = False


@dataclass(eq=False, repr=False)
class TaskLoaded(Message):
    """A task with its open request, its project, its latest events and the one it is given to."""

    detail: TaskDetail
    project: Project
    events: Page[Event]
    uploads: Mapping[str, Upload]
    assignee: str


@dataclass(eq=False, repr=False)
class ShowRequest(Message):
    """Go to a request in the inbox."""

    request_id: str


@dataclass(eq=False, repr=False)
class ShowTask(Message):
    """Open a task's page over the present screen."""

    task_id: str


@dataclass(eq=False, repr=False)
class TryGrant(Message):
    """Show the trial of a grant for a filter of a project's requests."""

    project_id: str
    filter: str


@dataclass(eq=False, repr=False)
class ShowPast(Message):
    """Show a task, or a project's board, as it was."""

    moment: PastMoment
    task_id: str = ""
    project_id: str = ""


@dataclass(eq=False, repr=False)
class ProjectsLoaded(Message):
    """All projects."""

    projects: Sequence[Project]


@dataclass(eq=False, repr=False)
class Changed(Message):
    """New events, in order; `too_many` where they were dropped and what is shown must be refreshed."""

    events: Sequence[Event]
    _: KW_ONLY
    too_many: bool = False


@dataclass(eq=False, repr=False)
class CallFailed(Message):
    """A call that was made for a screen failed; what it shows stays."""

    call_id: CallId
    what: str
    """What could not be read, in words for the banner. Failures are distinguished by `call_id`."""
    error: ApiError

    @property
    def is_passing(self) -> bool:
        """Whether it is tried again without anyone doing anything."""
        return is_passing(self.error)


@dataclass(eq=False, repr=False)
class Connected(Message):
    """The backend is open."""

    me: Me
    notices: tuple[str, ...] = ()

    @property
    def why_read_only(self) -> str:
        """Why the caller can decide nothing; empty where they can."""
        if {"decide", "answer"} & set(self.me.capabilities):
            return ""
        if self.me.role == "agent":
            return "this server takes decisions only in its own workspace, or from a reviewer's key"
        return "no decisions can be recorded here"


@dataclass(eq=False, repr=False)
class AuthorityChanged(Message):
    """The pauses and escalated tasks as they are now: authority has changed, or was read for the first time."""

    status: AuthorityStatus


@dataclass(eq=False, repr=False)
class GrantsEnded(Message):
    """Grants that ended by themselves, because people decided their samples otherwise; some may be known already."""

    grants: Sequence[Grant]


@dataclass(eq=False, repr=False)
class LiveState(Message):
    """The live tail's state: live, or offline since a moment with the reason."""

    _: KW_ONLY
    live: bool
    since: datetime | None = None
    reason: str = ""
    again: bool = False
    """True where the connection is back: what is shown must be refreshed."""
