"""Text colours with enough contrast on every background, derived from any theme.

A theme's author chose its colours for one background; here the same text is drawn on a surface, on a panel and under
the cursor too. A colour that is too faint there is moved toward white or black, as far as WCAG AA demands; one with
enough contrast stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import TypeAlias

Colour: TypeAlias = tuple[int, int, int]

AA = 4.5
"""Least contrast of text (WCAG 2.2, 1.4.3)."""
GROUNDS = ("background", "surface", "panel", "primary-muted")
"""Backgrounds of text; the last is the cursor's."""
TEXTS = ("foreground", "text-accent", "text-success", "text-error", "text-warning", "text-primary", "text-secondary")
MUTED = 65
"""Percent of the foreground in a muted colour; the rest is the background."""
_ROUNDING = 0.06
"""Margin over the least contrast: Textual rounds differently."""
_STEPS = 20
_HEX = re.compile(r"#([0-9a-fA-F]{2})([0-9a-fA-F]{2})([0-9a-fA-F]{2})(?:[fF]{2})?")
_BLACK, _WHITE = (0, 0, 0), (255, 255, 255)


def readable(variables: Mapping[str, str]) -> dict[str, str]:
    """Return the variables of text colours that replace a theme's own, and those of our tones.

    Args:
        variables: A theme's variables, as Textual makes them. The terminal's own sixteen colours stay: their values
            are unknown.
    """
    return dict(
        _readable(tuple((name, variables[name]) for name in (*GROUNDS, *TEXTS, "warning") if name in variables))
    )


@lru_cache(maxsize=64)
def _readable(variables: Sequence[tuple[str, str]]) -> Mapping[str, str]:
    # Textual asks for its variables several times before the first frame.
    known = {name: colour for name, value in variables if (colour := _read(value)) is not None}
    if not known.keys() >= {*GROUNDS, "foreground", "warning"}:
        own = dict(variables)
        return {"tone-muted": f"{own['foreground']} {MUTED}%", "tone-armed": own["background"]}
    grounds = [known[name] for name in GROUNDS]
    texts = {name: known[name] for name in TEXTS if name in known}
    clear = {name: _written(_clear(colour, grounds)) for name, colour in texts.items()}
    warning, background = known["warning"], known["background"]
    armed = background if contrast(background, warning) >= AA else _pole([warning])
    # A field's placeholder has the colour of disabled text, and must be readable.
    muted = f"{clear['foreground']} {_muted(_read(clear['foreground']) or _WHITE, grounds)}%"
    return {**clear, "text-disabled": muted, "tone-muted": muted, "tone-armed": _written(armed)}


def contrast(first: Colour, second: Colour) -> float:
    """Return the contrast ratio of two colours, from 1 to 21 (WCAG 2.2)."""
    dark, bright = sorted((_luminance(first), _luminance(second)))
    return (bright + 0.05) / (dark + 0.05)


@lru_cache(maxsize=1024)
def _luminance(colour: Colour) -> float:
    parts = [part / 255 for part in colour]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _least(colour: Colour, grounds: Iterable[Colour]) -> float:
    return min(contrast(colour, ground) for ground in grounds)


def _pole(grounds: Sequence[Colour]) -> Colour:
    """Return black or white, whichever has more contrast."""
    return max((_BLACK, _WHITE), key=lambda pole: _least(pole, grounds))


def _clear(colour: Colour, grounds: Sequence[Colour]) -> Colour:
    """Return `colour`, moved toward black or white until it has enough contrast on all `grounds`."""
    pole = _pole(grounds)
    moved = (_mix(colour, pole, step / _STEPS) for step in range(_STEPS + 1))
    return next((shade for shade in moved if _least(shade, grounds) >= AA + _ROUNDING), pole)


def _muted(foreground: Colour, grounds: Sequence[Colour]) -> int:
    """Return the percentage of the foreground that is readable on its own background and on the cursor's."""
    *plain, cursor = grounds

    def is_clear(percent: int) -> bool:
        drawn = ((_mix(ground, foreground, percent / 100), ground) for ground in plain)
        return all(_least(colour, (ground, cursor)) >= AA + _ROUNDING for colour, ground in drawn)

    return next(filter(is_clear, range(MUTED, 100, 5)), 100)


def _mix(first: Colour, second: Colour, share: float) -> Colour:
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(first, second, strict=True))
    return red, green, blue


def _read(value: str) -> Colour | None:
    match = _HEX.fullmatch(value)
    return (int(match[1], 16), int(match[2], 16), int(match[3], 16)) if match else None


def _written(colour: Colour) -> str:
    return "#{:02X}{:02X}{:02X}".format(*colour)
