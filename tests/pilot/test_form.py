"""Answering an elicitation by keyboard: all ten field types, the agent's bids, faults at the field, review, y."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from api_client.errors import InvalidAnswers
from pumpup_tui.app import PumpUpApp
from pumpup_tui.form.elicitation_form import ElicitationForm
from pumpup_tui.form.screen import AnswerScreen
from pumpup_tui.local_state.document_store import DocumentStore
from tests.hostile import Poisoned
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
        await stage.sees(pilot, "◇ agent's suggestion", "confidence 80 %", "[/x] as ␛before")
        await pilot.press("0")
        await stage.sees(pilot, "240", "yours; = restores the suggestion: 24")
        await pilot.press("=")
        await stage.sees(pilot, "◇ agent's suggestion", gone=("240",))
        await pilot.press("ctrl+r")
        await stage.sees(pilot, "Amount  = 24  ◇ agent's suggestion")
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
        await stage.sees(pilot, "6 answers need fixing")
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
        await pilot.press("e")
        await stage.sees(pilot, "an elicitation takes answers: a opens its form, d declines it")


def form_of(stage: Stage) -> ElicitationForm:
    assert isinstance(stage.app.screen, AnswerScreen)
    return stage.app.screen.form


async def test_a_draft_survives_a_restart(tmp_path: Path) -> None:
    """What was typed is there after the process is gone; once the answers are recorded, nothing of it is kept."""
    kept = tmp_path / "kept"
    stage = Stage(tmp_path / "data", documents=DocumentStore(kept))
    async with stage.run(80, 24) as pilot:
        request = await open_form(stage, pilot, [NAME, COLOUR])
        await pilot.press(*"Bob", "tab", *"red")
        while not list(kept.glob("draft-*")) or "red" not in next(kept.glob("draft-*")).read_text():
            await pilot.pause(0.05)
    again = Stage(tmp_path / "data", documents=DocumentStore(kept))
    again.keys = (f"again-{number}" for number in count(1))
    async with again.run(80, 24) as pilot:
        await again.ready(pilot, "Need details")
        await pilot.press("a")
        await again.sees(pilot, "Bob", "red", "field 1/2")
        await pilot.press("ctrl+r")
        await again.sees(pilot, "y sends")
        await pilot.press("y")
        await again.sees(pilot, "RECORDED")
        assert await answers(again, request) == {"name": "Bob", "colour": "red"}
        while list(kept.glob("draft-*")):
            await pilot.pause(0.05)


async def test_what_was_typed_last_is_kept_on_quitting(tmp_path: Path) -> None:
    """Quitting waits for the disk, not for the pause between two writes."""
    stage = Stage(tmp_path / "data", documents=DocumentStore(tmp_path / "kept"))
    async with stage.run(80, 24) as pilot:
        await open_form(stage, pilot, [NAME])
        await pilot.press(*"Zoe")
        await stage.sees(pilot, "Zoe")
        await pilot.pause()
    assert "Zoe" in next((tmp_path / "kept").glob("draft-*")).read_text()


async def test_a_long_text_goes_to_the_editor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """ctrl+g hands it over and takes it back; an editor that fails says so and changes nothing."""
    script = tmp_path / "editor.py"
    script.write_text("import sys, pathlib\np = pathlib.Path(sys.argv[1])\np.write_text(p.read_text() + ' and more')")
    monkeypatch.setenv("VISUAL", f"{sys.executable} {script}")
    monkeypatch.setattr(PumpUpApp, "suspend", lambda _: nullcontext())
    stage = Stage(tmp_path / "data")
    story = {"type": "TextArea", "id": "story", "label": "What happened", "required": True}
    async with stage.run(80, 24) as pilot:
        await open_form(stage, pilot, [story, NAME])
        await pilot.press(*"Wet", "ctrl+g")
        await stage.sees(pilot, "Wet and more")
        monkeypatch.setenv("VISUAL", "no-such-editor")
        await pilot.press("ctrl+g")
        await stage.sees(pilot, "Wet and more", "is not there: see VISUAL and EDITOR")


async def test_many_options_are_searched_as_one_types(tmp_path: Path) -> None:
    """Over ten options there is a search; arrows move, enter chooses."""
    stage = Stage(tmp_path)
    countries = [f"Country {number}" for number in range(200)]
    pick = {"type": "Select", "id": "country", "label": "Country", "required": True, "options": countries}
    async with stage.run(80, 24) as pilot:
        request = await open_form(stage, pilot, [pick])
        await pilot.press(*"19", "down", "enter")
        await stage.sees(pilot, "(•) Country 119")
        await pilot.press("ctrl+r")
        await stage.sees(pilot, "y sends")
        await pilot.press("y")
        await stage.sees(pilot, "RECORDED")
        assert await answers(stage, request) == {"country": "Country 119"}


async def test_a_form_of_500_fields_mounts_one(tmp_path: Path) -> None:
    """As many widgets as a form of one field; the last field is a key away, and its answer is kept."""
    stage = Stage(tmp_path)
    fields = [{"type": "Text", "id": f"f{n}", "label": f"Field {n}", "required": n == 499} for n in range(500)]
    async with stage.run(80, 24) as pilot:
        request = await open_form(stage, pilot, fields)
        assert len(list(stage.app.screen.query("*"))) < 30
        await pilot.press("ctrl+r")
        await stage.sees(pilot, "1 answer needs fixing", "✗ is required", "Field 499")
        await pilot.press(*"end", "ctrl+home", *"go", "shift+tab")
        await stage.sees(pilot, "Field 499", "end")
        await pilot.press("ctrl+r")
        await stage.sees(pilot, "y shows them")
        await pilot.press("y")
        await stage.sees(pilot, "y sends", "Field 499")
        await pilot.press("k", "y")
        await stage.sees(pilot, "RECORDED")
        assert await answers(stage, request) == {"f0": "go", "f499": "end"}


async def test_a_bid_that_hides_something_is_shown_and_not_edited(tmp_path: Path) -> None:
    """It is told; it can be sent as it is, or emptied and typed anew."""
    stage = Stage(tmp_path)
    async with stage.run(80, 24) as pilot:
        bid = {"fieldId": "name", "value": "B\u202eb", "confidence": 0.5}
        request = await open_form(stage, pilot, [NAME, COLOUR], recommendation=[bid])
        await stage.sees(pilot, "B⟨U+202E⟩b", "1 hidden: = restores", "! the suggestion: 1 hidden")
        await pilot.press("x", "backspace")
        await stage.sees(pilot, "yours; = restores the suggestion")
        await pilot.press(*"Bob", "ctrl+r")
        await stage.sees(pilot, "y sends")
        await pilot.press("y")
        await stage.sees(pilot, "RECORDED")
        assert await answers(stage, request) == {"name": "Bob"}


async def test_a_field_of_an_unknown_kind_is_said(tmp_path: Path) -> None:
    """A type that this version does not know is shown, can be passed, and is refused only where it is required."""
    stage = Stage(tmp_path)

    class Newer(Poisoned):
        async def request(self, request_id: str) -> Any:
            found = await self.backend.request(request_id)
            fields = [{"type": "Colour", "id": "c", "label": "Colour", "required": True}, NAME]
            payload = {**found.event.payload, "fields": fields}
            return replace(found, event=replace(found.event, payload=payload))

    stage.wrap = lambda backend: Newer(backend, "")
    async with stage.run(80, 24) as pilot:
        await stage.sees(pilot, "live")
        await stage.elicitation("Need details", [NAME])
        await stage.ready(pilot, "Need details")
        await pilot.press("a")
        await stage.sees(pilot, "Colour * required")
        await pilot.press("tab", *"Bob", "tab", "tab")
        await stage.sees(pilot, "Bob", "field 2/2")
        await pilot.press("ctrl+r")
        await stage.sees(pilot, "1 answer needs fixing", "is required")


async def test_a_click_goes_to_a_field(tmp_path: Path) -> None:
    """The field that is clicked is answered next."""
    stage = Stage(tmp_path)
    async with stage.run(80, 24) as pilot:
        await open_form(stage, pilot, [NAME, COLOUR])
        await pilot.click("#below", offset=(5, 0))
        await stage.sees(pilot, "field 2/2")
        assert form_of(stage).row.form_field.id == "colour"


DAY = {"type": "DateField", "id": "day", "label": "Day", "required": True}


async def test_the_context_stands_beside_the_form(tmp_path: Path) -> None:
    """From 120 columns what is asked about is in view; tab stays among the fields; under 120 a key shows it."""
    stage = Stage(tmp_path)
    mail = {"Mail": "the parcel never came " * 60}
    async with stage.run(120, 24) as pilot:
        await open_form(stage, pilot, [DAY, NAME], keyValueContext=mail)
        await stage.sees(pilot, "the parcel never came", "field 1/2 · 2 required left", gone=("Timeline",))
        await pilot.press("tab", "tab", "ctrl+down", *"tom")
        await stage.sees(pilot, "Timeline", "→ Tue 2026-03-03")
        await pilot.resize_terminal(100, 24)
        await stage.sees(pilot, "tom", gone=("Timeline",))
        await pilot.press("ctrl+o")
        await stage.sees(pilot, "the parcel never came", "back to the form", gone=("→ Tue",))
        await pilot.press("y", "escape", *"orr")
        await stage.sees(pilot, "tomorr", "→ Tue 2026-03-03", gone=("never came",))


async def test_a_suggested_date_is_typed_over(tmp_path: Path) -> None:
    """The first key takes a suggestion's place; a date in words is stored as the day that it is."""
    stage = Stage(tmp_path)
    async with stage.run(80, 24) as pilot:
        request = await open_form(stage, pilot, [DAY, NAME], recommendation=[{"fieldId": "day", "value": "2026-02-27"}])
        await pilot.press(*"fri")
        await stage.sees(pilot, "→ Fri 2026-03-06", "yours; = restores the suggestion: 2026-02-27")
        await pilot.press("tab", *"Bob")
        await stage.sees(pilot, "2026-03-06", "nothing required left", gone=("→", "choose"))
        await pilot.press("ctrl+r")
        await stage.sees(pilot, "y sends")
        await pilot.press("y")
        await stage.sees(pilot, "RECORDED")
        assert await answers(stage, request) == {"day": "2026-03-06", "name": "Bob"}


