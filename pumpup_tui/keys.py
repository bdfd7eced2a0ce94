"""All keys, read off the bindings: for help and for the command palette."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from textual.app import App, SystemCommand
from textual.binding import Binding
from textual.dom import DOMNode
from textual.screen import Screen

from pumpup_tui.rebinding import key_words, rebound
from pumpup_tui.screens.base import ReviewerScreen
from pumpup_tui.screens.batching import BatchingScreen
from pumpup_tui.screens.board import BoardScreen
from pumpup_tui.screens.deciding import DecidingScreen
from pumpup_tui.screens.inbox import InboxScreen
from pumpup_tui.screens.moving import MovingScreen
from pumpup_tui.screens.reading import ReadingScreen
from pumpup_tui.screens.sifting import SiftingScreen
from pumpup_tui.screens.task import TaskScreen
from pumpup_tui.screens.timeline import TimelineScreen
from pumpup_tui.widgets.board_view import BoardView
from pumpup_tui.widgets.virtual_list import VirtualList

if TYPE_CHECKING:
    from pumpup_tui.app import PumpUpApp

OWNERS: tuple[type[DOMNode], ...] = (
    VirtualList,
    DecidingScreen,
    InboxScreen,
    BatchingScreen,
    SiftingScreen,
    ReadingScreen,
    ReviewerScreen,
    BoardView,
    MovingScreen,
    BoardScreen,
    TimelineScreen,
    TaskScreen,
)
FORM_KEYS = (
    Binding("tab", "", id="form.next", tooltip="next field"),
    Binding("space", "", id="form.toggle", tooltip="choose an option, or take it back"),
    Binding("up,down", "", id="form.slide", tooltip="a slider's steps"),
    Binding("=", "", id="form.bid", tooltip="take the agent's bid (in text: while it is empty)"),
    Binding("ctrl+r", "", id="form.review", tooltip="review all answers, then y sends"),
    Binding("escape", "", id="form.leave", tooltip="leave; what is typed is kept"),
)
"""The form's keys, spelt out here: its module is not imported before a form is opened."""


def all_bindings(app: type[App[None]]) -> list[Binding]:
    """Return every binding that has an id, by what it is for, doubles left out."""
    found: dict[str, Binding] = {}
    for owner in (app, *OWNERS):
        for binding in owner.__dict__.get("BINDINGS", ()):
            if isinstance(binding, Binding) and binding.id and binding.tooltip:
                found.setdefault(binding.id, binding)
    found |= {binding.id: binding for binding in FORM_KEYS if binding.id}
    order: dict[str, int] = {}
    for name in found:
        order.setdefault(name.partition(".")[0], len(order))
    return sorted(found.values(), key=lambda binding: order[(binding.id or "").partition(".")[0]])


def commands_of(app: PumpUpApp, screen: Screen[Any]) -> Iterator[SystemCommand]:
    """Yield a command for each key that does something where the reader is."""
    keymap = app.context.preferences.keymap
    for binding in all_bindings(type(app)):
        name = f"action_{binding.action.partition('(')[0]}"
        node = next((one for one in (app.focused, screen, app) if one is not None and hasattr(one, name)), None)
        if binding.action and node is not None:
            yield SystemCommand(
                binding.tooltip.capitalize(),
                f"key {key_words(rebound(binding, keymap).key)}",
                _runner(app, binding.action, node),
            )


def _runner(app: App[None], action: str, node: DOMNode) -> Callable[[], None]:
    def run() -> None:
        app.call_later(app.run_action, action, node)

    return run
