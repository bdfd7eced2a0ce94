"""The journal alone: what it reads, what it refuses, and in which order it reaches the disk."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from typing_extensions import override

from api_client.errors import StoreDamaged, StoreFault
from store.core.chain import link_all
from store.folder import journal as module
from store.folder import journal_line
from store.folder.files import Files
from store.folder.head import START, Position
from store.folder.journal import Journal


class Watched(Files):
    """Writes down what is done to which file, and fails the operations that it is told to fail."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.failing: dict[str, OSError] = {}
        self._names: dict[int, str] = {}

    def _do(self, operation: str, fd: int) -> None:
        name = f"{operation} {self._names[fd]}"
        if fault := self.failing.get(name):
            raise fault
        self.done.append(name)

    @override
    def open(self, path: Path, *, create: bool = True) -> int:
        fd = super().open(path, create=create)
        self._names[fd] = path.name
        return fd

    @override
    def pwrite(self, fd: int, data: bytes, offset: int) -> int:
        self._do("write", fd)
        return super().pwrite(fd, data, offset)

    @override
    def sync(self, fd: int) -> None:
        self._do("sync", fd)
        super().sync(fd)

    @override
    def truncate(self, fd: int, size: int) -> None:
        self._do("truncate", fd)
        super().truncate(fd, size)

    @override
    def sync_folder(self, folder: Path) -> None:
        self.done.append("sync folder")
        super().sync_folder(folder)

    @override
    def replace(self, path: Path, *pieces: bytes) -> None:
        if fault := self.failing.get("replace"):
            raise fault
        self.done.append("replace")
        super().replace(path, *pieces)


@pytest.fixture
def files() -> Watched:
    return Watched()


def made(folder: Path, files: Files | None = None) -> Journal:
    """Return a journal without commits."""
    journal = Journal(folder, files or Files())
    journal.create()
    return journal


def line_after(position: Position, *texts: str) -> tuple[bytes, Position]:
    """Return a line with an event for each text, and the position after it."""
    data, commit = journal_line.encode(link_all(position.hash, ({"text": text} for text in texts)), position.size)
    return data, position.after(commit)


def add(journal: Journal, position: Position, *texts: str) -> Position:
    """Append one commit; return the position after it."""
    data, after = line_after(position, *texts)
    journal.append(position, data, after)
    return after


def filled(folder: Path, count: int = 3) -> tuple[Journal, list[Position]]:
    """Return a journal of some commits, the first with one event, the next with two and so on; and each position."""
    journal = made(folder)
    positions = [START]
    for number in range(1, count + 1):
        positions.append(add(journal, positions[-1], *(f"{number}.{place}" for place in range(number))))
    return journal, positions


def texts(journal: Journal, start: Position = START) -> list[str]:
    """Return the texts of all events behind `start`."""
    return [event["text"] for commit in journal.commits(start, journal.size()) for event in commit.events]


@pytest.mark.parametrize("chunk", [1, 7, 200, 1 << 20])
def test_lines_are_read_across_any_chunk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chunk: int) -> None:
    """However the file is read in pieces, every line is whole, from the first or from a later position on."""
    journal, positions = filled(tmp_path)
    monkeypatch.setattr(module, "_CHUNK", chunk)
    assert texts(journal) == ["1.0", "2.0", "2.1", "3.0", "3.1", "3.2"]
    assert texts(journal, positions[1]) == ["2.0", "2.1", "3.0", "3.1", "3.2"]
    assert [commit.offset for commit in journal.commits(START, positions[2].size)] == [0, positions[1].size]
    assert journal.line_at(positions[1].size) == (tmp_path / "journal.jsonl").read_bytes().splitlines(True)[1]


def test_what_is_not_there_reads_as_empty(tmp_path: Path) -> None:
    """At the journal's end no line begins, and fewer bytes are read than were asked for."""
    journal, positions = filled(tmp_path)
    assert journal.line_at(positions[-1].size) == b""
    assert journal.read(positions[-1].size - 1, 10) == b"\n"
    assert journal.size() == positions[-1].size


def test_a_journal_is_new_until_something_is_named(tmp_path: Path) -> None:
    """Without files, and where they name no commit, it is new; with a line, or a head that names one, it is not."""
    assert Journal(tmp_path, Files()).is_new()
    assert made(tmp_path).is_new()
    filled(tmp_path)[0].close()
    assert not Journal(tmp_path, Files()).is_new()
    head = (tmp_path / "head").read_bytes()
    (tmp_path / "head").unlink()
    assert not Journal(tmp_path, Files()).is_new()
    (tmp_path / "head").write_bytes(head)
    (tmp_path / "journal.jsonl").unlink()
    assert not Journal(tmp_path, Files()).is_new()


def test_a_new_journal_is_on_the_disk_before_it_is_used(tmp_path: Path, files: Watched) -> None:
    """The head is written and synced first, then the folder's entries are: a journal is never without its head."""
    made(tmp_path, files)
    assert files.done == ["write head", "sync head", "sync folder"]
    assert Journal(tmp_path, Files()).head.read() == START


