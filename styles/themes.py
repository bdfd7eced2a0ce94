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
    variables={
        "primary-muted": "#4A3F00",
        "hue-cursor": "#00408A",
        "hue-approve": "#40FF40",
        "hue-escalate": "#FF90FF",
        "hue-ask": "#40FFFF",
        "hue-needs": "#FFB000",
        "hue-caution": "#FFFF40",
        "hue-accent": "#90C8FF",
    },
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
    variables={
        "hue-approve": "#009E73",
        "hue-deny": "#D55E00",
        "hue-escalate": "#E6C8E0",
        "hue-ask": "#56B4E9",
        "hue-needs": "#F0E442",
        "hue-caution": "#E69F00",
    },
)
"""Blue, yellow and orange, which every common form of colour blindness tells apart (Okabe and Ito's palette)."""

THEMES = (HIGH_CONTRAST, COLOUR_BLIND_SAFE)
