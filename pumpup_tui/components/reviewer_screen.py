"""The base of all screens: header, banner, decision bar and key hints, and the keys of a decision."""

from __future__ import annotations

from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import Screen
from typing_extensions import override

from pumpup_tui.backend.messages import CallFailed
from pumpup_tui.backend.status import Status
from pumpup_tui.components.decision_bar import DecisionBar
from pumpup_tui.components.frame import Banner, HeaderLine, KeyHints
from pumpup_tui.components.line_widgets import Document
from pumpup_tui.components.note_questions import armed_question
from pumpup_tui.components.prompt import Prompt
from pumpup_tui.components.screen_parts import ArmedView, ScreenCallbacks
from pumpup_tui.context import Context
from pumpup_tui.decisions.desk import ALONE, no_note_words
from pumpup_tui.keys.bindings import bindings
from pumpup_tui.keys.key_names import Hints
from pumpup_tui.textual_patches.immediate_paint import ImmediatePaint
from styles.sheets import sheet

WIDE = 100
"""Columns from which the detail stands beside the list."""


class ReviewerScreen(Screen[None]):
    """A screen with header, banner, body, decision bar and key hints.

    A screen overrides `body`, `reload` and `hints`; in its constructor it may set `armed_view` and `callbacks`.
    """

    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (WIDE, "-wide")]  # noqa: RUF012 - declared so by Textual
    BINDINGS: ClassVar[list[BindingType]] = bindings(
        ("decide.send", "yes"),
        ("decide.note", "note"),
        ("decide.undo", "take_back"),
        ("move.back", "back"),
    )
    MODE: ClassVar[str] = ""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.css_path = [sheet(self.MODE)]
        self.context = context
        self.prompt = Prompt()
        self.key_hints = KeyHints(self._hints)
        self.armed_view = ArmedView()
        self.callbacks = ScreenCallbacks()
        self._painter = ImmediatePaint(self)
        self._read_for: tuple[bool, str | None] = (False, None)

    # What a screen defines.

    def body(self) -> ComposeResult:
        """Yield the widgets between header and decision bar."""
        raise NotImplementedError

    def reload(self) -> None:
        """Read everything that is shown again."""
        raise NotImplementedError

    def hints(self) -> Hints:
        """Return the bindings that do something now, with a word each."""
        return ()

    # The frame.

    @override
    def compose(self) -> ComposeResult:
        # Known before anything is mounted, or every widget is styled twice before the first frame.
        self.set_class(self.app.size.width >= WIDE, "-wide")
        self.set_class(self.app.size.width < WIDE, "-narrow")
        project = self.callbacks.project or (lambda: self.context.status.project)
        yield HeaderLine(self.context, self.MODE, project)
        yield Banner(self.context)
        yield from self.body()
        yield self.prompt
        yield DecisionBar(self.context, self.armed_view.announced, self.armed_view.hints)
        yield self.key_hints

    def on_mount(self) -> None:
        """Subscribe to changes, and read."""
        self.context.live_tail.subscribe(self)
        self.context.status_changed.subscribe(self, self._on_status)
        self.context.desk_changed.subscribe(self, lambda _: self.refresh_decision())
        self.context.minute.subscribe(self, lambda _: self.callbacks.refresh_ages())
        self._on_status(self.context.status)

    def on_resize(self, event: events.Resize) -> None:
        """Choose between list and detail where there is no more room for both."""
        if self.has_class("-wide") and event.size.width < WIDE:
            self.callbacks.become_narrow()

    def on_unmount(self) -> None:
        """Unsubscribe."""
        self.context.live_tail.unsubscribe(self)

    async def on_idle(self, event: events.Idle) -> None:
        """Paint what changed."""
        await self._painter.idle(event)

    def on_screen_resume(self, event: events.ScreenResume) -> None:
        """Show what happened while another screen was in front."""
        self._painter.resume(event)
        self.refresh_decision()

    def on_screen_suspend(self) -> None:
        """Disarm where the screen is left: what is armed is always in view. A modal over it changes nothing."""
        self._painter.suspend()
        if self.app.screen is not self and not self.app.screen.is_modal:
            self.context.outbox.cancel()

    def _hints(self) -> Hints:
        if (armed := self.context.outbox.desk.armed) is not None:
            send = "show the rest" if self.armed_view.announced() else "send"
            note = (("decide.note", "note"),) if armed.takes_note else ()
            return (("decide.send", send), *note, *self.armed_view.hints(), ("move.back", "cancel"))
        undo = (("decide.undo", "take back"),) if self.context.outbox.desk.held() else ()
        return (*undo, *self.hints())

    def _on_status(self, status: Status) -> None:
        self.query_one(HeaderLine).update_lines()
        self.query_one(Banner).update_lines()
        if not status.connected:
            again = f"{self.context.key('screens.refresh')} tries again"
            words = f"Not connected: the line above says why. {again}." if status.banner else status.live
            self.callbacks.show_message(words)
        wanted = (status.connected, status.project.id if status.project else None)
        if status.connected and wanted != self._read_for:
            self._read_for = wanted
            self.reload()
        self.callbacks.status_changed(status)

    def refresh_decision(self) -> None:
        """Draw the decision bar, the key hints and what depends on decisions in flight again."""
        self.query_one(DecisionBar).update_lines()
        self.key_hints.update_lines()
        (self.callbacks.refresh_in_flight or self.callbacks.refresh_ages)()

    @on(Document.Seen)
    def _seen(self) -> None:
        if self.context.outbox.desk.armed is not None:
            self.query_one(DecisionBar).update_lines()
            self.key_hints.update_lines()

    @on(CallFailed)
    def _call_failed(self, event: CallFailed) -> None:
        self.callbacks.call_failed(event)
        # The app's banner reports it; this takes "opening…" off a list that nothing came for.
        self.callbacks.show_message(f"{event.what} could not be read.".capitalize())

    # The keys of a decision.

    def action_yes(self) -> None:
        """Confirm what is armed, if it is in view and all that it depends on was; else show more of it."""
        outbox = self.context.outbox
        is_alone = outbox.desk.armed is not None and outbox.desk.armed.verb in ALONE
        if outbox.desk.armed is None:
            self.armed_view.nothing_armed()
        elif not is_alone and not self.armed_view.is_visible():
            outbox.cancel("that is not what is shown: nothing was sent")
        elif self.armed_view.unseen():
            if fault := outbox.guard.fault():
                outbox.hint(fault)
            else:
                outbox.hint("")
                self.armed_view.show_unseen()
        elif (sent := outbox.confirm(self.app)) is not None and not is_alone:
            self.armed_view.confirmed(sent)

    def action_note(self) -> None:
        """Write the armed decision's note; where nothing is armed, go to the next match of a search."""
        outbox = self.context.outbox

        def written(note: str | None) -> None:
            if note is not None:
                outbox.write_note(note)
            elif outbox.desk.armed is not None and outbox.desk.armed.lacks_note:
                outbox.cancel("cancelled: nothing was sent")

        if (armed := outbox.desk.armed) is not None and not armed.takes_note:
            outbox.hint(no_note_words(armed))
        elif armed is not None:
            self.prompt.ask(armed_question(self.context, armed), written)
        else:
            self.callbacks.next_match()

    def action_take_back(self) -> None:
        """Take back what is held."""
        if (intent := self.context.outbox.take_back()) is not None:
            self.armed_view.taken_back(intent)

    def action_back(self) -> None:
        """Cancel what is armed; else go back."""
        if self.context.outbox.desk.armed is not None:
            self.context.outbox.cancel("cancelled: nothing was sent")
        else:
            self.callbacks.go_back()

    @on(Prompt.Toggled)
    def _prompt_toggled(self, event: Prompt.Toggled) -> None:
        event.stop()
        self.query_one(DecisionBar).set_typing(typing=self.prompt.is_asking)
        self.key_hints.show_typing(self.prompt.hints)
