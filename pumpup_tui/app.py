"""The app: modes, keys, and handing each message to the part that it is for. It fetches nothing itself."""

from __future__ import annotations

import os
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Protocol

from textual import events, on
from textual.app import SystemCommand
from textual.binding import BindingType
from textual.filter import LineFilter
from textual.screen import Screen
from textual.signal import Signal
from textual.worker import Worker, WorkerState
from typing_extensions import override

from pumpup_tui.backend import messages
from pumpup_tui.backend.alerts import Alerts
from pumpup_tui.components.key_input import KeyInput
from pumpup_tui.components.start_screen import StartScreen
from pumpup_tui.context import build_context
from pumpup_tui.decisions.messages import DecisionsStored, RecoveryLoaded, Submitted
from pumpup_tui.keys.bindings import bindings
from pumpup_tui.keys.key_names import KeyNames
from pumpup_tui.keys.table import TOUR_KEYS
from pumpup_tui.keys.unbound_keys import UnboundKeys
from pumpup_tui.local_state.background_writes import StorageFailed
from pumpup_tui.local_state.document_store import DocumentStore
from pumpup_tui.local_state.preferences import Preferences
from pumpup_tui.text.line_filter import NoControls
from pumpup_tui.textual_patches.key_queue import KeyHandled
from pumpup_tui.textual_patches.stylesheets import SteadyStylesheet
from pumpup_tui.textual_patches.terminal_app import TerminalApp, TerminalHooks
from styles.contrast import readable
from styles.sheets import sheet
from styles.themes import THEMES

if TYPE_CHECKING:
    from textual.command import Provider
    from textual.theme import Theme

    from api_client.backend import Backend
    from api_client.times import Clock
    from pumpup_tui.backend.status import Status
    from pumpup_tui.components.reviewer_screen import ReviewerScreen
    from pumpup_tui.decisions.leaving import Leave
    from pumpup_tui.decisions.recovery import Recovered

TICK_SECONDS = 0.25
MINUTE_SECONDS = 60.0
"""Between two looks at the clock for what shows ages."""


class Observer(Protocol):
    """Watches an app by its signals, in place of a hook in it."""

    def attach(self, app: PumpUpApp) -> None:
        """Subscribe to the app's signals. It is mounted."""


class TourKeys(Observer, Protocol):
    """The demo's tour, as far as the app's keys need it."""

    @property
    def sheet(self) -> Path:
        """The style sheet of its widgets."""

    def skip(self) -> None:
        """Go on to the next step."""

    def end(self) -> None:
        """End it."""


def _everything() -> type[Provider]:
    from pumpup_tui.palette import NameSearch

    return NameSearch


