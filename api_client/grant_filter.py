"""The filter of a grant: the query language of the inbox, without a reader (CONTRACT.md part 4)."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache

from api_client.request_query import QueriedRequest, Reader, Test, read_filter
from api_client.request_query_faults import grant_fault
from api_client.unicode_scripts import look

_NOBODY = Reader("", datetime.min.replace(tzinfo=UTC))


def grant_test(text: str) -> Test:
    """Return the test of a grant's filter: the same for everybody, at any time and whoever has the task.

    Nothing passes a text that has a `grant_fault`.
    """
    test = None if grant_fault(text) else read_filter(text, _NOBODY, _searched, look_of=_look).test
    return test or (lambda _: False)


@lru_cache(8)
def _look(text: str) -> str:
    """Return the look of a text; the last ones are kept, for each grant of a project is tried with the same request."""
    return look(text)


def _searched(item: QueriedRequest) -> str:
    # Without the assignee; and the whole summary, for in its rest could be what a `-word` excludes.
    return "\n".join((item.summary, item.task_name, item.project_name, item.step)).casefold()
