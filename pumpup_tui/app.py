"""The app: modes, keys, how things stand. It fetches nothing itself."""

from __future__ import annotations

import os
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import replace
from datetime import tzinfo
from typing import TYPE_CHECKING, ClassVar, cast

from textual import events, on
from textual.app import SystemCommand
from textual.binding import BindingType
from textual.filter import LineFilter
from textual.screen import Screen
from textual.signal import Signal
from textual.widget import AwaitMount
from typing_extensions import override

from pumpup_tui.backend import messages
from pumpup_tui.backend.alerts import Alerts
from pumpup_tui.backend.feed import Feed
from pumpup_tui.backend.status import StandingApp
from pumpup_tui.commands.garbage_collection import Tidying
from pumpup_tui.components.line_widgets import Document
from pumpup_tui.components.start_screen import StartScreen
from pumpup_tui.context import Context
from pumpup_tui.decisions.outbox import Outbox
from pumpup_tui.keys.bindings import bindings
from pumpup_tui.keys.key_names import KeyNames
from pumpup_tui.keys.unbound_keys import UnboundKeys
from pumpup_tui.local_state.document_store import Kept
from pumpup_tui.local_state.drafts import Drafts
from pumpup_tui.local_state.last_view import Memory
from pumpup_tui.local_state.preferences import Preferences
from pumpup_tui.text.line_filter import NoControls
from pumpup_tui.textual_patches.key_queue import Passed, Turns
from pumpup_tui.textual_patches.stylesheets import SteadyStylesheet, sheet
from styles.contrast import readable
from styles.themes import THEMES

if TYPE_CHECKING:
    from textual.command import Provider
    from textual.worker import WorkType

    from api_client.backend import Backend
    from api_client.times import Clock
    from pumpup_tui.components.reviewer_screen import ReviewerScreen

TICK_SECONDS = 0.25
MINUTE_SECONDS = 60.0
"""Between two looks at the clock for what tells ages."""
KEEP_SECONDS = 1.0
"""After which all that a screen brought is there."""


def _everything() -> type[Provider]:
    from pumpup_tui.palette import NameSearch

    return NameSearch


