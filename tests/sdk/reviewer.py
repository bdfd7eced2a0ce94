"""A reviewer at the terminal: the real app, moved by the real keys."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from itertools import count

from textual.pilot import Pilot
from textual.widgets import Input

from api_client.backend import Backend
from api_client.times import utc_now
from pumpup_tui.app import PumpUpApp
from pumpup_tui.context import Setup
from pumpup_tui.decisions.desk import Confirmed, Phase
from pumpup_tui.decisions.messages import Submitted
from pumpup_tui.form.screen import AnswerScreen
from pumpup_tui.inbox.screen import InboxScreen
from pumpup_tui.local_state.preferences import Preferences
from tests.waiting import HANG_SECONDS

WAIT_SECONDS = HANG_SECONDS

Connect = Callable[[], Awaitable[Backend]]


class Reviewer:
    """Someone who sits at the inbox."""

    def __init__(self, pilot: Pilot[None], app: PumpUpApp) -> None:
        self._pilot, self._app = pilot, app
        self._recorded: dict[str, Confirmed] = {}

    @property
    def inbox(self) -> InboxScreen:
        """The screen that is shown."""
        assert isinstance(self._app.screen, InboxScreen)
        return self._app.screen

    @property
    def shown(self) -> str:
        """Id of the request under the cursor; empty where there is none."""
        row = self.inbox.requests.row
        return row.request_id if row else ""

    async def until(self, what: str, condition: Callable[[], bool]) -> None:
        """Wait for something that the screen will show."""
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                while not condition():
                    await self._pilot.pause(0.02)
        except TimeoutError:
            raise AssertionError(f"never: {what}") from None

    async def go_to(self, request_id: str) -> None:
        """Move the cursor to a request, from the top down."""
        rows = self.inbox.requests
        await self.until("the request is listed", lambda: request_id in [row.request_id for row in rows.rows])
        key = "g"
        # Settled requests leave the list meanwhile, so a walk may miss its end: then it begins anew.
        for _ in range(3 * len(rows.rows)):
            before = self.shown
            if before == request_id:
                return
            await self._pilot.press(key)
            key = "g" if self.shown == before and key != "g" else "]"
        assert self.shown == request_id, f"the cursor never came to {request_id}"

    async def press(self, *keys: str) -> None:
        """Press keys one after the other, as a hand does."""
        await self._pilot.press(*keys)
        await self._pilot.pause(0.02)

    async def arm(self, key: str, request_id: str) -> None:
        """Press the key of an outcome until the request is shown whole and armed."""
        desk = self._app.context.outbox
        while True:
            await self.press(key)
            if desk.desk.armed is not None:
                break
            await self.until("the request is read", lambda: "still reading" in desk.desk.hint)
            await self._pilot.pause(0.1)
        assert desk.desk.armed.target == request_id
        # A line that was not drawn yet can't have been read: `y` would show it instead of sending.
        await self.until("all of the request is drawn", lambda: not self.inbox.armed_view.unseen())

    async def open_form(self) -> None:
        """Press `a` until the form of the elicitation under the cursor is there, ready to be typed into."""
        while not isinstance(self._app.screen, AnswerScreen):
            await self.press("a")
            await self._pilot.pause(0.1)
        await self.until("the first field has the focus", lambda: isinstance(self._app.focused, Input))

    def watch_outbox(self) -> None:
        """Note what is recorded as it is told: the desk drops it as soon as the cursor goes on."""
        outbox = self._app.context.outbox
        settle = outbox.settle

        def noted(message: Submitted) -> None:
            settle(message)
            self._recorded.update({one.intent.target: one for one in outbox.desk.sent if one.phase is Phase.RECORDED})

        setattr(outbox, "settle", noted)  # noqa: B010 - the checker has it that no method is assigned to

    async def recorded(self, request_id: str) -> Confirmed:
        """Wait until the backend has said that the decision is on the record; return what was sent."""
        await self.until("the decision is recorded", lambda: request_id in self._recorded)
        return self._recorded[request_id]


@asynccontextmanager
async def at_the_terminal(connect: Connect) -> AsyncIterator[Reviewer]:
    """Give a reviewer whose app is open over what `connect` gives."""
    keys = count(1)
    app = PumpUpApp(
        Setup(
            connect,
            source_label="test",
            clock=utc_now,
            new_key=lambda: f"tui-{next(keys)}-{id(keys)}",
            preferences=Preferences(grace_seconds=0.0),
        )
    )
    async with app.run_test(size=(120, 40)) as pilot:
        reviewer = Reviewer(pilot, app)
        await reviewer.until("the inbox is shown", lambda: isinstance(app.screen, InboxScreen))
        reviewer.watch_outbox()
        yield reviewer
