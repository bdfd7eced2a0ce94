"""A fault at every write, sync, rename and truncate: the caller hears of it, the old state is intact, a retry works."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from api_client.errors import ApiError, StoreError
from api_client.models import Receipt
from store.core.batch import Job
from store.folder.engine import Store
from store.transfer.verifier import verify
from tests.crash.faulty import FaultyFiles
from tests.support.small_folders import note_job, open_store, receipt, task_job, timeline

FAULTS = {"EIO": errno.EIO, "ENOSPC": errno.ENOSPC, "short write": None}


def scenario(folder: Path, files: FaultyFiles) -> tuple[int, list[str]]:
    """Open, write, checkpoint, write, close; return how many writes were heard to fail and the ids acknowledged."""
    failed, acknowledged = 0, []
    store = open_store(folder, files)
    task = ""
    try:
        for number in range(6):
            job = task_job("C-1", "t") if not task else note_job(task, f"n{number}", f"k{number}")
            for _ in range(3):
                before = timeline(store)
                outcome = attempt(store, job)
                if not isinstance(outcome, ApiError):
                    break
                failed += 1
                assert timeline(store) == before, "a failed write changed the state"
                files.mended()
                if files.hit == "sync":
                    assert isinstance(attempt(store, job), StoreError), "written on after a failed sync"
                    store.close()
                    store = open_store(folder, files)
                job = Job(job.command, job.actor, job.key)
            answer = receipt(outcome).answer
            task = task or str(answer["id"])
            acknowledged.append(str(answer["id"] if "id" in answer else answer["eventId"]))
            if number == 2:
                try:
                    store.save()
                except StoreError:
                    failed += 1
                    files.mended()
                    store.save()
    finally:
        store.close()
    return failed, acknowledged


def attempt(store: Store, job: Job) -> Receipt | ApiError:
    """Carry out one job as the writer does; return its receipt or its error."""
    try:
        return store.carry_out([job])[0]
    except StoreError as fault:
        return fault


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_anywhere_loses_nothing(tmp_path: Path, fault: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Whichever operation fails, what was acknowledged is there after a reopen, once, and nothing else is."""
    tried: dict[str, int] = {}
    at = 0
    while True:
        at += 1
        folder = tmp_path / str(at)
        files = FaultyFiles(at, FAULTS[fault])
        try:
            _, acknowledged = scenario(folder, files)
        except StoreError:
            # The folder could not even be opened: said in words, and the next try finds it whole.
            assert files.hit
            files.mended()
            _, acknowledged = scenario(folder, files)
        if not files.hit:
            break
        tried[files.hit] = tried.get(files.hit, 0) + 1
        again = open_store(folder)
        assert again.read_only == ""
        ids = [id_ for _, id_, _ in timeline(again)]
        tasks = [doc["id"] for doc in again.state.documents("tasks")]
        assert tasks + ids[1:] == acknowledged
        again.save()  # who only opened the folder would leave a torn checkpoint as it is
        again.close()
        assert verify(folder).wrong == []
    with capsys.disabled():
        print(f"\n{fault}: survived " + ", ".join(f"{count} {name}" for name, count in sorted(tried.items())))
    assert tried["write"] >= 10 or fault == "short write"


def test_a_disk_that_stays_full_is_told_each_time(tmp_path: Path) -> None:
    """While the disk stays full every write says so and reading goes on; when there is room again, writing does."""
    files = FaultyFiles(-1, errno.ENOSPC, lasting=True)
    store = open_store(tmp_path, files)
    task = str(receipt(store.carry_out([task_job("C-1", "t")])[0]).answer["id"])
    files.at = files.count + 1
    for number in range(3):
        with pytest.raises(StoreError, match="No space left"):
            store.carry_out([note_job(task, "n", f"k{number}")])
        assert len(timeline(store)) == 1
    files.mended()
    store.close()
    again = open_store(tmp_path)
    receipt(again.carry_out([note_job(task, "n", "k0")])[0])
    again.close()
    assert verify(tmp_path).wrong == []
