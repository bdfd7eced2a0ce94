"""Limits of what a command may leave behind (CONTRACT.md part 3, Limits)."""

from __future__ import annotations

from dataclasses import dataclass

LOOSE_SECONDS = 86_400


@dataclass(frozen=True, slots=True)
class CommandLimits:
    """Limits of what a command leaves behind, in bytes of JSON; None is no limit."""

    metadata_bytes: int | None = 256_000
    """All of a task's metadata."""
    schema_bytes: int | None = 64_000
    """A step's schema."""
    check_seconds: float = 2.0
    """Processor time in which metadata must be checked."""
    loose_seconds: int | None = LOOSE_SECONDS
    """After so long an upload that no task has can't be attached any more: its content is dropped (`folder.sweep`)."""


NO_LIMITS = CommandLimits(None, None, loose_seconds=None)
"""For what is recorded already: a limit that came later does not apply to it."""
