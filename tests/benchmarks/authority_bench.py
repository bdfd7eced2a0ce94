"""Authority over a folder: a request that a grant decides beside one that waits, and trials over all past approvals."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

from api_client.authority import GrantTerms, Policy
from api_client.commands import Command, CreateTask, Decide, GiveGrant, RequestApproval, SetPolicy
from api_client.models import ApprovalRecommendation, Outcome
from api_client.times import utc_now, wire_time
from api_client.wire import read
from store.core.batch import Job
from store.core.event_ids import random_token
from store.core.upload_limits import UploadLimits
from store.folder.authority_reads import AuthorityReader
from store.folder.engine import Store
from store.folder.local_backend import LocalBackend
from store.folder.open_folder import OpenFolder
from tests.benchmarks.rows import Row, Table, median, timed
from tests.support.actors import AGENT, ALICE, BOB
from tests.support.small_folders import receipt

PROJECT = "prj_general"
RULES: list[dict[str, Any]] = [
    {"name": f"r{n}", "when": {"context": {"Amount": {"atLeast": 10_000 - 100 * n}}}, "people": 2} for n in range(10)
]
GRANTS = 5
"""Grants in force, of which the last one fits."""
BLOCKS, BLOCK = 60, 20
"""Those that a grant decides and those that wait take turns, so that what else the machine does meets both."""
TASKS, PAST = 2_000, 100_000
CHUNK = 500
"""Commands to a sync."""
SUMMARY = "Refund **{amount}** on order 1029\n\nThe photos show the damage, and the order is within the return window."


def run(table: Table, folder: Path) -> None:
    """Measure both."""
    asking(table, folder / "asking")
    trial(table, folder / "trial")


def asking(table: Table, folder: Path) -> None:
    """The CPU time and the wall time of a request, with a policy of 10 rules and 5 grants in force."""
    store = _store(folder)
    store.carry_out([Job(SetPolicy.of(read(Policy, {"rules": RULES}), PROJECT), ALICE, "policy")])
    for number in range(GRANTS):
        bound = 500 if number == GRANTS - 1 else number + 1
        grant = read(GiveGrant, _terms(f"g{number}", f"context.Amount<{bound} confidence>=.9 refund -urgent").wire())
        store.carry_out([Job(grant, ALICE, f"grant {number}")])
    tasks = _tasks(store, 80)
    threads, loop = ThreadPoolExecutor(1), asyncio.new_event_loop()
    backend = LocalBackend(OpenFolder(store, threads, UploadLimits()), AGENT)
    amounts = {"waits": "$700", "granted": "$240"}
    cpu: dict[str, list[float]] = {name: [] for name in amounts}
    wall: dict[str, list[float]] = {name: [] for name in amounts}
    for _ in range(BLOCKS):
        for name, amount in amounts.items():
            asked = [_ask(tasks[n], amount) for n in range(BLOCK)]
            start, cpu_start = time.perf_counter(), time.process_time()
            answers = [loop.run_until_complete(backend.submit(one, key=random_token())) for one in asked]
            cpu[name].append((time.process_time() - cpu_start) / BLOCK * 1e3)
            wall[name].append((time.perf_counter() - start) / BLOCK * 1e3)
            waiting = [one for one in answers if store.state.get("requests", one.event_id) is not None]
            store.carry_out([Job(_decision(one.event_id), BOB, None) for one in waiting])
    beside = "one that waits"
    for what, times in (("CPU", cpu), ("durable", wall)):
        row = Row(
            f"ask what a grant decides, {what}", median(times["granted"]), "ms", median(times["waits"]), beside, 1.2
        )
        table.add(row)
    loop.close()
    threads.shutdown()
    store.close()


def trial(table: Table, folder: Path) -> None:
    """What a grant would have decided of 100,000 past approvals."""
    store = _store(folder)
    tasks, numbers = _tasks(store, TASKS), count()
    for _ in range(PAST // CHUNK):
        amounts = [f"${7 * next(numbers) % 3_000}.00" for _ in range(CHUNK)]
        asked = store.carry_out([Job(_ask(tasks[next(numbers) % TASKS], one), AGENT, None) for one in amounts])
        store.carry_out(
            [
                Job(_decision(receipt(one).event_id, amount), BOB, None)
                for one, amount in zip(asked, amounts, strict=True)
            ]
        )
    store.carry_out([Job(SetPolicy.of(read(Policy, {"rules": RULES}), PROJECT), ALICE, "policy")])
    reader = AuthorityReader(store)
    for what, text in (
        ("of an amount", "context.Amount<500 refund"),
        ("of a step", "context.Amount<500 step:progress"),
    ):
        terms = _terms("tried", text)
        found = reader.trial(terms, ALICE)
        assert (found.approvals, found.fits > 0) == (PAST, True)
        seconds = median(timed(partial(reader.trial, terms, ALICE), 5)) / 1e3
        table.add(Row(f"a trial {what} over {PAST:,} past approvals", seconds, "s", limit=2))
    store.close()


def _store(folder: Path) -> Store:
    folder.mkdir(mode=0o700)
    return Store(folder, clock=utc_now, tokens=random_token)


def _tasks(store: Store, number: int) -> list[str]:
    made = store.carry_out([Job(CreateTask(project_name="general", name=f"T{n}"), AGENT, None) for n in range(number)])
    return [str(receipt(one).answer["id"]) for one in made]


def _terms(name: str, text: str) -> GrantTerms:
    until = wire_time(utc_now() + timedelta(days=30))
    return GrantTerms(project_id=PROJECT, name=name, filter=text, until=until, most=1_000_000, sample=0.05)


def _ask(task_id: str, amount: str) -> Command:
    advice = ApprovalRecommendation(outcome=Outcome(type="APPROVE"), confidence=0.95, rationale="Within limits.")
    context = {"Amount": amount, "Claim": "C-1029", "Customer": "Ann Bell", "Order": "1029"}
    return RequestApproval(
        project_name="general",
        task_id=task_id,
        summary=SUMMARY.format(amount=amount),
        key_value_context=context,
        recommendation=advice,
    )


def _decision(request_id: str, amount: str = "$1") -> Command:
    return Decide(request_id=request_id, outcome=Outcome(type="REJECT" if amount.endswith("9.00") else "APPROVE"))
