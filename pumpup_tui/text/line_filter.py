"""A second check behind the text firewall, over the lines of every widget."""

from __future__ import annotations

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter
from typing_extensions import override

from pumpup_tui.text.firewall import without_controls


class NoControls(LineFilter):
    """Replaces each control character that reached a line without going through `clean`."""

    @override
    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        return [
            segment
            if segment.control or (text := without_controls(segment.text)) is segment.text
            else Segment(text, segment.style)
            for segment in segments
        ]
