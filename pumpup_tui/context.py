"""The context that every screen is handed: calls, decisions, status, the clock, and the user's own files."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import KW_ONLY, dataclass, field
from datetime import datetime, timedelta, tzinfo
from typing import TYPE_CHECKING

from textual.signal import Signal

from pumpup_tui.backend.authority_poll import AuthorityPoll
from pumpup_tui.backend.backend_connection import BackendConnection
from pumpup_tui.backend.calls import BackendCalls
from pumpup_tui.backend.live_tail import LiveTail
from pumpup_tui.backend.screen_reads import Reads
from pumpup_tui.backend.status import Status, StatusModel
from pumpup_tui.decisions.outbox import DecisionSettings, Outbox
from pumpup_tui.decisions.sender import DecisionSender
from pumpup_tui.decisions.service import DecisionService, Questions
from pumpup_tui.local_state.dismissed_grants import DismissedGrants
from pumpup_tui.local_state.document_store import DocumentStore
from pumpup_tui.local_state.preferences import Preferences
from pumpup_tui.local_state.user_files import UserFiles
from pumpup_tui.text import durations

if TYPE_CHECKING:
    from textual.app import App
    from textual.events import Key
    from textual.message_pump import MessagePump

    from api_client.authority import Grant
    from api_client.backend import Backend
    from api_client.models import Event, InboxItem
    from api_client.times import Clock
    from pumpup_tui.backend.messages import Connected
    from pumpup_tui.keys.key_names import KeyNames
    from pumpup_tui.local_state.background_writes import BackgroundWrites
    from pumpup_tui.local_state.drafts import Drafts
    from pumpup_tui.local_state.last_view import LastView
    from pumpup_tui.local_state.snoozes import Snoozes

ANNOUNCED = timedelta(days=7)
"""How long ago a grant may have ended by itself to be announced."""
_TIME = re.compile(r"\b20\d\d-[01]\d-[0-3]\dT[0-2]\d:[0-5]\d:[0-5]\d\.\d{6}Z")
"""A time as our backends write it."""


@dataclass(eq=False, repr=False)
class Setup:
    """Everything that an app is started with."""

    connect: Callable[[], Awaitable[Backend]]
    """Opens the backend."""
    _: KW_ONLY
    source_label: str
    """Names the backend in the header."""
    clock: Clock
    new_key: Callable[[], str]
    """Makes an idempotency key."""
    zone: tzinfo | None = None
    """The viewer's time zone; None is the machine's."""
    preferences: Preferences = field(default_factory=Preferences)
    documents: DocumentStore = field(default_factory=lambda: DocumentStore(None))
    """The user's own documents; by itself nothing is stored."""


class Signals:
    """Signals of an app, for all who watch it."""

    def __init__(self, app: App[None]) -> None:
        self.status_changed: Signal[Status] = Signal(app, "status")
        self.desk_changed: Signal[None] = Signal(app, "desk")
        """A decision was armed, or the state of one has changed."""
        self.authority_changed: Signal[None] = Signal(app, "authority")
        """A policy, a grant, a pause or an escalation has changed."""
        self.minute: Signal[None] = Signal(app, "minute")
        self.tick: Signal[None] = Signal(app, "tick")
        """A few times a second."""
        self.key_heard: Signal[Key] = Signal(app, "key heard")
        """A key reaches the app: from the terminal, and again where it has bubbled up."""
        self.screen_made: Signal[str] = Signal(app, "screen made")
        """The screen of a mode is made, for the first time."""
        self.tour_key: Signal[str] = Signal(app, "tour key")
        """A key of the demo's tour: "skip" or "end"."""