class PumpUpApp(StandingApp):
    """A reviewer's terminal over one Backend."""

    TITLE = "Pump Up"
    CSS_PATH = sheet("app")
    DEFAULT_MODE = "start"
    IN_DEMO: ClassVar[bool] = False
    """Whether the keys of the demo's tour are heard."""
    COMMANDS: ClassVar[set[type[Provider] | Callable[[], type[Provider]]]] = {*StandingApp.COMMANDS, _everything}
    BINDINGS: ClassVar[list[BindingType]] = bindings(
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
        kept: Kept | None = None,
    ) -> None:
        super().__init__()
        self.stylesheet = SteadyStylesheet(variables=self.get_css_variables())
        preferences = preferences or Preferences()
        self.animation_level = "none"  # a slide costs kilobytes over SSH and tells nothing
        for theme in THEMES:
            self.register_theme(theme)
        kept = kept or Kept(None)
        feed, key = Feed(self, connect, clock), KeyNames(preferences.keymap, without=preferences.saving.taken_away)
        grace, changed = preferences.grace_seconds, self._desk_changed
        self.context = Context(
            feed=feed,
            outbox=Outbox(feed, clock=clock, new_key=new_key, grace=grace, changed=changed, kept=kept, key=key),
            clock=clock,
            zone=zone,
            source_label=source_label,
            preferences=preferences,
            key=key,
            kept=kept,
            drafts=Drafts(kept, self._keep_drafts),
            status_changed=Signal(self, "status"),
            desk_changed=Signal(self, "desk"),
            minute=Signal(self, "minute"),
        )
        self._memory = self.context.memory = Memory(self, self.context)
        self.alerts = self._alerts(preferences)
        self._begin_ways()

    @property
    def key_names(self) -> KeyNames:
        """The keys as they are bound for this user."""
        return self.context.key

    @override
    def get_css_variables(self) -> dict[str, str]:
        variables = super().get_css_variables()
        self.theme_variables = variables | readable(variables)
        return self.theme_variables

    def _begin_ways(self) -> None:
        """Make what keys and lines go through, and name the screens."""
        self._turns = Turns(self, self._hear)
        self._unbound_keys = UnboundKeys(self, self.key_names, self.context.outbox)
        self._tidying = Tidying(time.monotonic)
        self._hides = True
        self._net = NoControls()  # one: what it let by is kept with each line
        self.add_mode("start", lambda: StartScreen(self.context))
        self.add_mode("inbox", self._inbox)
        self.add_mode("board", self._board)
        self.add_mode("timeline", self._timeline)

    def _alerts(self, preferences: Preferences) -> Alerts:
        term = os.environ.get("TERM", "")
        return Alerts(preferences, write=self.write_raw, ring=self.bell, term=term, monotonic=time.monotonic)

    # The first frame waits for no screen's imports.

    def _inbox(self) -> ReviewerScreen:
        from pumpup_tui.inbox.screen import InboxScreen

        return InboxScreen(self.context)

    def _board(self) -> ReviewerScreen:
        from pumpup_tui.board.screen import BoardScreen

        self._keep_all()
        return BoardScreen(self.context)

    def _timeline(self) -> ReviewerScreen:
        from pumpup_tui.timeline.screen import TimelineScreen

        self._keep_all()
        return TimelineScreen(self.context)

    def _keep_all(self) -> None:
        self.set_timer(KEEP_SECONDS, self._tidying.keep_all)

    def on_mount(self) -> None:
        """Begin once the first frame is out."""
        self._memory.begin()
        self._keep_all()
        self.set_interval(MINUTE_SECONDS, lambda: self.context.minute.publish(None))
        self.set_interval(TICK_SECONDS, self._tick)
        self.set_interval(TICK_SECONDS, self._tidying.tick)
        self.call_after_refresh(self._begin)

    def _begin(self) -> None:
        """Open the backend, and the inbox where no key has asked for another screen meanwhile."""
        self.context.feed.open()
        if self.current_mode == "start":
            self.switch_mode("inbox")

    async def on_unmount(self) -> None:
        """Keep what was typed, and close the backend."""
        await self.context.drafts.flush()
        await self.context.feed.aclose()
        await self.end_outgoing()
        self.alerts.close()

    @override
    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, (events.Key, events.Paste)) and not event.is_forwarded:
            await self._turns.take(event)
        else:
            if isinstance(event, (events.Resize, events.MouseDown)):
                self._take_in()
            await super().on_event(event)

    def _take_in(self) -> None:
        """Hold what is read on the screen to have been seen: a person is about to change what is in view."""
        if self.screen_stack:
            for document in self.screen.query(Document):
                document.take_in()

    async def _hear(self, event: events.Key | events.Paste) -> None:
        # Every key passes here once, on its way down: what confirms must know how it came.
        self._take_in()
        if isinstance(event, events.Key):
            self.context.outbox.guard.saw(event.key, event.time)
            self._unbound_keys.heard(event.key)
            self._tidying.pressed()
        else:
            from pumpup_tui.components.paste_fitting import fit

            fit(event, self.focused)
        await super().on_event(event)

    @override
    async def _check_bindings(self, key: str, priority: bool = False) -> bool:
        # Textual has no public way to learn that a key was bound to nothing: see tests/cli/test_keys_answered.py.
        bound = await super()._check_bindings(key, priority)
        if not bound and not priority:
            self._unbound_keys.unbound(key)
        return bound

    @override
    def action_help_quit(self) -> None:
        self._unbound_keys.wants_to_quit()

    @on(Passed)
    def _passed(self, event: Passed) -> None:
        self._turns.passed(event)

    @override
    def get_line_filters(self) -> Sequence[LineFilter]:
        return [self._net, *super().get_line_filters()]

    def _keep_drafts(self, write: Callable[[], Awaitable[None]]) -> None:
        self.run_worker(cast("WorkType[None]", write), name="drafts", group="drafts", exit_on_error=False)

    @on(messages.ShowRequest)
    def _show_request(self, event: messages.ShowRequest) -> None:
        self.action_mode("inbox")
        from pumpup_tui.inbox.screen import InboxScreen

        if isinstance(self.screen, InboxScreen):
            self.screen.show_request(event.request_id)

    @override
    def switch_mode(self, mode: str) -> AwaitMount:
        self._hides = mode not in self._screen_stacks
        try:
            return super().switch_mode(mode)
        finally:
            self._hides = True

    @override
    def delay_update(self, delay: float = 0.05) -> None:
        # So long Textual hides a screen that may still be put together; one that was shown before is there at once.
        super().delay_update(delay if self._hides else 0.001)

    # Keys.

    def action_mode(self, mode: str) -> None:
        """Go to a main screen, leaving what is over it."""
        if self.screen.is_modal:
            return
        while len(self.screen_stack) > 1:
            self.pop_screen()
        self.switch_mode(mode)

    def action_refresh(self) -> None:
        """Read again what is shown; open the backend where it is not."""
        self._set_status(replace(self.context.status.with_banner(), notices=()))
        if not self.context.status.connected:
            self._set_status(replace(self.context.status, live="opening…", live_tone="muted"))
            self.context.feed.open()
            return
        self.context.feed.projects(self)
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
                self.context.outbox.put_away()
            self._set_status(replace(self.context.status, project=project))

    def action_help(self) -> None:
        """Show all keys."""
        from pumpup_tui.components.dialogs import HelpScreen

        if not self.screen.is_modal:
            self.push_screen(HelpScreen(self.key_names.table(in_demo=self.IN_DEMO)))

    @override
    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        from pumpup_tui.keys.key_commands import commands_of

        yield SystemCommand("Theme", "change the colours", self.action_change_theme)
        yield from commands_of(screen, self.key_names)
