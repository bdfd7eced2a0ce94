"""A checkpoint in many small parts, as a journal of millions of events has them in large ones."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from store.folder import checkpoint, checkpoint_writer, columns, event_index, idempotency_index, journal_follower


@contextmanager
def small_parts() -> Iterator[None]:
    """Let a few events make a segment, a few records a run, and few bytes a file that is not read whole."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(event_index, "SEGMENT", 8)
        patch.setattr(idempotency_index, "FRESH", 2)
        patch.setattr(checkpoint_writer, "REWRITE_BYTES", 0)
        patch.setattr(checkpoint_writer, "REWRITE_SHARE", 2)
        patch.setattr(checkpoint_writer, "OWN_FILE_RECORDS", 2)
        patch.setattr(checkpoint_writer, "RUN_RECORDS", 16)
        patch.setattr(checkpoint, "WHOLE_BYTES", 0)
        patch.setattr(columns, "WHOLE_BYTES", 0)
        patch.setattr(journal_follower, "NEW_EVENTS", 16)
        patch.setattr(journal_follower, "PIECE", 4)
        yield
