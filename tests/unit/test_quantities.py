"""Quantities are read where they are certain, and nowhere else."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_client.quantities import amount_of, difference_words, quantity_of, total_of


@pytest.mark.parametrize(
    ("texts", "total"),
    [
        (["$240", "$4,100.50"], "$4,340.50"),
        (["12 kg", "3.5 kg"], "15.5 kg"),
        (["EUR 10", "EUR 1,000"], "EUR 1,010"),
        (["-$5", "$2"], "-$3"),
        (["$240", "€240"], ""),
        (["$240", "240"], ""),
        (["$240", "soon"], ""),
        (["1027", "1028"], ""),
        (["5 %", "7 %"], ""),
        (["€1.234", "€2.500"], ""),
        (["C-1027", "C-1028"], ""),
        (["2026-03-02", "2026-03-03"], ""),
        ([], ""),
    ],
)
def test_a_total_is_told_only_where_it_is_certain(texts: list[str], total: str) -> None:
    """One unit in all values; no currency is guessed, no number of anything and no share is added up."""
    assert total_of(texts) == total


@given(st.integers(0, 10**9), st.integers(0, 10**9))
def test_a_difference_is_that_of_the_numbers(before: int, after: int) -> None:
    """Higher, lower or nothing, by the gap between them."""
    words = difference_words(f"${before:,}", f"${after:,}")
    gap = after - before
    assert words == ("" if gap == 0 else f"${abs(gap):,} {'higher' if gap > 0 else 'lower'}")


@given(st.text(max_size=60))
def test_any_text_is_read_or_left(text: str) -> None:
    """No text makes it fail, and what is read has its number in it."""
    quantity = quantity_of(text)
    assert quantity is None or any(char.isdigit() for char in text)


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("$4,100.00", "4100.00"),
        (" -US$5 ", "-5"),
        ("CHF 10", "10"),
        ("1200 kr", "1200"),
        ("$7 USD", "7"),
        ("250", "250"),
        *((text, None) for text in ("4k", "4 Mio", "4 MIO", "$4M", "K$4", "12 kg", "5 %", "4,1", "ten", "$4 $5", "")),
    ],
)
def test_an_amount_is_one_number_and_no_multiple(text: str, amount: str | None) -> None:
    """In a currency or without one; what may stand for thousands is no amount."""
    assert amount_of(text) == (None if amount is None else Decimal(amount))
