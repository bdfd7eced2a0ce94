"""`verify`: a sound folder is called sound, and whatever is changed in one is found and named."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from api_client.commands import ReceiveUpload, RecordAction
from api_client.errors import StoreFault
from api_client.models import Attachment
from store.core.batch import Job
from store.folder.engine import Store
from store.folder.uploads import Receiver
from store.transfer.verifier import verify
from tests.support.actors import AGENT
from tests.support.small_folders import fill, open_store, receipt


def upload(store: Store, data: bytes, task: str = "") -> str:
    """Put an upload into a folder, attached to `task` where there is one; return the name of its file."""
    receiver = Receiver(store.folder / "uploads", store.files, store.tokens(), 1000)
    receiver.take(data)
    content = receiver.finish()
    receiver.close()
    made = receipt(store.carry_out([Job(ReceiveUpload(file_name="a.txt"), AGENT, None, content)])[0])
    if task:
        added = (Attachment(upload_id=str(made.answer["id"]), label="a"),)
        action = RecordAction(project_name="general", task_id=task, description="x", add_attachments=added)
        receipt(store.carry_out([Job(action, AGENT, None)])[0])
    return content.sha256


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A closed folder with commits before and after its checkpoint, and an upload."""
    store = open_store(tmp_path / "data")
    task = fill(store, 12)
    upload(store, b"some bytes", task)
    store.save()
    from tests.support.small_folders import note_job

    store.carry_out([note_job(task, "after the checkpoint")])
    store._live.saved = store.position
    store.close()
    return tmp_path / "data"


def test_a_sound_folder_is_called_sound(folder: Path) -> None:
    """Nothing is wrong, the count and the head's hash are told, and no file is changed by looking."""
    before = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    found = verify(folder)
    assert found.wrong == []
    assert (found.position.commits, found.position.events) == (16, 16)
    assert verify(folder, expect=found.position.hash).wrong == []
    assert {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()} == before


def test_no_data_folder_is_told_so(tmp_path: Path) -> None:
    """A folder without a journal is no data folder, and is not made into one."""
    with pytest.raises(StoreFault, match="not a data folder"):
        verify(tmp_path)
    assert list(tmp_path.iterdir()) == []


def cut_end(folder: Path) -> None:
    journal = folder / "journal.jsonl"
    journal.write_bytes(b"".join(journal.read_bytes().splitlines(keepends=True)[:-1]))


def change_line(folder: Path) -> None:
    journal = folder / "journal.jsonl"
    journal.write_bytes(journal.read_bytes().replace(b"note 4", b"note 9"))


def change_upload(folder: Path) -> None:
    (path,) = (folder / "uploads").iterdir()
    path.write_bytes(b"other bytes")


def lose_upload(folder: Path) -> None:
    (path,) = (folder / "uploads").iterdir()
    path.unlink()


def change_state(folder: Path) -> None:
    state = folder / "state.json"
    state.write_bytes(state.read_bytes().replace(b'"RUNNING"', b'"WAITING"'))


def change_head(folder: Path) -> None:
    head = folder / "head"
    head.write_bytes(head.read_bytes().replace(b"pumpup", b"upmupp"))


def lose_head(folder: Path) -> None:
    (folder / "head").unlink()


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (cut_end, "cut"),
        (change_line, "Line 6"),
        (change_upload, "content has changed"),
        (lose_upload, "can't be read"),
        (change_state, "state.json is damaged"),
        (change_head, "head is damaged"),
        (lose_head, "head is missing"),
    ],
)
def test_what_is_wrong_is_named(folder: Path, harm: Callable[[Path], None], words: str) -> None:
    """Each kind of harm is found and said in words that name the place."""
    harm(folder)
    assert any(words in wrong for wrong in verify(folder).wrong)


def test_a_checkpoint_that_says_something_else_than_the_events_is_found(folder: Path) -> None:
    """A checkpoint that is sound in itself, but holds another state than the events make, is told by table and id."""
    store = open_store(folder)
    (task,) = store.state.documents("tasks")
    store.state.put("tasks", task["id"], {**task, "currentStep": "complete"})
    store.save()
    store.close()
    wrong = verify(folder).wrong
    assert any("tasks differ" in words and task["id"] in words for words in wrong)
    assert any("orders differ" in words for words in wrong)


def test_an_old_copy_put_back_is_found_with_expect(tmp_path: Path, folder: Path) -> None:
    """A whole older folder is sound in itself: only the hash that was noted elsewhere tells."""
    shutil.copytree(folder, tmp_path / "old")
    store = open_store(folder, tokens=lambda: "ffffffffffff")
    fill_more = store.state.documents("tasks")
    from tests.support.small_folders import note_job

    store.carry_out([note_job(next(iter(fill_more))["id"], "newer")])
    noted = store.position.hash
    store.close()
    assert verify(folder, expect=noted).wrong == []
    assert verify(tmp_path / "old").wrong == []
    assert any("expected" in wrong for wrong in verify(tmp_path / "old", expect=noted).wrong)