class PumpUpApp(TerminalApp):
    """A reviewer's terminal over one Backend."""

    TITLE = "Pump Up"
    DEFAULT_MODE = "start"
    COMMANDS: ClassVar[set[type[Provider] | Callable[[], type[Provider]]]] = {*TerminalApp.COMMANDS, _everything}
    BINDINGS: ClassVar[list[BindingType]] = bindings(
        ("tour.skip", "tour('skip')"),
        ("tour.end", "tour('end')"),
        ("screens.inbox", "mode('inbox')"),
        ("screens.board", "mode('board')"),
        ("screens.timeline", "mode('timeline')"),
        ("screens.project", "project"),
        ("screens.refresh", "refresh"),
        ("screens.commands", "command_palette"),
        ("screens.help", "help"),
        ("screens.quit", "quit"),
        ("screens.repaint", "repaint"),
        ("screens.suspend", "suspend_process"),
    )

    def __init__(
        self,
        connect: Callable[[], Awaitable[Backend]],
        *,
        source_label: str,
        clock: Clock,
        new_key: Callable[[], str],
        zone: tzinfo | None = None,
        preferences: Preferences | None = None,
        documents: DocumentStore | None = None,
        hooks: TerminalHooks | None = None,
        observers: Sequence[Observer] = (),
        tour: TourKeys | None = None,
    ) -> None:
        super().__init__([sheet("app"), *([tour.sheet] if tour else [])], hooks)
        self.stylesheet = SteadyStylesheet(variables=self.get_css_variables())
        preferences = preferences or Preferences()
        self.animation_level = "none"  # a slide costs kilobytes over SSH and tells nothing
        for theme in THEMES:
            self.register_theme(theme)
        without = preferences.saving.taken_away | (frozenset() if tour else TOUR_KEYS)
        self.context = build_context(
            self,
            self,
            connect,
            source_label=source_label,
            clock=clock,
            new_key=new_key,
            zone=zone,
            preferences=preferences,
            key=KeyNames(preferences.keymap, without=without),
            documents=documents or DocumentStore(None),
        )
        self.key_heard: Signal[events.Key] = Signal(self, "key heard")
        """A key reaches the app: from the terminal, and again where it has bubbled up."""
        self.tick: Signal[None] = Signal(self, "tick")
        """A few times a second."""
        self.screen_made: Signal[str] = Signal(self, "screen made")
        """The screen of a mode is made, for the first time."""
        self.tour = tour
        self._observers = [*observers, *([tour] if tour else [])]
        self._apply_theme()
        if preferences.keymap:
            self.set_keymap(dict(preferences.keymap))
        self._make_parts(preferences)

    def _make_parts(self, preferences: Preferences) -> None:
        """Make what keys and lines go through, and name the screens."""
        term = os.environ.get("TERM", "")
        self.alerts = Alerts(preferences, write=self.write_raw, ring=self.bell, term=term, monotonic=time.monotonic)
        self.unbound_keys = UnboundKeys(self, self.key_names, self.context.outbox)
        self.key_input = KeyInput(self, self.context.outbox.guard, self.unbound_keys, super().on_event)
        self._net = NoControls()  # one: what it let by is stored with each line
        self.add_mode("start", lambda: StartScreen(self.context))
        for mode, make in (("inbox", _inbox), ("board", _board), ("timeline", _timeline)):
            self.add_mode(mode, self._making(mode, make))

    def _making(self, mode: str, make: Callable[[PumpUpApp], ReviewerScreen]) -> Callable[[], ReviewerScreen]:
        def made() -> ReviewerScreen:
            self.screen_made.publish(mode)
            return make(self)

        return made

    def open_task(self, task_id: str) -> None:
        """Show a task's page over the present screen."""
        from pumpup_tui.task.screen import TaskScreen

        self.push_screen(TaskScreen(self.context, task_id))

    def _apply_theme(self) -> None:
        """Show the user's theme, where there is such a one."""
        if self.context.last_view.theme in self.available_themes:
            self.theme = self.context.last_view.theme

    @property
    def key_names(self) -> KeyNames:
        """The keys as they are bound for this user."""
        return self.context.key

    @override
    def get_css_variables(self) -> dict[str, str]:
        variables = super().get_css_variables()
        self.theme_variables = variables | readable(variables)
        return self.theme_variables

    @override
    def get_line_filters(self) -> Sequence[LineFilter]:
        return [self._net, *super().get_line_filters()]

    def on_mount(self) -> None:
        """Begin once the first frame is out."""
        self.theme_changed_signal.subscribe(self, self._note_theme)
        self.context.status_changed.subscribe(self, self._note_status)
        for observer in self._observers:
            observer.attach(self)
        self.set_interval(MINUTE_SECONDS, lambda: self.context.minute.publish(None))
        self.set_interval(TICK_SECONDS, self._tick)
        self.call_after_refresh(self._open)

    def _open(self) -> None:
        """Open the backend, and the inbox where no key has asked for another screen meanwhile."""
        self.context.live_tail.open()
        if self.current_mode == "start":
            self.switch_mode("inbox")

    def _tick(self) -> None:
        self.context.decisions.tick()
        self.tick.publish(None)

    def _note_theme(self, theme: Theme) -> None:
        self.context.last_view.note_theme(theme.name)

    def _note_status(self, status: Status) -> None:
        # Until the backend is open no project is chosen: that is no choice of all of them.
        if status.connected:
            self.context.last_view.note_project(status.project)

    async def on_unmount(self) -> None:
        """Store what was typed, and close the backend."""
        await self.context.drafts.flush()
        await self.context.live_tail.aclose()
        await self.context.decisions.aclose()
        self.alerts.close()

    @override
    async def store_and_exit(self, code: int) -> None:
        # First what would be lost: the rest may take longer than there is time for.
        await self.context.decisions.store()
        self.exit(return_code=code)

    # Input.

    @override
    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, events.Key):
            self.key_heard.publish(event)
        await self.key_input.receive(event)

    @override
    def key_unbound(self, key: str) -> None:
        self.unbound_keys.unbound(key)

    @on(KeyHandled)
    def _key_handled(self, event: KeyHandled) -> None:
        self.key_input.queue.handled(event)

    # Messages.

    @on(messages.Connected)
    async def _connected(self, event: messages.Connected) -> None:
        context = self.context
        if await context.last_view.switch_reviewer(event.me.subject):
            self._apply_theme()
        context.status_model.connected(event, context.status.project or context.last_view.project)
        self._welcome()
        context.reads.projects(self)
        context.decisions.begin()

    def _welcome(self) -> None:
        """Say, the first time that anything is shown here, where to begin."""
        if not self.context.last_view.needs_welcome:
            return
        import pumpup_tui.inbox.screen  # noqa: F401 - names the keys of a decision; the inbox brings it

        key = self.context.key
        self.context.outbox.hint(
            f"new here?  {key('screens.help')} lists the keys  ·  {key('screens.commands')} finds everything  ·  "
            f"a decision takes two keys, as {key('decide.approve')} then {key('decide.send')}"
        )
        self.context.last_view.note_welcome()

    @on(messages.LiveState)
    def _live_changed(self, event: messages.LiveState) -> None:
        self.context.status_model.live_changed(event)
        if event.again:
            self.action_refresh()
            self.context.live_tail.refresh_all()

    @on(messages.ProjectsLoaded)
    def _projects_loaded(self, event: messages.ProjectsLoaded) -> None:
        self.context.status_model.projects_loaded(event.projects)

    @on(messages.InboxCount)
    def _inbox_count(self, event: messages.InboxCount) -> None:
        self.context.status_model.count_inbox(event.words)
        self.alerts.count(event.words)

    @on(messages.RequestsArrived)
    def _requests_arrived(self, event: messages.RequestsArrived) -> None:
        self.alerts.asked(event.summaries)

    @on(messages.CallFailed)
    def _call_failed(self, event: messages.CallFailed) -> None:
        self.context.status_model.call_failed(event)

    @on(StorageFailed)
    def _storage_failed(self, event: StorageFailed) -> None:
        words = f"{event.what} could not be kept on this machine: {event.reason}"
        self.context.status_model.report(words, "what is on the record is safe")

    @on(Worker.StateChanged)
    def _worker_failed(self, event: Worker.StateChanged) -> None:
        # What a worker raises beside ApiError is our own fault: said, not hidden, and nothing shown is lost.
        if event.state is WorkerState.ERROR:
            self.context.status_model.worker_failed(event.worker)

    @on(Submitted)
    def _submitted(self, event: Submitted) -> None:
        self.context.decisions.submitted(event)

    @on(DecisionsStored)
    def _decisions_stored(self, event: DecisionsStored) -> None:
        self.context.outbox.mark_stored(event)

    @on(RecoveryLoaded)
    def _recovery_loaded(self, event: RecoveryLoaded) -> None:
        self.context.decisions.recovered(event)

    @on(messages.ShowRequest)
    def _show_request(self, event: messages.ShowRequest) -> None:
        self.action_mode("inbox")
        from pumpup_tui.inbox.screen import InboxScreen

        if isinstance(self.screen, InboxScreen):
            self.screen.show_request(event.request_id)

    # Dialogs.

    def ask_leaving(self, answered: Callable[[Leave | None], None]) -> None:
        """Ask what becomes of decisions that are held or unanswered."""
        from pumpup_tui.components.dialogs import LeaveScreen

        if not isinstance(self.screen, LeaveScreen):
            self.push_screen(LeaveScreen(self.context.outbox, self.context.desk_changed), answered)

    def show_recovered(self, recovered: Sequence[Recovered], closed: Callable[[str | None], None]) -> None:
        """Show the outcome of interrupted decisions, where it is not shown already."""
        from pumpup_tui.inbox.recovery_screen import RecoveryScreen

        if not any(isinstance(screen, RecoveryScreen) for screen in self.screen_stack):
            self.push_screen(RecoveryScreen(self.context, recovered), closed)

    # Keys.

    @override
    async def action_quit(self) -> None:
        self.context.decisions.leave()

    @override
    def action_help_quit(self) -> None:
        self.unbound_keys.wants_to_quit()

    @override
    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return action != "tour" or self.tour is not None

    def action_tour(self, does: str) -> None:
        """Skip a step of the tour, or end it."""
        if self.tour is not None:
            (self.tour.skip if does == "skip" else self.tour.end)()

    def action_mode(self, mode: str) -> None:
        """Go to a main screen, leaving what is over it."""
        if self.screen.is_modal:
            return
        while len(self.screen_stack) > 1:
            self.pop_screen()
        self.switch_mode(mode)

    def action_refresh(self) -> None:
        """Refresh what is shown; open the backend where it is not."""
        self.context.status_model.dismiss()
        if not self.context.status.connected:
            self.context.status_model.opening()
            self.context.live_tail.open()
            return
        self.context.reads.projects(self)
        from pumpup_tui.components.reviewer_screen import ReviewerScreen

        for screen in self.screen_stack:
            if isinstance(screen, ReviewerScreen):
                screen.reload()

    def action_project(self) -> None:
        """Choose the project that all screens show."""
        if self.screen.is_modal:
            return
        from pumpup_tui.board.project_dialog import ProjectScreen

        self.push_screen(ProjectScreen(self.context, self.context.status.projects), self.show_project)

    def show_project(self, project_id: str | None) -> None:
        """Show the work of a project, of all where the id is empty; None leaves it as it is."""
        if project_id is not None:
            project = next((one for one in self.context.status.projects if one.id == project_id), None)
            if project != self.context.status.project:
                self.context.outbox.clear()
            self.context.status_model.choose_project(project)

    def action_help(self) -> None:
        """Show all keys."""
        from pumpup_tui.components.dialogs import HelpScreen

        if not self.screen.is_modal:
            self.push_screen(HelpScreen(self.key_names.table()))

    @override
    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        from pumpup_tui.keys.key_commands import commands_of

        yield SystemCommand("Theme", "change the colours", self.action_change_theme)
        yield from commands_of(screen, self.key_names)


# The first frame waits for no screen's imports.


def _inbox(app: PumpUpApp) -> ReviewerScreen:
    from pumpup_tui.inbox.screen import InboxScreen

    return InboxScreen(app.context)


def _board(app: PumpUpApp) -> ReviewerScreen:
    from pumpup_tui.board.screen import BoardScreen

    return BoardScreen(app.context, app.open_task)


def _timeline(app: PumpUpApp) -> ReviewerScreen:
    from pumpup_tui.timeline.screen import TimelineScreen

    return TimelineScreen(app.context, app.open_task)
