# ruff: noqa: RUF001 - lookalikes are what is tried here
"""The event loop waits for no inspection of a request: neither on the way to it nor where its raw text is asked for."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from pumpup_tui.text import inspection, suspicion
from tests.pilot.stage import Stage

MIXED = "раypаl аbс "
"""Of mixed alphabets in every word: what takes the longest to inspect."""
INSPECTING = (suspicion.__file__, inspection.__file__)


@contextmanager
def calls_here() -> Iterator[Counter[str]]:
    """Count the calls of functions that inspect texts, in this thread alone: the one of the event loop."""
    calls: Counter[str] = Counter()

    def profile(frame: FrameType, event: str, _: object) -> None:
        if event == "call" and frame.f_code.co_filename in INSPECTING:
            calls[frame.f_code.co_name] += 1

    before = sys.getprofile()
    sys.setprofile(profile)
    try:
        yield calls
    finally:
        sys.setprofile(before)


async def test_a_request_of_mixed_alphabets_holds_no_key(tmp_path: Path) -> None:
    """Moving to 837 kB of mixed alphabets and spelling them out has the event loop inspect none of them."""
    stage = Stage(tmp_path)
    async with stage.run(150, 50) as pilot:
        await stage.sees(pilot, "live")
        await stage.approval("An ordinary one", keyValueContext={"Amount": "$240"})
        value = (MIXED * 500)[:4_185]
        await stage.approval("Of many words", "C-2", keyValueContext={f"Key {n:03}": value for n in range(200)})
        await stage.ready(pilot, "An ordinary one", "Of many words", "$240")
        with calls_here() as calls:
            await pilot.press("j")
            await stage.sees(pilot, "look like something else", "characters of each text", "checked")
            await pilot.press("v")
            await stage.sees(pilot, "v goes back", "\\x62")
        # The words of the counts, each time they are drawn. One of the 200 texts inspected is over 4,185 calls.
        assert calls.total() < 2_000, calls


async def test_every_text_that_a_request_shows_is_inspected(tmp_path: Path) -> None:
    """A lookalike in a form's label, description, option or bid is counted as one in the summary is."""
    stage = Stage(tmp_path)
    async with stage.run(150, 50) as pilot:
        await stage.sees(pilot, "live")
        fields = [
            {"type": "Text", "id": "a", "label": "p\u0430y to", "description": "1,OOO at most", "required": False},
            {"type": "Select", "id": "b", "label": "Which?", "options": ["b\u043eth", "none"], "required": False},
        ]
        await stage.elicitation("Where to?", fields, recommendation=[{"fieldId": "a", "value": "1\u202e0"}])
        await stage.ready(pilot, "1 hidden, 5 look like something else, 2 words of mixed alphabets")
        await pilot.press("v")
        await stage.sees(pilot, "p\\u0430y to", "1,\\x4f\\x4f\\x4f", "b\\u043eth", "1\\u202e0")


async def test_typing_into_a_long_bid_inspects_no_alphabet(tmp_path: Path) -> None:
    """A key in a field of 18 kB of mixed alphabets costs no look at each of its characters."""
    stage = Stage(tmp_path)
    async with stage.run(150, 50) as pilot:
        await stage.sees(pilot, "live")
        value = (MIXED * 20 + "\n") * 80
        fields = [{"type": "TextArea", "id": "a", "label": "Story", "required": False}]
        await stage.elicitation("What happened?", fields, recommendation=[{"fieldId": "a", "value": value}])
        await stage.ready(pilot, "What happened?", "of mixed alphabets")
        await pilot.press("a")
        await stage.sees(pilot, "the suggestion:", "in its first 2,000 characters")
        with calls_here() as calls:
            await pilot.press("x", "y", "z")
            await stage.sees(pilot, "xyz")
        assert calls.total() < 500, calls
