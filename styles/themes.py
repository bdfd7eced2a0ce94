"""Themes beside Textual's own light and dark ones; chosen in the command palette."""

from __future__ import annotations

from textual.theme import Theme

HIGH_CONTRAST = Theme(
    name="pump-up-high-contrast",
    primary="#FFD700",
    secondary="#00FFFF",
    accent="#00FFFF",
    success="#00FF00",
    warning="#FFFF00",
    error="#FF6060",
    foreground="#FFFFFF",
    background="#000000",
    surface="#000000",
    panel="#303030",
    dark=True,
    variables={"primary-muted": "#4A3F00"},
)
"""White on black, bright tones."""

COLOUR_BLIND_SAFE = Theme(
    name="pump-up-colour-blind-safe",
    primary="#0072B2",
    secondary="#56B4E9",
    accent="#56B4E9",
    success="#56B4E9",
    warning="#F0E442",
    error="#E69F00",
    foreground="#E6E6E6",
    background="#121212",
    surface="#1E1E1E",
    panel="#2A2A2A",
    dark=True,
)
"""Blue, yellow and orange, which every common form of colour blindness tells apart (Okabe and Ito's palette)."""

THEMES = (HIGH_CONTRAST, COLOUR_BLIND_SAFE)
