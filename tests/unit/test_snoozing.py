"""Snoozed requests: the times that are offered, and what is stored of them for one reviewer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from pumpup_tui.inbox.snoozing import snooze_times
from pumpup_tui.local_state.document_store import DocumentStore
from pumpup_tui.local_state.snoozes import DOCUMENT, Snoozes

NOON = datetime(2026, 3, 2, 12, 0, 30, tzinfo=UTC)


class Terminal:
    """The snoozes of one terminal, whose writes wait until they are asked for."""

    def __init__(self, folder: Path) -> None:
        self.documents = DocumentStore(folder)
        self.snoozes = Snoozes(self.documents, self._writes)
        self._waiting: list[Callable[[], Awaitable[None]]] = []

    def _writes(self, write: Callable[[], Awaitable[None]]) -> None:
        self._waiting.append(write)

    async def write(self) -> None:
        for write in self._waiting:
            await write()
        self._waiting.clear()


@pytest.mark.parametrize(
    ("now", "offered"),
    [
        (NOON, ["1 hour, until 14:00", "this afternoon, 14:00", "tomorrow, 09:00"]),
        (NOON + timedelta(hours=3), ["1 hour, until 17:00", "tomorrow, 09:00"]),
    ],
)
def test_times_are_offered_as_they_are_where_the_reader_is(now: datetime, offered: list[str]) -> None:
    """An hour, this afternoon while it is still to come, tomorrow: in the reader's zone, an hour ahead of UTC here."""
    zone = timezone(timedelta(hours=1))
    times = snooze_times(now, zone)
    assert [words for _, words in times] == offered
    assert all(until > now for until, _ in times)
    assert times[-1][0] == datetime(2026, 3, 3, 8, 0, tzinfo=UTC)


async def test_two_terminals_of_a_reviewer_keep_each_others_snoozes(tmp_path: Path) -> None:
    """Each writes what it changed over what the other stored; what is over, or no time at all, is forgotten."""
    one, two = Terminal(tmp_path), Terminal(tmp_path)
    await one.documents.write(DOCUMENT, {"odd": 3, "worse": "soon", "past": (NOON - timedelta(days=1)).isoformat()})
    one.snoozes.put_off("r1", NOON + timedelta(hours=1), lambda: NOON)
    two.snoozes.put_off("r2", NOON + timedelta(hours=2), lambda: NOON)
    await asyncio.gather(one.write())
    await two.write()
    one.snoozes.put_off("r1", None, lambda: NOON)
    assert "r1" not in one.snoozes.by_request
    await one.write()
    await two.snoozes.read()
    assert two.snoozes.by_request == {"r2": NOON + timedelta(hours=2)}
    assert await two.documents.read(DOCUMENT) == {"r2": "2026-03-02T14:00:30+00:00"}


async def test_what_could_not_be_stored_is_stored_with_the_next_change(tmp_path: Path) -> None:
    """A full disk loses nothing that was snoozed while the terminal runs."""
    terminal = Terminal(tmp_path / "state")
    (tmp_path / "state").write_text("in the way")
    terminal.snoozes.put_off("r1", NOON + timedelta(hours=1), lambda: NOON)
    with pytest.raises(OSError, match="File exists"):
        await terminal.write()
    assert "r1" in terminal.snoozes.by_request
    (tmp_path / "state").unlink()
    terminal.snoozes.put_off("r2", NOON + timedelta(hours=1), lambda: NOON)
    await terminal.write()
    assert set(await terminal.documents.read(DOCUMENT)) == {"r1", "r2"}
