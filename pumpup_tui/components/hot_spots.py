"""Words that can be clicked: a click presses the key that the words name, and does all that the key would, no more.

A line's run becomes one with `control`. The key goes the way of all keys, so that what guards them guards the click.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual import events
from textual.message import Message
from textual.widget import Widget
from typing_extensions import override

from pumpup_tui.keys.key_names import Hints, KeyNames, character_of, names_at
from pumpup_tui.text.layout import Line, Run, width_of

AIMED = frozenset(("decide.send",))
"""Bindings that a click presses only where the mouse came to the words.

Not where they came to the mouse, as they do where another control stood that is clicked twice.
"""


class Control(tuple[str, str]):
    """A run that can be clicked: a text and its tone, as any other, and the id of the binding whose key it presses."""

    key: str

    @override
    def __eq__(self, other: object) -> bool:
        return isinstance(other, Control) and tuple(self) == tuple(other) and self.key == other.key

    @override
    def __hash__(self) -> int:
        return super().__hash__()


def control(text: str, tone: str, key: str) -> Control:
    """Return a run that presses a key when it is clicked; `key` is the binding's id."""
    run = Control((text, tone))  # not foreign: who calls is checked, as for any run
    run.key = key
    return run


def toned(run: Run, tone: str) -> Run:
    """Return a run in another tone; what can be clicked still can be."""
    return control(run[0], tone, run.key) if isinstance(run, Control) else (run[0], tone)


def controls(key: KeyNames, hints: Hints) -> list[Run]:
    """Return hints as they stand in a line: each key, and the word for the first of them, can be clicked."""
    runs: list[Run] = []
    for names, word in hints:
        if key.has(names):
            first, *others = names.split(" ")
            runs.append(control(key(first), "accent", first))
            runs += [run for name in others for run in ((" ", ""), control(key(name), "accent", name))]
            runs += [control(f" {word}", "muted", first), ("  ", "")]
    return runs


class Unaimed(Message):
    """A click on what sends, which came to where the mouse was: nothing was pressed."""


class HotSpots:
    """The controls in a widget's lines: which one the mouse is over, and what a click does."""

    def __init__(self, widget: Widget, line_at: Callable[[int], Line], changed: Callable[[int], object]) -> None:
        """Take the widget.

        Args:
            widget: What gets the mouse's events.
            line_at: Returns the line that is drawn at a height.
            changed: Draws a line again.
        """
        self._widget = widget
        self._line_at = line_at
        self._changed = changed
        self._at: tuple[int, int] | None = None
        """Where the mouse is, None where it is elsewhere."""
        self._came_to = ""
        """The id of the binding whose words the mouse came to, and is still over."""

    def drawn(self, y: int, line: Line) -> Line:
        """Return a line as it is to be drawn: a control under the mouse shows that it is one."""
        if self._at is None or self._at[1] != y or (number := _number_at(line, self._at[0])) is None:
            return line
        return [*line[:number], (line[number][0], "hover"), *line[number + 1 :]]

    def moved(self, event: events.MouseMove) -> None:
        """Follow the mouse."""
        offset = event.get_content_offset(self._widget)
        before, now = self._at, (offset.x, offset.y) if offset else None
        if before == now:
            return
        was, here = self._control_at(before), self._control_at(now)
        self._at = now
        if here is not was:
            self._came_to = here.key if here else ""
            for y in {at[1] for at in (before, now) if at is not None}:
                self._changed(y)

    def left(self) -> None:
        """Note that the mouse is elsewhere."""
        before, self._at, self._came_to = self._at, None, ""
        if before is not None:
            self._changed(before[1])

    def clicked(self, event: events.Click) -> bool:
        """Press the key of what was clicked; return whether anything was."""
        offset = event.get_content_offset(self._widget)
        spot = self._control_at((offset.x, offset.y) if offset else None)
        if spot is None or event.chain > 1:
            return spot is not None
        event.stop()
        if spot.key in AIMED and self._came_to != spot.key:
            self._widget.post_message(Unaimed())
        else:
            press(self._widget, spot.key)
        return True

    def _control_at(self, at: tuple[int, int] | None) -> Control | None:
        if at is None:
            return None
        line = self._line_at(at[1])
        number = _number_at(line, at[0])
        found = None if number is None else line[number]
        return found if isinstance(found, Control) else None


def press(widget: Widget, binding: str) -> None:
    """Press the first key of a binding, as if it came from the keyboard; `binding` is its id."""
    key = names_at(widget).keys(binding)[0]
    widget.app.post_message(events.Key(key, character_of(key) or None))


def _number_at(line: Line, x: int) -> int | None:
    """Return the number of the control that stands at a cell of a line."""
    return next((n for n, run in enumerate(line) if isinstance(run, Control) and _span(line, n, x)), None)


def _span(line: Sequence[Run], number: int, x: int) -> bool:
    start = width_of(line[:number])
    return start <= x < start + width_of(line[number : number + 1])
