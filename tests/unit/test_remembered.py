"""The idempotency records: found again whatever their number and order, in little memory."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from store.folder import idempotency_index
from store.folder.idempotency_index import IdempotencyIndex


def record(number: int) -> dict[str, str]:
    return {"caller": "agent-1", "path": "/api/notes", "key": f"k{number}"}


@given(st.lists(st.integers(0, 40), max_size=200), st.integers(1, 20))
def test_every_record_is_found_at_its_lines(numbers: list[int], fresh: int) -> None:
    """However many runs the records stand in, each key's lines are all found, and none for a key never seen."""
    before, idempotency_index.FRESH = idempotency_index.FRESH, fresh
    try:
        found = IdempotencyIndex()
        for offset, number in enumerate(numbers):
            found.add(record(number), offset)
    finally:
        idempotency_index.FRESH = before
    for number in range(42):
        expected = [offset for offset, one in enumerate(numbers) if one == number]
        assert sorted(found.lines(("agent-1", "/api/notes", f"k{number}"))) == expected
    assert len(found) == len(numbers)
    assert sorted(offset for _, offset in found.records()) == list(range(len(numbers)))


def test_runs_stay_few() -> None:
    """A hundred thousand records stand in a handful of runs."""
    found = IdempotencyIndex()
    for number in range(100_000):
        found.add(record(number), number)
    assert len(found.runs) <= 8
