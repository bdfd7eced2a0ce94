"""Percentages in words."""

from __future__ import annotations

import pytest

from pumpup_tui.text.percentages import percent_digits


@pytest.mark.parametrize(
    ("part", "whole", "digits"),
    [(3, 3, "100"), (9_999, 10_000, "99.9"), (2, 3, "66.7"), (1, 2, "50"), (1, 900, "0.111"), (0, 5, "0")],
)
def test_only_all_is_a_hundred(part: int, whole: int, digits: str) -> None:
    """One of many that was decided otherwise is seen in the share, however many there are."""
    assert percent_digits(part / whole) == digits
