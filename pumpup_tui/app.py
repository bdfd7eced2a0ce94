"""The app: modes, keys, and handing each message to the part that it is for. It fetches nothing itself."""

from __future__ import annotations

import os
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.app import SystemCommand
from textual.binding import BindingType
from textual.filter import LineFilter
from textual.screen import Screen
from textual.worker import Worker, WorkerState
from typing_extensions import override

from pumpup_tui.backend import messages
from pumpup_tui.backend.alerts import Alerts
from pumpup_tui.components.key_input import KeyInput
from pumpup_tui.components.start_screen import StartScreen
from pumpup_tui.context import Context, Setup, build_context
from pumpup_tui.decisions.messages import DecisionsStored, RecoveryLoaded, Submitted
from pumpup_tui.keys.bindings import bindings
from pumpup_tui.keys.key_names import KeyNames
from pumpup_tui.keys.unbound_keys import UnboundKeys
from pumpup_tui.local_state.background_writes import StorageFailed
from pumpup_tui.local_state.document_store import DocumentStore
from pumpup_tui.local_state.preferences import Preferences
from pumpup_tui.text.line_filter import NoControls
from pumpup_tui.textual_patches.key_queue import Passed
from pumpup_tui.textual_patches.stylesheets import SteadyStylesheet, sheet
from pumpup_tui.textual_patches.terminal_app import TerminalApp, TerminalHooks
from styles.contrast import readable
from styles.themes import THEMES

if TYPE_CHECKING:
    from textual.command import Provider

    from api_client.backend import Backend
    from api_client.times import Clock
    from pumpup_tui.backend.status import Status
    from pumpup_tui.components.reviewer_screen import ReviewerScreen
    from pumpup_tui.decisions.leaving import Leave
    from pumpup_tui.decisions.recovery import Recovered

TICK_SECONDS = 0.25
MINUTE_SECONDS = 60.0
"""Between two looks at the clock for what shows ages."""
TOUR_KEYS = frozenset(("tour.skip", "tour.end"))
"""The ids of bindings that there are only in the demo."""
MODES = ("inbox", "board", "timeline")


def _everything() -> type[Provider]:
    from pumpup_tui.shell.palette import Everything

    return Everything


