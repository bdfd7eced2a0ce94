"""The answer to the question that leaving asks while a decision is held or unanswered."""

from __future__ import annotations

from typing import Literal

Leave = Literal["send", "take_back", "leave"]
