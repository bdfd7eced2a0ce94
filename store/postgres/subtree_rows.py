"""The rows of `pumpup.subtree`: the Merkle tree's nodes over 256 and over 65,536 events, each a row.

A node in between is made of 256 of the rows, or hashes of events, below it. Whoever signs a checkpoint stores what was
completed since the last one. No commit does: rows that somebody else has stored would have to be made again before they
are signed, in the same 2 µs an event that it takes to make them then.
"""

from __future__ import annotations

STORED = (8, 16)
"""The levels that have rows."""
BITS = 8
"""Levels between two of them: a row stands for 2 to the power of this of the rows below it."""

_LEAVES = """
    select seq - 1 as place, sha256(decode('00', 'hex') || convert_to(encode(hash, 'hex'), 'UTF8')) as hash
    from pumpup.event
    where ws = %(ws)s and seq > %(first)s::bigint << 8 and seq <= %(end)s::bigint << 8
"""
_PARENTS = """
    select place >> 1 as place, sha256(decode('01', 'hex') || string_agg(hash, ''::bytea order by place)) as hash
    from level{below} group by place >> 1 having count(*) = 2
"""
_LEVELS = (_LEAVES, *(_PARENTS.format(below=number) for number in range(BITS)))
_UPWARDS = "with {levels} select place, hash from level{top} order by place"
MADE = _UPWARDS.format(
    levels=", ".join(f"level{number} as ({rows})" for number, rows in enumerate(_LEVELS)), top=BITS
).encode()
"""Returns the nodes over 256 events from the place `first` to before `end`, made of the events by the database; those
that lack one are left out."""
KEEP = b"""
    insert into pumpup.subtree (ws, level, place, hash)
    select %(ws)s, %(level)s, * from unnest(%(places)s::bigint[], %(hashes)s::bytea[]) on conflict do nothing
"""
"""Stores nodes that were made. One that is there stays, whatever it is: no server may change it."""
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
