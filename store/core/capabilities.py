"""The capabilities that a store of ours offers a reviewer (`Me.capabilities`, CONTRACT.md part 2)."""

from __future__ import annotations

REVIEWER_MAY = ("decide", "answer", "assign", "move", "note", "create_project", "board", "attachments_opened")
"""All of them: a place that takes no writes offers none."""
REVIEWER_SEES = ("history", "authority", "deeds", "proofs")
"""What a reviewer may read beside the work: the past, policies, grants and pauses, deeds, and proofs of the record. A
place that takes no writes offers it too; who has `decide` as well may change policies, grants and pauses."""
