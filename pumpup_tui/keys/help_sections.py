"""The sections of the help: the keys of the table under headings in users' words, those of the present place first."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from pumpup_tui.keys.key_names import key_words
from pumpup_tui.keys.table import KeyBinding
from pumpup_tui.text.layout import Line, Run, fit, width_of, wrap

HEADINGS: Mapping[str, str] = {
    "screens": "Everywhere",
    "move": "Moving",
    "decide": "Deciding",
    "batch": "Deciding several at once",
    "grants": "Grants",
    "form": "Answering a form",
    "typing": "Writing a note or a search",
    "filter": "Timeline filter",
    "attachment": "Attachments",
    "palette": "Commands",
    "help": "This help",
    "modal": "Lists and dialogs",
    "leave": "Quitting before all is sent",
    "tour": "Tour of the demo",
}
"""Headings by the beginning of the ids below them, where that is not a screen's own name."""
TWO_COLUMNS = 90
"""Cells from which the sections stand in two columns."""
KEYS = 18
"""The most cells for the keys beside their words."""
_GAP = 3


@dataclass(frozen=True)
class Section:
    """Keys under a heading."""

    heading: str
    rows: Sequence[KeyBinding]

    def matching(self, needle: str) -> Section:
        """Return the section with the keys that a text finds: by their words, the keys themselves or the heading."""
        words = needle.casefold().split()
        rows = [row for row in self.rows if all(word in self._text(row) for word in words)]
        return Section(self.heading, rows)

    def _text(self, row: KeyBinding) -> str:
        return f"{self.heading} {row.tooltip} {row.word} {key_words(row.keys)}".casefold()


def sections(rows: Iterable[KeyBinding], mode: str, heard: Collection[str]) -> list[Section]:
    """Return all sections: that of the present screen, what else is heard there, then the rest as in the table.

    Args:
        rows: The table of keys, as they are bound.
        mode: The name of the present screen.
        heard: The ids of the bindings that are heard there.
    """
    groups: dict[str, list[KeyBinding]] = {}
    for row in rows:
        groups.setdefault(row.id.partition(".")[0], []).append(row)

    def order(name: str) -> int:
        if name == mode:
            return 0
        rows = groups[name]
        if 2 * sum(row.id in heard for row in rows) < len(rows):
            return 4  # the few of these that are heard here need something of another screen
        return {"move": 2, "screens": 3}.get(name, 1)

    return [Section(HEADINGS.get(name, name.capitalize()), groups[name]) for name in sorted(groups, key=order)]


def help_lines(shown: Iterable[Section], cells: int) -> list[Line]:
    """Return the sections as lines of at most `cells` cells: from `TWO_COLUMNS` on in two columns.

    The next section goes to the column that is shorter by then, so that the first ones stand at the top of both.
    """
    filled = [section for section in shown if section.rows]
    if cells < TWO_COLUMNS:
        return [line for section in filled for line in _block(section, cells)][:-1]
    width = (cells - _GAP) // 2
    left: list[Line] = []
    right: list[Line] = []
    for section in filled:
        (left if len(left) <= len(right) else right).extend(_block(section, width))
    height = max(len(left), len(right), 1)
    return [_beside(left, right, number, width) for number in range(height - 1)]


def _block(section: Section, cells: int) -> list[Line]:
    """Return a section's lines with an empty one behind; words that take several never run below the keys."""
    keys = min(KEYS, max(len(key_words(row.keys)) for row in section.rows))
    lines: list[Line] = [[(section.heading, "strong")]]
    for row in section.rows:
        named: Run = (fit(key_words(row.keys), keys) + "  ", "accent")
        lines += wrap([named, (row.tooltip, "")], cells, indent=keys + 2)
    return [*lines, []]


def _beside(left: Sequence[Line], right: Sequence[Line], number: int, width: int) -> Line:
    first = left[number] if number < len(left) else []
    second = right[number] if number < len(right) else []
    return [*first, (" " * (width + _GAP - width_of(first)), ""), *second]
