"""The palette over an app: its commands, and what each thing that has a name does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from pumpup_tui.backend.messages import ShowRequest
from pumpup_tui.keys.key_commands import KeyCommand, commands_of
from pumpup_tui.local_state.command_use import CommandUse
from pumpup_tui.shell.authority_entries import authority_entries
from pumpup_tui.shell.modes import show_events
from pumpup_tui.shell.palette import PaletteScreen
from pumpup_tui.shell.palette_entries import PaletteEntry, verb_entries
from pumpup_tui.shell.palette_search import NameSearch

if TYPE_CHECKING:
    from textual.message import Message
    from textual.screen import Screen

    from api_client.models import InboxItem
    from pumpup_tui.context import Context
    from pumpup_tui.shell.app_dialogs import AppDialogs


class PaletteApp(Protocol):
    """The app, as far as the palette needs it."""

    context: Context
    dialogs: AppDialogs
    theme: str

    @property
    def screen(self) -> Screen[Any]:
        """What is in front."""

    @property
    def available_themes(self) -> Mapping[str, object]:
        """The themes by name."""

    def action_mode(self, mode: str) -> None:
        """Go to a main screen, leaving what is over it."""

    def post_message(self, message: Message) -> bool:
        """Post a message to the app."""

    def call_later(self, callback: Callable[[], None]) -> bool:
        """Call back once the messages before it are handled."""

    def push_screen(self, screen: Any, callback: Any) -> Any:
        """Open a screen over the present one."""


def open_palette(app: PaletteApp, typed: str = "") -> None:
    """Open the palette over the present screen, and do what is chosen; `typed` is what typing begins with."""
    context, screen = app.context, app.screen
    if screen.is_modal:
        return
    commands = [command_entry(command) for command in commands_of(screen, context.key)]
    commands += authority_entries(screen, context, app.dialogs.show_grants)
    names = NameSearch(context, PaletteActions(app), sorted(app.available_themes))

    def chosen(entry: PaletteEntry | None) -> None:
        if entry is not None:
            if not entry.kind:
                CommandUse(context.last_view, context.clock).note(entry.id)
            app.call_later(entry.run)  # the palette is still in front

    app.push_screen(PaletteScreen(context, [*commands, *verb_entries()], names, typed=typed), chosen)


def command_entry(command: KeyCommand) -> PaletteEntry:
    """Return the entry of a key's command; it is found by its short name and by its description."""
    searched = f"{command.word} {command.does}"
    return PaletteEntry(command.does, command.id, searched=searched, key=command.key, run=command.run)


class PaletteActions:
    """Does what is chosen by name."""

    def __init__(self, app: PaletteApp) -> None:
        self._app = app

    def show_board(self, project_id: str) -> None:
        """Show a project's board."""
        self.show_project(project_id)
        self._app.action_mode("board")

    def show_project(self, project_id: str) -> None:
        """Show a project on all screens."""
        self._app.context.show_project(project_id)

    def show_task(self, task_id: str) -> None:
        """Open a task's page over the board."""
        self._app.action_mode("board")
        self._app.dialogs.open_task(task_id)

    def show_events(self, task_id: str) -> None:
        """Show a task's timeline."""
        self._app.action_mode("timeline")
        show_events(self._app.screen, task_id)

    def show_request(self, item: InboxItem) -> None:
        """Put the inbox's cursor on a request; where it belongs to another project, all are shown."""
        if self._app.context.project_id not in (None, item.project_id):
            self._app.context.show_project("")
        self._app.post_message(ShowRequest(item.request_id))

    def show_theme(self, name: str) -> None:
        """Change the colours."""
        self._app.theme = name
