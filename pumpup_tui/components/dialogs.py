"""Dialogs: each asks one thing, returns a typed answer and acts on nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, ClassVar, Generic, NamedTuple, TypeVar

from rich.cells import cell_len
from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static
from typing_extensions import override

from pumpup_tui.components.virtual_list import VirtualList
from pumpup_tui.decisions.leaving import Leave
from pumpup_tui.keys.bindings import bindings
from pumpup_tui.keys.key_names import names_at
from pumpup_tui.text.firewall import line
from pumpup_tui.text.layout import Line, fit
from styles.sheets import sheet

if TYPE_CHECKING:
    from textual.signal import Signal

    from pumpup_tui.decisions.outbox import Outbox

T = TypeVar("T")


class Choice(NamedTuple, Generic[T]):
    """One of the things to choose from."""

    value: T
    """The value that is returned where it is chosen."""
    label: str
    """The raw words for it."""


class ChoiceList(VirtualList[tuple[int, Choice[T]]], Generic[T]):
    """Choices with their numbers, a line each."""

    def __init__(self, *, empty: str, draw: Callable[[Choice[T], int], Sequence[Line]] | None = None) -> None:
        """Take what is shown where there is no choice, and what draws one where that is not its label alone."""
        super().__init__(id="choices", empty=empty)
        self._draw = draw
        self.needle = ""
        """What was typed."""
        self.typed_id = ""
        """The row of the choice that is typed: it stands whatever was typed."""

    @override
    def on_click(self, event: events.Click) -> None:
        """Choose what was clicked."""
        event.prevent_default()  # Textual calls the list's own too
        at = event.get_content_offset(self)
        if at is not None and at.y + self.scroll_offset.y < self.model.count:
            self.move_to(at.y + self.scroll_offset.y)
            self.action_choose()

    @override
    def row_id(self, row: tuple[int, Choice[T]]) -> str:
        return str(row[0])

    @override
    def searched(self, row: tuple[int, Choice[T]]) -> str:
        return self.needle if self.row_id(row) == self.typed_id else row[1].label

    @override
    def draw_row(self, row: tuple[int, Choice[T]], width: int) -> Sequence[Line]:
        choice = row[1]
        return self._draw(choice, width) if self._draw else [[(fit(line(choice.label, 200), width), "")]]


class PickScreen(ModalScreen[T], Generic[T]):
    """Return the value of one of a few choices; None on escape. Typing leaves the choices that contain the text."""

    CSS_PATH = sheet("modals")
    BINDINGS: ClassVar[list[BindingType]] = bindings(("modal.close", "dismiss"))

    def __init__(
        self, title: str, choices: Sequence[tuple[T, str]], present: T | None = None, *, typed: T | None = None
    ) -> None:
        """Take what is chosen from.

        Args:
            title: The words over the choices.
            choices: Their values and raw words.
            present: The value of the one that the cursor begins on; else it begins on the first.
            typed: The value of the one that is typed. Where there is one, letters are typed from the first key on.
        """
        super().__init__()
        self._title = title
        self._choices = [Choice(*choice) for choice in choices]
        self._present = present
        self._typed_choice = typed
        self.typed = ""
        """What was typed: the text to begin with, where the choice that is typed is chosen."""

    @override
    def compose(self) -> ComposeResult:
        with Vertical(id="modal"):
            yield Static(self.title_line(), markup=False, id="title")
            yield self.choice_list()

    def choice_list(self) -> ChoiceList[T]:
        """Return the widget that lists the choices."""
        return ChoiceList(empty="nothing to choose from")

    def title_line(self) -> str:
        """Return the title with the keys."""
        key = names_at(self)
        # cleaned again: typed by the user, who can paste anything
        typed = f"   “{line(self.typed, 40)}”" if self.typed else ""
        return f"{self._title}{typed}   {key('move.enter')} chooses, {key('modal.close')} leaves"

    def on_mount(self) -> None:
        """List the choices with the cursor on the present one."""
        choices: ChoiceList[T] = self.query_one(ChoiceList)
        widest = max((cell_len(line(choice.label, 200)) for choice in self._choices), default=20)
        choices.styles.width = min(max(40, widest + 4), 76)
        choices.styles.height = min(max(3, len(self._choices)), 14)
        numbers = (number for number, choice in enumerate(self._choices) if choice.value == self._typed_choice)
        choices.typed_id = str(next(numbers, ""))
        choices.show(enumerate(self._choices))
        present = next((number for number, choice in enumerate(self._choices) if choice.value == self._present), 0)
        choices.select(str(present))  # before any key can come: what moves the cursor after that is the reader
        choices.focus()

    def on_key(self, event: events.Key) -> None:
        """Type: no letter is passed over, for the key that chooses would choose something else then."""
        if event.key == "backspace" and self.typed:
            self._search(self.typed[:-1])
        elif event.character and event.is_printable and (self.typed or not self.is_command(event.key)):
            self._search(self.typed + event.character)
        else:
            return
        event.stop()

    def is_command(self, key: str) -> bool:
        """Return whether a key does something before anything is typed."""
        moves = ("down", "up", "first", "last")
        names = () if self._typed_choice is not None else (*(f"move.{name}" for name in moves), "modal.close")
        return any(key in names_at(self).keys(name) for name in names)

    def _search(self, typed: str) -> None:
        choices: ChoiceList[T] = self.query_one(ChoiceList)
        self.typed = choices.needle = typed
        # cleaned again: typed by the user, who can paste anything
        choices.say_when_empty(f"nothing here contains “{line(typed, 40)}”" if typed else "nothing to choose from")
        choices.search(typed)
        choices.action_go(0)
        self.query_one("#title", Static).update(self.title_line())  # not foreign: made without markup

    @on(VirtualList.Chosen)
    def _picked(self, event: VirtualList.Chosen) -> None:
        event.stop()
        if event.row_id is not None:
            self.dismiss(self._choices[int(event.row_id)].value)


class LeaveScreen(ModalScreen[Leave]):
    """Something is not over: what becomes of it. Escape, enter and every other key stay."""

    CSS_PATH = sheet("modals")
    BINDINGS: ClassVar[list[BindingType]] = bindings(
        ("leave.send", "answer('send')"),
        ("leave.take_back", "answer('take_back')"),
        ("leave.quit", "answer('leave')"),
        ("leave.stay", "dismiss"),
    )

    def __init__(self, outbox: Outbox, changed: Signal[None]) -> None:
        """Take what holds the decisions, and the signal of their changes: the grace time runs on meanwhile."""
        super().__init__()
        self._outbox = outbox
        self._changed = changed
        self._held, self._open = self._counts()

    def on_mount(self) -> None:
        """Say what is so by now, whenever that changes."""
        self._changed.subscribe(self, self._on_change)

    def _counts(self) -> tuple[int, int]:
        """Return how many decisions are held, and how many were sent and have no answer yet."""
        held = len(self._outbox.desk.held())
        return held, len(self._outbox.desk.unfinished()) - held

    def _on_change(self, _: None) -> None:
        if self._counts() != (self._held, self._open):
            self._held, self._open = self._counts()
            self.refresh(recompose=True)

    @override
    def compose(self) -> ComposeResult:
        key = names_at(self)
        with Vertical(id="modal"):
            yield Static("Before you go", markup=False, id="title")
            if not (self._held or self._open):
                yield Static("Everything is sent and answered by now.", markup=False)
                yield Static(f"{key('leave.quit')}  quit", markup=False)
            if self._held:
                yield Static(f"{self._held} held, not sent yet.", markup=False)
                yield Static(f"{key('leave.send')}  send now, then quit", markup=False)
                yield Static(f"{key('leave.take_back')}  take back, then quit", markup=False)
            if self._open:
                yield Static(f"{self._open} sent, no response yet.", markup=False)
                held = " (held decisions are taken back)" if self._held else ""
                yield Static(f"{key('leave.quit')}  quit without waiting{held}", markup=False)
            yield Static(f"{key('leave.stay')}  stay", markup=False)

    def action_answer(self, answer: Leave) -> None:
        """Return the answer, where it is one of those offered."""
        self._held, self._open = self._counts()
        if self._held if answer != "leave" else self._open or not self._held:
            self.dismiss(answer)
