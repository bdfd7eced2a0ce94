"""Percentages in words. None is rounded up to all: one refused payment may be the one that matters."""

from __future__ import annotations


def percent_digits(share: float) -> str:
    """Return a share (0 to 1) in percent with up to three digits, without the sign; under all 99.9 at the most."""
    return f"{min(share * 100, 99.9) if share < 1 else 100:.3g}"
