"""What a board and a task say, without a screen: the graph, the metadata tree, the filter, what is drawn again."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from api_client.models import Card, OpenRequest, Steps
from api_client.wire import read
from pumpup_tui.board.card_lines import Drawn, changed_span
from pumpup_tui.board.filter import BoardFilter
from pumpup_tui.components.step_graph import exits_line, steps_line
from pumpup_tui.components.task_turn import TaskRules
from pumpup_tui.task.json_rows import MOST, json_rows
from pumpup_tui.text.layout import width_of
from tests.unit.test_board_columns import card

RULES = TaskRules(datetime(2026, 3, 2, 12, tzinfo=UTC))
OLDEST = {"requestId": "r", "eventType": "APPROVAL_REQUESTED", "summary": "?", "requestedAt": "2026-03-02T12:00:00Z"}


def plain(lines: Any) -> list[str]:
    return ["".join(text for text, _ in line) for line in lines]


def ring(count: int) -> Steps:
    """Steps that lead in a ring, and each to the last."""
    names = [f"step_with_a_name_{number}" for number in range(count)]
    steps = [
        {"name": name, "owner": "AGENT", "exits": [names[(number + 1) % count], names[-1]]}
        for number, name in enumerate(names)
    ]
    return read(Steps, {"initialStep": names[0], "steps": steps})


def test_a_ring_of_twenty_steps_is_in_one_line() -> None:
    """Each step once, in graph order, the present one marked; the final ones last, with a stroke between them."""
    (drawn,) = plain([steps_line(ring(20), "step_with_a_name_7")])
    assert [part.removeprefix("● ") for part in drawn.split(" ▸ ")] == [f"step_with_a_name_{n}" for n in ORDER_OF_RING]
    assert drawn.count("●") == 1
    assert "● step_with_a_name_7 " in drawn


ORDER_OF_RING = (0, 1, 19, *range(2, 19))
"""Each leads to the next and to the last."""


def test_a_step_says_where_it_leads_and_back() -> None:
    """On along an arrow, back to itself or an earlier one along another; a final one leads nowhere."""
    raw = {
        "initialStep": "a",
        "steps": [
            {"name": "a", "owner": "HUMAN", "exits": ["a", "b", "c"]},
            {"name": "b", "owner": "AGENT"},
            {"name": "c", "owner": "AGENT"},
        ],
    }
    steps = read(Steps, raw)
    shown = plain([steps_line(steps, "b"), exits_line(steps, "a"), exits_line(steps, "b")])
    assert shown == ["a ▸ ● ■ b │ ■ c", "→ b, c   ↺ a   ", ""]


def test_nested_values_show_their_size_until_they_are_opened() -> None:
    value = {"a": {"b": [1, None, ""]}, "empty": {}, "long": list(range(1000))}
    closed = plain(row.paragraph.runs for row in json_rows(value, set()))
    assert closed == [
        "▸ a  1 key",
        "  empty  {}",
        "▸ long  1,000 values",
    ]
    opened = plain(row.paragraph.runs for row in json_rows(value, {("a",), ("a", "b")}))
    assert opened[:5] == ["▾ a  1 key", "  ▾ b  3 values", "      1.  1", "      2.  null", "      3.  empty text"]
    many = json_rows(value, {("long",)})
    assert plain([many[-1].paragraph.runs]) == [f"    … and {1000 - MOST} more"]


def test_what_is_deep_is_not_followed_for_ever() -> None:
    value: Any = "bottom"
    opened = set()
    for _ in range(500):
        value = {"k": value}
    for depth in range(1, 500):
        opened.add(("k",) * depth)
    assert len(json_rows(value, opened)) == 40


def test_a_filter_says_all_that_it_asks_for() -> None:
    wanted = BoardFilter().toggled("status", "WAITING").toggled("assignee", "bob").toggled("step", "s")
    assert wanted.words() == "◌ waiting · assigned to @bob · step s"
    assert wanted.toggled("status", "WAITING") == BoardFilter(assignee="bob", step="s")
    assert BoardFilter() in [choice.value for choice in wanted.choices("alice", [], ["s"])]
    one = card("t", 1)
    assert not wanted.takes(one, RULES)
    assert wanted.takes(replace(one, status="WAITING", assignee_id="bob"), RULES)


tones = st.sampled_from(["", "muted"])
lines = st.lists(st.tuples(st.text("abc", min_size=1, max_size=4), tones), min_size=1, max_size=4)


@given(lines, lines)
def test_what_is_drawn_again_covers_every_cell_that_differs(old: Any, new: Any) -> None:
    whole = max(width_of(old), width_of(new))
    one = Drawn((*old, (" " * (whole - width_of(old)), "")))
    other = Drawn((*new, (" " * (whole - width_of(new)), "")))
    cells = [[(char, tone) for text, tone in drawn.runs for char in text] for drawn in (one, other)]
    span = changed_span(one, other)
    differ = [place for place in range(whole) if cells[0][place] != cells[1][place]]
    assert not differ or span is not None
    if span is not None and differ:
        assert span[0] <= differ[0]
        assert differ[-1] < span[1] <= whole


def test_a_filter_by_kind_hides_no_card_that_may_hold_it() -> None:
    """Of several open requests a card tells the oldest alone: the others may be of the kind that is looked for."""
    one = replace(card("t", 1), open_request=read(OpenRequest, OLDEST), open_request_count=1)
    two = replace(one, open_request_count=2)
    for kind, takes in (("any", [True, True]), ("approval", [True, True]), ("elicitation", [False, True])):
        assert [BoardFilter(request=kind).takes(shown, RULES) for shown in (one, two)] == takes, kind
    assert not BoardFilter(request="none").takes(two, RULES)


def test_a_card_of_a_server_that_counts_no_requests_has_one() -> None:
    """A server of before tells the open request and no count: that is one."""
    task = {"id": "t", "projectId": "p", "name": "T", "currentStep": "a", "status": "WAITING"}
    assert read(Card, {**task, "openRequest": OLDEST}).open_request_count == 1
    assert read(Card, task).open_request_count == 0
