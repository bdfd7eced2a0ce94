"""A witness of a record: whatever it is shown, it never signs two histories of which neither begins with the other."""

from __future__ import annotations

import asyncio
import json
import os
import stat
import tempfile
from collections.abc import Callable
from contextlib import nullcontext
from datetime import datetime
from functools import reduce
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typing_extensions import override

from api_client.errors import StoreBusy, StoreFault, Unreachable
from store.core import merkle
from store.core.signed_note import LogHead, read_head, read_note
from store.core.signing_key import new_signing_key
from store.core.witnessing import KnownHead, WitnessRefusal, check_growth, read_checkpoint
from store.folder.files import Files
from store.transfer.witness import Refused, Witness, WitnessedNote
from store.transfer.witness_state import EVIDENCE_MOST, WitnessState
from tests.conftest import FixedClock
from tests.support.examples import examples
from tests.support.judges import judged_checkpoint, judged_cosignature
from tests.support.shown_record import ShownRecord, events, head_text

START = FixedClock()()


class Looking:
    """A witness in a folder of its own, and the record that it looks at."""

    def __init__(self, folder: Path, record: ShownRecord | None = None, files: Files | None = None) -> None:
        self.folder = folder / "witness"
        self.record = record or ShownRecord(events((3, "a")))
        self.now: Callable[[], datetime] = lambda: START
        self.state = WitnessState(self.folder, files)
        self.key = self.state.key("example.com/w1", "").public.written()

    def look(self, *others: KnownHead) -> WitnessedNote:
        key = self.state.key(None, "")
        return asyncio.run(Witness(self.state, key, self.record.signing.public, self.now).look(self.record, others))

    def refused(self, *others: KnownHead) -> str:
        """Look, and return why nothing is signed; see that nothing that was signed before is forgotten."""
        before = self.signed()
        with pytest.raises(Refused) as refused:
            self.look(*others)
        assert self.signed() == before
        evidence = json.loads(refused.value.evidence.read_text(encoding="utf-8"))
        assert evidence["signed"] == (before[0] if before else None)
        assert evidence["reason"] == refused.value.reason
        return refused.value.reason

    def signed(self) -> list[str]:
        return [path.read_text(encoding="utf-8") for path in self.folder.glob("*.note")]


@pytest.fixture
def looking(tmp_path: Path) -> Looking:
    """A witness that has signed three events."""
    looking = Looking(tmp_path)
    looking.look()
    return looking


# -- what it signs

moves = st.lists(
    st.tuples(st.sampled_from(["grow", "fork", "cut", "look"]), st.integers(0, 40), st.sampled_from("bcd")),
    min_size=1,
    max_size=12,
)
spoiled = st.sampled_from(["", "", "none", "cut", "more", "turned", "other", "no hash"])


def spoil(kind: str, path: list[str]) -> list[str]:
    """Return a proof as a server would send it that has none, or wants to pass one off."""
    if kind in ("", "none"):
        return path if not kind else []
    if kind == "more":
        return [*path, "ab" * 32]
    if kind == "cut":
        return path[:-1]
    if kind == "turned":
        return [f"{int(path[0][:1], 16) ^ 1:x}{path[0][1:]}", *path[1:]] if path else ["00" * 32]
    return ["ab" * 32] * len(path) if kind == "other" else ["\x1b[31m", "zz" * 32]


@settings(max_examples=examples(25, 2_000), deadline=None)
@given(moves=moves, spoils=st.lists(spoiled, min_size=12, max_size=12))
def test_no_two_histories_are_signed(moves: list[tuple[str, int, str]], spoils: list[str]) -> None:
    """Grown, rewritten and cut at random, with true and false proofs: all that is signed is one history that grew.

    And what did only grow, and is proved, is signed.
    """
    with tempfile.TemporaryDirectory() as folder:
        looking = Looking(Path(folder))
        record, signed = looking.record, list[tuple[str, ...]]()
        for (move, count, salt), kind in zip(moves, spoils, strict=False):
            if move == "grow":
                record.shown += events((count % 9, f"{salt}{len(record.shown)}"))
            elif move != "look":
                kept = record.shown[: count % (len(record.shown) + 1)]
                record.shown = kept + (events((1 + count % 5, salt)) if move == "fork" else ())
            record.proof = lambda path, kind=kind: spoil(kind, path)  # type: ignore[misc]
            last = signed[-1] if signed else ()
            has_grown = record.shown[: len(last)] == last
            needs_none = len(last) in (0, len(record.shown))
            try:
                told = looking.look()
            except Refused:
                assert not (has_grown and (kind == "" or needs_none))
                continue
            assert has_grown
            assert told.head.size == len(record.shown)
            signed.append(record.shown)
        assert all(later[: len(earlier)] == earlier for earlier, later in pairwise(signed))


