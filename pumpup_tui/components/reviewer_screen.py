"""What all screens share: the frame, the decision bar, and the keys of a decision."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message
from typing_extensions import override

from pumpup_tui.backend.messages import CallFailed
from pumpup_tui.backend.status import Status
from pumpup_tui.components.decision_bar import DecisionBar
from pumpup_tui.components.frame import Banner, HeaderLine, KeyHints
from pumpup_tui.components.line_widgets import Document
from pumpup_tui.components.prompt import Prompt
from pumpup_tui.context import Context
from pumpup_tui.decisions.desk import Sent
from pumpup_tui.keys.key_names import Hints
from pumpup_tui.textual_patches.compositor import PromptScreen
from pumpup_tui.textual_patches.stylesheets import sheet

if TYPE_CHECKING:
    from api_client.models import Project


WIDE = 100
"""Columns from which the detail stands beside the list."""


class ReviewerScreen(PromptScreen):
    """A screen with header, banner, body, decision bar and key hints."""

    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (WIDE, "-wide")]  # noqa: RUF012 - declared so by Textual
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "yes", "send", show=False, id="decide.send", tooltip="send what is armed (never enter)"),
        Binding("n", "note", "note", show=False, id="decide.note", tooltip="write the armed decision's note"),
        Binding("u", "take_back", "undo", show=False, id="decide.undo", tooltip="take back what is held"),
        Binding("escape", "back", "back", show=False, id="move.back", tooltip="cancel, or back"),
    ]
    MODE: ClassVar[str] = ""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.css_path = [sheet(self.MODE)]
        self.context = context
        self._read_for: tuple[bool, str | None] = (False, None)

    # What a screen says for itself.

    def body(self) -> ComposeResult:
        """Yield the widgets between header and decision bar."""
        raise NotImplementedError

    def reload(self) -> None:
        """Read everything that is shown again."""
        raise NotImplementedError

    def hints(self) -> Hints:
        """Return the bindings that do something now, with a word each."""
        return ()

    def armed_hints(self) -> Hints:
        """Return what else can be said with what is armed."""
        return ()

    def shown_project(self) -> Project | None:
        """Return the project whose work is shown, None where it is that of all."""
        return self.context.status.project

    def is_armed_shown(self) -> bool:
        """Return whether what is armed is what the screen shows."""
        return True

    def unseen(self) -> int:
        """Return how many lines that what is armed hangs on have not been on the screen yet."""
        return 0

    def told_unseen(self) -> int:
        """Return how many of them to tell: none before anything of it was drawn."""
        return 0

    def show_unseen(self) -> None:
        """Show some of these lines."""

    def confirmed(self, sent: Sent) -> None:
        """Go on after something was confirmed."""

    def nothing_armed(self) -> None:
        """Do what `y` does where nothing is armed."""

    def go_back(self) -> None:
        """Do what escape does where nothing is armed."""

    def say(self, words: str) -> None:
        """Say this where nothing is shown yet."""

    def redraw(self) -> None:
        """Draw again what tells ages or what is on its way."""

    def redraw_on_way(self) -> None:
        """Draw again what tells what is on its way."""
        self.redraw()

    def become_narrow(self) -> None:
        """Show list or detail where both stood, beside each other, until now."""

    # The frame.

    @override
    def compose(self) -> ComposeResult:
        # Known before anything is mounted, or every widget is styled twice before the first frame.
        self.set_class(self.app.size.width >= WIDE, "-wide")
        self.set_class(self.app.size.width < WIDE, "-narrow")
        yield HeaderLine(self.context, self.MODE, self.shown_project)
        yield Banner(self.context)
        yield from self.body()
        yield Prompt()
        yield DecisionBar(self.context, self.told_unseen)
        yield KeyHints(self._hints)

    def on_mount(self) -> None:
        """Hear of changes, and read."""
        self.context.live_tail.subscribe(self)
        self.context.status_changed.subscribe(self, self._on_status)
        self.context.desk_changed.subscribe(self, self._on_desk)
        self.context.minute.subscribe(self, lambda _: self.redraw())
        self._on_status(self.context.status)

    def on_resize(self, event: events.Resize) -> None:
        """Choose what is shown where there is room for one of two no more."""
        if self.has_class("-wide") and event.size.width < WIDE:
            self.become_narrow()

    def on_unmount(self) -> None:
        """Hear of changes no more."""
        self.context.live_tail.unsubscribe(self)

    def on_screen_resume(self) -> None:
        """Tell what happened while another screen was shown."""
        self._on_desk(None)

    def on_screen_suspend(self) -> None:
        """Disarm where the screen is left: what is armed is always shown. A modal over it leaves it as it is."""
        if self.app.screen is not self and not self.app.screen.is_modal:
            self.context.outbox.cancel()

    def _hints(self) -> Hints:
        if self.context.outbox.desk.armed is not None:
            send = "show the rest" if self.told_unseen() else "send"
            return (("decide.send", send), ("decide.note", "note"), *self.armed_hints(), ("move.back", "cancel"))
        undo = (("decide.undo", "take back"),) if self.context.outbox.desk.held() else ()
        return (*undo, *self.hints())

    def _on_status(self, status: Status) -> None:
        self.query_one(HeaderLine).retell()
        self.query_one(Banner).retell()
        if not status.connected:
            again = f"{self.context.key('screens.refresh')} tries again"
            self.say(f"Nothing is open: the line above says why. {again}." if status.banner else status.live)
        wanted = (status.connected, status.project.id if status.project else None)
        if status.connected and wanted != self._read_for:
            self._read_for = wanted
            self.reload()

    def _on_desk(self, _: Any) -> None:
        self.query_one(DecisionBar).retell()
        self.query_one(KeyHints).retell()
        self.redraw_on_way()

    @on(Document.Seen)
    def _seen(self) -> None:
        if self.context.outbox.desk.armed is not None:
            self.query_one(DecisionBar).retell()
            self.query_one(KeyHints).retell()

    @on(CallFailed)
    def _call_failed(self, event: CallFailed) -> None:
        # The app's banner tells it; this takes "opening…" off a list that nothing came for.
        self.say(f"{event.what} could not be read.".capitalize())

    # The keys of a decision.

    def action_yes(self) -> None:
        """Confirm what is armed, if it is shown and all that it hangs on was; else show more of it."""
        outbox = self.context.outbox
        if outbox.desk.armed is None:
            self.nothing_armed()
        elif not self.is_armed_shown():
            outbox.cancel("that is not what is shown: nothing was sent")
        elif self.unseen():
            if fault := outbox.guard.fault():
                outbox.hint(fault)
            else:
                outbox.hint("")
                self.show_unseen()
        elif (sent := outbox.confirm(self.app)) is not None:
            self.confirmed(sent)

    def action_note(self) -> None:
        """Write the armed act's note."""
        armed = self.context.outbox.desk.armed
        if armed is not None:
            self.query_one(Prompt).ask("note", "note", armed.note)

    def action_take_back(self) -> None:
        """Take back what is held."""
        self.context.outbox.take_back()

    def action_back(self) -> None:
        """Cancel what is armed; else go back."""
        if self.context.outbox.desk.armed is not None:
            self.context.outbox.cancel("cancelled: nothing was sent")
        else:
            self.go_back()

    @on(Prompt.Turned)
    def _prompt_turned(self, event: Prompt.Turned) -> None:
        event.stop()
        prompt = self.query_one(Prompt)
        self.query_one(DecisionBar).tell_typing(typing=prompt.is_asking)
        self.query_one(KeyHints).tell_typing(prompt.hints)

    @on(Prompt.Answered)
    def _prompt_answered(self, event: Prompt.Answered) -> None:
        event.stop()
        if event.what == "note":
            self.context.outbox.write_note(event.text)

    @on(Prompt.Left)
    def _prompt_left(self, event: Prompt.Left) -> None:
        event.stop()
        armed = self.context.outbox.desk.armed
        if event.what == "note" and armed is not None and armed.lacks_note:
            self.context.outbox.cancel("cancelled: nothing was sent")

    def on_input_submitted(self, event: Message) -> None:
        """Let enter end typing: it confirms nothing."""
        event.stop()
