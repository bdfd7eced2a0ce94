"""Nothing is told by colour alone: what a screen says stands there in words and glyphs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from styles.themes import THEMES
from tests.pilot.stage import ALL_FIELDS, Stage
from tests.support.shown_screen import strips_of
from tests.waiting import until


def tones(stage: Stage) -> set[tuple[int, ...]]:
    """Return the colours that stand on the screen."""
    found = set()
    for strip in strips_of(stage.app.screen):
        for segment in strip:
            for colour in (segment.style.color, segment.style.bgcolor) if segment.style else ():
                if colour is not None and colour.triplet is not None:
                    found.add(tuple(colour.triplet))
    return found


async def test_without_colour_every_state_has_a_word_or_a_glyph(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With NO_COLOR all is grey, and the cursor, the screen, the outcome and the state can be read."""
    monkeypatch.setenv("NO_COLOR", "1")
    stage = Stage(tmp_path, grace=60)
    async with stage.run() as pilot:
        await stage.ready(pilot, "Nothing waits for you")
        await stage.project()
        request = {"outcome": {"type": "REJECT"}, "confidence": 0.62}
        await stage.approval("Release $4,100 payout", "Claim 1", "claims", recommendation=request)
        await stage.elicitation("Need details", ALL_FIELDS, "claims")
        await stage.ready(pilot, "▸1 Inbox 2", "▌A  Release", "▼ deny 62 %", "10 fields", "· live")
        assert all(len(set(tone)) == 1 for tone in tones(stage))
        await pilot.press("a")
        await stage.sees(pilot, "APPROVE  as alice", "Release", "y send")
        await pilot.press("y")
        await stage.sees(pilot, "◷ HELD", "◷ held")
        await stage.ready(pilot, "▌E  Need details")
        await pilot.press("a")
        await stage.sees(pilot, "E-mail *")
        await pilot.press("space", "ctrl+r")
        await stage.sees(pilot, "answers need fixing", "✗ is required")
        assert re.search(r"▌[ ▎]*E-mail", stage.shown()), "the field in focus is marked"
        assert re.search(r"(?m)^[┃ ▎]+What happened", stage.shown()), "the others are not"
        await pilot.press("escape", "u", "2")
        await stage.sees(pilot, "▸2 Board", "▌ triage", "■ paid", "◌ approval")
        await pilot.press("3")
        await stage.sees(pilot, "▸3 Timeline", "+ created", "◌ requests")


@pytest.mark.parametrize("theme", [one.name for one in THEMES])
async def test_a_theme_can_be_chosen(tmp_path: Path, theme: str) -> None:
    """Our own themes stand beside Textual's in the palette."""
    stage = Stage(tmp_path)
    async with stage.run() as pilot:
        await stage.ready(pilot)
        assert theme in stage.app.available_themes
        await pilot.press(":")
        await stage.sees(pilot, "Search for")
        await pilot.press(*"theme")
        await stage.sees(pilot, "Change the colours")
        await pilot.press("enter")
        await stage.sees(pilot, "nord")
        await pilot.press(*theme, "enter")
        await stage.sees(pilot, "Nothing waits for you")
        await until(lambda: stage.app.theme == theme, "the theme is chosen")
