"""A few lines at the edge of a screen, as tall as what they have to say."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import App, ComposeResult
from typing_extensions import override

from pumpup_tui.components.line_widgets import Lines
from pumpup_tui.text.layout import Line
from tests.waiting import until


class Said(Lines):
    """Says what it is given."""

    DEFAULT_CSS = "Said { height: auto; }"
    words: Sequence[str] = ("armed",)

    @override
    def lines(self, width: int) -> Sequence[Line]:
        return [[(word, "")] for word in self.words]


class SaidApp(App[None]):
    """One such widget."""

    @override
    def compose(self) -> ComposeResult:
        yield Said()


async def test_there_is_room_for_a_line_that_a_frame_was_quicker_to_draw() -> None:
    """A frame between a change and the word of it draws the new lines, and they get their room all the same."""
    app = SaidApp()
    async with app.run_test(size=(40, 10)) as pilot:
        said = app.query_one(Said)
        await until(lambda: said.size.height == 1, "the one line has its room")
        await pilot.pause()  # its first frame is drawn
        said.words = ("armed", "that came too fast")
        said.render_line(0)
        said.update_lines()
        await until(lambda: said.size.height == 2, "both lines have their room")
