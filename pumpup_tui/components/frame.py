"""The frame around every screen: the header, the banner and the key hints."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from textual.content import Content
from typing_extensions import override

from pumpup_tui.components.hot_spots import control, controls
from pumpup_tui.components.line_widgets import Lines
from pumpup_tui.components.pane_frame import FramedPane, Title
from pumpup_tui.components.pause_line import pause_lines
from pumpup_tui.components.scroll_view import LineScrollView
from pumpup_tui.context import Context
from pumpup_tui.keys.key_names import Hints, names_at
from pumpup_tui.text.firewall import clean, line
from pumpup_tui.text.grant_words import ENDED_ITSELF
from pumpup_tui.text.layout import Line, Run, crop, joined, width_of, wrap

if TYPE_CHECKING:
    from textual.widget import Widget

    from api_client.models import Project

SCREENS = (("inbox", "Inbox"), ("board", "Board"), ("timeline", "Timeline"), ("insights", "Insights"))
"""Mode and name of each main screen; its key is `screens.` and the mode."""

GRANTS_NAMED = 3
"""Grants that ended by themselves that are named, at the most."""
SCREEN_KEYS = " ".join(f"screens.{mode}" for mode, _ in SCREENS)


def set_title(pane: Widget, title: Title, count: Title = "") -> None:
    """Show a pane's title in its frame, and a count at the right end: both of clean text, and never markup."""
    if isinstance(pane, (LineScrollView, FramedPane)):
        pane.frame.set_title(title, count)
    else:
        pane.border_title, pane.border_subtitle = _content(title), _content(count)


def _content(title: Title) -> Content:
    return Content(title if isinstance(title, str) else "".join(text for text, _ in title))


class HeaderLine(Lines):
    """Brand, project, screens, reviewer, source and live state in one line."""

    def __init__(self, context: Context, mode: str, project: Callable[[], Project | None]) -> None:
        super().__init__()
        self.context = context
        self._mode = mode
        self._project = project

    @override
    def lines(self, width: int) -> Sequence[Line]:
        # Under which name and authority one decides matters most, then where one is; the rest goes first.
        for brand, project, names, source, tags in (
            (True, 24, True, True, True),
            (True, 24, True, False, True),
            (False, 24, True, False, True),
            (False, 12, True, False, True),
            (False, 12, False, False, True),
            (False, 0, False, False, True),
            (False, 0, False, False, False),
        ):
            left = [*self._left(brand=brand, project=project), *self._middle(names=names)]
            right = self._right(tags=tags, source=source)
            gap = width - width_of(left) - width_of(right)
            if gap >= 0:
                return [[*left, (" " * gap, ""), *right]]
        return [[(self.context.status.live, self.context.status.live_tone)]]

    def _left(self, *, brand: bool, project: int) -> list[Run]:
        runs: list[Run] = [(" PUMP UP ", "strong")] if brand else []
        chosen = self._project()
        if project:
            name = crop(line(chosen.name, 80), project) if chosen else "all projects"
            runs += [(" ", ""), control(f"{name} ▾", "", "screens.project"), ("  ", "")]
        return runs

    def _middle(self, *, names: bool) -> list[Run]:
        runs: list[Run] = []
        for mode, name in SCREENS:
            key = self.context.key(f"screens.{mode}")
            here = mode == self._mode
            count = f" {self.context.status.inbox}" if mode == "inbox" and self.context.status.inbox else ""
            label = f" {name}{count}" if names or here else f"({count.strip()})" if count else ""
            words = f"{'▸' if here else ' '}{key}{label} "
            runs.append(control(words, "cursor" if here else "muted", f"screens.{mode}"))
        return runs

    def _right(self, *, tags: bool, source: bool) -> list[Run]:
        status = self.context.status
        held = f" [{', '.join(line(tag, 30) for tag in status.tags)}]" if tags and status.tags else ""
        who = line(status.reviewer, 30) + held
        where = line(self.context.source_label, 40) if source else ""
        return [(f" {joined((who, where))} · ", "muted"), (f"{status.live} ", status.live_tone)]


class Banner(Lines):
    """The lines that say what is paused, and what went wrong and what to do next; none where nothing did."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.context = context

    @override
    def lines(self, width: int) -> Sequence[Line]:
        status = self.context.status
        lines: list[Line] = pause_lines(self.context, width)
        if status.banner:
            words = clean(status.banner, one_line=True, limit=300)
            lines += _wrapped("✗", [(words, "bad"), (f"  {status.next_step}", "strong")], "bad", width)
        away = f"  ({self.context.key('screens.refresh')} dismisses this)"
        for _, name in status.ended_grants[:GRANTS_NAMED]:
            words = f"grant “{line(name, 80)}” {ENDED_ITSELF}"
            lines += _wrapped("✗", [(words, "bad"), (away, "strong")], "bad", width)
        for notice in status.notices:
            lines += _wrapped("!", [(f"{line(notice)}{away}", "warn")], "warn", width)
        return lines


def _wrapped(glyph: str, words: Line, tone: str, width: int) -> list[Line]:
    pieces = wrap(words, width - 4)
    return [[(f" {glyph} " if number == 0 else "   ", tone), *piece] for number, piece in enumerate(pieces)]


class KeyHints(Lines):
    """The keys that do something here, in one line."""

    def __init__(self, hints: Callable[[], Hints], *, always: bool = True) -> None:
        super().__init__()
        self._hints = hints
        self._always = ALWAYS if always else ()
        self._typing: Hints = ()

    def show_typing(self, hints: Hints) -> None:
        """Name these alone while something is typed, for every other key is typed; with none, all again."""
        self._typing = hints
        self.update_lines()

    @override
    def lines(self, width: int) -> Sequence[Line]:
        runs: list[Run] = [(" ", "")]
        key = names_at(self)
        always = controls(key, () if self._typing else self._always)
        for pair in (controls(key, [hint]) for hint in self._typing or self._hints()):
            if width_of([*runs, *pair, *always]) > width + 2:
                break
            runs += pair
        return [[*runs, *always]]


ALWAYS = (("screens.help", "help"), ("screens.quit", "quit"))
"""Hints that there is always room for."""
