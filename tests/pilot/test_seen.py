"""What counts as having been on the screen: whole lines in their place, and no text beyond a title's end."""

from __future__ import annotations

from pathlib import Path

from textual.app import App, ComposeResult

from pumpup_tui.widgets.lines import Document
from pumpup_tui.widgets.paragraphs import foreign
from pumpup_tui.widgets.request_lines import TITLE_CELLS, title_lines
from tests.pilot.stage import Stage


class Reading(App[None]):
    """A document alone."""

    def compose(self) -> ComposeResult:
        yield Document(id="read")


async def test_lines_seen_elsewhere_in_the_request_before_are_not_seen() -> None:
    """The same lines in another order, of another request, have yet to be drawn."""
    first, second = foreign(("Refund $98,400", "")), foreign(("all is checked", ""))
    async with Reading().run_test(size=(60, 10)) as pilot:
        read = pilot.app.query_one(Document)
        read.tell([first, second], "one", whole=[first, second])
        await pilot.pause()
        assert read.unseen == 0
        read.tell([second, first], "two", whole=[second, first])
        assert read.unseen == 2
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
