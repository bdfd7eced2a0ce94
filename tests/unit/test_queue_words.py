"""The inbox in words: its tabs, what is done today and in this session."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from pumpup_tui.decisions.desk import Desk, Intent, Phase
from pumpup_tui.decisions.session_tally import SessionTally
from pumpup_tui.inbox.active_filter import InboxFilter
from pumpup_tui.inbox.empty_state import DoneToday, words_when_empty
from pumpup_tui.inbox.queue_line import QueueLine, QueueState, Tab, shown_tabs
from pumpup_tui.keys.key_names import KeyNames
from pumpup_tui.text.layout import Line, width_of

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
TABS = [Tab("all", ""), Tab("mine", "is:mine"), Tab("[red]x", "x"), Tab("d" * 50, "d")]


def words(line: Line) -> str:
    return "".join(text for text, _ in line)


def test_the_keys_of_the_tabs_go_round() -> None:
    """All, the three of every reader, the configured, the saved ones, and all again; from no tab the first is next."""
    narrowing = InboxFilter(KeyNames(), {"doubtful": "confidence<.5"})
    narrowing.stored = {"pears": "pears"}
    seen = []
    for _ in range(6):
        narrowing.use(narrowing.step(1))
        seen.append(narrowing.text)
    assert seen == ["is:mine", "is:free", "is:overdue", "confidence<.5", "pears", ""]
    assert narrowing.step(-1) == "pears"
    narrowing.use("something else")
    assert narrowing.step(1) == "is:mine"


@pytest.mark.parametrize("cells", [12, 20, 30, 60, 200])
def test_the_tab_that_is_on_stays_in_view(cells: int) -> None:
    """In any width, marked by more than its tone; long names are cut, and markup is text."""
    runs = [run for _, run in shown_tabs(TABS, "x", cells)]
    assert width_of(runs) <= cells
    assert "▸[red]x" in words(runs)
    assert all("d" * 25 not in text for text, _ in runs)


@pytest.mark.parametrize("width", [40, 80, 200])
def test_the_line_is_as_wide_as_its_widget(width: int) -> None:
    """What has no room goes, the least important first; the line is one, so that nothing below it moves."""
    line = QueueLine()
    line.state = QueueState(TABS, "is:mine", "mine", "oldest first", 5, True, False, 2, 3, 1, "27m", 1, "12 decided")
    drawn = line.lines(width)
    assert [width_of(one) for one in drawn] == [width]
    assert "▸mine" in words(drawn[0])
    assert "● 3 selected" in words(drawn[0])
    assert ("1 is overdue, the longest by 27m, 1 of them snoozed" in words(drawn[0])) == (width == 200)
    assert ("◷ 1 overdue" in words(drawn[0])) == (width == 80)
    assert ("oldest first" in words(drawn[0])) == (width >= 80)
    assert "only mine" not in words(drawn[0])


def test_an_empty_inbox_says_what_was_done_today() -> None:
    """By outcome, how many by the reader, and what comes next; on a first start, where to begin."""
    key = KeyNames({"screens.board": "f2"})
    done = DoneToday({"APPROVE": 9, "REJECT": 2, "ANSWER": 1}, mine=8)
    shown = words_when_empty(key, done, has_projects=True)
    assert "All done: 12 decided today (9 approved, 2 denied, 1 answered, 8 by you)." in shown
    assert "f2 board" in shown
    mine = replace(done, mine=12, more=True).words
    assert "12+ decided" in mine
    assert "by you" not in mine
    for nothing in (None, DoneToday({}, 0)):
        assert words_when_empty(key, nothing, has_projects=True).startswith("Nothing waits for you")
    assert "pumpup-tui demo" in words_when_empty(key, None, has_projects=False)


def test_a_session_counts_what_was_recorded() -> None:
    """Decisions and answers once each, not what is held, lost or only a move; the pace comes after some minutes."""
    tally, desk = SessionTally(), Desk()
    assert tally.words(NOW) == ""
    for number, verb in enumerate(("APPROVE", "REJECT", "MOVE")):
        desk = desk.arm(Intent(verb, f"r{number}", "")).confirm(f"k{number}", NOW, 0)  # type: ignore[arg-type]
    assert not tally.take(desk)
    for key in ("k0", "k2"):
        desk = desk.settle(key, Phase.RECORDED, NOW)
    assert tally.take(desk)
    assert not tally.take(desk)
    desk = desk.settle("k1", Phase.RECORDED, NOW + timedelta(minutes=1))
    assert tally.take(desk)
    assert tally.words(NOW + timedelta(minutes=1)) == "2 decided"
    assert tally.words(NOW + timedelta(minutes=12)) == "2 decided, 10 an hour"
