"""A checkpoint in parts: whatever was saved, closed, killed, damaged or saved by another, the answers are the same."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import rule

from api_client.backend import PAGE_MAX
from api_client.models import Order
from store.core.event_types import OFF_TIMELINES, SETTLING, TYPES
from store.core.timeline_pages import TimelineAsked
from store.demo.workspace import generate
from store.folder import checkpoint, checkpoint_writer, event_index, folder_state, journal_follower
from store.folder.engine import Store
from store.folder.event_index import EventIndex
from store.folder.files import Files
from store.folder.head import Position
from store.folder.queries import FolderReader
from store.folder.state import State
from store.transfer.exporter import Filter, jsonl
from store.transfer.folder_record import FolderRecord
from store.transfer.verifier import verify
from tests.crash.faulty import RecordingFiles
from tests.crash.scale import pick
from tests.store.test_any_sequence import AnySequence, everything
from tests.support.actors import ALICE
from tests.support.small_folders import end_without_checkpoint, fill, note_job, open_store, receipt, task_job, timeline
from tests.support.small_parts import small_parts


class SmallParts(AnySequence):
    """The same sequences over many small parts, with another process that saves as well."""

    def __init__(self) -> None:
        super().__init__()
        self.parts = ExitStack()
        self.parts.enter_context(small_parts())

    @rule()
    def another_saves(self) -> None:
        other = self._store()
        other.save()
        other.close()

    def teardown(self) -> None:
        super().teardown()
        self.parts.close()


TestSmallParts = SmallParts.TestCase
TestSmallParts.settings = settings(max_examples=8, stateful_step_count=30, deadline=None)


@pytest.fixture
def parts() -> Iterator[None]:
    """Small parts for the whole of a test."""
    with small_parts():
        yield


EVENTS = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 2), st.sampled_from((*TYPES[1:], "OF_TOMORROW")), st.integers(0, 40)),
    max_size=60,
)


@given(
    EVENTS,
    st.sets(st.integers(0, 60)),
    st.integers(0, 3),
    st.integers(0, 2),
    st.lists(st.sampled_from(TYPES[1:]), max_size=2, unique=True),
)
@settings(max_examples=30, deadline=None)
def test_every_walk_is_what_a_list_would_give(
    events: list[tuple[int, int, str, int]], saves: set[int], task: int, project: int, types: list[str]
) -> None:
    """Saved after any events and opened again, a walk in either direction from anywhere finds what filtering does."""
    with small_parts(), tempfile.TemporaryDirectory() as folder:
        state, replies = State(), dict[int, int]()
        for number, (on_task, on_project, kind, asked) in enumerate(events, start=1):
            event: dict[str, Any] = {"eventType": kind, "inResponseTo": f"evt_{asked:08x}0123"}
            state.index.add(event, (number * 1000, number), task=on_task, project=on_project)
            if 0 < asked < number and kind in SETTLING:
                replies[asked] = number
            if number in saves:
                checkpoint_writer.save(Path(folder), Files(), state, Position(number, number, number * 1000, "0" * 64))
                state = _opened(Path(folder))
        index = state.index
        assert [index.place(seq) for seq in range(1, len(events) + 1)] == [
            (n * 1000, n) for n in range(1, len(index) + 1)
        ]
        assert {seq: index.reply(seq) for seq in range(1, len(index) + 1) if index.reply(seq)} == replies
        for start in range(len(events) + 1):
            found = [
                seq
                for seq, (on_task, on_project, kind, _) in enumerate(events, start=1)
                if (on_task == task or not task)
                and (on_project == project or not project or task)
                and (kind in types or not types)
                and (task or project or types or kind not in OFF_TIMELINES)
            ]
            after = [seq for seq in found if seq > start]
            before = [seq for seq in reversed(found) if seq < (start or len(events) + 1)]
            assert _walk(index, task, project, types, start, "asc") == after
            assert _walk(index, task, project, types, start, "desc") == before


def _opened(folder: Path) -> State:
    saved = checkpoint.read(folder)
    assert saved is not None
    return State(saved.parts)


def _walk(index: EventIndex, task: int, project: int, types: list[str], start: int, order: Order) -> list[int]:
    return list(index.walk(task=task, project=project, types=tuple(types), start=start, order=order))


def answers(store: Store) -> list[Any]:
    """Return much of what can be asked of a folder."""
    reader = FolderReader(store)
    found: list[Any] = [
        reader.tasks(None, None),
        reader.inbox(None, None, PAGE_MAX, ALICE),
        list(jsonl(FolderRecord(store), Filter())),
    ]
    for project in reader.projects(None):
        found += [project, reader.board(project.id)]
        found += [reader.cards(project.id, step.name, None, PAGE_MAX) for step in project.steps.steps]
    chosen: list[tuple[str | None, str | None, tuple[str, ...]]] = [(None, None, ()), (None, None, ("NOTE",))]
    chosen += [(project.id, None, types) for project in reader.projects("c") for types in ((), ("APPROVAL_DECIDED",))]
    chosen += [(None, task.id, ()) for task in found[0][:3]]
    orders: tuple[Order, Order] = ("asc", "desc")
    for project_id, task_id, types in chosen:
        for order in orders:
            asked = TimelineAsked(project_id=project_id, task_id=task_id, types=types, order=order, limit=PAGE_MAX)
            page = reader.events(asked)
            found.append(page)
            found += [
                reader.request(event.id, ALICE) for event in page.items if event.event_type == "APPROVAL_REQUESTED"
            ][:3]
    return found


@pytest.fixture
def workspace(parts: None, tmp_path: Path) -> Path:
    """A folder with a few hundred events, whose checkpoint is in many parts, some of them saved later."""
    folder = tmp_path / "data"
    generate(folder, tasks=20, events=300)
    store = open_store(folder, tokens=lambda: "f" * 12)
    task = str(receipt(store.carry_out([task_job("C-1")])[0]).answer["id"])
    for number in range(9):
        receipt(store.carry_out([note_job(task, "later", f"k{number}")])[0])
    store.save()
    store.close()
    return folder


def test_a_flip_in_any_part_is_found_and_changes_no_answer(workspace: Path) -> None:
    """Whatever bit of the checkpoint is flipped, at closing time or while it is open, the journal is read instead."""
    store = open_store(workspace)
    sound = answers(store)
    store.close()
    rng = Random(11)
    paths = [path for path in workspace.iterdir() if path.name.startswith(("index", "state"))]
    assert len(paths) > 30
    for number in range(pick(15, 300)):
        path = rng.choice(paths) if number % 3 else workspace / ("index.bin", "state.json")[number % 2]
        data = path.read_bytes()
        place = rng.randrange(len(data))
        early = open_store(workspace)
        path.write_bytes(data[:place] + bytes([data[place] ^ 1 << rng.randrange(8)]) + data[place + 1 :])
        assert verify(workspace).wrong, (path.name, place)
        late = open_store(workspace)
        assert answers(early) == sound, (path.name, place)
        assert answers(late) == sound, (path.name, place)
        end_without_checkpoint(early)
        end_without_checkpoint(late)
        path.write_bytes(data)
    assert verify(workspace).wrong == []


@pytest.mark.parametrize("harm", ["gone", "cut", "another"])
def test_a_part_that_is_lost_or_another_changes_no_answer(workspace: Path, harm: str) -> None:
    """A segment that is missing, cut short or in another's place is passed over; the next saving makes it again."""
    store = open_store(workspace)
    sound = answers(store)
    store.close()
    path, other = workspace / "index-e0003.bin", workspace / "index-e0004.bin"
    if harm == "gone":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:-40] if harm == "cut" else other.read_bytes())
    again = open_store(workspace)
    assert answers(again) == sound
    again.save()
    again.close()
    assert verify(workspace).wrong == []
    last = open_store(workspace)
    assert answers(last) == sound
    last.close()


