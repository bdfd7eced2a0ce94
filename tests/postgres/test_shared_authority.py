"""Policies, grants and pauses of a workspace: what several servers see, and what the database enforces."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import errors

from api_client.authority import GrantTerms, Policy
from api_client.commands import CreateTask, EndGrant, GiveGrant, Pause, RecordAction, SetPolicy
from api_client.errors import Conflict, NotAllowed
from api_client.times import utc_now, wire_time
from api_client.wire import read
from store.postgres import database_authority, database_requests, migrate
from store.postgres.address import DatabaseAddress
from store.postgres.known_authority import KnownAuthority
from store.postgres.migrate import bring_up_to_date
from store.postgres.open_database import open_postgres
from store.postgres.postgres_backend import PostgresBackend
from store.transfer.database_verifier import verify_database
from tests.conftest import FixedClock
from tests.postgres.conftest import OpenServer
from tests.postgres.test_verify_database import harm
from tests.support.actors import AGENT, ALICE, BOB
from tests.support.moves import archive_workspace, into_workspace
from tests.support.postgres import Cluster
from tests.support.world_builder import WorldBuilder, add_note, decide

GENERAL = "prj_general"
APPROVE: dict[str, Any] = {"recommendation": {"outcome": {"type": "APPROVE"}}}


def _policy(*rules: dict[str, Any], replaces: Any = None) -> SetPolicy:
    return SetPolicy.of(project_id=GENERAL, policy=read(Policy, {"rules": list(rules)}), replaces=replaces)


def _terms(clock: FixedClock, **changes: Any) -> dict[str, Any]:
    until = wire_time(clock.now + timedelta(days=1))
    terms = {"projectId": GENERAL, "name": "g", "filter": "type:a", "until": until, "most": 99, "sample": 0.05}
    return {**terms, **changes}


async def _granted(make: WorldBuilder, task: str, by: PostgresBackend) -> int:
    """Ask until a grant decides at once; return how many requests it took, 0 where none of ten was decided."""
    for number in range(1, 11):
        request = await make.approval(task, **APPROVE)
        if (await by.request(request)).result is not None:
            return number
    return 0


async def test_what_one_server_sets_holds_at_the_others(server: OpenServer, clock: FixedClock) -> None:
    """A grant, a policy and a pause of one server hold in the next commit of another, and in what it shows."""
    here, there, agent = await server(ALICE), await server(BOB), await server(AGENT)
    make = WorldBuilder(agent, here)
    task = await make.task()
    assert await _granted(make, task, there) == 0
    grant = (await here.submit(read(GiveGrant, _terms(clock)), key="grant")).answer["id"]
    assert await _granted(make, task, there)
    assert [one.used for one in await there.grants()] == [1]
    rule = {"name": "two", "when": {}, "people": 2}
    in_force = await there.submit(_policy(rule), key="policy")
    assert await _granted(make, task, there) == 0
    (item, *_) = (await here.inbox()).items
    assert item.needs is not None
    await here.submit(decide(item.request_id), key="a")
    (seen, *_) = (await there.inbox()).items
    assert seen.needs is not None
    assert [one.subject for one in seen.needs.agreed] == ["alice"]
    await there.submit(decide(item.request_id), key="b")
    assert (await here.request(item.request_id)).result is not None
    await here.submit(_policy(replaces=in_force.answer["hash"]), key="none")
    assert await _granted(make, task, here)
    outcomes = await asyncio.gather(
        *(one.submit(EndGrant(grant_id=grant), key=f"end-{one}") for one in (here, there)), return_exceptions=True
    )
    assert sorted(isinstance(outcome, Conflict) for outcome in outcomes) == [False, True]
    assert await _granted(make, task, here) == 0
    await there.submit(Pause(reason="stop"), key="pause")
    with pytest.raises(NotAllowed, match="stop"):
        await make.task()


async def test_long_answers_come_in_pieces(
    server: OpenServer, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A trial, and what requests need, are the same however little one trip brings."""
    alice, agent = await server(ALICE), await server(AGENT)
    make = WorldBuilder(agent, alice)
    task = await make.task("C-1", metadataPatch={"set": {"k": "x" * 3_000}})
    requests = [await make.approval(task, **APPROVE) for _ in range(7)]
    # It looks as if it moved the task, in its text.
    odd = RecordAction(project_name="general", task_id=task, description="x", detail={"transitionTo": "y"})
    await agent.submit(odd, key="odd")
    requests += [await make.approval(task, **APPROVE) for _ in range(2)]
    for number, request in enumerate(requests[:8]):
        await make.decision(request, "APPROVE" if number % 3 else "REJECT")
    await alice.submit(_policy({"name": "two", "when": {"kind": "elicitation"}, "tags": ["eu"]}), key="policy")
    terms = [read(GrantTerms, _terms(clock, filter=text)) for text in ("type:a", "step:in_progress", "C-1")]
    whole = [await alice.grant_trial(one) for one in terms], await alice.inbox()
    assert [one.fits for one in whole[0]] == [8, 8, 8]
    monkeypatch.setattr(database_authority, "_DECISIONS", 2)
    for module in (database_authority, database_requests):
        monkeypatch.setattr(module, "PAGE_BYTES", 10)
    assert ([await alice.grant_trial(one) for one in terms], await alice.inbox()) == whole
    monkeypatch.setattr(database_authority, "_BYTES", 10)
    assert [await alice.grant_trial(one) for one in terms] == whole[0]


