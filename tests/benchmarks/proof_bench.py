"""Proofs over a folder: what the tree costs each commit and the opening, and what checkpoints and proofs take."""

from __future__ import annotations

import shutil
import statistics
import time
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from random import Random

from typing_extensions import override

from api_client.times import utc_now
from store.core.event_ids import random_token
from store.demo.workspace import generate
from store.folder.engine import Store
from store.folder.head import Position
from store.folder.record_tree import RecordTree
from store.folder.tree_file import TreeFile
from tests.benchmarks.rows import Row, Table, p95, timed
from tests.benchmarks.store_bench import noted, opened_in_process, submitting, turns

PROOFS = 300
CHECKPOINTS = 30
NEW = 100
"""Events between two checkpoints."""
OPENINGS = 9


class NoTree(TreeFile):
    """The tree's file as it was before there was one."""

    @override
    def append(self, before: Position, hashes: Iterable[str]) -> None:
        """Append nothing."""


def run(table: Table, folder: Path, sizes: tuple[int, ...]) -> None:
    """Measure all of it at each size."""
    for events in sizes:
        made = folder / f"events-{events}"
        if not made.exists():
            generate(made, tasks=max(events // 20, 5), events=events)
        growing(table, made, folder / "without", events)
        proving(table, made, events)
        opening(table, made, events)


def growing(table: Table, folder: Path, beside: Path, events: int) -> None:
    """A durable submit that grows the tree, and one in a copy of the folder that does not."""
    shutil.rmtree(beside, ignore_errors=True)
    shutil.copytree(folder, beside)
    store, note = noted(folder)
    before, other_note = noted(beside)
    RecordTree(store).checkpoint()
    before.tree = NoTree(beside, before.files)
    times = turns({"without": submitting(before, other_note), "ours": submitting(store, note)})
    words = "the same without the tree"
    table.add(Row(f"submit with the tree, {events:,} events", times["ours"], "ms", times["without"], words, 1.1))
    before.close()
    store.close()
    shutil.rmtree(beside)


def proving(table: Table, folder: Path, events: int) -> None:
    """The first checkpoint of a process, later ones, and proofs of any event."""
    for name in ("tree", "signing.key", "checkpoint.note"):
        (folder / name).unlink(missing_ok=True)
    store, note = noted(folder)
    tree = RecordTree(store)
    start = time.perf_counter()
    tree.checkpoint()
    table.add(Row(f"first checkpoint ever, {events:,} events", time.perf_counter() - start, "s"))
    submit, times = submitting(store, note), []
    for _ in range(CHECKPOINTS):
        for _ in range(NEW):
            submit()
        times += timed(tree.checkpoint, 1)
    table.add(Row(f"a checkpoint, {NEW} events after the last, {events:,} events, p95", p95(times), "ms", limit=5))
    size, rng = store.position.events, Random(1)
    proofs = [timed(partial(tree.of, [rng.randint(1, size)], size), 1)[0] for _ in range(PROOFS)]
    table.add(Row(f"a proof, {events:,} events, p95", p95(proofs), "ms", limit=10))
    growth = [timed(partial(tree.consistency, rng.randint(1, size), size), 1)[0] for _ in range(PROOFS)]
    table.add(Row(f"a proof of growth, {events:,} events, p95", p95(growth), "ms", limit=10))
    store.close()


def opening(table: Table, folder: Path, events: int) -> None:
    """Opening the folder with its tree, and with the tree's files moved away."""
    store = Store(folder, clock=utc_now, tokens=random_token)
    store.save()
    store.close()
    away = folder.with_name("away")
    away.mkdir()
    times: dict[bool, list[float]] = {True: [], False: []}
    for _ in range(OPENINGS):
        for has_tree in (True, False):
            if not has_tree:
                for name in ("tree", "signing.key", "checkpoint.note"):
                    (folder / name).rename(away / name)
            times[has_tree].append(opened_in_process(folder)["seconds"] * 1e3)
            if not has_tree:
                for name in ("tree", "signing.key", "checkpoint.note"):
                    (away / name).rename(folder / name)
    away.rmdir()
    ours, without = (statistics.median(times[has_tree]) for has_tree in (True, False))
    words = "the same without the tree's files"
    table.add(Row(f"open with the tree, {events:,} events", ours, "ms", without, words, 1.1))
