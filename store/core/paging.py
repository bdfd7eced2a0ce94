"""Pages that are bounded in items and in bytes (CONTRACT.md part 1, Lists)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Generic, TypeVar

from api_client.backend import PAGE_MAX
from api_client.errors import InvalidRequest

T = TypeVar("T")

PAGE_BYTES = 4_000_000
"""A page ends early before it is larger, so that what is read at a time is bounded in memory too."""


@dataclass(frozen=True, slots=True)
class PageItems(Generic[T]):
    """The items of one page; `more` is True where its bytes ended it, None where its count did."""

    items: list[T]
    more: bool | None = None


def page_items(seqs: Iterable[int], limit: int, make: Callable[[int], tuple[T, int]]) -> PageItems[T]:
    """Return the items that `make` returns for the first seqs, each with its size in bytes.

    The page has `limit` items at the most, and `PAGE_BYTES` or one item that is larger.
    """
    items: list[T] = []
    size = 0
    for seq in islice(seqs, limit):
        made, bytes_more = make(seq)
        size += bytes_more
        if items and size > PAGE_BYTES:
            return PageItems(items, more=True)
        items.append(made)
    return PageItems(items)


def checked_limit(limit: int) -> int:
    """Return the number of items that a page may have.

    Raises:
        InvalidRequest: `limit` is under 1.
    """
    if limit < 1:
        raise InvalidRequest("limit must be 1 or more.")
    return min(limit, PAGE_MAX)