async def test_an_earlier_version_does_not_append_past_a_policy(
    address: DatabaseAddress, server: OpenServer, workspace: str
) -> None:
    """It goes on without one. With one its commits fail, for it would decide as if there were none."""
    backend = await server()
    # The update of the head as the first version has it.
    append = "update pumpup.workspace set seq = seq + 1 where name = %s"
    await backend.submit(CreateTask(project_name="general", name="x"), key="task")
    with psycopg.connect(address.conninfo) as connection:
        assert connection.execute(append.encode(), (workspace,)).rowcount == 1
        connection.rollback()
        await backend.submit(_policy({"name": "all", "when": {}}), key="policy")
        await backend.submit(CreateTask(project_name="general", name="y"), key="other")
        with pytest.raises(errors.CheckViolation, match="ruled_by_all_rules"):
            connection.execute(append.encode(), (workspace,))


async def test_a_database_of_an_earlier_version(
    postgres: Cluster, database: str, workspace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The migration gives the servers' role what is new, and a workspace that was there goes on."""
    name = f"was_{workspace}".replace("-", "_")
    url = postgres.create_database(name)
    owner, server = (DatabaseAddress.parse(one) for one in (url, url.replace("//postgres@", "//pumpup_server@")))
    known = list(migrate.migrations())
    monkeypatch.setattr(migrate, "migrations", lambda: iter(known[:1]))
    migrate.migrate(owner)
    with psycopg.connect(url) as connection:
        connection.execute("insert into pumpup.workspace (name, projects, created_at) values ('default', 1, now())")
        connection.execute(
            "grant usage on schema pumpup to pumpup_server; grant select on all tables in schema pumpup to"
            " pumpup_server; grant insert, delete on pumpup.request to pumpup_server"
        )
    monkeypatch.setattr(migrate, "migrations", lambda: iter(known))
    assert bring_up_to_date(owner) == ["0002_authority", "0003_asked_in", "0004_proofs"]
    with psycopg.connect(server.conninfo) as connection:
        rights = (
            "has_table_privilege('pumpup.authority', 'insert')",
            "has_column_privilege('pumpup.request', 'doc', 'update')",
            "has_column_privilege('pumpup.workspace', 'ruled_to', 'update')",
            "not has_table_privilege('pumpup.event', 'insert')",
            "has_table_privilege('pumpup.subtree', 'insert')",
            "not has_table_privilege('pumpup.subtree', 'update')",
            "has_column_privilege('pumpup.signing_key', 'private_key', 'select')",
            "has_column_privilege('pumpup.signing_key', 'checkpoint', 'update')",
            "not has_column_privilege('pumpup.signing_key', 'private_key', 'update')",
        )
        assert connection.execute(f"select {', '.join(rights)}".encode()).fetchone() == (True,) * len(rights)
    backend = await open_postgres(server, "default", ALICE, pool_size=2)
    assert (await backend.authority()).version == ""
    await backend.aclose()
    postgres.execute(f'drop database "{name}" with (force)')
    assert database  # it made the server's role


HARM = {
    "a document": (
        "update authority set doc = convert_to(replace(convert_from(doc, 'UTF8'), '\"two\"', '\"one\"'), 'UTF8') "
        "where ws = $w",
        "The document of the authority of prj_general differs",
    ),
    "a document gone": ("delete from authority where ws = $w and id like 'grt%%'", "The authority of grt_"),
    "a document too many": (
        "insert into authority select ws, 'prj_x', seq, doc from authority where ws = $w and id = 'all'",
        "The authority of prj_x is there, and no event made it",
    ),
    "the head's last change": (
        "update workspace set authority = 1 where id = $w",
        "The head names event 1 as the last change of authority, and that was 3",
    ),
    "an agreement": (
        "update request set doc = convert_to(replace(convert_from(doc, 'UTF8'), 'bob', 'eve'), 'UTF8') where ws = $w",
        "The document of the open request",
    ),
}


async def test_verify_names_what_was_changed(
    database: str, address: DatabaseAddress, server: OpenServer, workspace: str, clock: FixedClock, tmp_path: Path
) -> None:
    """A record with authority is sound, here and where it was moved to; each change behind its back is found."""
    alice, agent = await server(BOB), await server(AGENT)
    make = WorldBuilder(agent, alice)
    task = await make.task()
    await alice.submit(_policy({"name": "two", "when": {}, "people": 2}), key="policy")
    await alice.submit(read(GiveGrant, _terms(clock)), key="grant")
    await make.decision(await make.approval(task, **APPROVE))
    found = await asyncio.to_thread(verify_database, address, workspace)
    assert found.wrong == []
    manifest = await asyncio.to_thread(archive_workspace, address, workspace, tmp_path / "archive")
    for number, (statement, words) in enumerate(HARM.values()):
        name = f"{workspace}-{number}"
        await asyncio.to_thread(into_workspace, address, name, tmp_path / "archive", utc_now)
        if not number:
            assert (await asyncio.to_thread(verify_database, address, name, expect=manifest.head)).wrong == []
        harm(database, name, statement.replace("%%", "%"))
        wrong = (await asyncio.to_thread(verify_database, address, name)).wrong
        assert any(words in one for one in wrong), wrong


async def test_open_requests_of_an_earlier_version_are_sound(
    database: str, address: DatabaseAddress, server: OpenServer, workspace: str
) -> None:
    """They lack the context that lists have of requests, and the step: no harm; any other is none of theirs."""
    make = WorldBuilder(await server(AGENT), await server())
    await make.approval(await make.task(), keyValueContext={"Amount": "$1"})
    to = "update request set doc = convert_to(replace(convert_from(doc, 'UTF8'), {}), 'UTF8') where ws = $w"
    harm(database, workspace, to.format("""',"askedIn":"in_progress"', ''"""))
    assert (await asyncio.to_thread(verify_database, address, workspace)).wrong == []
    harm(database, workspace, to.format("""',"keyValueContext":{"Amount":"$1"}', ''"""))
    assert (await make.reviewer.inbox(context=True)).items[0].key_value_context is None
    assert (await asyncio.to_thread(verify_database, address, workspace)).wrong == []
    harm(database, workspace, to.format("""'"hash"', '"keyValueContext":{"Amount":"$2"},"hash"'"""))
    wrong = (await asyncio.to_thread(verify_database, address, workspace)).wrong
    assert any("The document of the open request" in one for one in wrong), wrong


async def test_a_rule_for_steps_knows_in_which_a_request_was_asked(
    database: str, address: DatabaseAddress, server: OpenServer, workspace: str
) -> None:
    """The migration finds it out for requests that an earlier version left open: what is decided of them is sound."""
    alice = await server(ALICE)
    make = WorldBuilder(await server(AGENT), alice)
    task, other = await make.task(), await make.task()
    await make.agent.submit(add_note(task, "\x00 \\u0000"), key="note")
    asked = await make.approval(task, summary='\x00 "askedIn":"complete"')
    await make.approval(other)
    without = "regexp_replace(convert_from(doc, 'UTF8'), ',\"askedIn\":\"[a-z_]*\"}$', '}')"
    harm(database, workspace, f"update request set doc = convert_to({without}, 'UTF8') where ws = $w")
    (sql,) = (sql for _, name, sql in migrate.migrations() if name == "0003_asked_in")
    with psycopg.connect(database) as connection:
        connection.execute(sql.encode())
        docs = (
            b"select convert_from(doc, 'UTF8') from pumpup.request where ws = (select id from pumpup.workspace where "
        )
        rows = connection.execute(docs + b"name = %s)", (workspace,)).fetchall()
    assert all(text.endswith(',"askedIn":"in_progress"}') for (text,) in rows)
    await alice.submit(_policy({"name": "late", "when": {"steps": ["complete"]}, "people": 2}), key="policy")
    await alice.submit(decide(asked), key="decide")
    assert (await alice.request(asked)).result is not None
    assert (await asyncio.to_thread(verify_database, address, workspace)).wrong == []


def test_what_was_read_of_a_database_that_was_put_back_is_forgotten() -> None:
    """A head whose last change is earlier than what was read: all is asked for anew, and nothing of before is left."""
    known = KnownAuthority()
    assert known.take(0, [(7, "all", b'{"seq":7}'), (7, "prj_1", b"{}")])
    assert not known.take(7, [(5, None, None)])
    assert (known.seq, known.docs) == (0, {})
    asked = known.seq
    assert known.take(asked, [(5, "all", b'{"seq":5}')])
    assert not known.take(7, [(9, "prj_2", b"{}")])  # asked before it was forgotten
    assert dict(known.docs) == {"all": {"seq": 5}}