def test_a_commit_is_synced_before_the_head_names_it(tmp_path: Path, files: Watched) -> None:
    """Lines reach the disk before anybody may rely on them; what a killed writer left does so too."""
    journal = made(tmp_path, files)
    files.done.clear()
    after = add(journal, START, "a")
    assert files.done == ["write journal.jsonl", "sync journal.jsonl", "write head"]
    assert journal.head.read() == after
    data, further = line_after(after, "b")
    with journal.path.open("ab") as file:
        file.write(data)
    files.done.clear()
    journal.adopt(further)
    assert files.done == ["sync journal.jsonl", "write head"]
    assert journal.head.read() == further


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), "refused: No space left on device. Nothing was recorded"),
        (OSError("odd"), "refused: odd. Nothing was recorded"),
    ],
)
@pytest.mark.parametrize("operation", ["write journal.jsonl", "write head"])
def test_a_refused_commit_leaves_nothing_and_the_next_one_holds(
    tmp_path: Path, files: Watched, operation: str, fault: OSError, words: str
) -> None:
    """Where the disk refuses a write, the reason is told, nothing of it remains, and a later commit is taken."""
    journal = made(tmp_path, files)
    first = add(journal, START, "a")
    files.failing[operation] = fault
    with pytest.raises(StoreFault, match=words):
        add(journal, first, "lost")
    files.failing.clear()
    assert journal.size() == first.size
    assert journal.head.read() == first
    add(journal, first, "b")
    assert texts(journal) == ["a", "b"]


def test_after_a_failed_sync_nothing_more_is_taken(tmp_path: Path, files: Watched) -> None:
    """What the disk holds is unknown then: nothing of the commit is named, and every later one is refused at once."""
    journal = made(tmp_path, files)
    files.failing["sync journal.jsonl"] = OSError(errno.EIO, "Input/output error")
    with pytest.raises(StoreFault, match="Input/output error"):
        add(journal, START, "a")
    files.failing.clear()
    assert journal.size() == 0
    assert journal.head.read() == START
    files.done.clear()
    with pytest.raises(StoreFault, match="look at the disk"):
        add(journal, START, "b")
    assert files.done == []


@pytest.mark.parametrize(
    ("operation", "words"), [("write head", "put the journal back"), ("sync journal.jsonl", "look at the disk")]
)
def test_a_journal_that_can_not_be_put_back_takes_no_more(
    tmp_path: Path, files: Watched, operation: str, words: str
) -> None:
    """Where the disk refuses to cut the refused lines off again, later commits are refused, for the first reason."""
    journal = made(tmp_path, files)
    for failing in (operation, "truncate journal.jsonl"):
        files.failing[failing] = OSError(errno.EIO, "Input/output error")
    with pytest.raises(StoreFault, match="refused"):
        add(journal, START, "a")
    files.failing.clear()
    with pytest.raises(StoreFault, match=words):
        add(journal, START, "b")


@pytest.mark.parametrize("name", ["journal.jsonl", "head"])
@pytest.mark.parametrize("replaced", [True, False])
def test_a_commit_into_a_file_that_is_gone_is_refused(tmp_path: Path, name: str, replaced: bool) -> None:
    """A file that was moved away, also where another one stands there now, is named; nothing is acknowledged."""
    journal = made(tmp_path)
    first = add(journal, START, "a")
    content = (tmp_path / name).read_bytes()
    (tmp_path / name).rename(tmp_path / "moved")
    if replaced:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(StoreFault, match=f"^{name} is no longer the file"):
        journal.check_in_place()
    with pytest.raises(StoreFault, match=f"^{name} is no longer the file"):
        add(journal, first, "lost")
    assert journal.head.read() == first


def check(journal: Journal, position: Position) -> None:
    """Check a position against the head as it is now."""
    journal.check(position, journal.head.read())


def test_what_was_read_is_checked_against_the_head(tmp_path: Path) -> None:
    """The journal that its head names passes at every position; one that ends earlier is cut, and says how much was."""
    journal, positions = filled(tmp_path)
    for position in positions:
        check(journal, position)
    os.truncate(journal.path, positions[-1].size - 1)
    with pytest.raises(StoreDamaged, match=r"journal\.jsonl has been cut: 3 commits were acknowledged"):
        check(journal, positions[2])
    journal.path.unlink()
    with pytest.raises(StoreDamaged, match=r"journal\.jsonl is missing: 3 commits"):
        check(Journal(tmp_path, Files()), START)


def test_an_exchanged_journal_is_found(tmp_path: Path) -> None:
    """A journal of the same size and as many commits that ends with another hash is not the one that the head names."""
    journal, positions = filled(tmp_path)
    check(journal, positions[-1])
    with pytest.raises(StoreDamaged, match="not the journal that its head was written for"):
        check(journal, positions[-1]._replace(hash="1" * 64))
    with pytest.raises(StoreDamaged, match="not the journal that its head was written for"):
        check(journal, positions[-1]._replace(commits=2))
    check(journal, positions[1]._replace(hash="1" * 64))  # not there yet: nothing can be said


