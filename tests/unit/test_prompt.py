"""The prompt: a question answered by callback."""

from __future__ import annotations

from textual.app import App, ComposeResult
from textual.widgets import Button
from typing_extensions import override

from pumpup_tui.components.prompt import Prompt, TextQuestion
from tests.waiting import until


class Asking(App[None]):
    """An app with a prompt and something else that can have the focus."""

    def __init__(self) -> None:
        super().__init__()
        self.answers: list[str | None] = []
        self.changes: list[str] = []

    @override
    def compose(self) -> ComposeResult:
        yield Button("beside it")
        yield Prompt()

    @property
    def prompt(self) -> Prompt:
        """The prompt."""
        return self.query_one(Prompt)

    def ask(self, question: TextQuestion) -> None:
        """Ask, and note what comes of it."""
        self.prompt.ask(question, self.answers.append, self.changes.append)


async def test_enter_answers_with_the_text_and_escape_with_none() -> None:
    """The caller is told each answer once, and the focus is back where it was by then."""
    async with (app := Asking()).run_test() as pilot:
        app.screen.set_focus(app.query_one(Button))
        app.ask(TextQuestion("name", "bo"))
        await pilot.press("b", "enter")
        await until(lambda: app.answers, "the text")
        app.ask(TextQuestion("name", "bo"))
        await pilot.press("x", "escape")
        await until(lambda: len(app.answers) == 2, "no text")
        assert app.answers == ["bob", None]
        assert app.focused is app.query_one(Button)


async def test_each_change_is_reported_and_none_before_the_first_key() -> None:
    """A search follows what is typed; opening it with the last text changes nothing."""
    async with (app := Asking()).run_test() as pilot:
        app.ask(TextQuestion("search", "a"))
        await pilot.press("b", "c")
        await until(lambda: len(app.changes) == 2, "both changes")
        assert app.changes == ["ab", "abc"]
        assert app.answers == []


async def test_an_answer_may_ask_the_next_question_at_once() -> None:
    """A callback that asks again finds the prompt closed: its question is the one that is open then."""
    async with (app := Asking()).run_test() as pilot:
        answers: list[str | None] = []

        def first(text: str | None) -> None:
            answers.append(text)
            app.prompt.ask(TextQuestion("second"), answers.append)

        app.prompt.ask(TextQuestion("first"), first)
        await pilot.press("1", "enter")
        await until(lambda: answers, "the first answer")
        await pilot.press("2", "enter")
        await until(lambda: len(answers) == 2, "the second answer")
        assert answers == ["1", "2"]


async def test_a_question_that_is_replaced_is_never_answered() -> None:
    """The text of one question is not given to the caller of another."""
    async with (app := Asking()).run_test() as pilot:
        replaced: list[str | None] = []
        app.prompt.ask(TextQuestion("first", "one"), replaced.append)
        app.ask(TextQuestion("second"))
        await pilot.press("2", "enter")
        await until(lambda: app.answers, "the answer")
        assert (replaced, app.answers) == ([], ["2"])


async def test_line_breaks_are_kept_where_the_text_may_have_some() -> None:
    """A note of two lines comes back with two lines; it is shown in one."""
    async with (app := Asking()).run_test() as pilot:
        app.ask(TextQuestion("note", "first\nsecond", takes_lines=True))
        await pilot.press("!", "enter")
        await until(lambda: app.answers, "the answer")
        assert app.answers == ["first\nsecond!"]
        assert app.changes == ["first\nsecond!"]
