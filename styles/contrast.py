"""Text colours with enough contrast on every background, derived from any theme.

A theme's author chose its colours for one background; here the same text is drawn on a surface, on a panel and under
the cursor too. A colour that is too faint there is moved toward white or black, as far as WCAG AA demands; one with
enough contrast stays as it is.

The colours that mean something (`ROLES`) have the same hue in every theme: moved toward white or black, they keep it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import TypeAlias

Colour: TypeAlias = tuple[int, int, int]

AA = 4.5
"""Least contrast of text (WCAG 2.2, 1.4.3)."""
LINE = 3.0
"""Least contrast of a line that shows where something ends (WCAG 2.2, 1.4.11)."""
GROUNDS = ("background", "surface", "panel", "cursor")
"""Backgrounds of text; the last is the cursor's."""
TEXTS = ("foreground", "text-accent", "text-success", "text-error", "text-warning", "text-primary", "text-secondary")
ROLES: Mapping[str, Colour] = {
    "approve": (0x4E, 0xC0, 0x6F),
    "deny": (0xF2, 0x60, 0x6E),
    "escalate": (0xDA, 0x70, 0xD6),
    "ask": (0x35, 0xB8, 0xD0),
    "needs": (0xFF, 0x9F, 0x1C),
    "caution": (0xE3, 0xD3, 0x5C),
    "accent": (0x5A, 0xA6, 0xFF),
}
"""Hues of what a colour says: four outcomes, that a person is needed, a warning, keys and focus.

A theme has its own where it names a variable `hue-` and the role.
"""
ARMED: Mapping[str, str] = {
    "armed": "accent",
    "armed-approve": "approve",
    "armed-deny": "deny",
    "armed-escalate": "escalate",
    "armed-ask": "ask",
}
"""Grounds of what is armed, each with the role whose colour it has; its text is the variable with `-text` after it."""
TERMINAL: Mapping[str, str] = {
    "approve": "ansi_green",
    "deny": "ansi_red",
    "escalate": "ansi_magenta",
    "ask": "ansi_cyan",
    "needs": "ansi_yellow",
    "caution": "ansi_bright_yellow",
    "accent": "ansi_bright_blue",
    "edge": "ansi_bright_black",
}
"""The roles in the terminal's own sixteen colours, whose values are unknown."""
_CURSOR: Colour = (0x01, 0x78, 0xD4)
_CURSOR_SHARES = (0.3, 0.16)
"""How much of that hue the cursor's ground has in a dark and in a light theme; the rest is the background's."""
_EDGE_SHARE = 0.3
"""How much of the foreground a frame's line has at least."""
MUTED = 65
"""Percent of the foreground in a muted colour; the rest is the background."""
_ROUNDING = 0.06
"""Margin over the least contrast: Textual rounds differently."""
_STEPS = 20
_HEX = re.compile(r"#([0-9a-fA-F]{2})([0-9a-fA-F]{2})([0-9a-fA-F]{2})(?:[fF]{2})?")
_BLACK, _WHITE = (0, 0, 0), (255, 255, 255)
_READ = (*GROUNDS[:3], *TEXTS, "primary-muted", *(f"hue-{name}" for name in (*ROLES, "cursor")))


def readable(variables: Mapping[str, str]) -> dict[str, str]:
    """Return the variables of text colours that replace a theme's own, and those of our roles and tones.

    Args:
        variables: A theme's variables, as Textual makes them. The terminal's own sixteen colours stay: their values
            are unknown.
    """
    return dict(_readable(tuple((name, variables[name]) for name in _READ if name in variables)))


@lru_cache(maxsize=64)
def _readable(variables: Sequence[tuple[str, str]]) -> Mapping[str, str]:
    # Textual asks for its variables several times before the first frame.
    known = {name: colour for name, value in variables if (colour := _read(value)) is not None}
    if not known.keys() >= {*GROUNDS[:3], "foreground"}:
        return _of_terminal(dict(variables))
    background = known["background"]
    is_light = _pole([background]) == _BLACK
    cursor = known.get("hue-cursor") or _mix(background, _CURSOR, _CURSOR_SHARES[is_light])
    grounds = [*(known[name] for name in GROUNDS[:3]), cursor]
    roles = {name: known.get(f"hue-{name}") or hue for name, hue in ROLES.items()}
    if is_light:
        roles = {name: _vivid(colour) for name, colour in roles.items()}
    texts = {name: known[name] for name in TEXTS if name in known} | roles
    clear = {name: _clear(colour, grounds) for name, colour in texts.items()}
    # A field's placeholder has the colour of disabled text, and must be readable.
    muted = f"{_written(clear['foreground'])} {_muted(clear['foreground'], grounds)}%"
    made = clear | _armed(clear, background) | {"cursor": cursor, "edge": _edge(clear["foreground"], grounds)}
    return {name: _written(colour) for name, colour in made.items()} | {"text-disabled": muted, "tone-muted": muted}


def _of_terminal(own: Mapping[str, str]) -> Mapping[str, str]:
    """Return the variables of a theme in the terminal's own colours."""
    armed = {name: TERMINAL[role] for name, role in ARMED.items()}
    texts = {f"{name}-text": "ansi_black" for name in ARMED}
    muted = f"{own['foreground']} {MUTED}%"
    return {**TERMINAL, **armed, **texts, "cursor": own["primary-muted"], "tone-muted": muted}


def _armed(clear: Mapping[str, Colour], background: Colour) -> dict[str, Colour]:
    """Return the grounds of what is armed, and the colour of the text on each."""
    made: dict[str, Colour] = {}
    for name, role in ARMED.items():
        made[name] = ground = clear[role]
        made[f"{name}-text"] = background if contrast(background, ground) >= AA + _ROUNDING else _pole([ground])
    return made


def _edge(foreground: Colour, grounds: Sequence[Colour]) -> Colour:
    """Return the colour of a frame's line: as quiet as can be seen on all grounds."""
    background = grounds[0]
    shades = (_mix(background, foreground, step / 100) for step in range(round(100 * _EDGE_SHARE), 101, 2))
    return next((shade for shade in shades if _least(shade, grounds) >= LINE + _ROUNDING), foreground)


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


def _vivid(colour: Colour) -> Colour:
    """Return the purest colour of the same hue: of others little is left in a shade as dark as a light theme asks."""
    least, most = min(colour), max(colour)
    if least == most:
        return colour
    red, green, blue = (round(255 * (part - least) / (most - least)) for part in colour)
    return red, green, blue


def _muted(foreground: Colour, grounds: Sequence[Colour]) -> int:
    """Return the percentage of the foreground that is readable on all grounds, whichever of them it is mixed with."""

    def is_clear(percent: int) -> bool:
        mixed = (_mix(ground, foreground, percent / 100) for ground in grounds[:-1])
        return all(_least(colour, grounds) >= AA + _ROUNDING for colour in mixed)

    return next(filter(is_clear, range(MUTED, 100, 5)), 100)


def _mix(first: Colour, second: Colour, share: float) -> Colour:
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(first, second, strict=True))
    return red, green, blue


def _read(value: str) -> Colour | None:
    match = _HEX.fullmatch(value)
    return (int(match[1], 16), int(match[2], 16), int(match[3], 16)) if match else None


def _written(colour: Colour) -> str:
    return "#{:02X}{:02X}{:02X}".format(*colour)
