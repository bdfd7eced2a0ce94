"""The inbox's filter in words, and the orders that can be chosen."""

from __future__ import annotations

from pumpup_tui.inbox.active_filter import InboxFilter
from pumpup_tui.inbox.order import GROUPS, SORTS, Order
from pumpup_tui.keys.key_names import KeyNames


def test_a_filter_is_whose_and_what_was_typed() -> None:
    """One key goes through all, mine and unassigned and back; what was typed stays; a chosen filter replaces both."""
    narrowing = InboxFilter(KeyNames())
    narrowing.typed = "refund"
    texts = []
    for _ in range(3):
        texts.append((narrowing.text, narrowing.raw_words))
        narrowing.next_whose()
    assert texts == [
        ("refund", "refund"),
        ("is:mine refund", "mine, refund"),
        ("is:free refund", "unassigned, refund"),
    ]
    assert narrowing.text == "refund"
    narrowing.next_whose()
    narrowing.use("is:overdue")
    assert (narrowing.text, narrowing.raw_words, narrowing.is_on) == ("is:overdue", "is:overdue", True)
    narrowing.use("")
    assert not narrowing.is_on


def test_an_empty_list_says_why_it_is_empty() -> None:
    """None matches, or none so far while the rest is being loaded."""
    narrowing = InboxFilter(KeyNames({"move.back": "f9"}))
    narrowing.use("refund")
    assert narrowing.words_when_empty(complete=True) == "No matching requests. f9 clears the filter."
    assert "loading more" in narrowing.words_when_empty(complete=False)


def test_each_choice_of_an_order_changes_one_thing() -> None:
    """A choice of a sort leaves the groups as they are, one of groups the sort; the present ones are marked."""
    order = Order("overdue", "project")
    choices = order.choices()
    assert [choice.sort for choice, _ in choices[: len(SORTS)]] == list(SORTS)
    assert [choice.group for choice, _ in choices[len(SORTS) :]] == list(GROUPS)
    assert {choice.group for choice, _ in choices[: len(SORTS)]} == {"project"}
    assert {choice.sort for choice, _ in choices[len(SORTS) :]} == {"overdue"}
    marked = [words for _, words in choices if words.startswith("●")]
    assert marked == [f"● {SORTS['overdue']}", f"● {GROUPS['project']}"]
