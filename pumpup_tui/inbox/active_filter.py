"""The filter that is on in the inbox: its text, its words, and the words for an empty list. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pumpup_tui.text.layout import joined

if TYPE_CHECKING:
    from pumpup_tui.keys.key_names import KeyNames

WHOSE: Mapping[str, str] = {"": "all", "is:mine": "mine", "is:free": "unassigned"}
"""The filters that one key goes through, and their names."""
EMPTY = "Nothing waits for you. Requests appear here as agents ask."


class InboxFilter:
    """The filter that is on: one text as it is typed, and whose requests are shown."""

    def __init__(self, key: KeyNames) -> None:
        self._key = key
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

    def use(self, text: str) -> None:
        """Take a filter in place of the one that is on."""
        self._whose, self.typed = "", text

    def next_whose(self) -> None:
        """Go from all to the reader's own, to those that are assigned to no one."""
        names = list(WHOSE)
        self._whose = names[(names.index(self._whose) + 1) % len(names)]

    def words_when_empty(self, *, complete: bool) -> str:
        """Return the words for an empty list; `complete` where all requests are loaded."""
        if not self.is_on:
            return EMPTY
        return (
            f"No matching requests. {self._key('move.back')} clears the filter."
            if complete
            else "No match so far: loading more…"
        )
