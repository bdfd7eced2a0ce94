"""Colours of text that stand out from all that they are drawn on, made of whatever theme is picked.

A theme's author chose its colours for a background; here the same text stands on a surface, a panel and under the
cursor too. What is too faint there is moved toward white or black, no further than WCAG AA asks for: a theme that is
clear enough stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import TypeAlias

Colour: TypeAlias = tuple[int, int, int]

AA = 4.5
"""The least contrast of text (WCAG 2.2, 1.4.3)."""
GROUNDS = ("background", "surface", "panel", "primary-muted")
"""What text is drawn on: the last is the cursor's."""
TEXTS = ("foreground", "text-accent", "text-success", "text-error", "text-warning", "text-primary", "text-secondary")
MUTED = 65
"""Percent of the foreground in what is muted; the rest is what it is drawn on."""
_ROUNDING = 0.06
"""What is added to the contrast asked for: Textual rounds otherwise."""
_STEPS = 20
_HEX = re.compile(r"#([0-9a-fA-F]{2})([0-9a-fA-F]{2})([0-9a-fA-F]{2})(?:[fF]{2})?")
_BLACK, _WHITE = (0, 0, 0), (255, 255, 255)


def readable(variables: Mapping[str, str]) -> dict[str, str]:
    """Return the variables of text colours that are to take the place of a theme's own, and those of our tones.

    Args:
        variables: A theme's, as Textual makes them. Where they are the terminal's own sixteen colours, nobody knows
            what they look like: they stay.
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
    # A field's placeholder is said in the colour of what is out of use, and is to be read.
    muted = f"{clear['foreground']} {_muted(_read(clear['foreground']) or _WHITE, grounds)}%"
    return {**clear, "text-disabled": muted, "tone-muted": muted, "tone-armed": _written(armed)}


def contrast(one: Colour, other: Colour) -> float:
    """Return how far two colours stand apart, from 1 to 21 (WCAG 2.2, contrast ratio)."""
    dark, bright = sorted((_luminance(one), _luminance(other)))
    return (bright + 0.05) / (dark + 0.05)


@lru_cache(maxsize=1024)
def _luminance(colour: Colour) -> float:
    parts = [part / 255 for part in colour]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _least(colour: Colour, grounds: Iterable[Colour]) -> float:
    return min(contrast(colour, ground) for ground in grounds)


def _pole(grounds: Sequence[Colour]) -> Colour:
    """Return black or white, whichever stands out more."""
    return max((_BLACK, _WHITE), key=lambda pole: _least(pole, grounds))


def _clear(colour: Colour, grounds: Sequence[Colour]) -> Colour:
    """Return `colour`, moved as far toward black or white as it takes to stand out from all `grounds`."""
    pole = _pole(grounds)
    moved = (_mix(colour, pole, step / _STEPS) for step in range(_STEPS + 1))
    return next((one for one in moved if _least(one, grounds) >= AA + _ROUNDING), pole)


def _muted(foreground: Colour, grounds: Sequence[Colour]) -> int:
    """Return how much of the foreground, in percent, it takes to be read on its own ground and on the cursor's."""
    *plain, cursor = grounds

    def is_clear(percent: int) -> bool:
        drawn = ((_mix(ground, foreground, percent / 100), ground) for ground in plain)
        return all(_least(colour, (ground, cursor)) >= AA + _ROUNDING for colour, ground in drawn)

    return next(filter(is_clear, range(MUTED, 100, 5)), 100)


def _mix(one: Colour, other: Colour, share: float) -> Colour:
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


def _read(value: str) -> Colour | None:
    match = _HEX.fullmatch(value)
    return (int(match[1], 16), int(match[2], 16), int(match[3], 16)) if match else None


def _written(colour: Colour) -> str:
    return "#{:02X}{:02X}{:02X}".format(*colour)
