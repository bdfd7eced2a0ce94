"""The words of outcomes, the same in queries, in exports, on all screens and in all commands."""

from __future__ import annotations

from collections.abc import Mapping

OUTCOME_WORDS: Mapping[str, str] = {
    "APPROVE": "approve",
    "REJECT": "deny",
    "EDIT_AND_APPROVE": "edit",
    "REQUEST_MORE_INFO": "ask",
    "ESCALATE": "escalate",
}
"""By an outcome's name on the wire, in the order in which they are listed."""
LONG_OUTCOME_WORDS: Mapping[str, str] = {"EDIT_AND_APPROVE": "edit and approve", "REQUEST_MORE_INFO": "ask for more"}
"""Those at length that need explaining."""
