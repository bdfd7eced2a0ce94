"""What is sent bit by bit, read by a terminal, is what the whole screen would be."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pyte
import pytest
from rich.color import ColorSystem
from textual._compositor import CompositorUpdate, LayoutUpdate
from textual.strip import Strip

from tests.pilot.stage import Stage
from tests.support.idle import until_idle

WIDTH, HEIGHT = 110, 30
KEYS = ["j"] * 6 + ["k", "g", "G", "ctrl+d", "ctrl+u", "l", "h", "1", "2", "3", "enter", "escape", "a", "p", "?", "tab"]


class Watched:
    """A terminal that is sent what the app would send to its own."""

    def __init__(self, stage: Stage, system: ColorSystem) -> None:
        self.app, self.screen = stage.app, pyte.Screen(WIDTH, HEIGHT)
        self._stream = pyte.Stream(self.screen)
        self.app.console._color_system = system
        self._stream.feed(self._whole())
        display = self.app._display

        def watched(screen: Any, renderable: Any) -> None:
            if isinstance(renderable, CompositorUpdate) and not self.app._batch_count:
                self._stream.feed(self._written(renderable))
            display(screen, renderable)

        self.app._display = watched  # type: ignore[method-assign]

    def whole(self) -> pyte.Screen:
        """Return a terminal that was sent the whole screen at once."""
        fresh = pyte.Screen(WIDTH, HEIGHT)
        pyte.Stream(fresh).feed(self._whole())
        return fresh

    def _whole(self) -> str:
        behind = self.app._background_screens
        update = self.app.screen._compositor.render_update(full=True, screen_stack=behind)
        assert isinstance(update, LayoutUpdate)
        return self._written(update)

    def _written(self, update: CompositorUpdate) -> str:
        if not isinstance(update, LayoutUpdate):
            return update.render_segments(self.app.console)
        # Line by line: the terminal of the tests wraps after a full line with wide characters, where real ones wait.
        lines = [Strip.join(pieces) for pieces in update.strips]
        for style in (segment.style for one in lines for segment in one if segment.style is not None):
            style._ansi = None  # Rich keeps the codes of the first terminal that a style was drawn for
        return "".join(f"\x1b[{y};1H{one.render(self.app.console)}" for y, one in enumerate(lines, 1))


def differences(shown: pyte.Screen, wanted: pyte.Screen) -> list[tuple[int, int, Any, Any]]:
    places = [(y, x, shown.buffer[y][x], wanted.buffer[y][x]) for y in range(HEIGHT) for x in range(WIDTH)]
    return [one for one in places if one[2] != one[3]]


@pytest.mark.parametrize("system", [ColorSystem.TRUECOLOR, ColorSystem.EIGHT_BIT, ColorSystem.STANDARD])
async def test_any_keys_leave_what_a_full_paint_would(tmp_path: Path, system: ColorSystem) -> None:
    """After any keys each cell's character, colours and weight are those of the whole screen painted anew."""
    chance = random.Random(int(system))
    stage = Stage(tmp_path)

    async def fill(stage: Stage) -> None:
        await stage.project()
        for number in range(30):
            await stage.approval(
                f"Refund ${number} 写真 on a claim " + "with many words " * (number % 5), f"Claim {number}"
            )

    stage.before.append(fill)
    async with stage.run(WIDTH, HEIGHT) as pilot:
        await stage.ready(pilot, "Refund $0")
        await until_idle(pilot)
        watched = Watched(stage, system)
        for _ in range(30):
            key = chance.choice(KEYS)
            await pilot.press(key)
            await until_idle(pilot)
            assert differences(watched.screen, watched.whole()) == [], key
