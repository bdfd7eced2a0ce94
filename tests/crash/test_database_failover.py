"""A primary that is lost under load, and commits whose wait for the standby is broken off."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import partial

import pytest

from api_client.errors import AFTER_THE_KEY, ApiError, StoreError, Unreachable
from api_client.models import Receipt
from store.postgres import commit_writer
from tests.crash.database_load import (
    Findings,
    Load,
    backends_of,
    chain_faults,
    compare,
    killable,
    load,
    notes_of,
    opened,
    prepare,
)
from tests.crash.database_worker import note
from tests.crash.scale import pick
from tests.support.actors import AGENT
from tests.support.postgres import Cluster
from tests.waiting import POLL_SECONDS, until, wait_until

Show = Callable[[str], None]
WAITS = "wait_event = 'SyncRep'"


def either(*clusters: Cluster) -> str:
    """Return the address of whichever of these servers takes writes."""
    places = ",".join(f"127.0.0.1:{cluster.port}" for cluster in clusters)
    return f"postgresql://postgres@{places}/crash?target_session_attrs=read-write"


@contextmanager
def a_pair(*, synchronous: bool = True) -> Iterator[tuple[Cluster, Cluster, str]]:
    """Give a primary with a prepared workspace, its standby, and the workspace's task."""
    with killable() as primary:
        task, _ = asyncio.run(prepare(primary.create_database("crash")))
        yield primary, primary.standby("second", synchronous=synchronous), task


def fail_over(primary: Cluster, standby: Cluster, task: str, before: Callable[[Load], None]) -> Findings:
    """Kill a primary under load, after something else, and promote its standby, on which the servers go on."""
    with load(f"{either(primary, standby)} crash", task, "a", "b") as work:
        before(work)
        primary.kill()
        standby.promote()
        work.advance(10)
        work.close()
    return asyncio.run(compare(standby, "crash", work))


def test_a_synchronous_standby_takes_over_with_everything(show: Show) -> None:
    """When the primary is lost and the synchronous standby is promoted nothing is lost, and nothing is there twice."""
    rng = random.Random(4)
    for _ in range(pick(1, 4)):
        with a_pair() as (primary, standby, task):
            findings = fail_over(primary, standby, task, lambda _: time.sleep(rng.uniform(0, 0.5)))
        show(str(findings))
        assert (findings.lost, findings.doubled, findings.unsound) == ([], [], [])


def test_a_standby_takes_over_after_cancelled_waits(show: Show) -> None:
    """Commits whose wait for the standby was broken off before the primary was lost are missed by nobody."""
    for _ in range(pick(1, 4)):
        with a_pair() as (primary, standby, task):
            findings = fail_over(primary, standby, task, partial(break_off, primary))
        show(str(findings))
        assert (findings.lost, findings.doubled, findings.unsound) == ([], [], [])


def break_off(primary: Cluster, _: Load) -> None:
    """Hold the standby, and break off what waits for it, again and again."""
    primary.hold_sending()
    for function in ("pg_cancel_backend", "pg_terminate_backend") * 3:
        wait_until(partial(broken_off, primary, function), "a commit waits for the standby")


def test_an_asynchronous_standby_takes_over_with_losses(show: Show) -> None:
    """The control: what an asynchronous standby had not heard of is lost, and seen to be; what is there is sound."""
    with a_pair(synchronous=False) as (primary, standby, task):

        def lag(work: Load) -> None:
            primary.hold_sending()
            work.advance(20)

        findings = fail_over(primary, standby, task, lag)
    show(str(findings))
    assert findings.lost != []
    assert (findings.doubled, findings.unsound) == ([], [])


@pytest.mark.parametrize("function", ["pg_cancel_backend", "pg_terminate_backend"])
def test_a_wait_that_is_broken_off_acknowledges_nothing(function: str) -> None:
    """However often the wait for the standby is broken off, the caller is answered once the standby has the commit."""
    with a_pair() as (primary, _, task):
        asyncio.run(_broken_off(primary, task, function))


