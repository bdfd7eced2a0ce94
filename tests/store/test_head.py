"""The file `head`: two records in turn, of which one can always be read."""

from __future__ import annotations

from pathlib import Path

import pytest
from typing_extensions import override

from api_client.errors import StoreDamaged, StoreFault
from store.folder import head, journal_line
from store.folder.files import Files
from store.folder.head import Head, Position

RECORD = 512


def position(number: int) -> Position:
    """Return a position after `number` commits of two events, told from any other by each of its parts."""
    return Position(number, 2 * number, 100 * number, f"{number:064x}")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A head that is there, and empty."""
    path = tmp_path / "head"
    path.touch(mode=0o600)
    return path


def opened(path: Path, files: Files | None = None) -> Head:
    return Head(path.parent, files or Files())


def written(path: Path, last: int) -> Head:
    """Return a head that has named the positions up to `last`, one after the other."""
    made = opened(path)
    for number in range(1, last + 1):
        made.write(position(number))
    return made


def record_of(path: Path, number: int) -> int:
    """Return which record names the position after `number` commits."""
    data = path.read_bytes()
    records = [data[place : place + RECORD] for place in range(0, len(data), RECORD)]
    return next(index for index, record in enumerate(records) if f"{number:064x}".encode() in record)


def damage(path: Path, record: int) -> None:
    """Change one byte in the middle of a record."""
    data = bytearray(path.read_bytes())
    data[record * RECORD + 20] ^= 1
    path.write_bytes(data)


def test_a_new_head_names_nothing(path: Path) -> None:
    """Where nothing was ever written there is no position, nothing torn and no news."""
    made = opened(path)
    assert not made.has_news()
    assert made.read() is None
    assert not made.is_torn()
    assert not made.has_news()


@pytest.mark.parametrize("last", [1, 2, 3, 4])
def test_the_newest_position_is_read(path: Path, last: int) -> None:
    """Whoever opens the folder reads each part of the last position that was written, and nothing is torn."""
    writer = written(path, last)
    for reader in (writer, opened(path)):
        assert reader.read() == position(last)
        assert not reader.is_torn()
    assert path.stat().st_size == RECORD * min(last, 2)


def test_news_is_what_another_wrote(path: Path) -> None:
    """A write is news to every other reader until it reads, and none to who wrote it."""
    writer = written(path, 1)
    reader = opened(path)
    assert reader.has_news()
    reader.read()
    assert not reader.has_news()
    for number in (2, 3, 4):
        writer.write(position(number))
        assert not writer.has_news()
        assert reader.has_news()
        assert reader.read() == position(number)
        assert not reader.has_news()


@pytest.mark.parametrize("last", [2, 3, 4, 5])
def test_a_torn_record_leaves_the_one_before_it(path: Path, last: int) -> None:
    """Whichever write is torn, the position before it is still named, and the tear is told."""
    writer = written(path, last)
    damage(path, record_of(path, last))
    for reader in (writer, opened(path)):
        assert reader.read() == position(last - 1)
        assert reader.is_torn()


@pytest.mark.parametrize("last", [2, 3])
def test_the_next_write_goes_over_the_torn_record(path: Path, last: int) -> None:
    """After a tear the sound record stays until the next one holds: two tears in turn still lose one position."""
    written(path, last).close()
    damage(path, record_of(path, last))
    writer = opened(path)
    writer.write(position(last + 1))
    for reader in (writer, opened(path)):
        assert reader.read() == position(last + 1)
        assert not reader.is_torn()
    damage(path, record_of(path, last + 1))
    assert opened(path).read() == position(last - 1)


@pytest.mark.parametrize("last", [2, 3, 4])
def test_two_writers_take_turns(path: Path, last: int) -> None:
    """Two processes that write in turn under the folder's lock never write over the newest position."""
    writers = [opened(path), opened(path)]
    for number in range(1, last + 1):
        writers[number % 2].write(position(number))
    damage(path, record_of(path, last))
    assert opened(path).read() == position(last - 1)


