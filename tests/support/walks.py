"""Walks through the app by keys, each from where another one ends: for pictures and colours of what it comes to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from tests.pilot.stage import Stage

Walk = Callable[[Stage, Any], Awaitable[None]]


def then(before: Walk, *keys: str, sees: Sequence[str] = (), gone: Sequence[str] = ()) -> Walk:
    """Return the walk that goes on from where `before` ends.

    Args:
        before: The walk to its beginning.
        keys: The keys that it presses there.
        sees: The words that the keys bring to the screen.
        gone: The words that leave it.
    """

    async def walk(stage: Stage, pilot: Any) -> None:
        await before(stage, pilot)
        await pilot.press(*keys)
        await stage.sees(pilot, *sees, gone=tuple(gone))

    return walk
