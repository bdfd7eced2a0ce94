"""The PostgreSQL guide, followed with a database server of the test's own."""

from __future__ import annotations

import asyncio
import configparser
import json
import os
import re
from collections.abc import Mapping
from functools import partial

import httpx
import pytest

from api_client.commands import AddNote
from api_client.errors import InvalidRequest
from store.postgres.address import DatabaseAddress
from store.postgres.open_database import open_postgres
from tests.cli.walk import Act, Walk
from tests.support.actors import ALICE
from tests.support.postgres import GUARDED, Cluster
from tests.support.postgres_programs import NoPostgres, find_programs

TASK = "tsk_000000000027"
SECOND = "second.log"


def follow(walk: Walk) -> None:
    """Follow the page, then see that what it says of a restore is so."""
    try:
        cluster = Cluster.create()
    except NoPostgres as reason:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(reason))
    with cluster:
        walk.replaced["db.example.com"] = f"127.0.0.1:{cluster.port}"
        walk.programs = str(find_programs().folder)
        acts: Mapping[str, Act] = {
            "-f create.sql": partial(_asks_for_passwords, cluster),
            "pumpup-tui serve": lambda walk, command: walk.serve(command),
            "--metrics --port 7868": _serves_too,
            "/healthz": _tells_of_the_database,
            "/metrics": _counts,
            "```ini": partial(_are_settings, cluster),
        }
        walk.walk(acts)
        _is_heard_of_by_both(walk)
        asyncio.run(_a_restore_takes_back(cluster))
        walk.stop_server()  # before its database is gone


def _asks_for_passwords(cluster: Cluster, walk: Walk, command: str) -> None:
    walk.run(command)
    cluster.execute(f"grant {GUARDED} to pumpup_owner, pumpup_server")


def _serves_too(walk: Walk, command: str) -> None:
    process = walk.started(command.replace("7868", "0"), SECOND)
    walk.written(SECOND, r" at http://", process)


def _tells_of_the_database(walk: Walk, command: str) -> None:
    database = json.loads(walk.run(command))["database"]
    assert database["role"] == {"mayAppend": True, "mayRewrite": False}
    assert database["notifications"] == "listen"
    assert len(database["warnings"]) == 1
    assert "synchronous standby" in database["warnings"][0]


def _counts(walk: Walk, command: str) -> None:
    metrics = walk.run(command)
    named = [code for code in walk.page.inline if re.fullmatch(r"pumpup_(pool|commit)\w+", code)]
    assert len(set(named)) == 4
    assert [name for name in named if f"# TYPE {name} " not in metrics] == []


def _are_settings(cluster: Cluster, _walk: Walk, block: str) -> None:
    """Each is a setting of the database, with a value that it takes; a pooler's are at least parsed."""
    if "[" in block:
        parser = configparser.ConfigParser(interpolation=None)
        parser.read_string(block)
        assert parser["pgbouncer"]["pool_mode"] == "session"
        return
    pairs = re.findall(r"^(\w+) = '?(.*?)'?$", block, re.MULTILINE)
    assert len(pairs) == len(block.splitlines())
    for name, value in pairs:
        # It is refused where it is no setting, or not its value.
        cluster.execute(f"alter system set {name} = '{value}'".replace("%", "%%"))
    cluster.execute("alter system reset all")


def _is_heard_of_by_both(walk: Walk) -> None:
    """The note that the page writes is read at either server."""
    key = (walk.folder / "bob.key").read_text(encoding="utf-8").strip()
    headers = {"Authorization": f"Bearer {key}", "X-API-Version": "0"}
    second = re.search(r" at (http://\S+)", (walk.folder / SECOND).read_text(encoding="utf-8"))
    assert second is not None
    for url in (walk.mine("http://127.0.0.1:7867"), second[1].rstrip("/")):
        found = httpx.get(f"{url}/api/tasks/{TASK}/events", headers=headers).json()["items"]
        assert found[-1]["payload"]["message"] == "paid by hand"


async def _a_restore_takes_back(cluster: Cluster) -> None:
    """A cursor that is newer than the restored moment is refused, also once its place is taken by another event."""
    backends = [
        await open_postgres(DatabaseAddress.parse(cluster.url(name)), "claims", ALICE, pool_size=1)
        for name in ("pumpup", "restored")
    ]
    try:
        for name, backend in zip(("lost", "another"), backends, strict=True):
            await backend.submit(AddNote(project_name="claims", task_id=TASK, message=name), key=name)
        tails = [await backend.events(order="desc", limit=2) for backend in backends]
        (lost, before), (another, same) = (page.items for page in tails)
        assert (lost.seq, before.hash) == (another.seq, same.hash)
        assert lost.seq is not None
        page = await backends[0].events(limit=lost.seq)
        assert page.next_cursor is not None
        with pytest.raises(InvalidRequest):
            await backends[1].events(cursor=page.next_cursor)
    finally:
        for backend in backends:
            await backend.aclose()