def test_lines_without_a_head_are_damage(tmp_path: Path) -> None:
    """Whether lines were cut off can't be told without a head; where there are no lines, none is missed."""
    filled(tmp_path)[0].close()
    (tmp_path / "head").unlink()
    with pytest.raises(StoreDamaged, match=r"^The file head, which names the last"):
        check(Journal(tmp_path, Files()), START)
    (tmp_path / "journal.jsonl").write_bytes(b"")
    check(Journal(tmp_path, Files()), START)
    (tmp_path / "journal.jsonl").unlink()
    check(Journal(tmp_path, Files()), START)


def test_a_journal_that_ends_within_a_line_is_not_read_as_if_it_were_whole(tmp_path: Path) -> None:
    """What was cut off while it was read leaves half a line: that is damage, not the end."""
    journal, positions = filled(tmp_path)
    os.truncate(journal.path, positions[-1].size - 30)
    with pytest.raises(StoreDamaged, match=r"^Line 3 of journal\.jsonl"):
        list(journal.commits(START, positions[-1].size))


def harmed(folder: Path, number: int, line: bytes | None = None, *, end: bytes = b"\n") -> StoreDamaged:
    """Put another line, or another end, in the place of one line; return what reading all of them says."""
    journal, _ = filled(folder)
    whole = journal.path.read_bytes().splitlines()
    whole[number - 1] = (whole[number - 1] if line is None else line) + end.removesuffix(b"\n")
    journal.path.write_bytes(b"\n".join([*whole, b""]))
    with pytest.raises(StoreDamaged) as told:
        texts(journal)
    return told.value


@pytest.mark.parametrize("line", [b"a foreign file", b'{"events": 1}', b""])
def test_a_first_line_that_is_not_ours_is_a_foreign_file(tmp_path: Path, line: bytes) -> None:
    """It is named with its path and with what to do; nothing is called damaged that never was a journal."""
    fault = harmed(tmp_path, 1, line)
    assert f"{tmp_path / 'journal.jsonl'} is not a journal of this program" in str(fault)
    assert fault.line == 1


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_damaged_line_is_named_with_what_is_wrong(tmp_path: Path, number: int) -> None:
    """The line's number, and whether its checksum or the chain does not fit, are told."""
    foreign, _ = line_after(Position(hash="1" * 64), "x")
    fault = harmed(tmp_path, number, foreign.removesuffix(b"\n"))
    assert str(fault).startswith(f"Line {number} of journal.jsonl is damaged: the hash chain breaks here. ")
    assert fault.line == number
    (tmp_path / "other").mkdir()
    fault = harmed(tmp_path / "other", number, foreign[:-8])
    assert str(fault).startswith(f"Line {number} of journal.jsonl is damaged: its checksum does not fit. ")
    assert fault.line == number


@pytest.mark.parametrize("number", [1, 3])
def test_changed_line_ends_are_called_so(tmp_path: Path, number: int) -> None:
    """Lines that an editor or a transfer gave a carriage return are damaged, and told for what they are."""
    fault = harmed(tmp_path, number, end=b"\r\n")
    assert str(fault).startswith(f"Line {number} of journal.jsonl is damaged: it ends with CR LF")
    assert fault.line == number


@pytest.mark.parametrize("torn", [b"x", b'{"n":[12],"events":[{"ev'])
def test_only_what_lacks_its_newline_is_set_aside(tmp_path: Path, files: Watched, torn: bytes) -> None:
    """The bytes behind the last whole line are stored beside the journal before they are cut off, durably."""
    journal, positions = filled(tmp_path)
    with journal.path.open("ab") as file:
        file.write(torn)
    end = positions[-1].size
    assert journal.whole_end(START) == journal.whole_end(positions[1]) == journal.whole_end(positions[-1]) == end
    journal = Journal(tmp_path, files)
    aside = journal.set_aside(end)
    assert files.done.index("replace") < files.done.index("truncate journal.jsonl")
    assert files.done[-1] == "sync journal.jsonl"
    assert aside.read_bytes() == torn
    assert aside.parent == tmp_path
    assert aside.name.startswith(f"journal.jsonl.torn-{end}-")
    assert journal.size() == end


def test_what_can_not_be_set_aside_is_not_cut(tmp_path: Path, files: Watched) -> None:
    """Where the bytes can't be stored beside the journal, they stay in it."""
    journal, positions = filled(tmp_path)
    with journal.path.open("ab") as file:
        file.write(b"torn")
    journal = Journal(tmp_path, files)
    files.failing["replace"] = OSError(errno.ENOSPC, "No space")
    with pytest.raises(OSError, match="No space"):
        journal.set_aside(positions[-1].size)
    assert journal.size() == positions[-1].size + 4


def test_two_ends_at_one_place_are_both_stored(tmp_path: Path) -> None:
    """What is set aside twice at the same place is in two files, each with its bytes."""
    journal, positions = filled(tmp_path)
    stored = []
    for torn in (b"one", b"other"):
        with journal.path.open("ab") as file:
            file.write(torn)
        stored.append(journal.set_aside(positions[-1].size))
    assert [path.read_bytes() for path in stored] == [b"one", b"other"]
