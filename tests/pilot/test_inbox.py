"""The inbox: what waits, oldest first, live, with the cursor on what it was on."""

from __future__ import annotations

from pathlib import Path

import pytest

from api_client.commands import Decide
from api_client.models import Outcome
from pumpup_tui.inbox.screen import InboxScreen
from tests.pilot.stage import Stage
from tests.support.actors import BOB


def cursor_of(stage: Stage) -> str | None:
    assert isinstance(stage.app.screen, InboxScreen)
    row = stage.app.screen.requests.row
    return row.request_id if row else None


async def test_an_empty_inbox_says_so(tmp_path: Path) -> None:
    """No rows, but words for what will come."""
    stage = Stage(tmp_path)
    async with stage.run(80, 24) as pilot:
        await stage.ready(pilot, "Nothing waits for you", "Inbox 0")


async def test_requests_appear_as_agents_ask(tmp_path: Path) -> None:
    """An agent's request is on the screen without a key, and counted in the header."""
    stage = Stage(tmp_path)
    async with stage.run() as pilot:
        await stage.ready(pilot, "Nothing waits for you")
        await stage.approval("Refund $240")
        await stage.ready(pilot, "Refund $240", "Inbox 1")


async def test_the_oldest_is_first_and_shown(tmp_path: Path) -> None:
    """Rows stand in the order in which they were asked."""
    stage = Stage(tmp_path)
    async with stage.run() as pilot:
        await stage.sees(pilot, "live")
        for number in range(3):
            await stage.approval(f"Refund ${number}", f"Claim {number}")
            stage.clock.advance(minutes=1)
        await stage.ready(pilot, "Refund $2")
        shown = stage.shown()
        assert shown.index("Refund $0") < shown.index("Refund $1") < shown.index("Refund $2")


async def test_the_cursor_stays_on_its_request(tmp_path: Path) -> None:
    """Rows above go, rows below come: the cursor does not move off what it is on."""
    stage = Stage(tmp_path)
    async with stage.run() as pilot:
        await stage.sees(pilot, "live")
        ids = [await stage.approval(f"Refund ${number}", f"Claim {number}") for number in range(4)]
        await stage.ready(pilot, "Refund $3")
        await pilot.press("j", "j")
        assert cursor_of(stage) == ids[2]
        await stage.write(Decide(request_id=ids[0], outcome=Outcome(type="APPROVE")), BOB)
        await stage.approval("Refund $9", "Claim 9")
        await stage.sees(pilot, "Refund $9", gone=("Refund $0",))
        assert cursor_of(stage) == ids[2]


async def test_a_settled_request_under_the_cursor_gives_way_to_the_next(tmp_path: Path) -> None:
    """Where what the cursor is on goes, the neighbour is shown."""
    stage = Stage(tmp_path)
    async with stage.run() as pilot:
        await stage.sees(pilot, "live")
        ids = [await stage.approval(f"Refund ${number}", f"Claim {number}") for number in range(3)]
        await stage.ready(pilot, "Refund $2")
        await pilot.press("j")
        await stage.write(Decide(request_id=ids[1], outcome=Outcome(type="APPROVE")), BOB)
        await stage.ready(pilot, "Refund $2")
        await stage.sees(pilot, gone=("Refund $1",))
        assert cursor_of(stage) == ids[2]


async def test_keys_move(tmp_path: Path) -> None:
    """The keys j k g G and the brackets move over the list."""
    stage = Stage(tmp_path)
    async with stage.run() as pilot:
        await stage.sees(pilot, "live")
        ids = [await stage.approval(f"Refund ${number}", f"Claim {number}") for number in range(3)]
        await stage.ready(pilot, "Refund $2")
        for key, place in (("G", 2), ("k", 1), ("g", 0), ("j", 1), ("]", 2), ("]", 2), ("[", 1), ("up", 0)):
            await pilot.press(key)
            assert cursor_of(stage) == ids[place], key


async def test_search_shows_what_contains_the_text(tmp_path: Path) -> None:
    """As one types; escape shows all again, and letters typed decide nothing."""
    stage = Stage(tmp_path)
    async with stage.run() as pilot:
        await stage.sees(pilot, "live")
        await stage.approval("Refund apples", "Claim 1")
        await stage.approval("Payout pears", "Claim 2")
        await stage.ready(pilot, "Payout pears")
        await pilot.press("/", *"pay")
        await stage.sees(pilot, "Payout pears", gone=("Refund apples",))
        await pilot.press("enter", "escape")
        await stage.sees(pilot, "Refund apples", "Payout pears")
        assert await stage.decisions() == 0


