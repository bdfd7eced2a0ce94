"""A board's cards and columns as they are drawn: frames by state, narrow columns, what is late, orders and lanes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from api_client.models import Card, OpenRequest
from pumpup_tui.board.calls import ScannedCards
from pumpup_tui.board.card_lines import CardCache, card_line, changed_span, framed_card
from pumpup_tui.board.column_head import load_runs
from pumpup_tui.board.column_model import ColumnState
from pumpup_tui.board.column_widths import LEAST, NARROW, ColumnSlot, Place, slots
from pumpup_tui.board.filter import BoardFilter
from pumpup_tui.board.lane_lines import Lanes
from pumpup_tui.components.task_turn import TaskRules
from pumpup_tui.keys.key_names import KeyNames
from tests.unit.test_board_columns import card, column

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
RULES = TaskRules(NOW)


def ago(**by: float) -> datetime:
    return NOW - timedelta(**by)


def one(**changes: Any) -> Card:
    made: Card = replace(card("t", 1), name="Claim C-1029", step_entered_at=ago(minutes=40), **changes)
    return made


ASKED = OpenRequest(request_id="r", event_type="APPROVAL_REQUESTED", summary="Refund $240", requested_at=ago(minutes=9))


def cache() -> CardCache:
    return CardCache(KeyNames({}), RULES)


@pytest.mark.parametrize(
    ("shown", "tone", "words"),
    [
        (one(), "good", ("Claim C-1029", "40m", "▶ running")),
        (one(open_request=ASKED, status="WAITING"), "needs", ("◌ approval: Refund $240",)),
        (one(decided_at=ago(minutes=40)), "needs", ("▶ running, agent idle 40m",)),
        (one(decided_at=ago(minutes=1)), "muted", ("▶ running, agent idle 1m",)),
        (one(decided_at=ago(hours=2)), "needs", ("○ stuck 2h", "▶ running, agent idle 2h")),
        (one(last_event_at=ago(days=2)), "needs", ("○ stuck 2d", "▶ running")),
        (one(overdue_at=ago(minutes=1)), "needs", ("◷ overdue 40m",)),
        (one(status="CLOSED", overdue_at=ago(minutes=1), last_event_at=ago(days=9)), "edge", ("■ closed",)),
    ],
)
def test_a_cards_frame_tells_its_state_and_words_say_the_same(shown: Card, tone: str, words: tuple[str, ...]) -> None:
    """Four lines of one width; after a decision a task that its agent left alone does not look healthy."""
    lines = framed_card(shown, 40, cache(), at_cursor=False)
    texts = ["".join(text for text, _ in line.runs) for line in lines]
    assert [len(text) for text in texts] == [40] * 4
    assert {line.runs[0][1] for line in lines} == {tone}
    assert all(word in "\n".join(texts) for word in words), texts


def test_the_cursor_changes_two_lines_of_a_card_alone() -> None:
    """The frame stays as it is, so that a move sends few bytes."""
    shown = one()
    before, after = (framed_card(shown, 40, cache(), at_cursor=at) for at in (False, True))
    assert [changed_span(old, new) is None for old, new in zip(before, after, strict=True)] == [
        True,
        False,
        False,
        True,
    ]


@pytest.mark.parametrize("width", [11, 25, 60])
def test_a_compact_card_is_one_line(width: int) -> None:
    """The name, as a glyph whose turn it is, and where there is room the age."""
    (drawn,) = card_line(one(open_request=ASKED, assignee_id="maria"), width, cache(), at_cursor=False)
    text = "".join(part for part, _ in drawn.runs)
    assert len(text) == width
    assert text.startswith(" ◌ Claim")
    assert ("40m" in text) == (width > 20)


def test_empty_and_final_columns_give_way_unless_the_cursor_is_in_them() -> None:
    """Narrow ones take 12 cells, the others share the rest; where all are narrow none is."""
    wide = slots([False, False, True, True], 0, 0, 120)
    assert [slot.width for slot in wide] == [48, 48, NARROW, NARROW]
    assert [slot.x for slot in wide] == [0, 48, 96, 108]
    named = slots([False, False, True, True], 0, 0, 120, [9, 9, 16, 9])
    assert [slot.width for slot in named] == [46, 46, 16, 12]
    assert [slot.width for slot in slots([False, False, True, True], 0, 0, 200)] == [72, 72, 26, 26]
    entered = slots([False, False, True, True], 2, 0, 120)
    assert [slot.is_narrow for slot in entered] == [False, False, False, True]
    assert [slot.is_narrow for slot in slots([True, True], 0, 0, 80)] == [False, False]


def test_where_not_all_columns_fit_the_cursors_is_in_view() -> None:
    """The board scrolls sideways, and no further than its last column."""
    for at in range(7):
        shown = slots([False] * 7, at, 0, 60)
        assert at in [slot.index for slot in shown]
        assert sum(slot.width for slot in shown) <= 60
        assert all(slot.width >= LEAST for slot in shown)
    assert [slot.index for slot in slots([False] * 3, 0, 2, 200)] == [0, 1, 2]
    assert [slot.width for slot in slots([False], 0, 0, 20)] == [20]


def test_a_head_counts_its_load_in_words_where_they_fit() -> None:
    """What is overdue, waits and runs; nothing of a final step."""
    about = replace(column("a", 9), waiting=2, overdue=1)
    assert [text for text, _ in load_runs(about, 50) if text.strip()] == ["◷ 1 overdue", "◌ 2 waiting", "▶ 7 running"]
    assert [text for text, _ in load_runs(about, 20) if text.strip()] == ["◷ 1", "◌ 2", "▶ 7"]
    assert load_runs(replace(about, terminal=True), 50) == []


def test_a_scan_for_what_is_late_ends_where_no_later_card_can_be() -> None:
    """Cards are in the order in which they entered the step: the overdue and the stuck come first."""
    late, fresh = one(overdue_at=ago(minutes=1)), one(overdue_at=NOW + timedelta(hours=1))
    found = ScannedCards(BoardFilter(late="overdue"), RULES)
    assert not found.take([late])
    assert found.take([late, fresh])
    assert found.matches().matched == 2
    old = one(last_event_at=ago(days=2))
    stuck = ScannedCards(BoardFilter(late="stuck"), RULES)
    assert not stuck.take([replace(old, step_entered_at=ago(days=3))])
    assert stuck.take([one()])  # 40 minutes: not even a decided one is stuck by then


def test_cards_are_sorted_over_all_pages() -> None:
    """By name, by age, by what is due first; with lanes by assignee before that."""
    cards = [one(assignee_id=who, external_id=str(n)) for n, who in enumerate(("bob", None, "ann", "bob"))]
    cards = [replace(each, name=f"C-{9 - n}", id=str(n)) for n, each in enumerate(cards)]

    def order(wanted: BoardFilter) -> list[str]:
        found = ScannedCards(wanted, RULES)
        found.take(cards[:2])
        found.take(cards[2:])
        return [each.id for each in found.matches().cards]

    assert order(BoardFilter(order="name")) == ["3", "2", "1", "0"]
    assert order(BoardFilter(lanes="assignee")) == ["2", "0", "3", "1"]
    assert order(BoardFilter(lanes="assignee", order="name")) == ["2", "3", "0", "1"]
    assert order(BoardFilter(agent="x")) == []


def test_lanes_go_across_all_columns() -> None:
    """Each has a heading, and room for its longest column; a card is found by its line, and a line by its card."""
    cards = [one(assignee_id=who) for who in ("ann", "ann", "bob", None)]
    left, right = ColumnState(column("a", 4)), ColumnState(column("b", 1))
    left.take_matches(cards, 4)
    right.take_matches([one(assignee_id="bob")], 1)
    places = [Place(ColumnSlot(n, 40 * n, 40, is_narrow=False), here=n == 0, compact=True) for n in range(2)]
    lanes = Lanes([left, right], places)
    drawn = lanes.drawn(0, 12, cache())
    words = ["".join(text for text, _ in line.runs).strip("─ ") for line in drawn[0]][3:]
    assert [word[:6] for word in words] == [
        "@ann 2",
        "▌▶ Cla",
        "▶ Clai",
        "@bob 1",
        "▶ Clai",
        "unassi",
        "▶ Clai",
        "",
        "",
    ]
    assert [lanes.line_of(0, index) for index in range(4)] == [1, 2, 4, 6]
    assert [lanes.card_at(1, number) for number in range(7)] == [None, None, None, None, 0, None, None]
    assert lanes.nearest(1, 2) == 0
