"""The machine stops between any two operations, or in the middle of a write: the folder opens to whole commits."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from tests.crash.faulty import RecordingFiles
from tests.crash.scale import pick
from tests.support.small_folders import note_job, open_store, receipt, task_job, timeline


def test_every_prefix_of_the_operations_opens_to_whole_commits(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Played again up to any point, the last write whole or torn, the folder holds all that was acknowledged."""
    files = RecordingFiles(tmp_path / "data")
    store = open_store(tmp_path / "data", files)
    acknowledged: list[int] = []
    """After which operation each commit was acknowledged."""
    task = ""
    for number in range(12):
        jobs = [note_job(task, f"n{number}-{i}") for i in range(3)] if task else [task_job("C-1")]
        answers = [receipt(one).answer for one in store.carry_out(jobs)]
        task = task or str(answers[0]["id"])
        acknowledged += [len(files.operations)] * len(jobs)
        if number in (4, 9):
            store.save()
    store.close()
    whole = open_store(tmp_path / "data")
    everything = timeline(whole)
    whole.close()
    cases = [(count, -1) for count in range(len(files.operations) + 1)]
    rng = Random(3)
    for count, (name, _) in enumerate(files.operations):
        if name == "write":
            cases += [(count, rng.randrange(1, 400)) for _ in range(pick(2, 20))]
    for number, (count, torn) in enumerate(cases):
        folder = tmp_path / f"prefix-{number}"
        (folder / "uploads").mkdir(parents=True)
        for _, again in files.operations[:count]:
            again(folder)
        last = files.torn(count, torn) if torn >= 0 else None
        if last is not None:
            last(folder)
        store = open_store(folder)
        found = timeline(store)
        assert store.read_only == "", (count, torn, store.read_only)
        assert found == everything[: len(found)]
        assert len(found) >= sum(1 for at in acknowledged if at <= count)
        store.close()
    with capsys.disabled():
        print(f"\nprefixes: {len(files.operations)} operations, {len(cases)} ends tried, all opened")
