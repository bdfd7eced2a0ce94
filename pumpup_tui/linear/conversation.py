"""A conversation in lines: what is said, what is asked, and what is answered."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from pumpup_tui.linear.line_input import UnfitLine
from pumpup_tui.linear.plain_lines import Spoken, plain
from pumpup_tui.text.firewall import line

if TYPE_CHECKING:
    from pumpup_tui.linear.line_input import LineInput


class EndOfInput(Exception):
    """No more lines come."""


class Conversation:
    """Says paragraphs and asks for lines; what happened meanwhile is said before the next question."""

    def __init__(
        self, lines: LineInput, write: Callable[[str], None], *, width: Callable[[], int], echoes: bool = False
    ) -> None:
        """Take both ends; answers are printed where no terminal echoes them, for a log needs them."""
        self._lines, self._write = lines, write
        self._width, self._echoes = width, echoes
        self._news: list[Spoken] = []

    def say(self, *paragraphs: Spoken) -> None:
        """Print paragraphs, each beginning a line."""
        self.say_all(paragraphs)

    def say_all(self, paragraphs: Iterable[Spoken]) -> None:
        """Print paragraphs, each beginning a line."""
        for text in plain(paragraphs, self._width()):
            self._write(text)

    def tell_later(self, *paragraphs: Spoken) -> None:
        """Print these before the next question: nothing is printed into what a person is typing."""
        self._news += paragraphs

    def tell_news(self) -> None:
        """Print what happened meanwhile."""
        news, self._news = self._news, []
        self.say_all(news)

    async def ask(self, question: str) -> str:
        """Ask until a line comes; return it without blanks around it.

        Raises:
            EndOfInput: none comes any more.
        """
        return (await self.ask_raw(question)).strip()

    async def ask_raw(self, question: str) -> str:
        """Ask until a line comes; return it as it was typed.

        Raises:
            EndOfInput: none comes any more.
        """
        while True:
            self.tell_news()
            self.say(*([question] if question else []))
            try:
                answer = await self._lines.next()
            except UnfitLine as fault:
                self.say(str(fault))  # not foreign: our own words
                continue
            return self._echoed(answer)

    def _echoed(self, answer: str | None) -> str:
        if answer is None:
            raise EndOfInput
        if self._echoes:
            self._write(f"> {line(answer, 2_000)}")
        return answer