def screen_of(mode: str, context: Context, open_task: Callable[[str], None]) -> ReviewerScreen:
    """Return the screen of a mode. The first frame waits for no screen's imports."""
    if mode == "inbox":
        from pumpup_tui.inbox.screen import InboxScreen

        return InboxScreen(context)
    if mode == "board":
        from pumpup_tui.board.screen import BoardScreen

        return BoardScreen(context, open_task)
    from pumpup_tui.timeline.screen import TimelineScreen

    return TimelineScreen(context, open_task)


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
        observers: Sequence[Callable[[PumpUpApp], None]] = (),
        tour_sheet: Path | None = None,
    ) -> None:
        """Take what a `Setup` says, and what watches the app.

        Args:
            hooks: What the terminal needs of the composition root.
            observers: Each is called with the app when it is mounted, and watches its signals.
            tour_sheet: The style sheet of the demo's tour, one of the observers; None where it is not the demo.
        """
        super().__init__([sheet("app"), *([tour_sheet] if tour_sheet else [])], hooks)
        self.stylesheet = SteadyStylesheet(variables=self.get_css_variables())
        self.animation_level = "none"  # a slide costs kilobytes over SSH and tells nothing
        for theme in THEMES:
            self.register_theme(theme)
        self.in_demo = tour_sheet is not None
        chosen = preferences or Preferences()
        without = chosen.saving.taken_away | (frozenset() if self.in_demo else TOUR_KEYS)
        self.key_names = KeyNames(chosen.keymap, without=without)
        setup = Setup(connect, source_label, clock, new_key, zone, chosen, documents or DocumentStore(None))
        self.context = build_context(self, self, setup, self.key_names)
        self.observers = observers
        self._make_parts(chosen)

    def _make_parts(self, preferences: Preferences) -> None:
        """Make what keys and lines go through, name the screens, and take the user's theme and keys."""
        term, signals = os.environ.get("TERM", ""), self.context.signals
        self.alerts = Alerts(preferences, write=self.write_raw, ring=self.bell, term=term, monotonic=time.monotonic)
        self.unbound_keys = UnboundKeys(self, self.key_names, self.context.outbox)
        self.key_input = KeyInput(self, self.context.outbox.guard, self.unbound_keys, super().on_event)
        self._net = NoControls()  # one: what it let by is stored with each line
        self.add_mode("start", lambda: StartScreen(self.context))

        def add(mode: str) -> None:
            def made() -> ReviewerScreen:
                signals.screen_made.publish(mode)
                return screen_of(mode, self.context, self.open_task)

            self.add_mode(mode, made)

        for mode in MODES:
            add(mode)
        self._apply_theme()
        if preferences.keymap:
            self.set_keymap(dict(preferences.keymap))

    def open_task(self, task_id: str) -> None:
        """Show a task's page over the present screen."""
        from pumpup_tui.task.screen import TaskScreen

        self.push_screen(TaskScreen(self.context, task_id))

    def _apply_theme(self) -> None:
        """Show the user's theme, where there is such a one."""
        if self.context.last_view.theme in self.available_themes:
            self.theme = self.context.last_view.theme

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
        last_view, signals = self.context.last_view, self.context.signals

        def note_project(status: Status) -> None:
            # Until the backend is open no project is chosen: that is no choice of all of them.
            if status.connected:
                last_view.note_project(status.project)

        self.theme_changed_signal.subscribe(self, lambda theme: last_view.note_theme(theme.name))
        signals.status_changed.subscribe(self, note_project)
        for attach in self.observers:
            attach(self)
        self.set_interval(MINUTE_SECONDS, lambda: signals.minute.publish(None))
        self.set_interval(TICK_SECONDS, self._tick)
        self.call_after_refresh(self._open)

    def _open(self) -> None:
        """Open the backend, and the inbox where no key has asked for another screen meanwhile."""
        self.context.live_tail.open()
        if self.current_mode == "start":
            self.switch_mode("inbox")

    def _tick(self) -> None:
        self.context.decisions.tick()
        self.context.signals.tick.publish(None)

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
            self.context.signals.key_heard.publish(event)
        await self.key_input.receive(event)

    @override
    def key_unbound(self, key: str) -> None:
        self.unbound_keys.unbound(key)

    @on(Passed)
    def _passed(self, event: Passed) -> None:
        self.key_input.queue.passed(event)

    # Messages.

    @on(messages.Connected)
    async def _connected(self, event: messages.Connected) -> None:
        context = self.context
        if await context.last_view.switch_reviewer(event.me.subject):
            self._apply_theme()
        context.status_model.connected(event, context.status.project or context.last_view.project)
        if context.last_view.needs_welcome:
            from pumpup_tui.components.welcome import welcome_words

            context.outbox.hint(welcome_words(self.key_names))
            context.last_view.note_welcome()
        context.reads.projects(self)
        context.decisions.begin()

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
    @on(DecisionsStored)
    @on(RecoveryLoaded)
    def _decided(self, event: Submitted | DecisionsStored | RecoveryLoaded) -> None:
        self.context.decisions.receive(event)

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
        return action != "tour" or self.in_demo

    def action_tour(self, does: str) -> None:
        """Skip a step of the demo's tour, or end it."""
        self.context.signals.tour_key.publish(does)

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
            self.push_screen(HelpScreen(self.key_names.table(in_demo=self.in_demo)))

    @override
    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        from pumpup_tui.keys.key_commands import commands_of

        yield SystemCommand("Theme", "change the colours", self.action_change_theme)
        yield from commands_of(screen, self.key_names)
