"""Several open requests on one task, on the screens: each is seen, opened and decided by itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from api_client.commands import Assign, Decide, ReceiveUpload
from api_client.models import Outcome
from tests.pilot.stage import Stage
from tests.pilot.test_board import open_board
from tests.support.actors import AGENT, ALICE, BOB
from tests.support.world_builder import in_pieces

QUESTIONS = ("Refund $240?", "Send a voucher?", "Close the account?")


class Asked:
    """A task on which three approvals are open."""

    def __init__(self, questions: tuple[str, ...] = QUESTIONS) -> None:
        self._questions = questions
        self.task = ""
        self.requests: list[str] = []

    async def __call__(self, stage: Stage) -> None:
        await stage.project()
        self.task = await stage.task("Claim 1", "claims")
        for question in self._questions:
            self.requests.append(await stage.ask(self.task, question, "claims"))

    async def settle(self, stage: Stage, number: int) -> None:
        """Have another reviewer decide one of them."""
        await stage.write(Decide(request_id=self.requests[number], outcome=Outcome(type="REJECT")), BOB)


async def open_task(stage: Stage, pilot: Any) -> None:
    await open_board(stage, pilot, "Claim 1")
    await pilot.press("enter")
    await stage.sees(pilot, "Timeline, newest first")


async def test_a_card_tells_how_many_are_open_and_the_oldest(tmp_path: Path) -> None:
    """The count goes down as they are settled; of a single one only what it asks is told."""
    stage, asked = Stage(tmp_path), Asked()
    stage.before.append(asked)
    async with stage.run() as pilot:
        await open_board(stage, pilot, "Claim 1")
        await stage.sees(pilot, "◌ 3 open · approval", "◌ 1 waiting")
        await asked.settle(stage, 0)
        await stage.sees(pilot, "◌ 2 open · approval", "◌ 1 waiting")
        await asked.settle(stage, 2)
        await stage.sees(pilot, "◌ approval: Send a vouch", "◌ 1 waiting", gone=("open ·",))
        await asked.settle(stage, 1)
        await stage.sees(pilot, "▶ running, agent idle", "▶ 1 running", gone=("◌ approval", "1 waiting"))
        stage.clock.advance(minutes=61)
        await pilot.press("enter")
        await stage.sees(pilot, "▶ running, agent idle 1h · ○ stuck 1h · Claims")  # as its card


async def test_a_task_lists_all_and_opens_the_one_under_the_cursor(tmp_path: Path) -> None:
    """Enter elsewhere picks none of several: it goes to the first, the keys go on to the next, enter opens it."""
    stage, asked = Stage(tmp_path), Asked()
    stage.before.append(asked)
    async with stage.run(100, 40) as pilot:
        await open_task(stage, pilot)
        await stage.sees(pilot, "3 open requests, oldest first", *QUESTIONS)
        shown = stage.shown()
        assert sorted(QUESTIONS, key=shown.index) == list(QUESTIONS)
        await pilot.press("enter")
        await stage.sees(pilot, "▌ ◌ approval", "3 requests are open: j goes to the next")
        await pilot.press("j", "enter")
        await stage.sees(pilot, "a approve", "Approval · Claim 1")
        row = stage.app.screen.requests.row  # type: ignore[attr-defined]
        assert row.request_id == asked.requests[1]


async def test_what_is_settled_leaves_the_page_and_the_others_stay(tmp_path: Path) -> None:
    """The cursor stays on its request while another one of the task is settled; the last one is told as before."""
    stage, asked = Stage(tmp_path), Asked()
    stage.before.append(asked)
    async with stage.run(100, 40) as pilot:
        await open_task(stage, pilot)
        await pilot.press("enter", "j", "j")
        await asked.settle(stage, 0)
        await stage.sees(pilot, "2 open requests", gone=("? approval, open for now: Refund",))
        await pilot.press("enter")
        await stage.sees(pilot, "a approve")
        row = stage.app.screen.requests.row  # type: ignore[attr-defined]
        assert row.request_id == asked.requests[2]
        await pilot.press("2", "enter")
        await stage.sees(pilot, "2 open requests")
        await asked.settle(stage, 1)
        await stage.sees(pilot, "Close the account?   enter opens it", gone=("open requests",))


async def test_the_inbox_decides_one_after_the_other(tmp_path: Path) -> None:
    """Each of a task's requests has its own row; deciding one opens the next, and nothing else is settled."""
    stage, asked = Stage(tmp_path), Asked()
    stage.before.append(asked)
    async with stage.run() as pilot:
        await stage.ready(pilot, *QUESTIONS)
        await pilot.press("a", "y")
        await stage.sees(pilot, "RECORDED")
        await stage.ready(pilot, "Send a voucher?")
        assert [await stage.outcome(one) for one in asked.requests] == ["APPROVE", None, None]
        await pilot.press("right_square_bracket")
        await stage.ready(pilot, "Close the account?")
        await pilot.press("d", "y")
        while await stage.outcome(asked.requests[2]) is None:
            await pilot.pause(0.02)
        assert [await stage.outcome(one) for one in asked.requests] == ["APPROVE", None, "REJECT"]


async def test_a_batch_takes_several_of_one_task(tmp_path: Path) -> None:
    """All that is selected is decided, each by its own command."""
    stage, asked = Stage(tmp_path), Asked()
    stage.before.append(asked)
    async with stage.run() as pilot:
        await stage.ready(pilot, *QUESTIONS)
        await pilot.press("asterisk", "a")
        await stage.sees(pilot, "3 requests")
        await pilot.press("y")
        while await stage.decisions() < 3:
            await pilot.pause(0.02)
        assert [await stage.outcome(one) for one in asked.requests] == ["APPROVE"] * 3


async def test_an_assignment_shows_on_every_row_of_the_task(tmp_path: Path) -> None:
    """Who a task is given to is told of all its requests, not of the first alone."""
    stage, asked = Stage(tmp_path), Asked()
    stage.before.append(asked)
    async with stage.run() as pilot:
        await stage.ready(pilot, *QUESTIONS)
        await stage.write(Assign(task_id=asked.task, assignee_id="maria"), ALICE)
        await stage.sees(pilot, "@maria")
        queue = stage.app.screen.requests.queue  # type: ignore[attr-defined]
        while {item.assignee_id for item in queue.items()} != {"maria"}:
            await pilot.pause(0.02)


async def test_attachments_are_shown_as_the_request_was_asked(tmp_path: Path) -> None:
    """Detail and attachment list keep the label of then, marked where the task has another by now."""
    stage = Stage(tmp_path)

    async def attached(stage: Stage) -> None:
        await stage.project()
        task = await stage.task("Claim 1", "claims")
        backend = stage.backend
        assert backend is not None
        upload = ReceiveUpload(file_name="a.txt", content_type="text/plain")
        made = await backend.acting_as(AGENT).submit(upload, key="upload", content=in_pieces(b"one line"))
        for label in ("invoice [/x]", "a card"):
            added = [{"uploadId": made.answer["id"], "label": label}]
            await stage.act(task, "attached", addAttachments=added)
            if label.startswith("invoice"):
                await stage.ask(task, "Pay?", "claims", attachments=[made.answer["id"]])

    stage.before.append(attached)
    async with stage.run() as pilot:
        await stage.ready(pilot, "▪ invoice [/x]", "⚠ relabelled since: “a card”")
        await pilot.press("o")
        await stage.sees(pilot, "Attachments", "invoice [/x]  ⚠ relabelled since: “a card”")
        await pilot.press("enter")
        await stage.sees(pilot, "one line")
