"""Modals: each asks one thing, returns a typed answer and acts on nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static
from typing_extensions import override

from pumpup_tui.components.line_widgets import Document
from pumpup_tui.components.virtual_list import VirtualList
from pumpup_tui.decisions.leaving import Leave
from pumpup_tui.keys.key_names import key_words, names_at
from pumpup_tui.text.firewall import line
from pumpup_tui.text.layout import Line, fit
from pumpup_tui.textual_patches.stylesheets import sheet

if TYPE_CHECKING:
    from textual.signal import Signal

    from pumpup_tui.decisions.outbox import Outbox


class HelpScreen(ModalScreen[None]):
    """All keys, made from the bindings."""

    CSS_PATH = sheet("modals")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "dismiss", "close", show=False, id="modal.close"),
        Binding("?", "dismiss", "close", show=False, id="screens.help"),
    ]

    def __init__(self, bindings: Sequence[Binding]) -> None:
        super().__init__()
        self._listed = bindings

    @override
    def compose(self) -> ComposeResult:
        with Vertical(id="modal"):
            yield Static(f"Keys   {names_at(self)('modal.close')} closes", markup=False, id="title")
            yield Document(id="help")

    def on_mount(self) -> None:
        """List the keys by what they are for."""
        lines: list[Line] = []
        group = ""
        for binding in self._listed:
            of, _, _ = (binding.id or "").partition(".")
            if of != group:
                group = of
                lines += [[], [(of, "strong")]]
            lines.append([(fit(key_words(binding.key), 20) + "  ", "accent"), (binding.tooltip, "")])
        self.query_one(Document).tell(lines[1:])
        self.query_one(Document).focus()


class Choice(VirtualList[tuple[str, str]]):
    """Things to choose from: id and raw words."""

    @override
    def row_id(self, row: tuple[str, str]) -> str:
        return row[0]

    @override
    def draw_row(self, row: tuple[str, str], width: int) -> Sequence[Line]:
        return [[(fit(line(row[1], 200), width), "")]]


class PickScreen(ModalScreen[str]):
    """Choose one of a few; escape chooses none."""

    CSS_PATH = sheet("modals")
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q", "dismiss", "close", show=False, id="modal.close")]

    def __init__(self, title: str, choices: Sequence[tuple[str, str]], chosen: str = "") -> None:
        super().__init__()
        self._title = title
        self._choices = choices
        self._chosen = chosen

    @override
    def compose(self) -> ComposeResult:
        with Vertical(id="modal"):
            yield Static(self.told_title(), markup=False, id="title")
            yield Choice(id="choices", empty="nothing to choose from")

    def told_title(self) -> str:
        """Return the title with the keys."""
        key = names_at(self)
        return f"{self._title}   {key('move.enter')} chooses, {key('modal.close')} leaves"

    def on_mount(self) -> None:
        """List the choices with the cursor on the present one."""
        choices = self.query_one(Choice)
        widest = max((cell_len(line(words, 200)) for _, words in self._choices), default=20)
        choices.styles.width = min(max(40, widest + 4), 76)
        choices.styles.height = min(max(3, len(self._choices)), 14)
        choices.show(self._choices)
        choices.select(self._chosen)  # before any key can come: what moves the cursor after that is the reader
        choices.focus()

    @on(VirtualList.Chosen)
    def _picked(self, event: VirtualList.Chosen) -> None:
        event.stop()
        self.dismiss(event.row_id)


class LeaveScreen(ModalScreen[Leave]):
    """Something is not over: what becomes of it. Escape, enter and every other key stay."""

    CSS_PATH = sheet("modals")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s", "answer('send')", show=False, id="leave.send"),
        Binding("t", "answer('take_back')", show=False, id="leave.take_back"),
        Binding("x", "answer('leave')", show=False, id="leave.quit"),
        Binding("escape,enter,q", "dismiss", show=False, id="leave.stay"),
    ]

    def __init__(self, outbox: Outbox, changed: Signal[None]) -> None:
        """Take what holds the decisions, and what tells that it changed: the grace time runs on meanwhile."""
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
                yield Static("Nothing is held or unanswered any more.", markup=False)
                yield Static(f"{key('leave.quit')}  quit", markup=False)
            if self._held:
                yield Static(f"{self._held} held, not sent yet.", markup=False)
                yield Static(f"{key('leave.send')}  send now, then quit", markup=False)
                yield Static(f"{key('leave.take_back')}  take back, then quit", markup=False)
            if self._open:
                yield Static(f"{self._open} sent, the answer is not known yet.", markup=False)
                held = " (what is held is taken back)" if self._held else ""
                yield Static(f"{key('leave.quit')}  quit without knowing{held}", markup=False)
            yield Static(f"{key('leave.stay')}  stay", markup=False)

    def action_answer(self, answer: Leave) -> None:
        """Return the answer, where it is one of those offered."""
        self._held, self._open = self._counts()
        if self._held if answer != "leave" else self._open or not self._held:
            self.dismiss(answer)
