"""Text colours are moved as far as it takes to be read, and no further; the measure is WCAG's."""

from __future__ import annotations

import colorsys
import itertools
import math

import pytest
from textual.theme import BUILTIN_THEMES, Theme

from styles.contrast import AA, ARMED, GROUNDS, LINE, ROLES, TEXTS, contrast, readable
from styles.themes import COLOUR_BLIND_SAFE, THEMES

DARK = {
    "background": "#121212",
    "surface": "#1E1E1E",
    "panel": "#242F38",
    "primary-muted": "#0C304C",
    "foreground": "#E0E0E0",
    "warning": "#FEA62B",
    "text-accent": "#FFC473",
    "text-error": "#D17E92",
}


def rgb(value: str) -> tuple[int, int, int]:
    return int(value[1:3], 16), int(value[3:5], 16), int(value[5:7], 16)


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [
        ("#000000", "#FFFFFF", 21.0),
        ("#777777", "#FFFFFF", 4.48),  # the grey that is known to fail by a hair, and the next one that passes
        ("#767676", "#FFFFFF", 4.54),
        ("#FF0000", "#0000FF", 2.15),
        ("#123456", "#123456", 1.0),
    ],
)
def test_contrast_is_what_wcag_says(one: str, other: str, ratio: float) -> None:
    """The ratio of two colours is that of WCAG's own examples, whichever comes first."""
    assert round(contrast(rgb(one), rgb(other)), 2) == round(contrast(rgb(other), rgb(one)), 2) == ratio


def test_a_clear_theme_stays_as_it_is() -> None:
    """Colours that can be read everywhere are given back unchanged."""
    made = readable(DARK)
    assert {name: made[name] for name in ("foreground", "text-accent")} == {
        "foreground": "#E0E0E0",
        "text-accent": "#FFC473",
    }
    assert (made["armed-text"], made["tone-muted"]) == ("#121212", "#E0E0E0 65%")


@pytest.mark.parametrize("faint", ["#404040", "#1E1E1E", "#0000FF", "#888888"])
@pytest.mark.parametrize("is_dark", [True, False])
def test_a_faint_colour_is_moved_until_it_can_be_read(faint: str, is_dark: bool) -> None:
    """Whatever a theme says, each text colour stands out from each ground, on a dark and on a light one."""
    light = {"background": "#FAFAFA", "surface": "#E0E0E0", "panel": "#CCCCCC", "primary-muted": "#C2D3F7"}
    hues = {f"hue-{role}": faint for role in ROLES}
    variables = {**DARK, **({} if is_dark else light), **dict.fromkeys(TEXTS, faint), **hues}
    made = readable(variables)
    grounds = {**{ground: variables[ground] for ground in GROUNDS[:3]}, "cursor": made["cursor"]}
    for name in (*TEXTS, *ROLES):
        for ground, colour in grounds.items():
            assert contrast(rgb(made[name]), rgb(colour)) >= AA, (name, ground)


def test_the_terminals_own_colours_stay() -> None:
    """Where a theme names the sixteen colours of the terminal, every role and tone is made of them."""
    made = readable(_variables(BUILTIN_THEMES["ansi-dark"]))
    assert {*ROLES, *ARMED, "cursor", "edge", "tone-muted"} <= made.keys()
    assert all(colour.startswith("ansi_") for colour in made.values())


MEASURED = [theme for theme in (*BUILTIN_THEMES.values(), *THEMES) if not theme.ansi]


def _variables(theme: Theme) -> dict[str, str]:
    return {**theme.to_color_system().generate(), **theme.variables}


@pytest.mark.parametrize("theme", MEASURED, ids=lambda theme: theme.name)
def test_every_role_can_be_read_on_every_ground(theme: Theme) -> None:
    """In every theme a role stands out from each ground, a frame's line from it, and the text on an armed ground."""
    made = _variables(theme) | readable(_variables(theme))
    pairs = {(role, ground): AA for role in ROLES for ground in GROUNDS}
    pairs |= {(f"{name}-text", name): AA for name in ARMED} | {("edge", ground): LINE for ground in GROUNDS}
    faint = {
        pair: round(ratio, 2)
        for pair, least in pairs.items()
        if (ratio := contrast(rgb(made[pair[0]]), rgb(made[pair[1]]))) < least
    }
    assert not faint


@pytest.mark.parametrize("theme", MEASURED, ids=lambda theme: theme.name)
def test_a_role_has_the_same_hue_in_every_theme(theme: Theme) -> None:
    """Green approves and red denies in every theme; only one made for other eyes has hues of its own."""
    own, made = _variables(theme), readable(_variables(theme))
    for role, colour in ROLES.items():
        wanted = rgb(own[f"hue-{role}"]) if theme in THEMES and f"hue-{role}" in own else colour
        assert abs(_hue(rgb(made[role])) - _hue(wanted)) < 0.01, role


def _hue(colour: tuple[int, int, int]) -> float:
    return colorsys.rgb_to_hsv(*colour)[0]


# What the two common forms of colour blindness leave of red, green and blue (Machado and others, 2009; severity 1).
SEEN = {
    "protanopia": ((0.152, 1.053, -0.205), (0.115, 0.786, 0.099), (-0.004, -0.048, 1.052)),
    "deuteranopia": ((0.367, 0.861, -0.228), (0.280, 0.673, 0.047), (-0.012, 0.043, 0.969)),
}


@pytest.mark.parametrize("eyes", SEEN)
def test_the_outcomes_are_told_apart_by_colour_blind_eyes(eyes: str) -> None:
    """In the theme made for them, no two outcomes look alike to who can't tell red from green."""
    made = readable(_variables(COLOUR_BLIND_SAFE))
    seen = {role: _seen(rgb(made[role]), eyes) for role in ("approve", "deny", "escalate", "ask", "needs")}
    apart = {(one, other): math.dist(seen[one], seen[other]) for one, other in itertools.combinations(seen, 2)}
    assert min(apart.values()) > 40, apart


def _seen(colour: tuple[int, int, int], eyes: str) -> list[float]:
    linear = [((part / 255 + 0.055) / 1.055) ** 2.4 for part in colour]
    mixed = [sum(share * part for share, part in zip(row, linear, strict=True)) for row in SEEN[eyes]]
    return [255 * (1.055 * max(part, 0.0) ** (1 / 2.4) - 0.055) for part in mixed]
