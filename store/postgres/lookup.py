"""The lookup: all that a batch of commands has to read, in one statement, each by its key."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, lru_cache
from typing import Any, Literal, NamedTuple, TypeAlias

import orjson

from api_client import commands as c
from store.core.event_ids import seq_of
from store.core.idempotency import KeyScope
from store.core.project_rules import slug_of
from store.postgres.connections import storable

Kind = Literal["task", "upload", "project", "slug", "request", "event", "settlement", "record"]
Row: TypeAlias = tuple[Any, ...]
Statement: TypeAlias = tuple[bytes, Mapping[str, Any]]
"""A statement and its parameters."""
LAST_SEQ = 1 << 62
"""No event has a place behind this one, so that whatever a caller's id names fits the database's numbers."""


class Key(NamedTuple):
    """The key of a row to look up: its kind, and its id, place or digest."""

    kind: Kind
    of: str | int | bytes


_BRANCHES: Mapping[Kind, str] = {
    "task": """
        select 'task', k, null::bigint, t.doc, null::bytea from unnest(%(task)b::text[]) k
        cross join lateral (select doc from pumpup.task where ws = %(ws)s and id = k offset 0) t
    """,
    "upload": """
        select 'upload', k, null::bigint, u.doc, null::bytea from unnest(%(upload)b::text[]) k
        cross join lateral (
            select case
                when attached or exists (select from pumpup.blob where ws = %(ws)s and sha256 = l.sha256) then doc
            end as doc
            from pumpup.upload l where ws = %(ws)s and id = k offset 0
        ) u
    """,
    "project": """
        select 'project', k, null::bigint, p.doc, null::bytea from unnest(%(project)b::text[]) k
        cross join lateral (select doc from pumpup.project where ws = %(ws)s and id = k offset 0) p
    """,
    "slug": """
        select 'slug', k, null::bigint, p.doc, null::bytea from unnest(%(slug)b::text[]) k
        cross join lateral (select doc from pumpup.project where ws = %(ws)s and slug = k offset 0) p
    """,
    "request": """
        select 'request', null::text, k, r.doc, null::bytea from unnest(%(request)b::bigint[]) k
        cross join lateral (select doc from pumpup.request where ws = %(ws)s and seq = k offset 0) r
        union all
        select 'task', t.id, null, t.doc, null from unnest(%(request)b::bigint[]) k
        cross join lateral (select task from pumpup.request where ws = %(ws)s and seq = k offset 0) r
        cross join lateral (select id, doc from pumpup.task where ws = %(ws)s and no = r.task offset 0) t
    """,
    "event": """
        select 'event', null::text, k, e.body, e.hash from unnest(%(event)b::bigint[]) k
        cross join lateral (select body, hash from pumpup.event where ws = %(ws)s and seq = k offset 0) e
    """,
    "settlement": """
        select 'settlement', null::text, k, e.body, e.hash from unnest(%(settlement)b::bigint[]) k
        cross join lateral (select body, hash from pumpup.event where ws = %(ws)s and reply_to = k offset 0) e
    """,
    "record": """
        select 'record', null::text, null::bigint, i.record, k from unnest(%(record)b::bytea[]) k
        cross join lateral (select record from pumpup.idempotency where ws = %(ws)s and digest = k offset 0) i
    """,
}
"""Each returns kind, id, place, JSON, and an event's hash or a record's digest. An open request comes with its task.
An upload without its content can't be attached any more, whatever the clocks of this server and of the sweep's say.

Each row is found by its key alone, however few rows the planner expects: `offset 0` keeps the search for one key as it
stands. Without it a workspace that the statistics don't know yet is read as a whole for each batch."""


def lookup(workspace: int, keys: Iterable[Key]) -> Statement:
    """Return the statement that looks rows up, and its parameters.

    What no database can hold is left out, for it is nowhere; so are the kinds of which no row is asked for: each costs
    time under the chain's lock.
    """
    wanted: dict[Kind, list[Any]] = {}
    for key in dict.fromkeys(keys):
        if can_be_there(key):
            wanted.setdefault(key.kind, []).append(key.of)
    return _statement(tuple(sorted(wanted))), {"ws": workspace} | {str(kind): keys for kind, keys in wanted.items()}


@cache
def _statement(kinds: tuple[Kind, ...]) -> bytes:
    branches = (_BRANCHES[kind] for kind in kinds)
    return " union all ".join(branches).encode() or b"select where false"


def can_be_there(key: Key) -> bool:
    """Return whether a database can hold a row with this key at all."""
    if isinstance(key.of, str):
        return storable(key.of)
    return not isinstance(key.of, int) or 0 < key.of < LAST_SEQ


def found_rows(rows: Iterable[Row]) -> Iterator[tuple[Key, Row]]:
    """Yield the key of each row of a lookup, and its JSON with its hash; a row without JSON is as good as missing."""
    for kind, text, place, body, digest in rows:
        if body is None:
            continue
        of = text if text is not None else place if place is not None else digest
        yield Key(kind, of), (body, digest)


@lru_cache(1024)
def record_key(scope: KeyScope) -> Key:
    """Return the key of a scope's idempotency record: a digest long enough that no two scopes have the same."""
    return Key("record", hashlib.blake2b(orjson.dumps(list(scope)), digest_size=16).digest())


def keys_of(command: c.Command) -> Iterator[Key]:
    """Yield what the rules will read for a command, as far as the command itself says it.

    This spares a trip to the database, and no more: what else the rules ask for is looked up then.
    """
    if isinstance(command, c.CreateProject):
        yield Key("slug", slug_of(command.name))
    if isinstance(command, c.CreateTask | c.TaskCommand):
        yield Key("slug", command.project_name)
    if isinstance(command, c.TaskCommand | c.Assign | c.Move | c.Comment | c.FireTimeout):
        yield Key("task", command.task_id)
    if isinstance(command, c.Decide | c.Answer | c.Withdraw | c.Expire):
        seq = seq_of(command.request_id)
        yield from (Key("event", seq), Key("request", seq), Key("settlement", seq))
    if isinstance(command, c.SetPolicy | c.GiveGrant):
        yield Key("project", command.project_id)
    if isinstance(command, c.RecordAction):
        yield from (Key("upload", added.upload_id) for added in command.add_attachments or ())
    if isinstance(command, c.RequestApproval | c.RequestElicitation):
        yield from (Key("upload", upload) for upload in command.attachments or ())
