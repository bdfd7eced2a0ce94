"""The queue without a screen: what a filter takes, in which order, and where the cursor is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_client.models import InboxItem
from api_client.request_query import Reader, read_filter
from pumpup_tui.inbox.order import GROUPS, SORTS, Order
from pumpup_tui.inbox.queue import Heading, RequestQueue

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
READER = Reader("alice", NOW)


def item(number: int = 1, **more: Any) -> InboxItem:
    """Return an open request, the lower its number the older."""
    known: dict[str, Any] = {
        "request_id": f"r{number}",
        "event_type": "APPROVAL_REQUESTED",
        "summary": f"Refund order {number}",
        "requested_at": NOW - timedelta(minutes=100 - number),
        "task_id": f"t{number}",
        "task_name": f"Claim {number}",
        "project_id": "p1",
        "project_name": "claims",
        "step": "in_review",
    }
    return InboxItem(**{**known, **more})


def recommends(outcome: str, confidence: float) -> dict[str, Any]:
    return {"outcome": {"type": outcome}, "confidence": confidence}


@given(st.sampled_from(sorted(SORTS)), st.sampled_from(sorted(GROUPS)), st.lists(st.integers(1, 30), unique=True))
def test_every_order_shows_everything_once(sort: str, group: str, numbers: list[int]) -> None:
    """Sorting and grouping lose and double nothing; groups are whole, and headings count them."""
    queue = RequestQueue(lambda: READER)
    queue.add(_mixed(number) for number in sorted(numbers))
    queue.sort(Order(sort, group))
    shown = list(queue.items())
    assert sorted(one.request_id for one in shown) == sorted(f"r{number}" for number in numbers)
    headings = [row for row in map(queue.row, range(queue.count)) if isinstance(row, Heading)]
    if group:
        assert sum(one.count for one in headings) == len(numbers)
        assert len({one.name for one in headings}) == len(headings)
    else:
        assert headings == []


def _mixed(number: int) -> InboxItem:
    return item(
        number,
        event_type="ELICITATION_REQUESTED" if number % 4 == 0 else "APPROVAL_REQUESTED",
        project_name=("claims", "loans", "general")[number % 3],
        recommendation=recommends("APPROVE", number / 30) if number % 5 else None,
        overdue_at=NOW - timedelta(minutes=number - 10) if number % 2 else None,
        requested_at=NOW - timedelta(hours=40 - number),
    )


@pytest.mark.parametrize(
    ("sort", "first"),
    [("age", 1), ("newest", 9), ("overdue", 9), ("doubtful", 1), ("confident", 9), ("project", 1), ("type", 1)],
)
def test_a_sort_puts_first(sort: str, first: int) -> None:
    """What each order is for stands on top."""
    queue = RequestQueue(lambda: READER)
    queue.add(_mixed(number) for number in range(1, 10))
    queue.sort(Order(sort))
    here = next(queue.items())
    words = {"project": "claims", "type": "APPROVAL_REQUESTED"}
    found = {"project": here.project_name, "type": here.event_type}.get(sort, here.request_id)
    assert found == words.get(sort, f"r{first}")


changes = st.lists(
    st.tuples(
        st.sampled_from(["add", "take", "go", "sort", "filter"]), st.integers(0, 30), st.sampled_from(sorted(GROUPS))
    ),
    max_size=20,
)


@given(changes)
def test_the_cursor_stays_on_its_request(steps: list[tuple[str, int, str]]) -> None:
    """Whatever comes, goes or is sorted: the cursor is on its request for as long as that is shown, never a heading."""
    queue = RequestQueue(lambda: READER)
    queue.add(_mixed(number) for number in range(5))
    for what, number, group in steps:
        before = queue.cursor_id
        match what:
            case "add":
                queue.add([_mixed(number)])
            case "take":
                queue.remove([f"r{number}"])
            case "go":
                queue.go(number)
            case "sort":
                queue.sort(Order(sorted(SORTS)[number % len(SORTS)], group))
            case _:
                queue.filter(read_filter("project:loans" if number % 2 else "", READER).test)
        assert not isinstance(queue.row(queue.cursor), Heading)
        assert (queue.item is None) == (queue.count == 0)
        if what != "go" and before is not None and queue.where(before) is not None:
            assert queue.cursor_id == before


def test_a_cursor_steps_over_headings() -> None:
    """Up and down over groups, to both ends."""
    queue = RequestQueue(lambda: READER)
    queue.add([item(1), item(2, project_name="loans")])
    queue.sort(Order("age", "project"))
    assert [type(queue.row(index)).__name__ for index in range(4)] == ["Heading", "InboxItem", "Heading", "InboxItem"]
    for index, where in ((0, 1), (2, 3), (3, 3), (2, 1), (1, 1), (0, 1)):
        queue.go(index)
        assert queue.cursor == where


DECIDER = Reader("alice", NOW, frozenset(("decide",)))
LATE = {"overdue_at": NOW - timedelta(minutes=1)}


def _rows_of(queue: RequestQueue) -> list[str]:
    """Return the rows as words: a heading with its count, a request by its id."""
    rows = [queue.row(index) for index in range(queue.count)]
    return [
        f"{row.name} {row.count}{'+' if row.more else ''}" if isinstance(row, Heading) else row.request_id
        for row in rows
        if row is not None
    ]


def _sectioned(reader: Reader, *items: InboxItem) -> RequestQueue:
    queue = RequestQueue(lambda: reader)
    queue.is_complete = True
    queue.add(items)
    return queue


def test_sections_stand_in_the_order_of_what_the_reader_must_do() -> None:
    """Overdue, mine, what I may decide, others: each oldest first, whosever an overdue one is."""
    queue = _sectioned(
        DECIDER,
        item(1),
        item(2, assignee_id="bob"),
        item(3, assignee_id="alice"),
        item(4, event_type="ELICITATION_REQUESTED"),
        item(5, assignee_id="bob", **LATE),
        item(6, **LATE),
        item(7),
    )
    assert _rows_of(queue) == [
        *("overdue 2", "r5", "r6"),
        *("mine 1", "r3"),
        *("you may decide 2", "r1", "r7"),
        *("others 2", "r2", "r4"),
    ]


def test_one_section_of_what_may_be_decided_has_no_heading() -> None:
    """A heading appears with the second section; where all is someone else's, it is said."""
    queue = _sectioned(DECIDER, item(1))
    assert _rows_of(queue) == ["r1"]
    queue.add([item(2, assignee_id="alice")])
    assert _rows_of(queue) == ["mine 1", "r2", "you may decide 1", "r1"]
    assert _rows_of(_sectioned(READER, item(1))) == ["others 1", "r1"]