@dataclass(eq=False, repr=False)
class Context:
    """Handed to each screen by the app."""

    calls: BackendCalls
    reads: Reads
    live_tail: LiveTail
    authority_poll: AuthorityPoll
    status_model: StatusModel
    """Changes the status; screens only read it."""
    decisions: DecisionService
    outbox: Outbox
    signals: Signals
    clock: Clock
    zone: tzinfo | None
    source_label: str
    preferences: Preferences
    key: KeyNames
    """Names the key of a binding, as it is bound."""
    documents: DocumentStore
    writes: BackgroundWrites
    drafts: Drafts
    snoozes: Snoozes
    last_view: LastView
    _asked_projects: set[str] = field(default_factory=set)
    """Those that were not known when something happened in them."""

    @property
    def status_changed(self) -> Signal[Status]:
        """The status has changed."""
        return self.signals.status_changed

    @property
    def desk_changed(self) -> Signal[None]:
        """A decision was armed, or the state of one has changed."""
        return self.signals.desk_changed

    @property
    def minute(self) -> Signal[None]:
        """A minute has passed."""
        return self.signals.minute

    @property
    def status(self) -> Status:
        """The connection, the caller and the chosen project now."""
        return self.status_model.status

    @property
    def project_id(self) -> str | None:
        """The chosen project's id; None is all of them."""
        return self.status.project.id if self.status.project else None

    def project_name(self, project_id: str) -> str:
        """Return a project's display name, raw; its id where it is not known."""
        return next((one.name for one in self.status.projects if one.id == project_id), project_id)

    def show_project(self, project_id: str | None) -> None:
        """Show the work of a project, of all where the id is empty; None leaves it as it is."""
        if project_id is not None:
            project = next((one for one in self.status.projects if one.id == project_id), None)
            if project != self.status.project:
                self.outbox.clear()
            self.status_model.choose_project(project)

    def connected(self, to: MessagePump, event: Connected) -> None:
        """Begin with an open backend: `to` gets the projects."""
        self.status_model.connected(event, self.status.project or self.last_view.project)
        self.reads.projects(to)
        self.decisions.begin()
        self.authority_poll.begin(event.me.capabilities)

    def grants_ended(self, grants: Iterable[Grant]) -> Sequence[str]:
        """Show which grants ended by themselves; return the raw names of those that were not shown before."""
        known = {one for one, _ in self.status.ended_grants} | DismissedGrants(self.last_view).ids
        since = self.clock() - ANNOUNCED
        new = [
            grant for grant in grants if grant.id not in known and grant.ended is not None and grant.ended.at >= since
        ]
        if new:
            self.status_model.grants_ended((grant.id, grant.name) for grant in new)
        return [grant.name for grant in new]

    def dismiss(self) -> None:
        """Take away the banner and all notices, for good."""
        DismissedGrants(self.last_view).add(one for one, _ in self.status.ended_grants)
        self.status_model.dismiss()

    def projects_changed(self, to: MessagePump, events: Iterable[Event]) -> None:
        """Read the projects again where something happened in one that is not known; once for each."""
        new = {event.project_id for event in events} - {one.id for one in self.status.projects} - self._asked_projects
        if new and self.status.knows_projects:
            self._asked_projects |= new
            self.reads.projects(to)

    def followed(self, item: InboxItem, event: Event) -> InboxItem:
        """Return an open request as it is after an event on its task: given to someone, or in another step."""
        # A row is there that may be changed, and the models with it: the first paint waits for neither.
        from msgspec.structs import replace

        if event.event_type == "ASSIGNMENT":
            item = replace(item, assignee_id=event.payload.get("assigneeId") or None)
        if event.transition_to is not None:
            project = next((one for one in self.status.projects if one.id == item.project_id), None)
            step = project.steps.step(event.transition_to) if project else None
            seconds = step.timeout_seconds if step else None
            overdue_at = event.timestamp + timedelta(seconds=seconds) if seconds is not None else None
            item = replace(item, step=event.transition_to, overdue_at=overdue_at)
        return item

    def age(self, since: datetime) -> str:
        """Return how long ago `since` was."""
        return durations.age(since, self.clock())

    def until(self, moment: datetime) -> str:
        """Return how long it is until `moment`."""
        return durations.age(self.clock(), moment)

    def stamp(self, moment: datetime) -> str:
        """Return a moment in the viewer's zone."""
        return durations.stamp(moment, self.clock(), self.zone)

    def there(self, moment: datetime) -> datetime:
        """Return a moment as the viewer's clocks show it."""
        return durations.in_zone(moment, self.zone)

    def in_zone(self, text: str) -> str:
        """Return a backend's sentence, cleaned already, with the times in it as moments in the viewer's zone."""
        return _TIME.sub(self._stamped, text)

    def _stamped(self, match: re.Match[str]) -> str:
        try:
            return self.stamp(datetime.fromisoformat(match[0]))
        except ValueError:
            return match[0]  # only looks like a time

    def can(self, capability: str) -> bool:
        """Return whether the backend takes this kind of write."""
        return capability in self.status.capabilities

    def refusal(self, capability: str) -> str:
        """Return why a kind of write is not offered, in words; empty where it is."""
        if not self.status.connected:
            return "not connected yet"
        if self.can(capability):
            return ""
        if capability in ("decide", "answer") and self.status.why_read_only:
            return self.status.why_read_only
        reasons = {
            "move": "tasks can't be moved here",
            "note": "notes can't be written here",
            "assign": "tasks can't be assigned here",
            "board": "this server has no board",
            "authority": "this server has no policies, grants or pauses",
        }
        return reasons.get(capability, f"this server does not offer {capability}")


def build_context(app: App[None], questions: Questions, setup: Setup, key: KeyNames) -> Context:
    """Return the context of an app, with all the parts that its screens share.

    Args:
        app: Runs the workers, and gets the messages that are no screen's own.
        questions: Asks the person what the decisions need to know.
        setup: What the app is started with.
        key: Names keys.
    """
    signals, files = Signals(app), UserFiles(app, setup.documents, setup.preferences.theme)
    calls = BackendCalls(app, connection := BackendConnection(app, setup.connect))
    decisions = DecisionService(
        app,
        questions,
        DecisionSender(calls, connection),
        files,
        settings=DecisionSettings(setup.clock, setup.new_key, setup.preferences.grace_seconds, key),
        changed=signals.desk_changed,
    )
    status_model = StatusModel(signals.status_changed.publish, key=key, clock=setup.clock, zone=setup.zone)
    return Context(
        calls=calls,
        reads=Reads(calls, lambda: status_model.status.reviewer),
        live_tail=LiveTail(app, connection, calls, setup.clock),
        authority_poll=AuthorityPoll(app, calls),
        status_model=status_model,
        decisions=decisions,
        outbox=decisions.outbox,
        signals=signals,
        clock=setup.clock,
        zone=setup.zone,
        source_label=setup.source_label,
        preferences=setup.preferences,
        key=key,
        documents=files.documents,
        writes=files.writes,
        drafts=files.drafts,
        snoozes=files.snoozes,
        last_view=files.last_view,
    )
