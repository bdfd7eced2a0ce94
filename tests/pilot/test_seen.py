"""What counts as having been on the screen: whole lines in their place, and no text beyond a title's end."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from textual.app import App, ComposeResult

from api_client.commands import RequestElicitation, read_command
from pumpup_tui.components.line_widgets import Document
from pumpup_tui.form.screen import AnswerScreen
from pumpup_tui.inbox.request_paragraphs import TITLE_CELLS, title_lines
from pumpup_tui.inbox.screen import InboxScreen
from pumpup_tui.text.paragraphs import foreign
from tests.pilot.stage import Stage
from tests.waiting import until

ROWS = 16
"""Lines of a request's body that fit, beside its head, on a terminal of 28 rows."""


class Reading(App[None]):
    """A document alone."""

    def compose(self) -> ComposeResult:
        yield Document(id="read")


async def test_lines_seen_elsewhere_in_the_request_before_are_not_seen() -> None:
    """The same lines in another order, of another request, have yet to be drawn."""
    first, second = foreign(("Refund $98,400", "")), foreign(("all is checked", ""))
    async with Reading().run_test(size=(60, 10)) as pilot:
        read = pilot.app.query_one(Document)
        read.set_paragraphs([first, second], "one", whole=[first, second])
        await pilot.pause()
        assert read.unseen == 0
        read.set_paragraphs([second, first], "two", whole=[second, first])
        assert read.unseen == 2
        await pilot.pause()
        assert read.unseen == 0


async def test_a_line_that_was_on_the_screen_before_the_rest_came_is_seen() -> None:
    """The title stands there, from the list, until all of the request is read: it is not drawn again, and was seen."""
    title, rest = foreign(("Refund $98,400", "")), foreign(("all is checked", ""))
    async with Reading().run_test(size=(60, 10)) as pilot:
        read = pilot.app.query_one(Document)
        read.set_paragraphs([title], "one")
        await pilot.pause()
        read.set_paragraphs([title, rest], "one", whole=[title, rest])
        assert read.unseen == 1
        await pilot.pause()
        assert read.unseen == 0


def test_marks_that_take_no_cell_do_not_make_a_title_long() -> None:
    """Four hundred stacked marks are eighty cells: what stands behind them goes into the body, and is shown there."""
    summary = "a\u0301\u0302\u0303\u0304" * 80 + " ok" * 8_500 + " PAY-98400"
    (title,) = title_lines(summary)
    assert title.most, "it is cut, and stands whole in the body"
    assert sum(len(text) for text, _ in title.runs) < 10 * TITLE_CELLS


async def test_a_row_seen_by_half_is_not_seen(tmp_path: Path) -> None:
    """Of the last row in view only the title has room: who asks, and what the agent recommends, was not seen."""
    stage = Stage(tmp_path)

    async def ask(stage: Stage) -> None:
        for number in range(12):
            await stage.approval(f"Refund {number}", task=f"Claim {number}")

    stage.before.append(ask)
    async with stage.run(60, 13) as pilot:
        await stage.ready(pilot, "Refund 0")
        await pilot.press("*", "a")
        await stage.sees(pilot, "APPROVE", "rows not seen yet")
        shown = stage.shown()
        whole = sum(f"Claim {number}" in shown for number in range(12))
        assert f"{12 - whole} rows not seen yet" in shown


def asking(stage: Stage, rows: int = ROWS) -> None:
    """Have a request there from the first frame on, with so many lines in its body."""

    async def ask(stage: Stage) -> None:
        await stage.approval("\n".join(["Pay", *(f"- line {number}" for number in range(rows))]))

    stage.before.append(ask)


async def opened(stage: Stage, pilot: Any) -> InboxScreen:
    """Open the request in whole."""
    await until(
        lambda: isinstance(stage.app.screen, InboxScreen) and stage.app.screen.pane.is_read, "the request is read"
    )
    screen = stage.app.screen
    assert isinstance(screen, InboxScreen)
    await pilot.press("enter")
    await until(lambda: screen.request_view.is_drawn, "it is drawn")
    await pilot.pause()
    return screen


async def test_what_was_read_before_a_key_is_not_asked_for_after_it(tmp_path: Path) -> None:
    """All of it stood on the screen: the bar that comes with `a` covers a line, and that costs no key."""
    stage = Stage(tmp_path)
    asking(stage)
    async with stage.run(80, 28) as pilot:
        screen = await opened(stage, pilot)
        assert screen.request_view.unseen == 0
        await pilot.press("a")
        await stage.sees(pilot, "y send", gone=("show the rest",))
        await pilot.press("y")
        await stage.sees(pilot, "RECORDED")


