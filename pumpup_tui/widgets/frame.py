"""What is around every screen: the header, the banner and the key hints."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from typing_extensions import override

from pumpup_tui.context import Context
from pumpup_tui.text import clean, line
from pumpup_tui.widgets.lines import Lines
from pumpup_tui.widgets.painting import Line, Run, crop, joined, width_of

SCREENS = (("1", "inbox", "Inbox"), ("2", "board", "Board"), ("3", "timeline", "Timeline"))
"""Key, mode and name of each main screen."""


class HeaderLine(Lines):
    """Brand, project, screens, reviewer, source and live state in one line."""

    def __init__(self, context: Context, mode: str) -> None:
        super().__init__()
        self.context = context
        self._mode = mode

    @override
    def lines(self, width: int) -> Sequence[Line]:
        left, middle, right = self._left(), self._middle(), self._right(tags=True)
        if width_of(left) + width_of(middle) + width_of(right) + 2 > width:
            right = self._right(tags=False)
        if width_of(left) + width_of(middle) + width_of(right) + 2 > width:
            right = self._right(tags=False, source=False)
        if width_of(left) + width_of(middle) + width_of(right) + 2 > width:
            left = [(" PUMP UP ", "strong"), (" ", "")]
        gap = width - width_of(left) - width_of(middle) - width_of(right)
        if gap < 1:
            right = [(self.context.status.live + " ", self.context.status.live_tone)]
            gap = max(1, width - width_of(left) - width_of(middle) - width_of(right))
        return [[*left, *middle, (" " * gap, ""), *right]]

    def _left(self) -> list[Run]:
        project = self.context.status.project
        name = line(project.name, 24) if project else "all projects"
        return [(" PUMP UP ", "strong"), (f" {name} ▾   ", "")]

    def _middle(self) -> list[Run]:
        runs: list[Run] = []
        for key, mode, name in SCREENS:
            here = mode == self._mode
            count = f" {self.context.status.inbox}" if mode == "inbox" and self.context.status.inbox else ""
            runs.append((f" {key} {name}{count} ", "cursor" if here else "muted"))
            runs.append((" ", ""))
        return runs

    def _right(self, *, tags: bool, source: bool = True) -> list[Run]:
        status = self.context.status
        held = f" [{', '.join(line(tag, 30) for tag in status.tags)}]" if tags and status.tags else ""
        who = line(status.reviewer, 30) + held
        return [
            (joined((who, line(self.context.source_label, 40) if source else "")) + " · ", "muted"),
            (status.live + " ", status.live_tone),
        ]


class Banner(Lines):
    """What went wrong and what to do next; no line where nothing did."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.context = context

    @override
    def lines(self, width: int) -> Sequence[Line]:
        status = self.context.status
        if not status.banner:
            return []
        words = clean(status.banner, one_line=True, limit=300)
        next_step = f"  {status.next_step}" if status.next_step else ""
        return [[(crop(f" ✗ {words}", width - len(next_step) - 1), "bad"), (next_step, "strong")]]


class KeyHints(Lines):
    """The keys that do something here, in one line."""

    def __init__(self, hints: Callable[[], Sequence[tuple[str, str]]], *, always: bool = True) -> None:
        super().__init__()
        self._hints = hints
        self._always = _pairs(ALWAYS) if always else []

    @override
    def lines(self, width: int) -> Sequence[Line]:
        runs: list[Run] = [(" ", "")]
        for pair in map(_pairs, ([hint] for hint in self._hints())):
            if width_of([*runs, *pair, *self._always]) > width + 2:
                break
            runs += pair
        return [[*runs, *self._always]]


ALWAYS = (("?", "help"), ("q", "quit"))
"""Hints that there is always room for."""


def _pairs(hints: Sequence[tuple[str, str]]) -> list[Run]:
    return [run for key, word in hints for run in ((key, "accent"), (f" {word}  ", "muted"))]
