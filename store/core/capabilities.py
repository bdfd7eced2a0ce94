"""The capabilities that a store of ours offers a reviewer (`Me.capabilities`, CONTRACT.md part 2)."""

from __future__ import annotations

REVIEWER_MAY = ("decide", "answer", "assign", "move", "note", "create_project", "board")
"""All of them: a place that takes no writes offers none."""
REVIEWER_SEES = ("history",)
"""What a reviewer may read of the past; a place that takes no writes offers it too."""
