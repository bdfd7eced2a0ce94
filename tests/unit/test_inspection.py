# ruff: noqa: RUF001 - lookalikes are what is tried here
"""A request is inspected once, up to a cap that is said, and no long text hides what a short one holds."""

from __future__ import annotations

import sys
from types import FrameType

from pumpup_tui.text.inspection import MOST, RAW_MOST, TEXTS_MOST, inspect
from pumpup_tui.text.suspicion import Suspicion

MIXED = "аb "


def test_texts_are_counted_together_and_spelt_out_one_by_one() -> None:
    """Counts are added up over all texts; the raw texts stand in the order of the texts."""
    found = inspect(["\u202e", "pаy", "fine", "ﬁ"])
    assert found.counts == Suspicion(hidden=1, lookalikes=1, mixed=1, forms=1)
    assert found.raw == ("\\u202e", "p\\u0430y", "fine", "\\ufb01")
    assert (found.share, found.unseen) == (0, 0)


def test_ordinary_texts_say_nothing() -> None:
    """Nothing odd and nothing left out is no word on the screen, up to the very cap."""
    assert not inspect(["plain", "Amount: $240.00"]).words
    assert not inspect(["x" * (MOST - 10), "y" * 10]).words


def test_what_was_not_inspected_is_said() -> None:
    """A text over the cap says how much of it was checked, with and without anything found in it."""
    one_over = inspect(["x" * (MOST + 1)])
    assert one_over.words == f"only the first {MOST:,} characters of each text checked, 1 not"
    mixed = inspect(["аb" * MOST])
    assert mixed.words.endswith(f" · only the first {MOST:,} characters of each text checked, {MOST:,} not")


def test_a_long_text_hides_nothing_in_a_short_one() -> None:
    """A megabyte before it leaves a short text's share of the cap as it is."""
    found = inspect(["x" * 1_000_000, "$1\u202e00", "y" * 1_000_000])
    assert found.counts == Suspicion(hidden=1)
    assert found.unseen == 2_000_000 - 2 * found.share


def test_texts_over_the_most_are_counted() -> None:
    """More texts than are inspected are counted with what was not."""
    found = inspect(["ab"] * (TEXTS_MOST + 5))
    assert (len(found.raw), found.unseen) == (TEXTS_MOST, 10)


def test_the_raw_texts_are_capped_together() -> None:
    """Escapes take ten times the room of what they spell: the rest is counted, text by text."""
    found = inspect(["\U000e0041" * 5_000, "\U000e0041" * 5_000])
    assert sum(map(len, found.raw)) < RAW_MOST + 100
    assert all("… +" in text for text in found.raw[1:])


def calls(texts: list[str]) -> int:
    """Return how many calls of functions an inspection takes."""
    count = 0

    def profile(_: FrameType, event: str, __: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(profile)
    try:
        inspect(texts)
    finally:
        sys.setprofile(before)
    return count


def test_a_megabyte_takes_no_more_work_than_the_cap() -> None:
    """What is over the cap costs nothing: 837 kB of mixed alphabets are as much work as 40 kB of them."""
    calls([MIXED])  # fills what is remembered of characters
    capped = calls([MIXED * (MOST // 3 // 200)] * 200)
    assert calls([MIXED * 1_395] * 200) < 1.05 * capped
