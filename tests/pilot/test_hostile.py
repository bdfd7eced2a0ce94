"""Whatever an agent, a customer or a server writes: no screen ends, no action runs, no link is made, nothing steers."""

from __future__ import annotations

import asyncio
import unicodedata
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from api_client.commands import Comment, Decide, RaiseException, read_command
from api_client.errors import Conflict, Unreachable
from api_client.models import Outcome
from pumpup_tui.attachments.screen import AttachmentsScreen
from pumpup_tui.form.elicitation_form import ElicitationForm
from pumpup_tui.form.screen import AnswerScreen
from pumpup_tui.inbox.screen import InboxScreen
from tests.hostile import CORPUS, Poisoned
from tests.pilot.stage import Stage
from tests.snapshots.test_screens import seed
from tests.support.actors import ALICE
from tests.support.idle import until_idle
from tests.support.shown_screen import strips_of
from tests.waiting import HANG_SECONDS

HIDDEN = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


class Hostile:
    """The app over a folder at work, with one text of the corpus in every place that holds foreign words."""

    def __init__(self, folder: Path, text: str) -> None:
        self.text = text
        self.stage = Stage(folder)
        self.stage.before += [seed, self._more]
        self.stage.wrap = lambda backend: Poisoned(backend, text)

    async def _more(self, stage: Stage) -> None:
        task = await stage.task("Claim C-1040", "claims")
        raised = {"projectName": "claims", "taskId": task, "message": "OCR failed", "detail": {"Page": "3"}}
        await stage.write(read_command(RaiseException, raised))
        await stage.write(Comment(task_id=task, message="called back"), ALICE)
        request = await stage.ask(task, "Refund it?", "claims")
        await stage.write(Decide(request_id=request, outcome=Outcome(type="APPROVE")), ALICE)
        await stage.act(task, "Refunded", externalTraceId=request)

    async def until(self, pilot: Any, condition: Callable[[], bool]) -> None:
        """Wait for a state: what stands on the screen depends on the text."""
        async with asyncio.timeout(HANG_SECONDS):
            while not condition():
                await pilot.pause(0.01)

    async def opened(self, pilot: Any) -> None:
        """Wait until the inbox is read, with its first request under the cursor."""
        await self.until(pilot, lambda: isinstance(self.stage.app.screen, InboxScreen))
        screen = self.stage.app.screen
        assert isinstance(screen, InboxScreen)
        await self.until(pilot, lambda: screen.requests.total == 3 and screen.pane.is_read)

    async def visits(self, pilot: Any) -> AsyncIterator[str]:
        """Go through the screens and states, and stop at each."""
        app, press = self.stage.app, pilot.press
        await self.opened(pilot)
        yield "the inbox"
        await press("enter", "a")
        yield "an armed decision"
        await press("escape", "escape", "g", "j")
        await self.opened(pilot)
        yield "an elicitation"
        await press("a")
        if "too long" in app.context.outbox.desk.hint:
            # It is answered on the command line; its form is drawn for what stands in it.
            screen = app.screen
            assert isinstance(screen, InboxScreen)
            assert screen.pane.loaded is not None
            app.push_screen(AnswerScreen(app.context, screen.pane.loaded, {}, screen.request_view.unseen_paragraphs()))
        await self.until(pilot, lambda: bool(app.screen.query(ElicitationForm)))
        for number in range(10):
            yield f"the form's field {number + 1}"
            await press("tab")
        await press("ctrl+r")
        yield "the form's faults"
        await press("escape", "/", "q", "escape", "p")
        yield "the projects"
        await press("j", "enter", "2")
        await until_idle(pilot)
        yield "the board"
        await press("l", "m")
        yield "the exits"
        await press("escape", "enter")
        await until_idle(pilot)
        yield "a task"
        await press("G", "escape", "3")
        await until_idle(pilot)
        yield "the timeline"
        for _ in range(6):
            await press("j")
            yield "an event"
        await press("g", "}")
        await until_idle(pilot)
        yield "a decision and what came of it"
        app.push_screen(await self.attachments())
        await press("enter")
        await until_idle(pilot)
        yield "an attachment"
        await press("s")
        yield "where it would be saved"
        await press("escape", "escape")
        await self.until(pilot, lambda: not app.screen.is_modal)
        await press("4", "w")
        await until_idle(pilot)
        yield "the insights"
        await press("f", "x", "enter")
        yield "a range that is none"

    async def attachments(self) -> AttachmentsScreen:
        """Return the screen of a task's attachments, poisoned as all the rest."""
        backend = Poisoned(self.stage.backend, self.text)
        task = next(one for one in await backend.tasks() if one.attachments)
        uploads = {one.upload_id: await backend.upload(one.upload_id) for one in task.attachments}
        return AttachmentsScreen(self.stage.app.context, task.attachments, uploads)

    def check(self, where: str) -> None:
        """See that nothing stands on the screen that could act or that hides."""
        for strip in strips_of(self.stage.app.screen):
            for segment in strip:
                bad = [char for char in segment.text if unicodedata.category(char) in HIDDEN]
                assert not bad, f"{where}: {segment.text!r}"
                if segment.style is not None:
                    assert segment.style.link is None, f"{where}: a link on {segment.text!r}"
                    assert "@click" not in segment.style.meta, f"{where}: an action on {segment.text!r}"


@pytest.mark.parametrize("name", CORPUS)
async def test_no_text_reaches_through_a_screen(tmp_path: Path, name: str) -> None:
    """Every screen and modal with the text in every foreign place: drawn, clicked on, and without effect."""
    hostile = Hostile(tmp_path, CORPUS[name])
    async with hostile.stage.run(120, 40) as pilot:
        places = hostile.visits(pilot)
        while True:
            async with asyncio.timeout(HANG_SECONDS):  # what a screen takes is measured by `make bench`
                where = await anext(places, "")
            if not where:
                break
            hostile.check(where)
        await pilot.press("1")
        for x, y in ((6, 3), (20, 5), (70, 2), (80, 6), (90, 10), (100, 14), (75, 20), (10, 0), (60, 0), (5, 38)):
            await pilot.click(offset=(x, y))
        assert hostile.stage.app.is_running
        assert hostile.stage.app.return_value is None
        assert await hostile.stage.decisions() == 1  # that of the beginning


@pytest.mark.parametrize("name", ["markup", "escapes", "hidden"])
async def test_no_word_of_a_server_reaches_through_a_screen(tmp_path: Path, name: str) -> None:
    """Its errors and the name of who was first are drawn as all other foreign text."""
    hostile = Hostile(tmp_path, CORPUS[name])
    stage = hostile.stage
    fault: list[Exception] = [Unreachable(f"{hostile.text} refused")]

    class Refusing(Poisoned):
        def __getattr__(self, name: str) -> Any:
            if name == "request" and fault:
                return self._fail
            return super().__getattr__(name)

        async def submit(self, command: Any, *, key: str) -> Any:
            raise Conflict(f"decided by {hostile.text}")

        async def _fail(self, request_id: str) -> Any:
            raise fault[0]

    stage.wrap = lambda backend: Refusing(backend, hostile.text)  # type: ignore[assignment,return-value]
    async with stage.run(120, 40) as pilot:
        await hostile.until(pilot, lambda: bool(stage.app.context.status.banner))
        hostile.check("an error")
        fault.clear()
        await pilot.press("r", "j", "j")
        await hostile.opened(pilot)
        await pilot.press("enter", "a", "y")
        await stage.sees(pilot, "LOST")
        hostile.check("a lost decision")
        assert await stage.decisions() == 1
