"""Paths of the style sheets."""

from __future__ import annotations

from pathlib import Path

_FOLDER = Path(__file__).parent


def sheet(name: str) -> Path:
    """Return the path of a style sheet: each screen brings its own, so that the first frame parses few."""
    return _FOLDER / f"{name}.tcss"  # not foreign: the name of a file of ours
