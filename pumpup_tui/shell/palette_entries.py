"""Entries of the command palette, what is typed to find them, and their order. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from pumpup_tui.text.layout import Line, Run, crop, fit, width_of

NAME = 200
"""Characters of a name that are shown at the most."""


def _nothing() -> None:
    pass


@dataclass(frozen=True)
class PaletteEntry:
    """One thing to choose in the palette."""

    shown: str
    """The words for it, clean."""
    id: str
    kind: str = ""
    """The kind of a thing that is found by its name; empty for a command."""
    searched: str = ""
    """The raw text that queries are compared with, in place of the words."""
    key: str = ""
    """What stands at its right: its key, or how it is typed."""
    completes: str = ""
    """The text that it writes in place of being done."""
    run: Callable[[], None] = field(default=_nothing, compare=False)
    """Does it, once the palette is closed."""

    @property
    def haystack(self) -> str:
        """The text that queries are compared with."""
        return (self.searched or self.shown).casefold()


class Verb(NamedTuple):
    """A command that takes a name behind it."""

    kind: str
    """The kind of the things whose name it takes."""
    does: str


VERBS: Mapping[str, Verb] = {
    "board": Verb("Project", "Board of a project"),
    "task": Verb("Task", "Open a task"),
    "timeline": Verb("Task", "Timeline of a task"),
    "request": Verb("Request", "Go to a request"),
    "project": Verb("Project", "Show one project everywhere"),
    "theme": Verb("Theme", "Change the colours"),
}


class PaletteQuery(NamedTuple):
    """The query as typed: the name behind a command, or a text to find anything by."""

    verb: str
    """One of `VERBS`; empty where it is not about one of them alone."""
    needle: str

    @property
    def words(self) -> list[str]:
        """The words that an entry's text must contain."""
        return self.needle.casefold().split()

    def takes(self, entry: PaletteEntry) -> bool:
        """Return whether an entry is one of those that are looked for."""
        text = entry.haystack
        return self.needle.casefold() in text if entry.kind else all(word in text for word in self.words)


def read_query(typed: str) -> PaletteQuery:
    """Return what is looked for by what was typed; a colon before it changes nothing."""
    typed = typed.lstrip(": ")
    verb, blank, rest = typed.partition(" ")
    return PaletteQuery(verb.casefold(), rest.strip()) if blank and verb.casefold() in VERBS else _anything(typed)


def _anything(typed: str) -> PaletteQuery:
    return PaletteQuery("", typed.strip())


def verb_entries() -> list[PaletteEntry]:
    """Return an entry for each command that takes a name: it writes the command, for the name to be typed."""
    return [
        PaletteEntry(row.does, f"verb.{verb}", key=f":{verb} …", completes=f"{verb} ", searched=f"{verb} {row.does}")
        for verb, row in VERBS.items()
    ]


def ranked(entries: Iterable[PaletteEntry], query: PaletteQuery, used: Mapping[str, float]) -> list[PaletteEntry]:
    """Return the commands that a query finds, the best first: by where its words stand, then by how often used."""
    found = [entry for entry in entries if query.takes(entry)]
    return sorted(found, key=lambda entry: (_rank(entry, query.words), -used.get(entry.id, 0.0)))


def _rank(entry: PaletteEntry, words: list[str]) -> int:
    if not words or (entry.haystack.startswith(words[0]) and not entry.completes):
        return 0
    return 1 if all(any(part.startswith(word) for part in entry.haystack.split()) for word in words) else 2


def entry_line(entry: PaletteEntry, query: PaletteQuery, width: int) -> Line:
    """Return an entry as one line: its kind and words with what matches in bold, its key at the right."""
    kind: Run = (f"{entry.kind}  " if entry.kind else "", "muted")
    key = f" {entry.key} " if entry.key else ""
    room = max(8, width - width_of([kind, (key, "")]))
    runs = _marked(crop(entry.shown, room), query)
    gap = " " * max(0, room - width_of(runs))
    return [kind, *runs, (gap, ""), (fit(key, width_of([(key, "")])), "muted" if entry.completes else "accent")]


def _marked(shown: str, query: PaletteQuery) -> list[Run]:
    """Return clean words with the first place where they contain the query in bold."""
    start = shown.casefold().find(query.needle.casefold()) if query.needle else -1
    if start < 0 or len(shown.casefold()) != len(shown):
        return [(shown, "")]
    end = start + len(query.needle)
    return [(shown[:start], ""), (shown[start:end], "strong"), (shown[end:], "")]