async def _broken_off(primary: Cluster, task: str, function: str) -> None:
    url = primary.url("crash")
    async with opened(url, AGENT) as backend:
        primary.hold_sending()
        writing = asyncio.ensure_future(backend.submit(note(task, "a", 1), key="a-1"))
        for _ in range(3):
            await until(lambda: broken_off(primary, function), "a commit waits for the standby")
            assert not writing.done()
        await until(lambda: backends_of(primary, WAITS), "a commit waits for the standby")
        assert not writing.done()
        primary.resume_sending()
        receipt = await writing
        again = await backend.submit(note(task, "a", 1), key="a-1")
    assert again.replayed
    assert await notes_of(url) == [("a 1", receipt.event_id)]
    assert again.event_id == receipt.event_id
    assert chain_faults(primary, "crash") == []


def test_a_caller_that_does_not_learn_it_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """While the standby is held nobody is told that a write is recorded, or that it is not; its key tells it then."""
    monkeypatch.setattr(commit_writer, "ANSWER_SECONDS", 0.5)
    with a_pair() as (primary, _, task):
        asyncio.run(_not_learnt(primary, task, monkeypatch))


async def _not_learnt(primary: Cluster, task: str, monkeypatch: pytest.MonkeyPatch) -> None:
    url = primary.url("crash")
    async with opened(url, AGENT) as backend:
        primary.hold_sending()
        with pytest.raises(Unreachable) as caught:
            await backend.submit(note(task, "a", 1), key="a-1")
        assert caught.value.maybe_done
        with pytest.raises(ApiError) as again:
            await backend.submit(note(task, "a", 1), key="a-1")
        assert not isinstance(again.value, AFTER_THE_KEY)
        monkeypatch.undo()
        primary.resume_sending()
        receipt = await backend.submit(note(task, "a", 1), key="a-1")
        assert receipt.replayed
    assert await notes_of(url) == [("a 1", receipt.event_id)]


def test_what_nobody_was_acknowledged_may_be_lost_and_written_again() -> None:
    """A commit that only the lost primary had is written on the standby when its caller's server goes on there."""
    with a_pair() as (primary, standby, task):
        asyncio.run(_written_again(primary, standby, task))


async def _written_again(primary: Cluster, standby: Cluster, task: str) -> None:
    async with opened(either(primary, standby), AGENT) as backend:
        primary.hold_sending()
        writing = asyncio.ensure_future(backend.submit(note(task, "a", 1), key="a-1"))
        await until(lambda: broken_off(primary, "pg_cancel_backend"), "a commit waits for the standby")
        primary.kill()
        standby.promote()
        receipt = await writing
    assert await notes_of(standby.url("crash")) == [("a 1", receipt.event_id)]
    assert chain_faults(standby, "crash") == []


def broken_off(primary: Cluster, function: str) -> bool:
    """Cancel or end each commit's wait for the standby; return whether there was one."""
    waiting = backends_of(primary, WAITS)
    for pid, _ in waiting:
        primary.execute(f"select {function}(%s)", pid)
    return bool(waiting)


def test_a_commit_in_doubt_stays_so_while_the_database_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whose commit was cut off by a crash is not told that nothing was recorded while there is nobody to ask."""
    monkeypatch.setattr(commit_writer, "ANSWER_SECONDS", 0.5)
    with killable() as primary:
        asyncio.run(_in_doubt(primary))


async def _in_doubt(primary: Cluster) -> None:
    url = primary.create_database("crash")
    task, _ = await prepare(url)
    async with opened(url, AGENT) as backend:
        wait_for_standby(primary, "nobody")
        writing = asyncio.ensure_future(backend.submit(note(task, "a", 1), key="a-1"))
        await until(lambda: backends_of(primary, WAITS), "the commit waits for a standby")
        primary.stop("immediate")
        with pytest.raises(Unreachable) as caught:
            await writing
        assert caught.value.maybe_done
        primary.start()
        wait_for_standby(primary, "")
        receipt = await eventually(lambda: backend.submit(note(task, "a", 1), key="a-1"))
    assert receipt.replayed
    assert await notes_of(url) == [("a 1", receipt.event_id)]


def wait_for_standby(primary: Cluster, name: str) -> None:
    """Let commits wait for a standby from now on, or for none."""
    primary.execute(f"alter system set synchronous_standby_names = '{name}'")
    primary.execute("select pg_reload_conf()")
    wait_until(lambda: primary.execute("show synchronous_standby_names") == [(name,)], "the setting is in force")


async def eventually(submit: Callable[[], Awaitable[Receipt]]) -> Receipt:
    """Submit again and again until it is answered."""
    while True:
        try:
            return await submit()
        except (StoreError, Unreachable):
            await asyncio.sleep(POLL_SECONDS)
