"""Painting as soon as the event loop has nothing else to do.

Reason: Textual paints on the next beat of a clock of 60 beats a second, which a key would have to wait for; it paints
once for a layout and once more for the rest, and, while an update is put together, draws what it throws away.

Performance: without it the last byte after a key comes 37 ms after it on the inbox and the timeline, instead of 18 and
12; on the board it makes no difference.

Test: tests/pilot/test_painting.py.
"""

from __future__ import annotations

from time import perf_counter
from typing import Any

from textual import events
from textual.screen import Screen
from textual.timer import Timer

from pumpup_tui.textual_patches.compositor import use_exact_compositor
from pumpup_tui.textual_patches.styles_cache import free_lines_with_screens

REST_SECONDS = 0.004
"""Between two paints, so that a stream of changes leaves the loop time to read keys."""


class ImmediatePaint:
    """Paints what changed on one screen without waiting for a beat of the clock.

    The screen owns it, and calls `idle`, `resume` and `suspend` in its handlers of these events.
    """

    def __init__(self, screen: Screen[Any]) -> None:
        """Take a screen that is not mounted yet."""
        free_lines_with_screens()
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