def test_a_writer_goes_on_over_a_damaged_part(workspace: Path) -> None:
    """A command that meets a damaged part is carried out all the same, and what it recorded is there."""
    path = workspace / "state.json"
    data = path.read_bytes()
    store = open_store(workspace)
    task = next(doc["id"] for doc in store.state.documents("tasks") if doc["name"] == "C-1")
    store.close()
    store = open_store(workspace, tokens=lambda: "e" * 12)
    path.write_bytes(data[:200] + bytes(byte ^ 1 for byte in data[200:]))
    receipt(store.carry_out([note_job(task, "goes on")])[0])
    assert len(timeline(store)) == store.state.seq
    store.save()
    store.close()
    assert verify(workspace).wrong == []


def test_every_prefix_of_a_saving_in_parts_opens_to_all_commits(parts: None, tmp_path: Path) -> None:
    """Stopped anywhere in a saving, the last write whole or torn, a folder opens to what was acknowledged."""
    files = RecordingFiles(tmp_path / "data")
    store = open_store(tmp_path / "data", files)
    task = fill(store, 20)
    store.save()
    first = len(files.operations)
    for number in range(12):
        receipt(store.carry_out([note_job(task, "more", f"m{number}")])[0])
    begin = len(files.operations)
    store.save()
    expected = everything(store.state)
    end_without_checkpoint(store)
    assert begin - first >= 12
    for count in range(begin, len(files.operations) + 1):
        for torn in (-1, 3, 100):
            folder = tmp_path / "again"
            (folder / "uploads").mkdir(parents=True)
            for _, again in files.operations[:count]:
                again(folder)
            last = files.torn(count, torn) if torn >= 0 and count < len(files.operations) else None
            if last is not None:
                last(folder)
            opened = open_store(folder)
            assert everything(opened.state) == expected
            assert verify(folder).wrong == []
            opened.save()
            assert everything(opened.state) == expected
            opened.close()
            assert verify(folder).wrong == []
            shutil.rmtree(folder)


