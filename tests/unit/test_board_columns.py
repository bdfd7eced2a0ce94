"""A column's window over a queue that changes, against a plain list."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from api_client.models import Board, Card, Column, Page
from pumpup_tui.board.column_model import Ask, Columns, ColumnState, Start, Stretch, Walked

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def card(task_id: str, place: int) -> Card:
    return Card(
        id=task_id,
        project_id="p",
        name=task_id,
        current_step="s",
        status="RUNNING",
        step_entered_at=NOON + timedelta(seconds=place),
    )


def column(step: str, count: int = 0) -> Column:
    return Column(step=step, owner="AGENT", terminal=False, count=count, waiting=0)


class Queue:
    """What a backend holds of one column: cards by place, new ones last."""

    def __init__(self, count: int) -> None:
        self.last = 0
        self.cards: list[Card] = []
        for _ in range(count):
            self.add()

    def add(self, task_id: str = "") -> None:
        self.last += 1
        self.cards.append(card(task_id or f"t{self.last}", self.last))

    def read(self, ask: Ask) -> Page[Card]:
        after = NOON + timedelta(seconds=int(ask.cursor or 0))
        found = [one for one in self.cards if (one.step_entered_at or NOON) > after][: ask.limit]
        end = str(int(((found[-1].step_entered_at or NOON) - NOON).total_seconds())) if found else ask.cursor
        return Page[Card](items=tuple(found), next_cursor=end)

    def walk(self, ask: Ask) -> Walked:
        past: list[Start] = []
        last: list[Stretch] = []
        cursor = ask.cursor
        while True:
            page = self.read(Ask("end", cursor, ask.limit))
            if page.items:
                last.append(Stretch(Start(cursor, ask.limit), list(page.items)))
            past += [one.start for one in last[:-2]]
            last, cursor = last[-2:], page.next_cursor
            if len(page.items) < ask.limit:
                return Walked(past, last, cursor)

    @property
    def ids(self) -> list[str]:
        return [one.id for one in self.cards]


def settle(state: ColumnState, queue: Queue) -> list[str]:
    """Read all that is wanted; return the ids of selected cards that were found gone."""
    gone: list[str] = []
    for _ in range(50):
        if (ask := state.wants()) is None:
            return gone
        state.ask(ask)
        if (left := state.take(ask, queue.read(ask))) is not None:
            gone.append(left.id)
    raise AssertionError(f"never content: {state.wants()}")


moves = st.lists(
    st.one_of(
        st.tuples(st.just("move"), st.integers(-9, 9)),
        st.tuples(st.just("leave"), st.integers(0, 100)),
        st.tuples(st.just("back"), st.integers(0, 100)),
        st.tuples(st.just("join"), st.integers(1, 3)),
        st.tuples(st.just("end"), st.just(0)),
        st.tuples(st.just("top"), st.just(0)),
        st.tuples(st.just("over"), st.integers(0, 1)),
        st.tuples(st.just("late"), st.integers(0, 100)),
        st.tuples(st.just("look"), st.just(0)),
    ),
    max_size=40,
)


def leave(queue: Queue, number: int) -> str:
    return queue.cards.pop(number % len(queue.cards)).id if queue.cards else ""


def walk_to_end(state: ColumnState, queue: Queue) -> None:
    while True:
        walk = state.walk_from()
        state.ask(walk)
        if state.take_end(queue.walk(walk)):
            return


def act(state: ColumnState, queue: Queue, what: str, number: int) -> None:
    if what == "move":
        state.move_to(state.cursor + number)
        state.keep_in_view(2)
    elif what == "leave":
        leave(queue, number)
    elif what == "back":
        if gone := leave(queue, number):
            queue.add(gone)
    elif what == "join":
        for _ in range(number):
            queue.add()
    elif what == "end" and not state.complete:
        walk_to_end(state, queue)
    elif what in ("top", "over"):
        go(state, queue, what, first=not number)
    elif what == "late" and (ask := state.wants()) is not None:
        # The answer is older than what happens meanwhile.
        state.ask(ask)
        page = queue.read(ask)
        leave(queue, number)
        state.take(ask, page)


def go(state: ColumnState, queue: Queue, what: str, *, first: bool) -> None:
    if what == "over" and not (state.begins if first else state.complete):
        state.go_over(first=first)
    elif what == "top" and not state.begins:
        top = state.top_ask()
        state.ask(top)
        state.take(top, queue.read(top))


@given(st.integers(0, 30), moves)
def test_the_window_is_a_piece_of_the_column_and_the_cursor_stays_on_its_task(
    count: int, acts: list[tuple[str, int]]
) -> None:
    queue = Queue(count)
    state = ColumnState(column("s"), page=4, window=12, ahead=2)
    settle(state, queue)
    for what, number in acts:
        act(state, queue, what, number)
        if what not in ("look", "late", "back", "leave", "join"):
            settle(state, queue)
            continue
        selected = state.card
        state.stale = True
        gone = settle(state, queue)
        ids, shown = queue.ids, [one.id for one in state.cards]
        assert len(shown) <= 24  # a page read again may be larger than it was
        start = ids.index(shown[0]) if shown else 0
        assert shown == ids[start : start + len(shown)]
        assert start == 0 or not state.begins
        assert not state.complete or start + len(shown) == len(ids)
        assert bool(shown) == bool(ids)
        if selected is not None and selected.id in shown:
            assert state.card is not None
            assert state.card.id == selected.id
        elif selected is not None and selected.id not in ids:
            assert selected.id in gone
        state.keep_in_view(2)
        assert not shown or state.top <= state.cursor < state.top + 2


def test_a_large_column_keeps_a_few_hundred_cards() -> None:
    """Down through thousands of cards and up again, each is met once."""
    queue = Queue(3000)
    state = ColumnState(column("s"))
    settle(state, queue)
    met = [state.card.id if state.card else ""]
    while True:
        before = state.card
        state.move_to(state.cursor + 1)
        settle(state, queue)
        assert len(state.cards) <= 500
        if state.card is before or state.card is None:
            break
        met.append(state.card.id)
    assert met == queue.ids
    for expected in reversed(queue.ids):
        assert state.card is not None
        assert state.card.id == expected
        state.move_to(state.cursor - 1)
        settle(state, queue)


def test_both_ends_of_a_long_column_are_kept() -> None:
    """Who went to the end and back goes there again without a read, until something in the column changes."""
    queue, state = Queue(3000), ColumnState(column("s"))
    settle(state, queue)
    walk_to_end(state, queue)
    assert state.go_over(first=True)
    assert (state.card, state.begins, state.complete) == (queue.cards[0], True, False)
    assert state.wants() is None
    assert state.go_over(first=False)
    assert (state.card, state.begins, state.complete) == (queue.cards[-1], False, True)
    columns = Columns()
    columns.all = [state]
    columns.touch(["another"], [queue.cards[0].id])  # given to someone: it stays where it is
    assert not state.go_over(first=True)
    assert state.stale is False


def test_a_page_that_is_no_longer_waited_for_is_ignored() -> None:
    state, queue = ColumnState(column("s")), Queue(3)
    ask = state.wants()
    assert ask is not None
    state.ask(ask)
    state.give_up()
    assert state.failed is True
    state.take(ask, queue.read(ask))
    assert not state.cards
    settle(state, queue)
    assert state.wants() is None
    assert len(state.cards) == 3


def test_matches_take_the_place_of_pages_until_the_filter_goes() -> None:
    state, queue = ColumnState(column("s")), Queue(300)
    settle(state, queue)
    state.move_to(70)
    state.take_matches(queue.cards[70:72], 2)
    assert state.card is not None
    assert (state.card.id, state.wants()) == ("t71", None)
    state.begin_anew()
    settle(state, queue)
    assert state.card.id == "t71"


def test_columns_keep_what_is_loaded_and_the_cursor_stays_on_its_step() -> None:
    columns = Columns()
    columns.take(Board(columns=(column("a"), column("b", 2), column("c"))))
    assert columns.at == 1
    loaded = columns.all[1]
    settle(loaded, Queue(2))
    columns.take(Board(columns=(column("x"), column("a"), column("b", 5))))
    assert (columns.at, columns.here) == (2, loaded)
    assert columns.touch(["x", None], ["t1"]) == {"x", "b"}
    assert loaded.stale
