"""The status that every screen shows, and the model that changes it with the messages of the backend's workers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from textual.worker import Worker, WorkerState

from pumpup_tui.backend.messages import AuthorityChanged, CallFailed, InboxCount, LiveState, ProjectsLoaded
from pumpup_tui.local_state.background_writes import StorageFailed
from pumpup_tui.text import durations
from pumpup_tui.text.firewall import line

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import tzinfo

    from api_client.authority import EscalatedTask, Paused
    from api_client.models import Project
    from api_client.times import Clock
    from pumpup_tui.backend.messages import Connected
    from pumpup_tui.keys.key_names import KeyNames

StatusEvent: TypeAlias = (
    ProjectsLoaded | InboxCount | LiveState | AuthorityChanged | CallFailed | StorageFailed | Worker.StateChanged
)
"""The messages that change the status."""


@dataclass(frozen=True)
class Status:
    """The connection, the caller and the chosen project, as header and banner show them."""

    live: str = "opening…"
    live_tone: str = "muted"
    reviewer: str = ""
    tags: tuple[str, ...] = ()
    capabilities: frozenset[str] = frozenset()
    connected: bool = False
    project: Project | None = None
    projects: tuple[Project, ...] = ()
    knows_projects: bool = False
    """Set once they have been read: until then there may be some that are not here."""
    inbox: str = ""
    """The number of open requests, as far as it is known."""
    why_read_only: str = ""
    """Why nothing can be decided here; empty where it can."""
    notices: tuple[str, ...] = ()
    """The backend's notices of the place where the work is stored, until they are dismissed."""
    banner: str = ""
    next_step: str = ""
    pauses: tuple[Paused, ...] = ()
    """Projects whose agents are paused, or all."""
    escalated: tuple[EscalatedTask, ...] = ()
    """The escalated tasks of all projects, to whomever."""
    policies: str | None = None
    """The version of the projects' policies; None before it is known."""
    ended_grants: tuple[tuple[str, str], ...] = ()
    """Id and name, raw, of each grant that ended by itself, until that is dismissed."""

    @property
    def escalated_to_me(self) -> tuple[EscalatedTask, ...]:
        """The tasks that were escalated to one of the caller's tags."""
        return tuple(task for task in self.escalated if not set(task.tags).isdisjoint(self.tags))

    def in_touch(self) -> Status:
        """Return the status of a backend that answers."""
        if self.why_read_only:
            return replace(self, live="read-only", live_tone="warn")
        return replace(self, live="live", live_tone="good")

    def with_banner(self, banner: str = "", next_step: str = "") -> Status:
        """Return the status with another banner, none where it is empty."""
        return replace(self, banner=banner, next_step=next_step)


class StatusModel:
    """Holds the status; each change of it is published once."""

    def __init__(self, publish: Callable[[Status], None], *, key: KeyNames, clock: Clock, zone: tzinfo | None) -> None:
        self._publish = publish
        self._key = key
        self._clock = clock
        self._zone = zone
        self.status = Status()
        """The status now."""

    def set(self, status: Status) -> None:
        """Replace the status."""
        if status != self.status:
            self.status = status
            self._publish(status)

    def receive(self, event: StatusEvent) -> None:
        """Take in what is new of the backend, of its calls and of the user's files."""
        if isinstance(event, ProjectsLoaded):
            self._projects_loaded(event.projects)
        elif isinstance(event, InboxCount):
            self.set(replace(self.status, inbox=event.words))
        elif isinstance(event, LiveState):
            self._live_changed(event)
        elif isinstance(event, AuthorityChanged):
            now = event.status
            self.set(replace(self.status, pauses=now.pauses, escalated=now.escalated, policies=now.policies))
        elif isinstance(event, CallFailed):
            self._call_failed(event)
        elif isinstance(event, StorageFailed):
            words = f"{event.what} could not be saved on this machine: {event.reason}"
            self.report(words, "recorded decisions are safe")
        elif event.state is WorkerState.ERROR:
            self._worker_failed(event.worker)

    def report(self, banner: str, next_step: str) -> None:
        """Show what went wrong and what to do next."""
        self.set(self.status.with_banner(banner, next_step))

    def dismiss(self) -> None:
        """Take away banner and notices."""
        self.set(replace(self.status.with_banner(), notices=(), ended_grants=()))

    def grants_ended(self, grants: Iterable[tuple[str, str]]) -> None:
        """Show the ids and names of grants that ended by themselves."""
        self.set(replace(self.status, ended_grants=(*grants, *self.status.ended_grants)))

    def opening(self) -> None:
        """Show that the backend is being opened."""
        self.set(replace(self.status, live="opening…", live_tone="muted"))

    def connected(self, event: Connected, project: Project | None) -> None:
        """Show who is connected, and the project to begin with."""
        status = replace(
            self.status.with_banner(),
            connected=True,
            reviewer=event.me.subject,
            tags=event.me.tags,
            capabilities=frozenset(event.me.capabilities),
            why_read_only=event.why_read_only,
            notices=event.notices,
            project=project,
        )
        if status.why_read_only:
            status = status.with_banner(f"read-only: {status.why_read_only}")  # not foreign: the banner cleans it
        self.set(status.in_touch())

    def _projects_loaded(self, projects: Sequence[Project]) -> None:
        """Show the projects; the chosen one as it is now, all of them if it no longer exists."""
        chosen = self.status.project
        project = next((one for one in projects if chosen is not None and one.id == chosen.id), None)
        self.set(replace(self.status, projects=tuple(projects), knows_projects=True, project=project))

    def choose_project(self, project: Project | None) -> None:
        """Show the work of a project; None is all of them."""
        self.set(replace(self.status, project=project))

    def _live_changed(self, event: LiveState) -> None:
        """Show whether the backend's changes arrive."""
        if event.live:
            status = self.status.in_touch()
            self.set(status.with_banner() if event.again else status)
        else:
            since = durations.stamp(event.since, self._clock(), self._zone) if event.since else ""
            status = replace(self.status, live=f"offline since {since}", live_tone="bad")
            self.set(status.with_banner(event.reason, "retrying; what is shown may be out of date"))

    def _call_failed(self, event: CallFailed) -> None:
        """Show what could not be read, and what to do next."""
        if not self.status.connected:
            step = f"{self._next_step(passing=event.is_passing)}, {self._key('screens.quit')} quits"
            status = replace(self.status, live="not connected", live_tone="bad")
            self.set(status.with_banner(str(event.error), step))
        elif not (self.status.why_read_only and event.error.status in (403, 404)):
            words = f"{event.what} could not be read: {event.error}"  # not foreign: the banner cleans it
            self.report(words, self._next_step(passing=event.is_passing))

    def _worker_failed(self, worker: Worker[object]) -> None:
        # What a worker raises beside ApiError is our own fault: shown, not hidden, and nothing shown is lost.
        # not foreign: our own name of a worker
        words = f"{worker.name} stopped: {type(worker.error).__name__}: {line(worker.error, 200)}"
        self.report(words, self._next_step())

    def _next_step(self, *, passing: bool = False) -> str:
        again = f"{self._key('screens.refresh')} tries again"
        return f"retrying; {again} at once" if passing else again
