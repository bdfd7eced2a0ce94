"""Text colours are moved as far as it takes to be read, and no further; the measure is WCAG's."""

from __future__ import annotations

import pytest

from styles.contrast import AA, GROUNDS, TEXTS, contrast, readable

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
    assert (made["tone-armed"], made["tone-muted"]) == ("#121212", "#E0E0E0 65%")


@pytest.mark.parametrize("faint", ["#404040", "#1E1E1E", "#0000FF", "#888888"])
@pytest.mark.parametrize("is_dark", [True, False])
def test_a_faint_colour_is_moved_until_it_can_be_read(faint: str, is_dark: bool) -> None:
    """Whatever a theme says, each text colour stands out from each ground, on a dark and on a light one."""
    light = {"background": "#FAFAFA", "surface": "#E0E0E0", "panel": "#CCCCCC", "primary-muted": "#C2D3F7"}
    variables = {**DARK, **({} if is_dark else light), **dict.fromkeys(TEXTS, faint), "warning": faint}
    made = readable(variables)
    for name in TEXTS:
        for ground in GROUNDS:
            assert contrast(rgb(made[name]), rgb(variables[ground])) >= AA, (name, ground)
    assert contrast(rgb(made["tone-armed"]), rgb(faint)) >= AA


def test_the_terminals_own_colours_stay() -> None:
    """Where a theme names the sixteen colours of the terminal, nothing is moved; our tones are made of them."""
    made = readable({**DARK, "background": "ansi_default", "foreground": "ansi_default", "warning": "ansi_yellow"})
    assert made == {"tone-muted": "ansi_default 65%", "tone-armed": "ansi_default"}
