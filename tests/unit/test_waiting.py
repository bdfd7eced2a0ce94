"""The helpers by which the suite waits and compares work tell what they are for."""

from __future__ import annotations

import pytest

from tests import waiting
from tests.waiting import grows_no_faster_than_its_input, until, wait_until


def quadratic(size: int) -> int:
    return sum(1 for _ in range(size) for _ in range(size))


def test_work_that_grows_with_the_square_is_noticed() -> None:
    """A check that looks at each pair of what it is given is no guard against hanging."""
    assert not grows_no_faster_than_its_input(quadratic, 1_200)


def test_work_that_grows_with_its_input_is_none_of_it() -> None:
    """Each thing looked at once, and work that is capped, are as they should be."""
    assert grows_no_faster_than_its_input(lambda size: sum(range(size)), 2_000_000)
    assert grows_no_faster_than_its_input(lambda size: sum(range(min(size, 1_000))), 2_000_000)


async def test_what_never_comes_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wait that is given up says what for; one whose condition holds returns at once."""
    monkeypatch.setattr(waiting, "HANG_SECONDS", 0.0)
    with pytest.raises(AssertionError, match="never: the guest"):
        wait_until(lambda: False, "the guest")
    with pytest.raises(AssertionError, match="never: the guest"):
        await until(lambda: False, "the guest")
    wait_until(lambda: True, "the guest")
    await until(lambda: True, "the guest")