async def test_narrow_terminals_open_the_detail_over_the_list(tmp_path: Path) -> None:
    """At 80 columns enter opens, escape comes back."""
    stage = Stage(tmp_path)
    async with stage.run(80, 24) as pilot:
        await stage.sees(pilot, "live")
        await stage.approval("Refund $240", keyValueContext={"Reason": "Lost package"})
        await stage.ready(pilot, "Refund $240")
        assert "Lost package" not in stage.shown()
        await pilot.press("enter")
        await stage.sees(pilot, "Lost package")
        await pilot.press("escape")
        await stage.sees(pilot, "general ·", gone=("Lost package",))


async def test_more_than_a_page_is_read_as_the_cursor_nears_its_end(tmp_path: Path) -> None:
    """The count has a plus until the end is known."""
    stage = Stage(tmp_path)

    async def many(stage: Stage) -> None:
        for number in range(130):
            await stage.approval(f"Refund ${number}", f"Claim {number}")

    stage.before.append(many)
    async with stage.run() as pilot:
        await stage.ready(pilot, "Inbox 100+")
        await pilot.press("G")
        await stage.sees(pilot, "Inbox 130")
        await pilot.press("G")
        await stage.ready(pilot, "Refund $129")


async def test_a_project_can_be_chosen(tmp_path: Path) -> None:
    """With p the inbox shows one project's requests only."""
    stage = Stage(tmp_path)

    async def two(stage: Stage) -> None:
        await stage.project()
        await stage.approval("General one")
        await stage.approval("Claims one", project="claims")

    stage.before.append(two)
    async with stage.run() as pilot:
        await stage.ready(pilot, "General one", "Claims one")
        await pilot.press("p")
        await stage.sees(pilot, "all projects", "enter chooses")
        await pilot.press("G", "enter")
        await stage.sees(pilot, "Claims one", "Inbox 1", gone=("General one",))


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_hostile_text_acts_on_nothing(tmp_path: Path, size: tuple[int, int]) -> None:
    """Markup, escapes and hidden characters of an agent are shown as what they are."""
    evil = "[@click=app.quit]see[/] [/x] \x1b]52;c;aGk=\x07 \u202egnp \u200b\x9b2J\r\n[bold"
    stage = Stage(tmp_path)
    async with stage.run(*size) as pilot:
        await stage.sees(pilot, "live")
        await stage.approval(
            evil,
            "Claim " + evil.replace("\n", "").replace("\r", ""),
            keyValueContext={evil: evil},
            recommendation={"outcome": {"type": "APPROVE", "note": evil}, "rationale": evil},
        )
        await stage.ready(pilot, "[@click=app.quit]see[/]")
        await pilot.press("a")
        await stage.sees(pilot, "⟨U+202E⟩", "␛]52", "APPROVE")
        await pilot.press("escape", "2", "enter", "escape", "3", "enter")
        await stage.sees(pilot, "◌ requests")
        shown = stage.shown()
        assert not [char for char in shown if char < " " and char != "\n"]
        assert "\u202e" not in shown


async def test_a_note_on_the_task(tmp_path: Path) -> None:
    """With nothing armed, c writes a note on the task: armed by enter, sent by y."""
    stage = Stage(tmp_path)
    async with stage.run() as pilot:
        await stage.sees(pilot, "live")
        await stage.approval("Refund $240")
        await stage.ready(pilot, "Refund $240")
        await pilot.press("c", *"hello", "enter")
        await stage.sees(pilot, "NOTE", "note: hello", "y send")
        await pilot.press("y")
        await stage.sees(pilot, "RECORDED", "¶ note  hello")


async def test_the_last_key_goes_to_the_real_end(tmp_path: Path) -> None:
    """With one G, however many pages there are."""
    stage = Stage(tmp_path)

    async def many(stage: Stage) -> None:
        for number in range(230):
            await stage.approval(f"Refund ${number}", f"Claim {number}")

    stage.before.append(many)
    async with stage.run() as pilot:
        await stage.ready(pilot, "Inbox 100+")
        await pilot.press("G")
        await stage.ready(pilot, "Inbox 230", "▌A  Refund $229")


async def test_a_request_that_goes_under_the_cursor_is_told(tmp_path: Path) -> None:
    """Someone else settled it: it says so, and the cursor is on the next."""
    stage = Stage(tmp_path)
    async with stage.run() as pilot:
        await stage.sees(pilot, "live")
        ids = [await stage.approval(f"Refund ${number}", f"Claim {number}") for number in range(3)]
        await stage.ready(pilot, "Refund $2")
        await stage.write(Decide(request_id=ids[0], outcome=Outcome(type="APPROVE")), BOB)
        await stage.sees(pilot, "Decided elsewhere; moved to the next one", "▌A  Refund $1")