def test_sections_hold_what_is_loaded_and_say_so() -> None:
    """Before the end is reached each count has a plus; a page more goes into its section, the cursor stays."""
    queue = _sectioned(DECIDER, item(1), item(2, assignee_id="alice"))
    queue.is_complete = False
    queue.add([item(3)])
    queue.go(queue.where("r3") or 0)
    assert _rows_of(queue)[0] == "mine 1+"
    queue.is_complete = True
    queue.add([item(4, assignee_id="alice"), item(5)])
    assert _rows_of(queue) == ["mine 2", "r2", "r4", "you may decide 3", "r1", "r3", "r5"]
    assert queue.cursor_id == "r3"


def test_a_request_changes_its_section_with_time() -> None:
    """What becomes overdue goes up with the next minute, with the cursor on it."""
    times = iter((NOW, NOW, NOW + timedelta(minutes=2)))
    queue = RequestQueue(lambda: Reader("alice", next(times), frozenset(("decide",))))
    queue.is_complete = True
    queue.add([item(1), item(2, overdue_at=NOW + timedelta(minutes=1))])
    queue.go(1)
    queue.sort(Order())
    assert (_rows_of(queue), queue.cursor_id) == (["r1", "r2"], "r2")
    queue.rearrange()
    assert _rows_of(queue) == ["overdue 1", "r2", "you may decide 1", "r1"]
    assert queue.cursor_id == "r2"


@pytest.mark.parametrize("order", [Order(), Order("age", ""), Order("newest", "project")])
def test_what_is_snoozed_comes_last_in_any_order(order: Order) -> None:
    """In a section of its own, the next to come back first, with the overdue ones counted; back when it is time."""
    soon, later = NOW + timedelta(minutes=5), NOW + timedelta(hours=5)
    reader = Reader("alice", NOW, frozenset(("decide",)), {"r1": later, "r2": soon, "r3": NOW})
    queue = RequestQueue(lambda: reader)
    queue.is_complete = True
    queue.add([item(1, **LATE), item(2), item(3)])
    queue.sort(order)
    assert _rows_of(queue)[-3:] == ["snoozed 2", "r2", "r1"]
    assert "r3" in _rows_of(queue)[:-3]
    heading = queue.row(queue.count - 3)
    assert isinstance(heading, Heading)
    assert heading.overdue == 1
    assert len(queue.overdue()) == 1
    assert [one.request_id for one in (item(1), item(3)) if (read_filter("is:snoozed", reader).test or bool)(one)] == [
        "r1"
    ]
