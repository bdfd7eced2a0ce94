"""Paints at once, and sends only the cells that changed. This depends on inner ways of the pinned Textual.

Textual's partial update begins at the widget's left edge, wherever in it the changed cells are. On a board, where one
widget is all columns, that is most of the line. And it paints on the next beat of a clock of 60 beats a second, which
a key has to wait for: here what changed is painted when the screen has nothing else to do.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from time import perf_counter
from typing import Any, TypeAlias

from rich.console import Console
from textual import events
from textual._compositor import ChopsUpdate, Compositor
from textual._styles_cache import StylesCache
from textual.color import Color
from textual.geometry import Region
from textual.screen import Screen
from textual.strip import Strip
from textual.style import Style
from textual.timer import Timer
from typing_extensions import override

from pumpup_tui.textual_patches.sgr_encoder import Sender

Span: TypeAlias = tuple[int, int, int]
"""A line, the first cell that changed and the one after the last."""
Chops: TypeAlias = dict[int, Strip | None]


class ExactUpdate(ChopsUpdate):
    """A partial update cut at both ends of each span."""

    @override
    def render_segments(self, console: Console) -> str:
        sender = Sender(console._color_system)
        sequences: list[str] = []
        for y, first, last in self.spans:
            for end, (x, strip) in zip(self.chop_ends[y], self.chops[y].items(), strict=False):
                start, stop = max(x, first), min(end, last)
                if strip is not None and start < stop:
                    sequences.append(f"\x1b[{y + 1};{start + 1}H")
                    whole = (start, stop) == (x, end)
                    sequences.append(sender.cells(strip if whole else strip.crop(start - x, stop - x)))
        return "".join(sequences) + sender.end()


class ExactCompositor(Compositor):
    """A compositor whose partial updates ask widgets for the changed lines alone, and send these exactly.

    Textual's asks every widget that touches the smallest rectangle around all changes for all its lines.
    """

    @override
    def render_partial_update(self) -> ChopsUpdate | None:
        screen = self.size.region
        regions = [region.intersection(screen) for region in self._dirty_regions]
        self._dirty_regions.clear()
        spans = list(self._regions_to_spans(region for region in regions if region))
        if not spans:
            return None
        return ExactUpdate(self._chops_in(spans), spans, [cuts[1:] for cuts in self.cuts])

    def _chops_in(self, spans: Sequence[Span]) -> list[Chops]:
        """Return by line the strips, by their first cell, that lie in `spans`; None where nothing is to be drawn."""
        chops: list[Chops] = [dict.fromkeys(cuts[:-1]) for cuts in self.cuts]
        missing: dict[int, set[int]] = {}
        for y, first, last in spans:
            cuts = self.cuts[y]
            missing[y] = missing.get(y, set()) | {x for x, end in pairwise(cuts) if x < last and end > first}
        # The front comes first: what it has drawn is not asked of what is behind it.
        for widget, (region, clip) in self.visible_widgets.items():
            area = region.intersection(clip)
            lines = [y for y in area.line_range if y in missing and any(area.x <= x < area.right for x in missing[y])]
            for first, count in _runs(lines):
                part = Region(area.x - region.x, first - region.y, area.width, count)
                for y, strip in enumerate(widget.render_lines(part), first):
                    self._fill(y, strip, area, chops[y], missing)
            if not missing:
                break
        return chops

    def _fill(self, y: int, strip: Strip, area: Region, chops: Chops, missing: dict[int, set[int]]) -> None:
        cuts = [cut for cut in self.cuts[y] if area.x <= cut <= area.right]
        for x, end in pairwise(cuts):
            if x in missing[y]:
                # Most lines are in one piece, and a strip is dear to make.
                chops[x] = strip if len(cuts) == 2 else strip.crop(x - area.x, end - area.x)
                missing[y].discard(x)
        if not missing[y]:
            del missing[y]


def _runs(lines: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield the first of each run of neighbouring lines, and how many they are."""
    start = 0
    for place in range(1, len(lines) + 1):
        if place == len(lines) or lines[place] != lines[place - 1] + 1:
            yield lines[start], place - start
            start = place


@lru_cache(1024)
def _inner_and_outer(base: Color, background: Color) -> tuple[Style, Style]:
    return Style(background=base + background), Style(background=base)


# Textual remembers these by the widget too, and with it, long after a screen is gone, every line that it drew.
StylesCache.get_inner_outer = staticmethod(_inner_and_outer)  # type: ignore[assignment,method-assign]

REST_SECONDS = 0.004
"""Between two paints, so that a stream of changes leaves the loop time to read keys."""


def use_exact_compositor(screen: Screen[Any]) -> None:
    """Have a screen send exactly the cells that changed."""
    screen._compositor = ExactCompositor()


class ImmediatePaint:
    """Paints what changed on one screen without waiting for a beat of the clock.

    The screen owns it, and calls `idle`, `resume` and `suspend` in its handlers of these events.
    """

    def __init__(self, screen: Screen[Any]) -> None:
        """Take a screen that is not mounted yet."""
        use_exact_compositor(screen)
        self._screen = screen
        self._painted_at = 0.0
        self._resting: Timer | None = None
        self._was_suspended = False
        # Textual calls both through the screen itself.
        screen._compositor_refresh = self._compositor_refresh  # type: ignore[method-assign]
        screen._on_timer_update = self._on_timer_update  # type: ignore[method-assign]

    async def idle(self, event: events.Idle) -> None:
        """Paint, once Textual has done what it does when nothing is left to do."""
        screen = self._screen
        event.prevent_default()
        await Screen._on_idle(screen, event)
        if screen.is_current and (
            screen._layout_required or screen._scroll_required or screen._repaint_required or screen._dirty_widgets
        ):
            self._paint()

    def resume(self, event: events.ScreenResume) -> None:
        """Style only a screen that was shown before: mounting has just styled a new one."""
        event.refresh_styles = event.refresh_styles and self._was_suspended

    def suspend(self) -> None:
        """Note that the screen was shown."""
        self._was_suspended = True

    def _compositor_refresh(self) -> None:
        # While an update is put together, as before the first frame, Textual draws all of it and throws that away.
        if not self._screen.app._batch_count:
            Screen._compositor_refresh(self._screen)

    def _paint(self) -> None:
        """Paint now, or as soon as the rest since the last time is over."""
        rest = REST_SECONDS - (perf_counter() - self._painted_at)
        if rest <= 0:
            self._on_timer_update()
        elif self._resting is None:
            self._resting = self._screen.set_timer(rest, self._rested)

    def _rested(self) -> None:
        self._resting = None
        self._on_timer_update()

    def _on_timer_update(self) -> None:
        screen = self._screen
        if screen._layout_required and screen._repaint_required:
            # Textual paints once for the layout and once more for the rest.
            screen._dirty_widgets.add(screen)
            screen._repaint_required = False
        Screen._on_timer_update(screen)
        self._painted_at = perf_counter()
