"""What the feed tells the screens: results of calls, changes, and failures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from textual.message import Message

from pumpup_tui.backend.retry import is_passing
from pumpup_tui.decisions.desk import Phase

if TYPE_CHECKING:
    from api_client.errors import ApiError
    from api_client.models import Event, InboxItem, Me, Page, Project, RequestDetail, TaskDetail, Upload
    from pumpup_tui.backend.page_messages import Answer, Want
    from pumpup_tui.decisions.recovery import Became
    from pumpup_tui.text.inspection import Inspection


@dataclass(frozen=True)
class Status:
    """How things stand, as the header and the banner tell it."""

    live: str = "opening…"
    live_tone: str = "muted"
    reviewer: str = ""
    tags: tuple[str, ...] = ()
    capabilities: frozenset[str] = frozenset()
    connected: bool = False
    project: Project | None = None
    projects: tuple[Project, ...] = ()
    inbox: str = ""
    """How many requests are open, as far as is known."""
    why_read_only: str = ""
    """Why nothing can be decided here; empty where it can."""
    notices: tuple[str, ...] = ()
    """What the backend says of the place where the work is kept, until it is put away."""
    banner: str = ""
    next_step: str = ""

    def in_touch(self) -> Status:
        """Return the status of a backend that answers."""
        if self.why_read_only:
            return replace(self, live="read-only", live_tone="warn")
        return replace(self, live="live", live_tone="good")

    def with_banner(self, banner: str = "", next_step: str = "") -> Status:
        """Return the status with another banner, none where it is empty."""
        return replace(self, banner=banner, next_step=next_step)


class InboxPage(Message):
    """A page of open requests.

    `first` begins the list anew, `last` reaches its end; where it `goes_on`, the next page is on its way already.
    """

    def __init__(self, page: Page[InboxItem], *, first: bool, last: bool, goes_on: bool = False) -> None:
        super().__init__()
        self.page = page
        self.first = first
        self.last = last
        self.goes_on = goes_on


class FiltersKept(Message):
    """The reader's own filters by name."""

    def __init__(self, filters: Mapping[str, str]) -> None:
        super().__init__()
        self.filters = dict(filters)


class LeftBehind(Message):
    """What became of what was on its way when an earlier terminal ended."""

    def __init__(self, became: Sequence[Became]) -> None:
        super().__init__()
        self.became = tuple(became)


class OnDisk(Message):
    """What was confirmed under these keys is kept, or can't be."""

    def __init__(self, keys: Sequence[str]) -> None:
        super().__init__()
        self.keys = tuple(keys)


class NotKept(Message):
    """Something that should outlive the process could not be written to the disk."""

    def __init__(self, what: str, reason: str) -> None:
        super().__init__()
        self.what = what
        self.reason = reason


class Asked(Message):
    """Agents have asked for something just now: the raw summaries."""

    def __init__(self, summaries: Sequence[str]) -> None:
        super().__init__()
        self.summaries = tuple(summaries)


class PrecedentsPage(Message):
    """A page of a project's decisions; None where they can't be read."""

    def __init__(self, project_id: str, page: Page[Event] | None) -> None:
        super().__init__()
        self.project_id = project_id
        self.page = page


class InboxCount(Message):
    """How many requests are open, in words for the header."""

    def __init__(self, words: str) -> None:
        super().__init__()
        self.words = words


class RequestLoaded(Message):
    """A request, its task's latest events, what is known of its attachments and what its inspection found."""

    def __init__(
        self, detail: RequestDetail, events: Sequence[Event], uploads: Mapping[str, Upload], inspection: Inspection
    ) -> None:
        super().__init__()
        self.detail = detail
        self.events = events
        self.uploads = uploads
        self.inspection = inspection


class EventsPage(Message):
    """A page of a timeline that was asked for; no answer where it could not be read."""

    def __init__(self, want: Want, answer: Answer[Event] | None, *, looked: int = 0) -> None:
        super().__init__()
        self.want = want
        self.answer = answer
        self.looked = looked
        """The number of events that were looked at for it."""


class TaskLoaded(Message):
    """A task with its open request, its project, its latest events and the one it is given to."""

    def __init__(
        self, detail: TaskDetail, project: Project, events: Page[Event], uploads: Mapping[str, Upload], assignee: str
    ) -> None:
        super().__init__()
        self.detail = detail
        self.project = project
        self.events = events
        self.uploads = uploads
        self.assignee = assignee


class ShowRequest(Message):
    """Go to a request in the inbox."""

    def __init__(self, request_id: str) -> None:
        super().__init__()
        self.request_id = request_id


class ProjectsLoaded(Message):
    """All projects."""

    def __init__(self, projects: Sequence[Project]) -> None:
        super().__init__()
        self.projects = projects


class Changed(Message):
    """New events, in order; `too_many` where they were not kept and what is shown must be read again."""

    def __init__(self, events: Sequence[Event], *, too_many: bool = False) -> None:
        super().__init__()
        self.events = events
        self.too_many = too_many


class CallFailed(Message):
    """A call that was made for a screen failed; what it shows stays."""

    def __init__(self, what: str, error: ApiError) -> None:
        super().__init__()
        self.what = what
        self.error = error

    @property
    def is_passing(self) -> bool:
        """Whether it is tried again without anyone doing anything."""
        return is_passing(self.error)


class Submitted(Message):
    """What became of a write."""

    def __init__(self, key: str, phase: Phase, detail: str = "", faults: Mapping[str, str] | None = None) -> None:
        super().__init__()
        self.key = key
        self.phase = phase
        self.detail = detail
        self.faults = dict(faults or {})


class Connected(Message):
    """The backend is open."""

    def __init__(self, me: Me, notices: Sequence[str] = ()) -> None:
        super().__init__()
        self.me = me
        self.notices = tuple(notices)

    @property
    def why_read_only(self) -> str:
        """Why the caller can decide nothing; empty where they can."""
        if {"decide", "answer"} & set(self.me.capabilities):
            return ""
        if self.me.role == "agent":
            return "this server takes decisions only in its own workspace, or from a reviewer's key"
        return "this folder can only be read"


class LiveState(Message):
    """The live tail's state: live, or offline since a moment with the reason."""

    def __init__(self, *, live: bool, since: datetime | None = None, reason: str = "", again: bool = False) -> None:
        super().__init__()
        self.live = live
        self.since = since
        self.reason = reason
        self.again = again
        """True where the connection is back: what is shown must be read again."""
