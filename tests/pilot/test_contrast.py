"""Every text stands out from what it is drawn on, in every theme: 4.5 to 1, measured on the cells and on the tones."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from rich.style import Style
from textual.color import Color
from textual.screen import ModalScreen
from textual.widget import Widget

from pumpup_tui.inbox.request_list import RequestList
from pumpup_tui.text.layout import TONES
from styles.contrast import AA, GROUNDS, LINE, contrast
from tests.pilot.stage import Stage
from tests.pilot.test_faults import Flaky
from tests.snapshots.test_screens import (
    FAULTY,
    SCREENS,
    Agents,
    approval,
    board,
    form,
    held,
    inbox,
    offline,
    read_only,
    seed,
    staged,
    timeline,
)
from tests.support.examples import IS_FULL
from tests.support.shown_screen import strips_of
from tests.support.walks import Walk, then
from tests.waiting import until

batch = then(inbox, "asterisk", "d", sees=("DENY",))
projects = then(inbox, "p", sees=("all projects",))
commands = then(inbox, ":", "d", "e", sees=("Deny",))
attachments = then(approval, "o", sees=("photo.jpg", "esc"))
noted = then(approval, "a", "n", "x", sees=("note", "x"))
results = then(batch, "y", sees=("HELD",))
exits = then(board, "l", "m", sees=("rejected",))
filters = then(timeline, "f", sees=("approval requested",))
review = then(form, "ctrl+r", sees=("fixing",))


async def leaving(stage: Stage, pilot: Any) -> None:
    await held(stage, pilot)
    await pilot.press("q")
    await until(lambda: isinstance(stage.app.screen, ModalScreen), "the question before leaving")


search = then(inbox, "/", *"pay", sees=("pay",))
denial = then(approval, "d", sees=("y send",))


STOPS: dict[str, Walk] = {
    **SCREENS,
    "batch": batch,
    "projects": projects,
    "commands": commands,
    "search": search,
    "denial": denial,
    "attachments": attachments,
    "noted": noted,
    "results": results,
    "exits": exits,
    "filters": filters,
    "review": review,
    "leaving": leaving,
    "offline": offline,
    "read_only": read_only,
}


def colours(style: Style | None) -> tuple[tuple[int, int, int], tuple[int, int, int]]:
    """Return what a text is drawn in, and on."""
    assert style is not None
    assert style.color is not None
    assert style.bgcolor is not None
    assert not style.dim
    front, back = style.color.get_truecolor(), style.bgcolor.get_truecolor()
    return (back, front) if style.reverse else (front, back)


def is_text(text: str) -> bool:
    """Return whether there is anything to read: no frames, bars or halves of pictures, nor what has its own colours."""
    return any(not char.isspace() and not "\u2500" <= char <= "\u259f" and char < "\U0001f000" for char in text)


def drawn(stage: Stage) -> Iterator[tuple[str, Style | None]]:
    """Yield each text that stands on the screen, but for what is below a modal: that is out of use."""
    screen = stage.app.screen
    parts: list[Widget] = [screen]
    if isinstance(screen, ModalScreen):
        parts = [one for one in screen.walk_children(Widget) if not one.children]
    shown = [one.region for one in parts]
    for y, strip in enumerate(strips_of(screen)):
        x = 0
        for segment in strip:
            if any(region.contains(x, y) for region in shown) and is_text(segment.text):
                yield segment.text, segment.style
            x += segment.cell_length


def wrapped(stage: Stage, stop: str) -> Stage:
    """Return a stage whose backend can be cut off, or can only be read."""

    def wrap(backend: Any) -> Any:
        FAULTY[stage] = Agents(backend) if stop == "read_only" else Flaky(backend)
        return FAULTY[stage]

    stage.wrap = wrap
    return stage


async def themes(stage: Stage, pilot: Any, turn: int | None = None) -> AsyncIterator[str]:
    """Go through the themes that can be picked; the terminal's own sixteen colours are nobody's to measure.

    With a `turn`, `make test` goes through every third one.
    """
    named = [(name, theme) for name, theme in sorted(stage.app.available_themes.items()) if not theme.ansi]
    for number, (name, _) in enumerate(named):
        if turn is None or IS_FULL or number % 3 == turn % 3:
            stage.app.theme = name
            await pilot.pause()
            await pilot.pause()
            yield name


@pytest.mark.parametrize("stop", STOPS)
async def test_all_text_can_be_read_in_every_theme(tmp_path: Path, stop: str) -> None:
    """No text of any screen has less contrast than WCAG AA asks for, whatever theme is picked."""
    stage = wrapped(staged(tmp_path, seed), stop)
    faint: dict[str, float] = {}
    grounds = set()
    async with stage.run(120, 40) as pilot:
        await STOPS[stop](stage, pilot)
        async for name in themes(stage, pilot, list(STOPS).index(stop)):
            if stop == "commands":  # Textual gives its palette the colours of the theme that it is opened in
                await pilot.press("escape")
                await commands(stage, pilot)
            cells = list(drawn(stage))
            grounds |= {colours(style)[1] for _, style in cells}
            for text, style in cells:
                front, back = colours(style)
                if (ratio := contrast(front, back)) < AA:
                    faint[f"{name}: {text.strip()[:30]!r} {tuple(front)} on {tuple(back)}"] = round(ratio, 2)
    assert len(grounds) > (15 if IS_FULL else 4), "the themes were drawn"
    assert not faint, "\n".join(f"{ratio} {what}" for what, ratio in sorted(faint.items()))


async def test_every_tone_can_be_read_on_every_ground_in_every_theme(tmp_path: Path) -> None:
    """A tone, shown by now or not, stands out from each ground that text is drawn on, the cursor's too."""
    stage = staged(tmp_path, seed)
    faint: dict[str, float] = {}
    async with stage.run(120, 40) as pilot:
        await inbox(stage, pilot)
        requests = stage.app.screen.query_one(RequestList)
        async for name in themes(stage, pilot):
            grounds = [Color.parse(stage.app.theme_variables[ground]).rgb for ground in GROUNDS]
            plain = colours(requests.visual_style.rich_style)[1]
            for tone in TONES:
                front, back = colours(requests.style_of(tone))
                for ground in [back] if back != plain else grounds:
                    if (ratio := contrast(front, ground)) < (LINE if tone == "edge" else AA):
                        faint[f"{name}: {tone} {tuple(front)} on {tuple(ground)}"] = round(ratio, 2)
    assert not faint, "\n".join(f"{ratio} {what}" for what, ratio in sorted(faint.items()))
