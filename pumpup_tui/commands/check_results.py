"""The result of one check of `doctor`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "note", "wrong"]


@dataclass(frozen=True)
class Check:
    """The result of a check: its subject, its state, and the remedy."""

    subject: str
    state: State
    words: str
    remedy: str = ""

    def wire(self) -> dict[str, str]:
        """Return the check as JSON."""
        fields = {"check": self.subject, "state": self.state, "words": self.words}
        return {**fields, "remedy": self.remedy} if self.remedy else fields