def test_its_signature_is_the_standards(looking: Looking) -> None:
    """Another program reads record's and witness's signature off the note, with the time; others are not passed on."""
    stranger = new_signing_key("example.com/stranger")
    looking.record.shown += events((2, "b"))
    looking.record.note = lambda note: f"{note}{stranger.checkpoint(1, b'.' * 32).written().splitlines()[-1]}\n"
    told = looking.look()
    note = told.note.written()
    assert judged_cosignature(note, looking.key) == int(START.timestamp())
    assert judged_checkpoint(note, looking.record.signing.public.written())[1] == 5
    assert note.count("— ") == 2
    assert looking.signed() == [note]


def test_the_same_again_is_signed_with_the_new_time(looking: Looking) -> None:
    """A record on which nothing happens is signed at each look: the note says until when that was so."""
    looking.now = lambda: START.replace(year=START.year + 1)
    told = looking.look()
    assert judged_cosignature(told.note.written(), looking.key) == int(looking.now().timestamp())
    assert told.before is not None
    assert (told.before.head, told.before.at) == (told.head, int(START.timestamp()))
    looking.now = lambda: START.replace(year=1960)
    with pytest.raises(StoreFault, match="Set the clock"):
        looking.look()
    assert looking.signed() == [told.note.written()]


def test_a_clock_that_went_back_dates_no_signature_back(looking: Looking) -> None:
    """What is signed now would seem to be older than what was signed before; from that time on it signs again."""
    looking.now = lambda: START.replace(year=START.year + 1)
    told = looking.look()
    looking.now = lambda: START
    looking.record.shown += events((2, "b"))
    with pytest.raises(StoreBusy, match="behind this witness's last signature"):
        looking.look()
    assert looking.signed() == [told.note.written()]
    looking.now = lambda: told.at
    assert looking.look().head.size == 5


# -- what it refuses


def test_a_record_that_lost_events(looking: Looking) -> None:
    """One that is shorter than it was is refused with both counts, and what was signed stays signed."""
    looking.record.shown = looking.record.shown[:2]
    assert "The record has 2 events, fewer than the 3 that this witness signed on 20" in looking.refused()
    looking.record.shown = ()
    assert "0 events, fewer than the 3" in looking.refused()


def test_a_record_that_was_rewritten(looking: Looking) -> None:
    """As long as before or longer, with the proof of its own tree, none or a huge one: refused, and kept short."""
    looking.record.shown = events((3, "b"))
    words = looking.refused()
    assert words.startswith("The record no longer begins with what this witness signed on 20")
    assert words.endswith("it has 3 events too, but not all are the same.")
    for size in (4, 9):
        looking.record.shown = events((size, "b"))
        assert "no longer begins with" in looking.refused()
    looking.record.proof = lambda _: []
    assert "it gave no proof that it does" in looking.refused()
    looking.record.proof = lambda path: [*path, *["\x1b" * 10_000] * 10_000]
    assert "its proof that it does is wrong" in looking.refused()
    assert max(path.stat().st_size for path in looking.folder.iterdir()) < 50_000


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda _: "<h1>Welcome</h1>", "no note"),
        (lambda note: note.replace("\n3\n", "\n4\n"), "does not fit the text"),
        (lambda note: note.partition("\n\n")[0] + "\n\n— x YWJjZGVm\n", "not signed by example.com/claims"),
        (lambda note: note.replace("example.com/claims\n", "example.com/\x1b[31m\n"), "no note"),
        (lambda note: f"{note}\ud800", "no text"),
        (lambda _: new_signing_key("example.com/claims").checkpoint(3, b"." * 32).written(), "not signed by"),
        (lambda _: new_signing_key("example.com/other").checkpoint(3, b"." * 32).written(), "not signed by"),
    ],
)
def test_what_is_no_checkpoint_of_the_record(looking: Looking, change: Callable[[str], str], words: str) -> None:
    """A page, a changed one, one of another record or signed with another key: refused, and kept as it came."""
    looking.record.note = change
    assert words in looking.refused()
    assert len(list(looking.folder.glob("*.refused-*.json"))) == 1