async def test_a_form_is_declined_with_a_reason(tmp_path: Path) -> None:
    """The reason comes first, then `y`; the request is withdrawn, and the record says why."""
    stage = Stage(tmp_path)
    async with stage.run(80, 24) as pilot:
        await open_form(stage, pilot, [NAME, COLOUR])
        await pilot.press(*"Bob", "ctrl+n", "y", *"es we do not know", "enter")
        await stage.sees(pilot, "DECLINE", "y send")
        assert await stage.decisions() == 0
        await pilot.press("y")
        await stage.sees(pilot, "RECORDED")
        assert stage.backend is not None
        assert (await stage.backend.inbox()).items == ()
        withdrawn = await stage.backend.events(types=("REQUEST_WITHDRAWN",))
        assert [event.payload["message"] for event in withdrawn.items] == ["yes we do not know"]


async def test_a_faulty_answer_is_not_given(tmp_path: Path) -> None:
    """The title counts a required field with a refused answer as left, and follows the review to it."""
    stage = Stage(tmp_path)
    async with stage.run() as pilot:
        await open_form(stage, pilot, [{**NAME, "format": "EMAIL", "maxLength": 50}, COLOUR])
        await pilot.press(*"bob", "tab")
        await stage.sees(pilot, "field 2/2 · 1 required left")
        await pilot.press("ctrl+r")
        await stage.sees(pilot, "✗ 1 answer needs fixing", "field 1/2 · 1 required left")
