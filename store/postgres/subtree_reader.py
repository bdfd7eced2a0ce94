"""Reads of a workspace's Merkle tree: the nodes that a root or a proof needs, in one or two round trips."""

from __future__ import annotations

import asyncio
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple

from api_client.errors import StoreDamaged, StoreLogin, StoreReadOnly
from store.core import merkle
from store.core.merkle import Nodes
from store.postgres.lookup import Statement
from store.postgres.pooled import ReadPool
from store.postgres.subtree_rows import BITS, KEEP, LEAVES, MADE, STORED, SUBTREES

_HASH = 32
_AT_ONCE = 256
"""Nodes over 256 events that one trip makes at the most, of 65,536 events: the database needs some 0.15 s for them."""

_MISSING = "Of the events {first} to {last} one is missing: 'pumpup-tui verify' says which."


class Span(NamedTuple):
    """Places that follow each other, without the last one."""

    first: int
    end: int


class TreePart:
    """The nodes of a tree that were read, and those that are made of them."""

    def __init__(self) -> None:
        self._hashes: dict[int, bytes] = {}
        """Of events that follow each other, one behind the other, by the place of the first."""
        self._firsts: list[int] = []
        self._nodes: dict[tuple[int, int], bytes] = {}

    def add_hashes(self, spans: Iterable[tuple[int, bytes]]) -> None:
        """Add hashes of events that follow each other, each time with the place of the first."""
        self._hashes.update(spans)
        self._firsts = sorted(self._hashes)

    def add(self, level: int, nodes: Iterable[tuple[int, bytes]]) -> None:
        """Add nodes of a level, each with its place."""
        self._nodes.update({(level, place): node for place, node in nodes})

    def missing(self, level: int, spans: Iterable[Span]) -> list[int]:
        """Return the places among some whose nodes were not read."""
        places = (place for first, end in spans for place in range(first, end))
        return [place for place in places if (level, place) not in self._nodes]

    def node(self, level: int, place: int) -> bytes:
        """Return a node; all that it is made of must have been read."""
        node = self._nodes.get((level, place))
        if node is None:
            if level == 0:
                node = merkle.leaf_hash(self._hash(place).hex())
            else:
                node = merkle.node_hash(self.node(level - 1, 2 * place), self.node(level - 1, 2 * place + 1))
            self._nodes[level, place] = node
        return node

    def _hash(self, place: int) -> bytes:
        first = self._firsts[bisect_right(self._firsts, place) - 1]
        return self._hashes[first][_HASH * (place - first) : _HASH * (place - first + 1)]


class SubtreeReader:
    """The tree of one workspace."""

    def __init__(self, pool: ReadPool, workspace: int) -> None:
        self._pool, self._workspace = pool, workspace

    async def read(self, compute: Callable[[Nodes], object], *, trusted: int, store: bool = False) -> TreePart:
        """Return the nodes that a computation over a tree asks for, which must not depend on the nodes themselves.

        Rows are read of the first `trusted` events, which were signed with them. All other nodes, and those that no row
        has, are made of the events; with `store` they get their rows, where the role may.

        Raises:
            StoreDamaged: an event is missing.
            StoreError: the database can't be asked.
        """
        spans, part = _spans_of(compute), TreePart()
        await self._fetch(part, {level: _up_to(trusted, level, spans[level]) for level in spans})
        wide = [Span(place << BITS, (place + 1) << BITS) for place in part.missing(16, spans[16])]
        await self._fetch(part, {8: _up_to(trusted, 8, wide)})
        for span in _pieces(part.missing(8, (*spans[8], *wide))):
            store = await self._make(part, span, store=store)
        if wide and store:
            made = [span.first >> BITS for span in wide]
            await self._keep(16, await asyncio.to_thread(lambda: [(place, part.node(16, place)) for place in made]))
        return part

    async def _fetch(self, part: TreePart, spans: Mapping[int, list[Span]]) -> None:
        asked = [(level, merged(those)) for level, those in spans.items() if those]
        if not asked:
            return
        answers = await self._pool.ask(*(self._statement(level, those) for level, those in asked))
        for (level, those), rows in zip(asked, answers, strict=True):
            if level:
                part.add(level, rows)
                continue
            part.add_hashes(rows)
            for (first, end), (_, hashes) in zip(those, sorted(rows), strict=True):
                if len(hashes) != _HASH * (end - first):
                    raise StoreDamaged(_MISSING.format(first=first + 1, last=end))

    def _statement(self, level: int, spans: list[Span]) -> Statement:
        firsts, ends = [span.first for span in spans], [span.end for span in spans]
        values = {"ws": self._workspace, "level": level, "firsts": firsts, "ends": ends}
        return (SUBTREES if level else LEAVES), values

    async def _make(self, part: TreePart, span: Span, *, store: bool) -> bool:
        """Make nodes over 256 events; return whether they were stored."""
        (rows,) = await self._pool.ask((MADE, {"ws": self._workspace, "first": span.first, "end": span.end}))
        part.add(8, rows)
        if lost := part.missing(8, [span]):
            raise StoreDamaged(_MISSING.format(first=(lost[0] << BITS) + 1, last=(lost[0] + 1) << BITS))
        return store and await self._keep(8, rows)

    async def _keep(self, level: int, nodes: Iterable[tuple[int, bytes]]) -> bool:
        """Store nodes; return whether the role may."""
        places, hashes = zip(*nodes, strict=True)
        values = {"ws": self._workspace, "level": level, "places": list(places), "hashes": list(hashes)}
        try:
            await self._pool.write((KEEP, values))
        except (StoreLogin, StoreReadOnly):
            return False
        return True


def _spans_of(compute: Callable[[Nodes], object]) -> dict[int, list[Span]]:
    """Return the rows of each stored level, and the leaves at level 0, of which the nodes asked for are made."""
    spans: dict[int, list[Span]] = {level: [] for level in (0, *STORED)}

    def note(level: int, place: int) -> bytes:
        below = max(stored for stored in spans if stored <= level)
        spans[below].append(Span(place << (level - below), (place + 1) << (level - below)))
        return bytes(_HASH)

    compute(note)
    return spans


def _up_to(events: int, level: int, spans: Iterable[Span]) -> list[Span]:
    """Return what the first so many events complete of some spans of a level; leaves are all there."""
    if level == 0:
        return list(spans)
    return [Span(first, min(end, events >> level)) for first, end in spans if first < events >> level]


def merged(spans: Iterable[Span]) -> list[Span]:
    """Return the same places in as few spans as there can be, in order."""
    found: list[Span] = []
    for span in sorted(spans):
        if found and span.first <= found[-1].end:
            found[-1] = Span(found[-1].first, max(found[-1].end, span.end))
        else:
            found.append(span)
    return found


def _pieces(places: Iterable[int]) -> Iterator[Span]:
    for first, end in merged(Span(place, place + 1) for place in places):
        for start in range(first, end, _AT_ONCE):
            yield Span(start, min(start + _AT_ONCE, end))
