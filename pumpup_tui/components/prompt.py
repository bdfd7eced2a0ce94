"""The prompt: one line to type in, as a note or a search. Enter answers it, and sends nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, TypeAlias

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Static
from typing_extensions import override

from pumpup_tui.components.joined_lines import BREAK, Joined
from pumpup_tui.keys.bindings import bindings
from pumpup_tui.keys.key_names import names_at
from pumpup_tui.text.firewall import content, line
from pumpup_tui.text.layout import crop

if TYPE_CHECKING:
    from textual.widgets import Input

    from pumpup_tui.decisions.note_templates import FilledTemplate
    from pumpup_tui.keys.key_names import Hints

OnAnswer: TypeAlias = Callable[[str | None], None]
"""Takes the text as it was typed, or None where escape left the prompt."""
OnTake: TypeAlias = Callable[[str], str]
"""Takes a text as it was typed; returns why it can't be taken, empty where it was."""
OnChange: TypeAlias = Callable[[str], None]
"""Takes the text after each change."""
TYPING_ROOM = 24
"""Cells that a reason leaves for the text that it is about."""


@dataclass(frozen=True, slots=True)
class TextQuestion:
    """A request for one text."""

    label: str
    """The words before the text, clean."""
    text: str = ""
    """The text that typing begins with."""
    takes_lines: bool = False
    """Whether the text may have line breaks, and be written in the user's own editor."""
    templates: Sequence[FilledTemplate] = ()
    """Texts that may be put in."""


class Prompt(Horizontal):
    """The line that a question is answered in. Hidden until one is asked; gives focus back where it was."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(
        ("typing.done", "done"),
        ("typing.leave", "leave"),
        ("typing.edit", "edit"),
        ("typing.template", "template"),
    )

    class Toggled(Message):
        """The prompt opened or closed: other keys work now."""

    def __init__(self) -> None:
        super().__init__()
        self._question = TextQuestion("")
        self._on_answer: OnAnswer | None = None
        self._on_change: OnChange | None = None
        self._before: Widget | None = None
        self._typed: Input | None = None

    @override
    def compose(self) -> ComposeResult:
        yield Static("", markup=False)

    def ask(self, question: TextQuestion, answered: OnAnswer, changed: OnChange | None = None) -> None:
        """Open the prompt with a question, in place of one that is open: that one is never answered.

        Args:
            question: The label, and the text that typing begins with.
            answered: Called once: with the text on enter, with None on escape. The prompt is closed by then.
            changed: Called with the text after each change, while the prompt is open.
        """
        from textual.widgets import Input

        if not self.is_asking:
            self._before = self.screen.focused
        self._question, self._on_answer, self._on_change = question, answered, changed
        # not foreign: the label is our own words, without markup; the caller cleans what is foreign in it
        self.query_one(Static).update(f" {question.label}: ")
        typed = self._input
        with self.prevent(Input.Changed):
            typed.value = question.text.replace("\n", BREAK) if self.takes_lines else question.text
        typed.cursor_position = len(typed.value)  # not where it stood in what was typed before
        self.add_class("-asking")
        self.screen.set_focus(typed)  # at once: the next key is typed here, however soon it comes
        self.post_message(self.Toggled())

    def ask_until_taken(self, words: str, example: str, take: OnTake, text: str = "", fault: str = "") -> None:
        """Ask for a text until it is taken: one that is not stays there to be mended, behind the reason.

        Escape and an empty text leave.

        Args:
            words: The words before the text, clean.
            example: What may be typed, clean.
            take: Takes the text as it was typed, without blanks around it; returns why it can't, else nothing.
            text: The text that typing begins with.
            fault: The reason why that was not taken.
        """

        def answered(typed: str | None) -> None:
            if typed is not None and typed.strip() and (why := take(typed.strip())):
                self.ask_until_taken(words, example, take, typed, why)

        room = max(20, self.screen.size.width - len(words) - TYPING_ROOM)
        shown = crop(line(fault), room) if fault else example  # cleaned again: the user typed what is quoted
        self.ask(TextQuestion(f"{words} ({shown})", text), answered)

    @property
    def is_asking(self) -> bool:
        """Whether a question is open."""
        return self.has_class("-asking")

    @property
    def takes_lines(self) -> bool:
        """Whether what is typed may have line breaks."""
        return self._question.takes_lines

    @property
    def hints(self) -> Hints:
        """The keys that work while a question is open, where all others are typed; none while none is."""
        if not self.is_asking:
            return ()
        edit = (("typing.edit", "$EDITOR"),) if self.takes_lines else ()
        template = (("typing.template", "template"),) if self._question.templates else ()
        return (("typing.done", "done"), *template, *edit, ("typing.leave", "leave"))

    @property
    def _input(self) -> Input:
        """The input; made when it is first needed, for the first frame does without."""
        if self._typed is None:
            from textual.widgets import Input

            self._typed = Input(compact=True, select_on_focus=False)
            self._typed.cursor_blink = False
            self.mount(self._typed)
        return self._typed

    def action_done(self) -> None:
        """Answer with the text as typed."""
        self._close(self._text)

    def action_leave(self) -> None:
        """Close without an answer."""
        self._close(None)

    @override
    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "template":
            return bool(self._question.templates)
        return action != "edit" or names_at(self).has("typing.edit")

    def action_template(self) -> None:
        """Put in one of the templates, behind what is typed already."""
        from pumpup_tui.components.dialogs import PickScreen

        # not foreign: the user's own, with values that are clean
        choices = [(template.text, f"{template.name}: {template.text}") for template in self._question.templates]
        self.app.push_screen(PickScreen("Note templates", choices), self._put_in)

    def _put_in(self, text: str | None) -> None:
        if text is not None and self.is_asking:
            typed = self._input
            # not foreign: typed by the user
            before = f"{typed.value} " if typed.value and not typed.value.endswith((" ", BREAK)) else typed.value
            typed.value = before + text.replace("\n", BREAK)
            typed.cursor_position = len(typed.value)

    def action_edit(self) -> None:
        """Write the answer in the user's own editor."""
        from pumpup_tui.components.external_editor import EditorFailed, edit_in

        try:
            text = edit_in(self.app, self._text)
        except EditorFailed as error:
            self.query_one(Static).update(f" {line(error, 120)}: ")  # not foreign: made without markup
        else:
            self._close(text.strip())

    def on_input_submitted(self, event: Message) -> None:
        """Answer on enter."""
        event.stop()
        self._close(self._text)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Report each change, with the text as it is by now."""
        event.stop()
        if self.is_asking and self._on_change is not None:
            self._on_change(self._text)

    @on(Joined)
    def _show_joined(self, event: Joined) -> None:
        event.stop()
        self.query_one(Static).update(content(f" {self._question.label} ({event.words}): "))

    @property
    def _text(self) -> str:
        """The text as typed, with its line breaks where it may have some."""
        typed = self._input.value
        return typed.replace(BREAK, "\n") if self.takes_lines else typed

    def _close(self, answer: str | None) -> None:
        """Close, then hand over the answer, so that the next question may be asked at once."""
        on_answer, self._on_answer = self._on_answer, None
        self.remove_class("-asking")
        if self._before is not None:
            self.screen.set_focus(self._before)
        self.post_message(self.Toggled())
        if on_answer is not None:
            on_answer(answer)