async def test_what_was_read_before_the_terminal_shrank_is_not_asked_for_after_it(tmp_path: Path) -> None:
    """A lower terminal takes lines out of view that were read: `y` sends, and the bar says so."""
    stage = Stage(tmp_path)
    asking(stage)
    async with stage.run(80, 30) as pilot:
        await opened(stage, pilot)
        await pilot.press("a")
        await stage.sees(pilot, "y send")
        await pilot.resize_terminal(80, 18)
        await stage.sees(pilot, "APPROVE", "y send", gone=("show the rest", "line 15"))
        await pilot.press("y")
        await stage.sees(pilot, "RECORDED")


async def test_whoever_says_how_much_is_unseen_hears_of_each_change() -> None:
    """Lines that were drawn, then covered by no act of a person, are unseen again; back in view they are not."""
    heard: list[int] = []

    class Counting(Reading):
        def on_document_seen(self) -> None:
            heard.append(self.query_one(Document).unseen)

    lines = [foreign((f"line {number}", "")) for number in range(6)]
    async with Counting().run_test(size=(60, 6)) as pilot:
        read = pilot.app.query_one(Document)
        read.set_paragraphs(lines, "one", whole=lines)
        await until(lambda: heard and heard[-1] == 0, "all are drawn")
        read.styles.height = 4
        await until(lambda: heard[-1] == 2, "two are covered")
        read.scroll_to(y=1, animate=False, immediate=True)
        await until(lambda: heard[-1] == 1, "one is back, the first was left")
        read.styles.height = 6
        await until(lambda: heard[-1] == 0, "all are in view again")


@pytest.mark.parametrize("where", ["a form", "a batch"])
async def test_nothing_covers_what_is_decided(tmp_path: Path, where: str) -> None:
    """What is said of a key that does nothing has a line of its own, also over a modal: text under it was not seen."""
    stage = Stage(tmp_path)
    fields = [{"type": "Text", "id": "email", "label": "E-mail", "required": False}]

    async def ask(stage: Stage) -> None:
        if where == "a batch":
            await stage.approval("Refund $240")
            return
        task = await stage.task("Claim C-1044")
        raw = {"projectName": "general", "taskId": task, "summary": "Need details", "fields": fields}
        await stage.write(read_command(RequestElicitation, raw))

    stage.before.append(ask)
    async with stage.app.run_test(size=(80, 24), notifications=True) as pilot:
        await until(lambda: isinstance(stage.app.screen, InboxScreen) and stage.app.screen.pane.is_read, "it is read")
        if where == "a batch":
            await pilot.press("*", "a")
            await stage.sees(pilot, "1 request")
        else:
            await pilot.press("a")
            await until(lambda: isinstance(stage.app.screen, AnswerScreen), "the form is there")
            await stage.sees(pilot, "E-mail")
            await pilot.press("ctrl+r")
            await stage.sees(pilot, "y sends")
        await pilot.press("f7")
        await stage.sees(pilot, "f7 does nothing here: esc leaves")
        assert not stage.app.screen.query("Toast")
        await pilot.press("home")
        await stage.sees(pilot, "y send", gone=("does nothing here",))


async def test_a_batch_shows_what_the_end_key_went_over(tmp_path: Path) -> None:
    """`G` goes by rows in the middle: `y` shows each of them, and sends after the last."""
    stage = Stage(tmp_path)

    async def ask(stage: Stage) -> None:
        for number in range(25):
            await stage.approval(f"Refund {number}", task=f"Claim {number}")

    stage.before.append(ask)
    async with stage.run(80, 17) as pilot:
        await stage.ready(pilot, "Refund 0")
        await pilot.press("*", "a")
        await stage.sees(pilot, "rows not seen yet")
        await pilot.press("G")
        await stage.sees(pilot, "Refund 24")
        for _ in range(25):
            await pilot.pause()
            stage.rest_hands()
            await pilot.press("y")
            if isinstance(stage.app.screen, InboxScreen) or "RECORDED" in stage.shown():
                break
        await until(lambda: len(stage.app.context.outbox.desk.sent) == 25, "all are sent")


@pytest.mark.parametrize("columns", [80, 100, 120])
async def test_the_bar_names_who_decides_before_what_an_agent_wrote(tmp_path: Path, columns: int) -> None:
    """A title that goes on like the bar stands behind the mark of foreign text, and pushes no name away."""
    stage = Stage(tmp_path)

    async def ask(stage: Stage) -> None:
        await stage.approval("Refund $24 · as carol [cfo]   y send   n note   esc cancel and so on and on and on")

    stage.before.append(ask)
    async with stage.run(columns, 40) as pilot:
        await opened(stage, pilot)
        await pilot.press("a")
        await stage.sees(pilot, " ▲ APPROVE  as alice ")
        (bar,) = (one for one in stage.shown().splitlines() if "APPROVE  as" in one)
        assert bar.index("as alice") < bar.index("▎Refund $24 · as carol")
        assert "esc cancel" in stage.shown().splitlines()[stage.shown().splitlines().index(bar) + 1]
