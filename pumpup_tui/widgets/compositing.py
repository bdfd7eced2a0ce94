"""Sends the cells that changed, and not those before them on the line.

Textual's partial update begins at the widget's left edge, wherever in it the changed cells are. On a board, where one
widget is all columns, that is most of the line. This depends on inner ways of the pinned Textual.
"""

from __future__ import annotations

from rich.console import Console
from rich.control import Control
from textual._compositor import ChopsUpdate, Compositor
from typing_extensions import override


class ExactUpdate(ChopsUpdate):
    """A partial update cut at both ends of each span."""

    @override
    def render_segments(self, console: Console) -> str:
        sequences: list[str] = []
        for y, first, last in self.spans:
            for end, (x, strip) in zip(self.chop_ends[y], self.chops[y].items(), strict=False):
                start, stop = max(x, first), min(end, last)
                if strip is not None and start < stop:
                    sequences.append(Control.move_to(start, y).segment.text)
                    sequences.append(strip.crop(start - x, stop - x).render(console))
        return "".join(sequences)


class ExactCompositor(Compositor):
    """A compositor whose partial updates are exact."""

    @override
    def render_partial_update(self) -> ChopsUpdate | None:
        update = super().render_partial_update()
        return ExactUpdate(update.chops, update.spans, update.chop_ends) if update is not None else None
