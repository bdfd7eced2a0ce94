"""The net below the text firewall, under every widget."""

from __future__ import annotations

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter
from typing_extensions import override

from pumpup_tui.text.firewall import without_controls


class NoControls(LineFilter):
    """The net below `clean`: no control character leaves for the terminal, whoever let it by."""

    @override
    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        return [
            segment
            if segment.control or (text := without_controls(segment.text)) is segment.text
            else Segment(text, segment.style)
            for segment in segments
        ]
