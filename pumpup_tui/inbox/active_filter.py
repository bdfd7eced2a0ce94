"""The filter that is on in the inbox: its text, its words, and the words for an empty list. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from pumpup_tui.inbox.queue_line import Tab
from pumpup_tui.text.layout import joined

if TYPE_CHECKING:
    from pumpup_tui.keys.key_names import KeyNames

WHOSE: Mapping[str, str] = {"": "all", "is:mine": "mine", "is:free": "unassigned"}
"""The filters that one key goes through, and their names."""
ALWAYS: Mapping[str, str] = {"mine": "is:mine", "unassigned": "is:free", "overdue": "is:overdue"}
"""Filters that every reader has by name."""
DEMANDED: Mapping[str, str] = {"may decide": "is:may"}
"""Filters that a reader has by name as well, where policies say who may decide."""


class InboxFilter:
    """The filter that is on: one text as it is typed, and whose requests are shown."""

    def __init__(self, key: KeyNames, named: Mapping[str, str] | None = None) -> None:
        """Take the names of keys, and the filters that have a name in the configuration."""
        self._key = key
        self._configured = named or {}
        self.stored: Mapping[str, str] = {}
        """The filters that the reader saved, by name."""
        self.has_demands = False
        """Whether any request that is loaded is one of which a policy says who may decide."""
        self.typed = ""
        self._whose = ""

    @property
    def text(self) -> str:
        """The whole filter; empty where all requests are shown."""
        return f"{self._whose} {self.typed}".strip()

    @property
    def is_on(self) -> bool:
        """Whether not all requests are shown."""
        return bool(self.text)

    @property
    def raw_words(self) -> str:
        """The filter as people read it, raw; empty where all requests are shown."""
        return joined((WHOSE[self._whose] if self._whose else "", self.typed), ", ")

    @property
    def named(self) -> Mapping[str, str]:
        """The filters that have a name, by it: those that every reader has, then the configured and the saved ones."""
        return {**ALWAYS, **(DEMANDED if self.has_demands else {}), **self._configured, **self.stored}

    @property
    def tabs(self) -> Sequence[Tab]:
        """All requests, and each filter that has a name."""
        return [Tab("all", ""), *(Tab(name, text) for name, text in self.named.items())]

    def step(self, by: int) -> str:
        """Return the text of the tab after the one that is on, or before it; round at the ends."""
        texts = [tab.text for tab in self.tabs]
        here = texts.index(self.text) if self.text in texts else 0
        return texts[(here + by) % len(texts)]

    def use(self, text: str) -> None:
        """Take a filter in place of the one that is on."""
        is_whose = text in WHOSE
        self._whose, self.typed = text if is_whose else "", "" if is_whose else text

    def next_whose(self) -> None:
        """Go from all to the reader's own, to those that are assigned to no one."""
        names = list(WHOSE)
        self._whose = names[(names.index(self._whose) + 1) % len(names)]

    def words_when_empty(self, *, complete: bool) -> str:
        """Return the words for a list in which nothing passes; `complete` where all requests are loaded."""
        return (
            f"No matching requests. {self._key('move.back')} clears the filter."
            if complete
            else "No match so far: loading more…"
        )
