"""The filter of a grant: the inbox's query language, over what the record says of a request."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache

from api_client.request_query import Reader, Test, read_filter

_NOBODY = Reader("", datetime.min.replace(tzinfo=UTC))
"""No reader, and no time: a grant's filter has no word that asks for them (`request_query_faults.grant_fault`)."""


@lru_cache(256)
def grant_test(text: str) -> Test:
    """Return the test that a grant's filter stands for."""
    return read_filter(text, _NOBODY).test or (lambda _: True)
