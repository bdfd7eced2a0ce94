"""The end of a grant in clean words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pumpup_tui.text.firewall import line

if TYPE_CHECKING:
    from api_client.authority import GrantEnd

NAME_CELLS = 30
"""Characters of the name of whoever ended it."""
ENDED_ITSELF = "ended itself: 3 disagreements in a row"
_BY_ITSELF: Mapping[str, str] = {
    "TIME": "its time was over",
    "COUNT": "it decided as many as it may",
    "DISAGREEMENT": ENDED_ITSELF,
    "KEY_REVOKED": "its giver's key was revoked",
}
"""The words for the ends that nobody decided on."""


def end_words(ended: GrantEnd) -> str:
    """Return why a grant has ended, or who ended it."""
    return _BY_ITSELF.get(ended.reason) or f"ended by {line(ended.by, NAME_CELLS)}"
