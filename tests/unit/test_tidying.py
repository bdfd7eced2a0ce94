"""Garbage is looked for when nobody types."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest

from pumpup_tui.commands.garbage_collection import OFTEN, PAUSE_SECONDS, GarbageCollection


class Knot:
    """Something that only a collection can let go of."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture(autouse=True)
def collector() -> Iterator[None]:
    """Leave the collector as it was found."""
    before = gc.get_threshold()
    gc.collect()
    gc.disable()
    yield
    gc.unfreeze()
    gc.set_threshold(*before)
    gc.enable()


class Typist:
    """A clock, and what it is asked for."""

    def __init__(self) -> None:
        self.now = 100.0
        self.tidying = GarbageCollection(lambda: self.now)
        self.left: list[list[object]] = []
        self.knot = weakref.ref(Knot())

    def work(self) -> None:
        """Leave much behind."""
        self.left = [[] for _ in range(OFTEN + 1)]


def test_no_key_waits_for_a_collection() -> None:
    """While keys come nothing is collected; in the first pause all is."""
    typist = Typist()
    typist.work()
    typist.tidying.pressed()
    typist.tidying.tick()
    assert typist.knot() is not None
    typist.now += PAUSE_SECONDS
    typist.tidying.tick()
    assert typist.knot() is None


def test_a_pause_without_work_before_it_costs_nothing() -> None:
    """At rest nothing is looked through again and again."""
    typist = Typist()
    gc.collect()
    knot = weakref.ref(Knot())
    typist.now += 10 * PAUSE_SECONDS
    typist.tidying.tick()
    assert knot() is not None


def test_who_never_rests_is_tidied_up_after_too() -> None:
    """Once the screens are up the collector runs by itself as well, only seldom."""
    typist = Typist()
    typist.tidying.freeze()
    assert gc.isenabled()
    knot = weakref.ref(Knot())
    kept: list[list[object]] = [[] for _ in range(gc.get_threshold()[0] + 1)]
    assert knot() is None
    assert kept
