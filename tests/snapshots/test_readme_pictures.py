"""The README's pictures are what the screens look like."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.picture import DOCS, SCREENS, draw


@pytest.mark.parametrize("screen", SCREENS)
def test_picture(tmp_path: Path, screen: str) -> None:
    """Drawn anew it is the same; `make picture` draws them again."""
    assert asyncio.run(draw(tmp_path, screen)) == (DOCS / f"{screen}.svg").read_text(encoding="utf-8")
