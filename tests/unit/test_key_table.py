"""The table of keys agrees with the classes that hear them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import pytest
from textual.app import App
from textual.containers import ScrollableContainer
from textual.dom import DOMNode
from textual.screen import ModalScreen, Screen
from textual.widgets import Input, TextArea

from pumpup_tui.app import PumpUpApp
from pumpup_tui.attachments.screen import AttachmentsScreen
from pumpup_tui.board.board_view import BoardView
from pumpup_tui.board.past_board_screen import PastBoardScreen
from pumpup_tui.board.projects_view import ProjectsView
from pumpup_tui.board.screen import BoardScreen
from pumpup_tui.components.dialogs import LeaveScreen, PickScreen
from pumpup_tui.components.line_widgets import Document
from pumpup_tui.components.option_picker import OptionPicker
from pumpup_tui.components.prompt import Prompt
from pumpup_tui.components.virtual_list import VirtualList
from pumpup_tui.form import controls as form
from pumpup_tui.form.elicitation_form import ElicitationForm
from pumpup_tui.form.screen import AnswerScreen
from pumpup_tui.grants.grants_screen import GrantsScreen
from pumpup_tui.grants.trial_screen import GrantTrialScreen
from pumpup_tui.inbox.batch_screen import BatchResults, BatchScreen
from pumpup_tui.inbox.reason_screen import ReasonScreen
from pumpup_tui.inbox.recovery_screen import RecoveryScreen
from pumpup_tui.inbox.screen import InboxScreen
from pumpup_tui.insights.figures_view import FiguresView
from pumpup_tui.insights.screen import InsightsScreen
from pumpup_tui.keys.bindings import bindings_of
from pumpup_tui.keys.table import BY_ID, PLACES, TABLE
from pumpup_tui.shell.help_screen import HelpScreen
from pumpup_tui.shell.palette import PaletteScreen
from pumpup_tui.task.past_task_screen import PastTaskScreen
from pumpup_tui.task.screen import TaskScreen
from pumpup_tui.task.task_page import TaskPage
from pumpup_tui.timeline.filter_dialog import FilterScreen
from pumpup_tui.timeline.screen import TimelineScreen

FOCUSED: Mapping[str, tuple[type[DOMNode], ...]] = {
    "a prompt": (Prompt,),
    "the inbox's list": (VirtualList, InboxScreen),
    "the inbox's detail": (Document, InboxScreen),
    "the board": (BoardView, BoardScreen),
    "the board of all projects": (ProjectsView, BoardScreen),
    "a task": (TaskPage, TaskScreen),
    "a task as it was": (TaskPage, PastTaskScreen),
    "a board as it was": (BoardView, PastBoardScreen),
    "the timeline's list": (VirtualList, TimelineScreen),
    "the timeline's detail": (Document, TimelineScreen),
    "the command palette": (Input, PaletteScreen),
    "the insights": (FiguresView, InsightsScreen),
    "the trial of a grant": (VirtualList, GrantTrialScreen),
    "the grants": (VirtualList, GrantsScreen),
    "the help": (Document, HelpScreen),
    "a list to choose from": (VirtualList, PickScreen),
    "the reason codes": (VirtualList, ReasonScreen),
    "the question on leaving": (LeaveScreen,),
    "the attachments": (VirtualList, AttachmentsScreen),
    "a batch": (VirtualList, BatchScreen),
    "a batch's results": (VirtualList, BatchResults),
    "the timeline's filter": (OptionPicker, FilterScreen),
    "the review of answers": (Document, AnswerScreen),
    "a text field": (form.Typed, ElicitationForm, AnswerScreen),
    "a text area": (form.Area, ElicitationForm, AnswerScreen),
    "a switch": (form.Toggle, ElicitationForm, AnswerScreen),
    "a read-only field": (form.Sealed, ElicitationForm, AnswerScreen),
    "a search field": (form.Search, ElicitationForm, AnswerScreen),
    "a field's options": (OptionPicker, ElicitationForm, AnswerScreen),
}
"""What has the focus at each place, and what around it hears keys."""
TOOLKIT = (App, Screen, ScrollableContainer, Input, TextArea)


def heard_together(nodes: Iterable[type[DOMNode]]) -> Iterator[type]:
    """Yield the classes that hear keys while the first of `nodes` has the focus: a modal keeps them from the app."""
    for node in nodes:
        yield from node.__mro__
        if issubclass(node, Screen) and not issubclass(node, ModalScreen):
            yield from PumpUpApp.__mro__


def owners() -> Iterator[type[DOMNode]]:
    """Yield all of our loaded classes that may hear keys."""
    left: list[type[DOMNode]] = [DOMNode]
    while left:
        left += (owner := left.pop()).__subclasses__()
        if owner.__module__.startswith("pumpup_tui."):
            yield owner


def ids_of(owners: Iterable[type]) -> set[str]:
    return {binding.id for owner in owners for binding in bindings_of(owner) if binding.id}


def test_every_row_is_bound() -> None:
    """The classes bind each id of the table and no other; each id stands in the table once."""
    assert ids_of(owners()) == set(BY_ID)
    assert len(BY_ID) == len(TABLE)


def test_every_binding_is_made_of_its_row() -> None:
    """None has keys, a place before what has the focus, or words of its own."""
    for owner in owners():
        for binding in bindings_of(owner):
            row = BY_ID[str(binding.id)]
            made = (binding.key, binding.description, binding.tooltip, binding.priority)
            assert made == (row.keys, row.word, row.tooltip, row.priority), f"{owner.__name__}: {row.id}"


@pytest.mark.parametrize("place", PLACES)
def test_what_is_heard_together_is_checked_together(place: str) -> None:
    """The table's scopes name at each place what the classes hear there, Textual's own keys among it."""
    classes = list(heard_together(FOCUSED[place]))
    scopes = set(PLACES[place])
    assert ids_of(classes) == {row.id for row in TABLE if scopes.intersection(row.scopes)}
    bound = {one for one in classes if bindings_of(one) and not one.__module__.startswith("pumpup_tui.")}
    assert {one.__name__ for one in bound} == scopes.intersection(one.__name__ for one in TOOLKIT)


def test_every_class_that_hears_keys_stands_at_a_place() -> None:
    """What is bound anywhere is checked for clashes; a list to choose from stands for all of its kind."""
    heard = {one for nodes in FOCUSED.values() for one in heard_together(nodes)} | {RecoveryScreen}
    assert ids_of([RecoveryScreen]) == ids_of([PickScreen])
    assert [one.__name__ for one in owners() if bindings_of(one) and one not in heard] == []


def test_no_key_is_bound_twice_at_a_place() -> None:
    """Where two of ours share a key, the nearer one is meant: each such pair is one that was made to."""
    shared = {
        tuple(sorted((one.id, other.id)))
        for scopes in PLACES.values()
        for one in TABLE
        for other in TABLE
        if one.id < other.id
        and set(scopes) & set(one.scopes)
        and set(scopes) & set(other.scopes)
        and set(one.keys.split(",")) & set(other.keys.split(","))
    }
    assert shared == {
        ("filter.show", "form.toggle"),
        ("filter.show", "move.enter"),
        ("form.toggle", "move.enter"),
    }
