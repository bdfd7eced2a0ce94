"""The filter of a grant: the query language of the inbox, without a reader (CONTRACT.md part 4)."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache

from api_client.request_query import QueriedRequest, Reader, Test, read_filter
from api_client.request_query_faults import grant_fault
from api_client.unicode_scripts import looks

_NOBODY = Reader("", datetime.min.replace(tzinfo=UTC))


def grant_test(text: str) -> Test:
    """Return the test of a grant's filter: the same for everybody, at any time and whoever has the task.

    Nothing passes a text that has a `grant_fault`.
    """
    test = None if grant_fault(text) else read_filter(text, _NOBODY, _searched, looks_of=_looks_of).test
    return test or (lambda _: False)


def _searched(item: QueriedRequest) -> str:
    return _folded(_written(item))


def _looks_of(item: QueriedRequest) -> frozenset[str]:
    return _looks(_written(item))  # as it is written: a capital may look like another letter than the small one


_folded, _looks = lru_cache(8)(str.casefold), lru_cache(8)(looks)
"""The last ones are kept, for each grant of a project is tried with the same request."""


def _written(item: QueriedRequest) -> str:
    # Without the assignee; and the whole summary, for in its rest could be what a `-word` excludes.
    return "\n".join((item.summary, item.task_name, item.project_name, item.step))
