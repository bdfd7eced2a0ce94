"""The questions for a grant's terms, one after the other; each is asked until it can be taken, escape leaves them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from api_client.request_query_faults import GRANT_EXAMPLE
from pumpup_tui.grants.grant_draft import GrantDraft, TermRefused, share_words

if TYPE_CHECKING:
    from pumpup_tui.components.prompt import Prompt
    from pumpup_tui.context import Context

Then = Callable[[GrantDraft], None]


class _Question(NamedTuple):
    words: str
    example: str
    text: Callable[[GrantDraft], str]
    take: Callable[[GrantDraft, str], GrantDraft]
    """Raises TermRefused."""


class TermQuestions:
    """Asks on one screen."""

    def __init__(self, context: Context, prompt: Prompt) -> None:
        self._context = context
        self._prompt = prompt

    def filter(self, draft: GrantDraft, then: Then) -> None:
        """Ask for another filter."""
        take = GrantDraft.with_filter
        self._ask([_Question("approvals that fit", GRANT_EXAMPLE, lambda one: one.filter, take)], draft, then)

    def terms(self, draft: GrantDraft, then: Then) -> None:
        """Ask until when, how many, which share is still asked, and for a name."""
        context = self._context
        self._ask(
            [
                _Question(
                    "until when",
                    "2w, friday 17:00",
                    lambda one: f"{context.there(one.until):%Y-%m-%d %H:%M}",
                    lambda one, typed: one.with_until(typed, context.clock(), context.zone),
                ),
                _Question("how many at the most", "500", lambda one: f"{one.most:,}", GrantDraft.with_most),
                _Question(
                    "share that is still asked", "5 %", lambda one: share_words(one.sample), GrantDraft.with_sample
                ),
                _Question("name of the grant", "small refunds", lambda one: one.name, GrantDraft.with_name),
            ],
            draft,
            then,
        )

    def _ask(self, questions: Sequence[_Question], draft: GrantDraft, then: Then) -> None:
        if not questions:
            then(draft)
            return
        question, *others = questions

        def taken(typed: str) -> str:
            try:
                changed = question.take(draft, typed)
            except TermRefused as fault:
                return str(fault)
            self._ask(others, changed, then)
            return ""

        self._prompt.ask_until_taken(question.words, question.example, taken, question.text(draft))