def test_a_torn_first_write_names_nothing(path: Path) -> None:
    """Less than one record means that nothing was ever acknowledged; the next write makes it whole."""
    written(path, 1).close()
    for torn in (path.read_bytes()[: RECORD - 1], path.read_bytes()[:7], b"\0"):
        path.write_bytes(torn)
        reader = opened(path)
        assert reader.read() is None
        assert reader.is_torn()
        reader.write(position(1))
        assert reader.read() == opened(path).read() == position(1)
        assert not reader.is_torn()


@pytest.mark.parametrize("last", [1, 2, 3])
def test_a_head_without_a_sound_record_is_damaged(path: Path, last: int) -> None:
    """Where a position was named and none can be read any more, nobody guesses."""
    written(path, last).close()
    for record in range(min(last, 2)):
        damage(path, record)
    for harmed in (path.read_bytes(), b"\0" * path.stat().st_size):
        path.write_bytes(harmed)
        with pytest.raises(StoreDamaged, match="head is damaged"):
            opened(path).read()


@pytest.mark.parametrize("keeps_mark", [True, False])
def test_a_record_of_another_form_is_none(path: Path, monkeypatch: pytest.MonkeyPatch, keeps_mark: bool) -> None:
    """A record that another version wrote, with another mark and a checksum that fits, names nothing."""
    if not keeps_mark:
        monkeypatch.setattr(head, "_MARK", b"pumpup-head-9")
    written(path, 1).close()
    monkeypatch.undo()
    if keeps_mark:
        assert opened(path).read() == position(1)
    else:
        with pytest.raises(StoreDamaged):
            opened(path).read()


class FailingFiles(Files):
    """Takes only the first bytes of each write and then none, as often as it is told to."""

    def __init__(self, fault: type[Exception], times: int = 1) -> None:
        self.times = self._refused = 0
        self._fault = fault
        self._next = times

    def fail(self) -> None:
        """Let the next writes fail."""
        self.times = self._next

    @override
    def pwrite(self, fd: int, data: bytes, offset: int) -> int:
        if not self.times:
            return super().pwrite(fd, data, offset)
        self.times -= 1
        taken = super().pwrite(fd, data[:300], offset)
        if self._fault is OSError:
            self._refused += 1
            raise OSError(28, f"No space left on device, {self._refused}")
        return taken


@pytest.mark.parametrize("fault", [OSError, StoreFault])
@pytest.mark.parametrize("last", [0, 1, 2, 3])
def test_a_refused_write_is_put_back(path: Path, fault: type[Exception], last: int) -> None:
    """Where the disk takes only a part, the file is as it was, the writer hears of it, and the next write holds."""
    files = FailingFiles(fault)
    writer = opened(path, files)
    for number in range(1, last + 1):
        writer.write(position(number))
    before = path.read_bytes()
    files.fail()
    with pytest.raises(fault):
        writer.write(position(last + 1))
    assert path.read_bytes() == before
    assert writer.read() == (position(last) if last else None)
    writer.write(position(last + 1))
    assert opened(path).read() == position(last + 1)


@pytest.mark.parametrize(("fault", "words"), [(OSError, "device, 1"), (StoreFault, "300 of 512 bytes")])
@pytest.mark.parametrize("last", [2, 3])
def test_a_refused_write_that_stays_leaves_the_one_before_it(
    path: Path, fault: type[Exception], words: str, last: int
) -> None:
    """Where the disk refuses to put the file back as well, the record before it is read; told is the first fault."""
    files = FailingFiles(fault, times=2)
    writer = opened(path, files)
    for number in range(1, last + 1):
        writer.write(position(number))
    files.fail()
    with pytest.raises(fault, match=words):
        writer.write(position(last + 1))
    for reader in (writer, opened(path)):
        assert reader.read() == position(last)


def test_a_position_moves_by_what_a_commit_holds() -> None:
    """After a commit a position has its events, its end and its last hash; one without events keeps the hash."""
    events = [{"hash": "1" * 64}, {"hash": "3" * 64}, {"hash": "2" * 64}]
    start = Position(3, 5, 100, "9" * 64)
    assert start.after(journal_line.StoredCommit(events, [], None, 100, 70)) == Position(4, 8, 170, "2" * 64)
    assert start.after(journal_line.StoredCommit([], [], None, 100, 40)) == Position(4, 5, 140, "9" * 64)