def test_a_checkpoint_of_another_record_with_the_same_key(looking: Looking) -> None:
    """What the key signed under another name is none of the record's."""
    private = looking.record.signing.private
    other = new_signing_key("example.com/claims")._replace(private=private)

    def renamed(note: str) -> str:
        from store.core.signed_note import SignedNote, signed

        head = read_head(read_note(note.encode()).text)
        return signed(SignedNote(head_text(head.size, head.root, "example.com/z"), ()), other.name, private).written()

    looking.record.note = renamed
    assert "example.com/z" in looking.refused()


def test_an_empty_record_with_a_root(tmp_path: Path) -> None:
    """No events have one root, whoever signs another; with it, it is signed, and all that comes after may."""
    looking = Looking(tmp_path, ShownRecord())
    looking.record.note = lambda _: looking.record.signing.checkpoint(0, b"." * 32).written()
    assert "its root is not that of one" in looking.refused()
    looking.record.note = lambda note: note
    assert looking.look().head.size == 0
    looking.record.shown = events((1, "b"))
    looking.record.proof = lambda _: ["ab" * 32]  # none is asked for: every record begins with no events
    assert looking.look().head.size == 1
    looking.record.shown = events((5, "b"))
    looking.record.proof = lambda path: path
    assert looking.look().head.size == 5


def test_what_somebody_else_was_shown(tmp_path: Path) -> None:
    """A record that shows two witnesses two histories is found out by the first who compares; its note is evidence."""
    record = ShownRecord(events((3, "a"), (4, "b")))
    first, second = Looking(tmp_path / "1", record), Looking(tmp_path / "2", record)
    shown_first = first.look().note.written()
    record.shown = events((3, "a"), (6, "c"))
    assert second.look().head.size == 9
    other = KnownHead(read_checkpoint(shown_first, record.signing.public).head, "first.note has", shown_first)
    assert "no longer begins with the 7 events that first.note has" in second.refused(other)
    (evidence,) = second.folder.glob("*.refused-*.json")
    kept = json.loads(evidence.read_text(encoding="utf-8"))
    key = record.signing.public.written()
    assert judged_checkpoint(kept["known"], key)[1] == 7
    assert judged_checkpoint(kept["seen"], key)[1] == 9
    record.shown = record.shown[:5]
    assert "fewer than the 9" in second.refused(other)


def test_refusals_fill_no_disk(looking: Looking) -> None:
    """The same refusal is one file; of ever other ones, the first hundred and the last are kept."""
    for size in (0, 0, *range(EVIDENCE_MOST + 5)):
        looking.record.note = lambda note, size=size: f"{note}{size}"  # type: ignore[misc]
        looking.refused()
    kept = list(looking.folder.glob("*.refused-*.json"))
    assert len(kept) == EVIDENCE_MOST + 1
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in kept)


def test_growth_needs_its_own_proof() -> None:
    """A proof over its cap, in capitals or with blanks is none, whatever it adds up to; the longest holds."""
    head = LogHead("example.com/claims", 1, b"." * 32)
    for count in (63, 64):
        nodes = [bytes([number]) * 32 for number in range(count)]
        last = head._replace(size=1 << count, root=reduce(merkle.node_hash, nodes, head.root))
        with nullcontext() if count == 63 else pytest.raises(WitnessRefusal):
            check_growth(KnownHead(head, "w has", ""), last, [node.hex() for node in nodes])
    for path in (["ab" * 32] * 64, ["AB" * 32], ["ab " * 21 + "a"], ["é" * 64], ["ab" * 32 + "\n"]):
        with pytest.raises(WitnessRefusal):
            check_growth(KnownHead(head, "w has", ""), head._replace(size=3), path)


