"""Answering an elicitation by keyboard: all ten field types, the agent's bids, faults at the field, review, y."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from api_client.errors import InvalidAnswers
from pumpup_tui.screens.answer import AnswerScreen
from tests.pilot.stage import ALL_FIELDS, Stage

NAME = {"type": "Text", "id": "name", "label": "Name", "required": True, "maxLength": 5}
COLOUR = {"type": "Text", "id": "colour", "label": "Colour", "required": False}


async def open_form(stage: Stage, pilot: Any, fields: list[dict[str, Any]], **more: Any) -> str:
    await stage.sees(pilot, "live")
    request = await stage.elicitation("Need details", fields, **more)
    await stage.ready(pilot, "Need details")
    await pilot.press("a")
    await stage.sees(pilot, "ctrl+r reviews, then y sends", fields[0]["label"])
    await pilot.pause()
    return request


async def answers(stage: Stage, request: str) -> dict[str, Any] | None:
    assert stage.backend is not None
    result = await stage.backend.elicitation_result(request)
    return result.fields if result else None


async def test_all_ten_types_by_keyboard(tmp_path: Path) -> None:
    """Every field type takes an answer from the keyboard alone, and is recorded as typed."""
    stage = Stage(tmp_path)
    async with stage.run(80, 24) as pilot:
        request = await open_form(stage, pilot, ALL_FIELDS)
        await pilot.press(*"mei@x.org", "tab", *"wet", "enter", *"floor", "tab", *"240", "tab")
        await pilot.press(
            "up", "up", "up", "up", "tab", "down", "space", "tab", "space", "down", "down", "space", "tab"
        )
        await pilot.press(*"2026-02-28", "tab", *"09:30", "tab", *"2026-02-28T09:30:15", "tab", "space", "space")
        await pilot.press("ctrl+r")
        await stage.sees(pilot, "ANSWER", "y sends")
        assert await answers(stage, request) is None
        await pilot.press("enter", "space")
        assert await answers(stage, request) is None
        await pilot.press("y")
        await stage.sees(pilot, "RECORDED")
        assert await answers(stage, request) == {
            "email": "mei@x.org",
            "story": "wet\nfloor",
            "amount": 240,
            "trust": 0.3,
            "cause": "water",
            "parts": ["hood", "roof"],
            "day": "2026-02-28",
            "hour": "09:30",
            "moment": "2026-02-28T09:30:15",
            "police": False,
        }


async def test_the_bid_is_the_agents_until_touched(tmp_path: Path) -> None:
    """Pre-filled and marked; typing makes it yours; = takes the bid back."""
    stage = Stage(tmp_path)
    amount = {"type": "Number", "id": "n", "label": "Amount", "required": True, "integerOnly": True}
    async with stage.run(80, 24) as pilot:
        bid = {"fieldId": "n", "value": 24, "confidence": 0.8, "rationale": "[/x] as \x1bbefore"}
        request = await open_form(stage, pilot, [amount], recommendation=[bid])
        await stage.sees(pilot, "◇ the agent's bid, untouched", "confidence 0.80", "[/x] as ␛before")
        await pilot.press("0")
        await stage.sees(pilot, "240", "yours; = takes the agent's bid back: 24")
        await pilot.press("=")
        await stage.sees(pilot, "untouched", gone=("240",))
        await pilot.press("ctrl+r")
        await stage.sees(pilot, "Amount  the agent's bid")
        await pilot.press("y")
        await stage.sees(pilot, "RECORDED")
        assert await answers(stage, request) == {"n": 24}


async def test_a_fault_is_told_as_the_field_is_left(tmp_path: Path) -> None:
    """At the field, in words; gone once it is mended."""
    stage = Stage(tmp_path)
    async with stage.run(80, 24) as pilot:
        await open_form(stage, pilot, [NAME, COLOUR])
        await pilot.press(*"toolong", "tab")
        await stage.sees(pilot, "✗ must have at most 5 characters, has 7")
        await pilot.press("shift+tab", "backspace", "backspace", "tab")
        await stage.sees(pilot, "Name", gone=("✗",))


async def test_review_tells_all_faults_at_once(tmp_path: Path) -> None:
    """With a fault there is nothing to send; the cursor goes to the first field that has one."""
    stage = Stage(tmp_path)
    async with stage.run(120, 60) as pilot:
        await open_form(stage, pilot, ALL_FIELDS)
        await pilot.press("ctrl+r")
        await stage.sees(pilot, "6 answers can't be taken")
        assert isinstance(stage.app.screen, AnswerScreen)
        form = stage.app.screen.form
        assert list(form.form.faults) == ["email", "amount", "trust", "cause", "day", "police"]
        assert form.row.form_field.id == "email"
        await pilot.press("y")
        assert await stage.decisions() == 0


async def test_leaving_keeps_what_was_typed(tmp_path: Path) -> None:
    """Escape leaves, sends nothing, and the form opens as it was left."""
    stage = Stage(tmp_path)
    async with stage.run(80, 24) as pilot:
        await open_form(stage, pilot, [NAME])
        await pilot.press(*"Bob", "escape")
        await stage.sees(pilot, "Inbox 1")
        await pilot.press("y", "a")
        await stage.sees(pilot, "Bob", "ctrl+r")
        assert await stage.decisions() == 0


async def test_what_the_server_refuses_is_shown_at_its_field(tmp_path: Path) -> None:
    """A refusal that only the server knew of comes back to the form."""
    stage = Stage(tmp_path)

    class Refusing:
        def __init__(self, backend: Any) -> None:
            self.backend = backend

        def __getattr__(self, name: str) -> Any:
            return getattr(self.backend, name)

        async def submit(self, command: Any, *, key: str) -> Any:
            raise InvalidAnswers({"name": "is taken [/x]"})

    stage.wrap = Refusing  # type: ignore[assignment]
    async with stage.run(80, 24) as pilot:
        await open_form(stage, pilot, [NAME])
        await pilot.press(*"Bob", "ctrl+r")
        await stage.sees(pilot, "y sends")
        await pilot.press("y")
        await stage.sees(pilot, "REFUSED", "1 answer can't be taken")
        await pilot.press("a")
        await stage.sees(pilot, "✗ is taken [/x]", "Bob")


async def test_an_elicitation_can_not_be_approved(tmp_path: Path) -> None:
    """The outcomes of approvals are refused in words."""
    stage = Stage(tmp_path)
    async with stage.run(80, 24) as pilot:
        await stage.sees(pilot, "live")
        await stage.elicitation("Need details", [NAME])
        await stage.ready(pilot, "Need details")
        await pilot.press("d")
        await stage.sees(pilot, "an elicitation takes answers: a opens its form")
