"""One line to type in: a note, a search. Enter ends it, and sends nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Static
from typing_extensions import override

from pumpup_tui.components.paste_fitting import BREAK, Joined
from pumpup_tui.keys.bindings import bindings
from pumpup_tui.keys.key_names import names_at
from pumpup_tui.text.firewall import content, line

if TYPE_CHECKING:
    from textual.widgets import Input

    from pumpup_tui.keys.key_names import Hints

NOTES = ("note", "task note", "lost note")
"""What is asked that a person may want to write in an editor."""


class Prompt(Horizontal):
    """Hidden until something is asked; gives focus back where it was."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(
        ("typing.done", "done"),
        ("typing.leave", "leave"),
        ("typing.edit", "edit"),
    )

    class Told(Message):
        """Base of what a prompt tells: what was asked, and the text."""

        def __init__(self, what: str, text: str) -> None:
            super().__init__()
            self.what = what
            self.text = text

    class Answered(Told):
        """Enter."""

    class Left(Told):
        """Escape."""

    class Typed(Told):
        """Each key."""

    class Turned(Message):
        """It opened or closed: other keys are heard now."""

    def __init__(self) -> None:
        super().__init__()
        self._what = ""
        self._label = ""
        self._before: Widget | None = None
        self._typed: Input | None = None

    @override
    def compose(self) -> ComposeResult:
        yield Static("", markup=False)

    def ask(self, what: str, label: str, text: str = "") -> None:
        """Show the prompt with `text` in it."""
        from textual.widgets import Input

        self._what, self._label = what, label
        self._before = self.screen.focused if not self.has_class("-asking") else self._before
        # not foreign: the label is our own words, without markup; the caller cleans what is foreign in it
        self.query_one(Static).update(f" {label}: ")
        typed = self._input
        with self.prevent(Input.Changed):
            typed.value = text.replace("\n", BREAK) if self.takes_lines else text
        self.add_class("-asking")
        self.screen.set_focus(typed)  # at once: the next key is typed here, however soon it comes
        self.post_message(self.Turned())

    @property
    def is_asking(self) -> bool:
        """Whether something is typed in it now."""
        return self.has_class("-asking")

    @property
    def takes_lines(self) -> bool:
        """Whether what is typed may have line breaks."""
        return self._what in NOTES

    @property
    def hints(self) -> Hints:
        """The keys that are heard while something is typed, for all others are typed; none while nothing is."""
        if not self.is_asking:
            return ()
        edit = (("typing.edit", "$EDITOR"),) if self.takes_lines else ()
        return (("typing.done", "done"), *edit, ("typing.leave", "leave"))

    @property
    def _input(self) -> Input:
        """What is typed in; made when it is first needed, for the first frame does without."""
        if self._typed is None:
            from textual.widgets import Input

            self._typed = Input(compact=True, select_on_focus=False)
            self._typed.cursor_blink = False
            self.mount(self._typed)
        return self._typed

    def action_done(self) -> None:
        """Close with what was typed."""
        self._close(self.Answered)

    def action_leave(self) -> None:
        """Close without an answer."""
        self._close(self.Left)

    @override
    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return action != "edit" or names_at(self).has("typing.edit")

    def action_edit(self) -> None:
        """Write it in the user's own editor; what comes back is the answer."""
        from pumpup_tui.components.external_editor import EditorFailed, edit_in

        try:
            text = edit_in(self.app, self._text(self._input.value))
        except EditorFailed as error:
            self.query_one(Static).update(f" {line(error, 120)}: ")  # not foreign: made without markup
        else:
            self._close(self.Answered, text.strip())

    def on_input_submitted(self, event: Message) -> None:
        """End on enter."""
        event.stop()
        self._close(self.Answered)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Tell each key."""
        event.stop()
        self.post_message(self.Typed(self._what, self._text(event.value)))

    @on(Joined)
    def _tell_joined(self, event: Joined) -> None:
        event.stop()
        self.query_one(Static).update(content(f" {self._label} ({event.words}): "))

    def _text(self, typed: str) -> str:
        return typed.replace(BREAK, "\n") if self.takes_lines else typed

    def _close(self, kind: type[Prompt.Told], edited: str | None = None) -> None:
        text = self._text(self._input.value) if edited is None else edited
        self.remove_class("-asking")
        if self._before is not None:
            self.screen.set_focus(self._before)
        self.post_message(self.Turned())
        self.post_message(kind(self._what, text))