# -- its folder


def test_its_folder_is_its_own(looking: Looking) -> None:
    """Nobody else may read the key or write the folder: where somebody may, nothing is signed, and the remedy named."""
    key = looking.folder / "witness.key"
    assert stat.S_IMODE(looking.folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    key.chmod(0o640)
    with pytest.raises(StoreFault, match="chmod 600"):
        looking.look()
    key.chmod(0o600)
    looking.folder.chmod(0o770)
    with pytest.raises(StoreFault, match="chmod 700"):
        WitnessState(looking.folder)


def test_a_folder_that_forgot_something(looking: Looking) -> None:
    """Without its key, with another's, with a changed note or another key of the record it signs nothing more."""
    (note,) = looking.folder.glob("*.note")
    text = note.read_bytes()
    with pytest.raises(StoreFault, match=r"is named example\.com/w1 already"):
        looking.state.key("example.com/w2", "")
    note.write_bytes(text.replace(b"\n3\n", b"\n2\n"))
    with pytest.raises(StoreFault, match="not what this witness stored"):
        looking.look()
    note.write_bytes(b"\n".join(text.splitlines()[:-1]) + b"\n")
    with pytest.raises(StoreFault, match="not signed by this witness"):
        looking.look()
    note.write_bytes(text)
    before, looking.record.signing = looking.record.signing, new_signing_key("example.com/claims")
    with pytest.raises(StoreFault, match="by a public key other than"):
        looking.look()
    looking.record.signing = before
    (looking.folder / "witness.key").write_text(before.written(), encoding="utf-8")
    with pytest.raises(StoreFault, match=r"can't be used as the key of a witness") as fault:
        looking.look()
    assert before.written().strip() not in str(fault.value)
    (looking.folder / "witness.key").unlink()
    with pytest.raises(StoreFault, match="Put the key back"):
        looking.look()


def test_two_runs_at_once_sign_one_history(tmp_path: Path) -> None:
    """While one looks, another signs what it was shown: the first looks again, and refuses what does not fit that."""
    looking = Looking(tmp_path)
    other = ShownRecord(events((3, "b")), looking.record.signing)

    def meanwhile(note: str) -> str:
        looking.record.note = lambda note: note
        key = looking.state.key(None, "")
        state = WitnessState(looking.folder)
        loop = asyncio.new_event_loop()
        try:
            witness = Witness(state, key, looking.record.signing.public, looking.now)
            notes.append(_in_thread(lambda: loop.run_until_complete(witness.look(other))).note.written())
        finally:
            loop.close()
            state.close()
        return note

    notes: list[str] = []
    looking.record.note = meanwhile
    with pytest.raises(Refused, match="no longer begins with"):
        looking.look()
    assert looking.signed() == notes


def _in_thread(call: Callable[[], WitnessedNote]) -> WitnessedNote:
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(call).result()


async def test_a_record_that_never_answers(looking: Looking, monkeypatch: pytest.MonkeyPatch) -> None:
    """However slowly it answers, a look ends, as one at a server that is not there."""
    monkeypatch.setattr("store.transfer.witness.LOOK_SECONDS", 0.01)
    monkeypatch.setattr(looking.record, "checkpoint", asyncio.Event().wait)
    with pytest.raises(Unreachable, match="did not answer"):
        await Witness(looking.state, looking.state.key(None, ""), looking.record.signing.public, looking.now).look(
            looking.record
        )


class Full(Files):
    """A disk that takes nothing more, once it is full."""

    is_full = False

    @override
    def sync(self, fd: int) -> None:
        if self.is_full:
            raise OSError(28, os.strerror(28))
        super().sync(fd)


def test_what_is_not_stored_is_not_given_out(tmp_path: Path) -> None:
    """On a full disk nothing is signed: the last that was signed is still there, and the next look goes on from it."""
    disk = Full()
    looking = Looking(tmp_path, files=disk)
    looking.look()
    before = looking.signed()
    looking.record.shown += events((1, "b"))
    disk.is_full = True
    with pytest.raises(StoreFault, match="Nothing was signed"):
        looking.look()
    assert looking.signed() == before
    disk.is_full = False
    assert looking.look().head.size == 4
