"""The rows of `pumpup.subtree`: the Merkle tree's nodes over 256 and over 65,536 events, each a row.

A node in between is made of 256 of the rows, or hashes of events, below it. The commit that fills a subtree stores it:
one statement more in 256 events, in the trip that stores them, and the database does the hashing where the events are.
What a server of an earlier version left out, or all of an old record, is made by whoever signs a checkpoint
(`subtree_reader`).
"""

from __future__ import annotations

from collections.abc import Iterator

from store.postgres.lookup import Statement

STORED = (8, 16)
"""The levels that have rows."""
BITS = 8
"""Levels between two of them: a row stands for 2 to the power of this of the rows below it."""

_LEAVES = """
    select seq - 1 as place, sha256(decode('00', 'hex') || convert_to(encode(hash, 'hex'), 'UTF8')) as hash
    from pumpup.event
    where ws = %(ws)s and seq > %(first)s::bigint << 8 and seq <= %(end)s::bigint << 8
"""
_ROWS = """
    select place, hash from pumpup.subtree
    where ws = %(ws)s and level = 8 and place >= %(first)s::bigint << 8 and place < %(end)s::bigint << 8
"""
_PARENTS = """
    select place >> 1 as place, sha256(decode('01', 'hex') || string_agg(hash, ''::bytea order by place)) as hash
    from level{below} group by place >> 1 having count(*) = 2
"""


def _over(below: str, then: str) -> bytes:
    """Return a statement that goes up from some rows by the levels between two stored ones, and does `then` there."""
    levels = [below, *(_PARENTS.format(below=number) for number in range(BITS))]
    return f"with {', '.join(f'level{n} as ({rows})' for n, rows in enumerate(levels))} {then}".encode()


_STORE = """
    insert into pumpup.subtree (ws, level, place, hash)
    select %(ws)s, {level}, place, hash from level8 order by place on conflict do nothing
"""
_COMPLETE = {8: _over(_LEAVES, _STORE.format(level=8)), 16: _over(_ROWS, _STORE.format(level=16))}
MADE = _over(_LEAVES, "select place, hash from level8 order by place")
"""Returns the nodes over 256 events from the place `first` to before `end`, made of the events; those that lack one are
left out."""
KEEP = b"""
    insert into pumpup.subtree (ws, level, place, hash)
    select %(ws)s, %(level)s, * from unnest(%(places)s::bigint[], %(hashes)s::bytea[]) on conflict do nothing
"""
"""Stores nodes that were made."""
LEAVES = b"""
    select s.first, l.hashes from unnest(%(firsts)s::bigint[], %(ends)s::bigint[]) s (first, until)
    cross join lateral (
        select coalesce(string_agg(hash, ''::bytea order by seq), '') as hashes from pumpup.event
        where ws = %(ws)s and seq > s.first and seq <= s.until offset 0
    ) l
"""
"""Returns the hashes of the events of each span of places, one behind the other."""
SUBTREES = b"""
    select t.place, t.hash from unnest(%(firsts)s::bigint[], %(ends)s::bigint[]) s (first, until)
    cross join lateral (
        select place, hash from pumpup.subtree
        where ws = %(ws)s and level = %(level)s and place >= s.first and place < s.until offset 0
    ) t
"""


def completing(workspace: int, before: int, after: int) -> Iterator[Statement]:
    """Yield the statements that store what the events behind the first `before` up to `after` complete."""
    for level in STORED:
        first, end = before >> level, after >> level
        if first < end:
            yield _COMPLETE[level], {"ws": workspace, "first": first, "end": end}
