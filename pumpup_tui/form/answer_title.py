"""The title of a form: the request that is answered, and the progress."""

from __future__ import annotations

from collections.abc import Sequence

from typing_extensions import override

from pumpup_tui.components.line_widgets import Lines
from pumpup_tui.text.firewall import clean, line
from pumpup_tui.text.layout import Line, crop, fit
from pumpup_tui.text.paragraphs import foreign

SUMMARY_LINES = 4


class AnswerTitle(Lines):
    """The title of a form: the request that is answered, and the progress."""

    def __init__(self, task: str, asker: str, summary: str) -> None:
        super().__init__()
        self._about = task
        self._asker = asker
        self._summary = summary
        self.state = ""
        self.tone = "muted"
        self.is_short = False
        """Whether the summary stands elsewhere on the screen."""

    @override
    def lines(self, width: int) -> Sequence[Line]:
        summary = foreign((clean(self._summary.strip(), limit=2_000), "")).wrapped(width - 2)
        shown: list[Line] = [
            [(crop(f" Elicitation · asked by {self._asker} · {line(self._about, 200)}", width), "strong")]
        ]
        most = 0 if self.is_short else SUMMARY_LINES
        shown += summary[:most]
        if len(summary) > most > 0:
            shown.append([(f" … {len(summary) - most} more lines in the context", "muted")])
        return [*shown, [(fit(f" {self.state}", width), self.tone)]]

    def show_state(self, state: str, tone: str = "muted") -> None:
        """Show the progress."""
        self.state, self.tone = state, tone
        self.update_lines()
