"""The pictures in `docs` are what the screens look like."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.picture import SIZES, WALK, place, walk


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_pictures(tmp_path: Path, size: tuple[int, int]) -> None:
    """Drawn anew they are the same; `make picture` draws them again, and each is to be looked at."""

    async def differing() -> list[str]:
        drawn = [(name, svg) async for name, svg in walk(tmp_path, size)]
        assert [name for name, _ in drawn] == [picture.name for picture in WALK]
        return [name for name, svg in drawn if place(name, size).read_text(encoding="utf-8") != svg]

    assert asyncio.run(differing()) == []
