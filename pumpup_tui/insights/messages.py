"""The messages of the insights screen's workers."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import TYPE_CHECKING

from textual.message import Message
from typing_extensions import override

if TYPE_CHECKING:
    from pumpup_tui.insights.counting import Counted, Counting


@dataclass(eq=False, repr=False)
class FiguresCounted(Message):
    """The figures as far as they are counted; `done` where this call is over."""

    counting: Counting
    counted: Counted
    _: KW_ONLY
    done: bool = False

    @override
    def can_replace(self, message: Message) -> bool:
        return isinstance(message, FiguresCounted) and not message.done
