"""All keys, read off the bindings: for help, configuration and the command palette."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from textual.app import App, SystemCommand
from textual.binding import Binding
from textual.dom import DOMNode
from textual.screen import Screen

from pumpup_tui.board.board_view import BoardView
from pumpup_tui.board.filtering import FilteringScreen
from pumpup_tui.board.screen import BoardScreen
from pumpup_tui.components.reviewer_screen import ReviewerScreen
from pumpup_tui.components.task_moves import MovingScreen
from pumpup_tui.components.virtual_list import VirtualList
from pumpup_tui.inbox.decision_controller import DecidingScreen
from pumpup_tui.inbox.detail import ReadingScreen
from pumpup_tui.inbox.filtering import SiftingScreen
from pumpup_tui.inbox.screen import InboxScreen
from pumpup_tui.inbox.selection import BatchingScreen
from pumpup_tui.keys.key_names import bindings_of
from pumpup_tui.task.screen import TaskScreen
from pumpup_tui.task.task_page import TaskPage
from pumpup_tui.timeline.screen import TimelineScreen

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
    FilteringScreen,
    TimelineScreen,
    TaskScreen,
    TaskPage,
)
FURTHER_KEYS = (
    Binding("tab", "", id="form.next", tooltip="next field"),
    Binding("shift+tab", "", id="form.previous", tooltip="previous field"),
    Binding("space,enter", "", id="form.toggle", tooltip="choose an option, or take it back; switch"),
    Binding("up", "", id="form.up", tooltip="a step up; in a text, the field above"),
    Binding("down", "", id="form.down", tooltip="a step down; in a text, the field below"),
    Binding("pageup", "", id="form.up_much", tooltip="ten steps up"),
    Binding("pagedown", "", id="form.down_much", tooltip="ten steps down"),
    Binding("left,up,h,k", "", id="form.yes", tooltip="yes, of a switch"),
    Binding("right,down,l,j", "", id="form.no", tooltip="no, of a switch"),
    Binding("backspace,delete", "", id="form.empty", tooltip="neither yes nor no; empty what can't be edited"),
    Binding("=", "", id="form.bid", tooltip="take the agent's bid (in text: while it is empty)"),
    Binding("ctrl+g", "", id="form.edit", tooltip="a long text in your own editor"),
    Binding("ctrl+underscore", "", id="form.undo", tooltip="undo in a long text"),
    Binding("ctrl+pagedown", "", id="form.leap", tooltip="some fields on"),
    Binding("ctrl+pageup", "", id="form.leap_back", tooltip="some fields back"),
    Binding("ctrl+home", "", id="form.first", tooltip="to the first field"),
    Binding("ctrl+end", "", id="form.last", tooltip="to the last field"),
    Binding("ctrl+r", "", id="form.review", tooltip="review all answers before they are sent"),
    Binding("escape", "", id="form.leave", tooltip="leave; what is typed is kept"),
    Binding("enter", "", id="typing.done", tooltip="done with what is typed in one line"),
    Binding("escape", "", id="typing.leave", tooltip="leave what is typed in one line, or a filter's choice"),
    Binding("ctrl+g", "", id="typing.edit", tooltip="a note in your own editor"),
    Binding("enter", "", id="filter.show", tooltip="show what the timeline's filter chooses"),
    Binding("x", "", id="batch.leave_out", tooltip="leave one out of what is decided at once"),
    Binding("s", "", id="attachment.save", tooltip="save the attachment to a folder"),
    Binding("escape,q", "", id="modal.close", tooltip="close a list, the help, or what became of a batch"),
    Binding("s", "", id="leave.send", tooltip="on leaving: send what is held, then quit"),
    Binding("t", "", id="leave.take_back", tooltip="on leaving: take back what is held, then quit"),
    Binding("x", "", id="leave.quit", tooltip="on leaving: quit without knowing what became of it"),
    Binding("escape,enter,q", "", id="leave.stay", tooltip="on leaving: stay"),
)
"""The keys of forms and of what lies over a screen, spelt out: their modules are imported when they are needed."""


def all_bindings(app: type[App[None]]) -> list[Binding]:
    """Return every binding of an app that has an id, by what it is for, doubles left out."""
    found: dict[str, Binding] = {}
    for owner in (*app.__mro__, *OWNERS):
        for binding in bindings_of(owner):
            if binding.id and binding.tooltip:
                found.setdefault(binding.id, binding)
    found |= {binding.id: binding for binding in FURTHER_KEYS if binding.id}
    order: dict[str, int] = {}
    for name in found:
        order.setdefault(name.partition(".")[0], len(order))
    return sorted(found.values(), key=lambda binding: order[(binding.id or "").partition(".")[0]])


def commands_of(app: PumpUpApp, screen: Screen[Any]) -> Iterator[SystemCommand]:
    """Yield a command for each key that does something where the reader is: what has the focus, the screen, the app."""
    listed = {binding.id: binding for binding in all_bindings(type(app))}
    told: set[str] = set()
    for node in screen.focused.ancestors_with_self if screen.focused is not None else (screen, app):
        for binding in (one for owner in type(node).__mro__ for one in bindings_of(owner)):
            known = listed.get(binding.id)
            # What is nearer is heard first: it is what the key does here.
            if known is not None and known.id and known.id not in told and app.context.key.has(known.id):
                told.add(known.id)
                run = _runner(app, binding.action, node)
                yield SystemCommand(_title(binding, known), f"key {app.context.key(known.id)}", run)


def _title(binding: Binding, known: Binding) -> str:
    """Return what a binding does, with the word that hints call it by where that is another."""
    does = (binding.tooltip or known.tooltip).capitalize()
    short = binding.description or known.description
    return does if short.casefold() in does.casefold() else f"{does} ({short})"  # not foreign: our own words


def _runner(app: App[None], action: str, node: DOMNode) -> Callable[[], None]:
    def run() -> None:
        app.call_later(app.run_action, action, node)

    return run
