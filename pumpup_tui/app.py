"""The app: modes, keys, and handing each message to the part that it is for. It fetches nothing itself."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, TypeAlias

from textual import events, on
from textual.app import App
from textual.binding import BindingType
from textual.filter import LineFilter
from textual.worker import Worker
from typing_extensions import override

from pumpup_tui.backend import messages
from pumpup_tui.backend.alerts import Alerts
from pumpup_tui.components.density import apply_density, toggle_density
from pumpup_tui.components.hot_spots import Unaimed
from pumpup_tui.components.key_input import KeyInput
from pumpup_tui.components.start_screen import StartScreen
from pumpup_tui.components.welcome import welcome
from pumpup_tui.context import Context, Setup, build_context
from pumpup_tui.decisions.messages import DecisionsStored, RecoveryLoaded, Submitted
from pumpup_tui.keys.bindings import bindings
from pumpup_tui.keys.key_names import KeyNames
from pumpup_tui.keys.table import TOUR_KEYS
from pumpup_tui.keys.unbound_keys import UnboundKeys
from pumpup_tui.local_state.background_writes import StorageFailed
from pumpup_tui.shell.app_dialogs import AppDialogs
from pumpup_tui.shell.modes import MODES, reload_all, screen_of, show_request
from pumpup_tui.text.line_filter import NoControls
from pumpup_tui.textual_patches.key_queue import KeyHandled
from pumpup_tui.textual_patches.stylesheets import SteadyStylesheet
from pumpup_tui.textual_patches.terminal_app import TerminalApp, TerminalHooks
from styles.contrast import readable
from styles.sheets import sheet
from styles.themes import THEMES

if TYPE_CHECKING:
    from pumpup_tui.backend.status import Status, StatusEvent

TICK_SECONDS = 0.25
MINUTE_SECONDS = 60.0
"""Between two looks at the clock for what shows ages."""
Observer: TypeAlias = Callable[[App[None], Context], object]
"""Watches an app by the signals of its context."""


class PumpUpApp(TerminalApp):
    """A reviewer's terminal over one Backend."""

    TITLE = "Pump Up"
    DEFAULT_MODE = "start"
    ENABLE_COMMAND_PALETTE = False  # the commands are ours: one line each, with its key
    BINDINGS: ClassVar[list[BindingType]] = bindings(
        ("tour.skip", "tour('skip')"),
        ("tour.end", "tour('end')"),
        ("screens.inbox", "mode('inbox')"),
        ("screens.board", "mode('board')"),
        ("screens.timeline", "mode('timeline')"),
        ("screens.insights", "mode('insights')"),
        ("screens.project", "project"),
        ("screens.refresh", "refresh"),
        ("screens.commands", "commands"),
        ("screens.help", "help"),
        ("screens.quit", "quit"),
        ("screens.density", "density"),
        ("screens.repaint", "repaint"),
        ("screens.suspend", "suspend_process"),
    )

    def __init__(
        self,
        setup: Setup,
        *,
        hooks: TerminalHooks | None = None,
        observers: Sequence[Observer] = (),
        tour_sheet: Path | None = None,
    ) -> None:
        """Take what the app is started with, and what watches it.

        Args:
            setup: The backend, the clock and the user's own.
            hooks: What the terminal needs of the composition root.
            observers: Each is called when the app is mounted, and watches its signals.
            tour_sheet: The style sheet of the demo's tour, one of the observers; None where it is not the demo.
        """
        super().__init__([sheet("app"), *([tour_sheet] if tour_sheet else [])], hooks)
        self.stylesheet = SteadyStylesheet(variables=self.get_css_variables())
        self.animation_level = "none"  # a slide costs kilobytes over SSH and says nothing
        for theme in THEMES:
            self.register_theme(theme)
        self.in_demo = tour_sheet is not None
        preferences = setup.preferences
        without = preferences.saving.taken_away | (frozenset() if self.in_demo else TOUR_KEYS)
        self.key_names = KeyNames(preferences.keymap, without=without)
        self.dialogs = AppDialogs(self, lambda: self.context)
        self.context = build_context(self, self.dialogs, setup, self.key_names)
        self.observers = observers
        term = os.environ.get("TERM", "")
        self.alerts = Alerts(preferences, write=self.write_raw, ring=self.bell, term=term, monotonic=time.monotonic)
        self.unbound_keys = UnboundKeys(self, self.key_names, self.context.outbox)
        self.key_input = KeyInput(self, self.context.outbox.guard, self.unbound_keys, super().on_event)
        self._net = NoControls()  # one: what it let by is stored with each line
        self._add_modes()
        self._apply_view()
        if preferences.keymap:
            self.set_keymap(dict(preferences.keymap))

    def _add_modes(self) -> None:
        self.add_mode("start", lambda: StartScreen(self.context))
        for mode in MODES:
            self.add_mode(mode, partial(screen_of, mode, self.context, self.dialogs))

    def _apply_view(self) -> None:
        """Show the user's density, and theme where there is such a one."""
        apply_density(self, self.context)
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
        self.context.live_tail.subscribe(self)
        for observe in self.observers:
            observe(self, self.context)
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

    @on(KeyHandled)
    def _key_handled(self, event: KeyHandled) -> None:
        self.key_input.queue.handled(event)

    # Messages.

    @on(messages.Connected)
    async def _connected(self, event: messages.Connected) -> None:
        if await self.context.last_view.switch_reviewer(event.me.subject):
            self._apply_view()
        self.context.connected(self, event)
        welcome(self.context)

    @on(messages.ProjectsLoaded)
    @on(messages.InboxCount)
    @on(messages.LiveState)
    @on(messages.CallFailed)
    @on(StorageFailed)
    @on(Worker.StateChanged)
    def _status_event(self, event: StatusEvent) -> None:
        self.context.status_model.receive(event)

    @on(messages.LiveState)
    def _live_again(self, event: messages.LiveState) -> None:
        if event.again:
            self.action_refresh()
            self.context.live_tail.refresh_all()

    @on(messages.InboxCount)
    @on(messages.RequestsArrived)
    def _alert(self, event: messages.InboxCount | messages.RequestsArrived) -> None:
        self.alerts.receive(event)

    @on(Submitted)
    @on(DecisionsStored)
    @on(RecoveryLoaded)
    def _decision_event(self, event: Submitted | DecisionsStored | RecoveryLoaded) -> None:
        self.context.decisions.receive(event)
        if isinstance(event, Submitted):
            self.context.authority_poll.look()  # it may be a pause, or an escalated task that was dealt with

    @on(messages.Changed)
    def _changed(self, event: messages.Changed) -> None:
        self.context.projects_changed(self, event.events)
        self.context.authority_poll.take_changes(event.events)

    @on(messages.AuthorityChanged)
    @on(messages.GrantsEnded)
    def _authority_event(self, event: messages.AuthorityChanged | messages.GrantsEnded) -> None:
        if isinstance(event, messages.GrantsEnded):
            self.alerts.grants_ended(self.context.grants_ended(event.grants))
        else:
            self.context.status_model.receive(event)
            self.context.signals.authority_changed.publish(None)

    @on(messages.ShowRequest)
    def _show_request(self, event: messages.ShowRequest) -> None:
        self.action_mode("inbox")
        show_request(self.screen, event.request_id)

    @on(messages.ShowPast)
    @on(messages.ShowTask)
    @on(messages.TryGrant)
    def _show(self, event: messages.ShowPast | messages.ShowTask | messages.TryGrant) -> None:
        self.dialogs.show(event)

    @on(Unaimed)
    def _unaimed(self, event: Unaimed) -> None:
        self.context.outbox.hint("not clicked: it was not there when the mouse came; move the mouse, then click it")

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
        self.context.dismiss()
        if not self.context.status.connected:
            self.context.status_model.opening()
            self.context.live_tail.open()
            return
        self.context.reads.projects(self)
        reload_all(self.screen_stack)

    def action_project(self) -> None:
        """Choose the project that all screens show."""
        self.dialogs.choose_project()

    def action_density(self) -> None:
        """Make the screens compact, or roomy again."""
        toggle_density(self, self.context)

    def action_help(self) -> None:
        """Show all keys."""
        self.dialogs.show_help()

    def action_commands(self) -> None:
        """Choose a command, or find something by its name."""
        from pumpup_tui.shell.palette_actions import open_palette

        open_palette(self)