def test_what_is_saved_is_let_go_of(parts: None, tmp_path: Path) -> None:
    """After a saving nothing but queues is in memory, and full parts are never written again."""
    store = open_store(tmp_path)
    task = fill(store, 40)
    store.save()
    stamps = {path.name: path.stat().st_mtime_ns for path in tmp_path.glob("index-e*.bin")}
    assert len(stamps) == 41 // event_index.SEGMENT
    for number in range(10):
        receipt(store.carry_out([note_job(task, "more", f"m{number}")])[0])
    assert len(store.state.index.new) == 10
    store.save()
    assert len(store.state.index.new) == 0
    assert store.state.packed["tasks"].changed == {}
    after = {path.name: path.stat().st_mtime_ns for path in tmp_path.glob("index-e*.bin")}
    assert {name: after[name] for name in stamps} == stamps
    store.close()


def test_a_long_replay_holds_little_in_memory(parts: None, tmp_path: Path) -> None:
    """Without a checkpoint most of what is replayed is in files for a while, and none of them in the folder."""
    store = open_store(tmp_path)
    fill(store, 100)
    before = everything(store.state)
    end_without_checkpoint(store)
    names = {path.name for path in tmp_path.iterdir()}
    again = open_store(tmp_path)
    assert len(again.state.index.new) < 24
    assert everything(again.state) == before
    assert {path.name for path in tmp_path.iterdir()} == names
    again.save()
    assert everything(again.state) == before
    again.close()
    assert verify(tmp_path).wrong == []


def test_who_only_follows_holds_little_in_memory(parts: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that follows a writer for long goes on from what the writer saves, and makes no files of its own."""
    monkeypatch.setattr(folder_state, "MANY_EVENTS", 12)
    monkeypatch.setattr(folder_state, "LOOK_AGAIN", 1)
    monkeypatch.setattr(journal_follower, "NEW_EVENTS", 1000)
    writer, reader = open_store(tmp_path), open_store(tmp_path)
    task = fill(writer, 2)
    most = 0
    for number in range(60):
        receipt(writer.carry_out([note_job(task, "more", f"m{number}")])[0])
        if number % 5 == 0:
            writer.save()
        assert reader.read(lambda state: state.seq) == number + 4
        most = max(most, len(reader.state.index.new))
    assert most < 20
    assert everything(reader.state) == everything(writer.state)
    end_without_checkpoint(reader)
    writer.close()


def test_who_was_away_for_long_reads_little_of_the_journal(
    parts: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where much was written meanwhile, it goes on from what was saved of it."""
    monkeypatch.setattr(folder_state, "FAR_BEHIND", 2_000)
    writer, reader = open_store(tmp_path), open_store(tmp_path)
    task = fill(writer, 30)
    writer.save()
    receipt(writer.carry_out([note_job(task, "last")])[0])
    assert reader.read(lambda state: state.seq) == 32
    assert len(reader.state.index.new) == 1
    assert everything(reader.state) == everything(writer.state)
    end_without_checkpoint(reader)
    writer.close()


@given(st.lists(st.tuples(st.sampled_from(["new", "change", "drop", "save", "open"]), st.integers(0, 20)), max_size=40))
@settings(max_examples=60, deadline=None)
def test_a_table_in_layers_is_what_a_dictionary_would_be(steps: list[tuple[str, int]]) -> None:
    """Whatever is put, changed, dropped, saved and opened again, each id finds its document, in the order they came."""
    with small_parts(), tempfile.TemporaryDirectory() as folder:
        state, expected, seen = State(), dict[str, Any](), list[str]()
        for number, (step, pick) in enumerate(steps, start=1):
            alive = list(expected)
            if step == "new":
                doc: dict[str, Any] = {"requestId": f"evt_{number:08x}", "seq": number, "projectId": "p", "taskId": "t"}
                state.put("requests", doc["requestId"], doc)
                expected[doc["requestId"]] = doc
                seen.append(doc["requestId"])
            elif step == "change" and alive:
                doc = {**expected[alive[pick % len(alive)]], "changed": number}
                state.put("requests", doc["requestId"], doc)
                expected[doc["requestId"]] = doc
            elif step == "drop" and alive:
                state.drop("requests", alive[pick % len(alive)])
                del expected[alive[pick % len(alive)]]
            elif step in {"save", "open"}:
                checkpoint_writer.save(Path(folder), Files(), state, Position(0, 0, number, "0" * 64))
                state = _opened(Path(folder)) if step == "open" else state
            assert {doc_id: state.get("requests", doc_id) for doc_id in seen} == {
                doc_id: expected.get(doc_id) for doc_id in seen
            }
            assert list(state.documents("requests")) == list(expected.values())
            assert state.count("requests") == len(expected)
            assert [state.request_at(doc["seq"]) for doc in expected.values()] == list(expected.values())
            assert list(state.open_requests.seqs) == [doc["seq"] for doc in expected.values()]
            assert state.get("requests", "evt_none") is None
