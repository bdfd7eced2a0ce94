"""Whatever an agent writes: nothing is recorded that was not on the screen, and no line of the frame is the agent's.

A few texts of the corpus at each size; with `ATTACK=full`, as `make attack` has it, all of them.
"""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from textual.widget import Widget

from api_client.actor import Actor
from api_client.commands import RequestApproval, RequestElicitation, read_command
from pumpup_tui.form.screen import AnswerScreen
from pumpup_tui.inbox.screen import InboxScreen
from pumpup_tui.task.screen import TaskScreen
from pumpup_tui.text.firewall import BAR
from pumpup_tui.text.paragraphs import drawn
from tests.pilot.stage import Stage
from tests.spoofs import MARK, SPOOFS, marked
from tests.support.idle import until_idle
from tests.support.shown_screen import strips_of
from tests.waiting import HANG_SECONDS

SIZES = ((80, 24), (120, 40), (200, 60))
MALLORY = Actor("mallory", "agent")
ALL = os.environ.get("ATTACK") == "full"
STAMP = r"(\d\d:\d\d|\d\d \w\w\w \d\d:\d\d|\d{4}-\d\d-\d\d \d\d:\d\d)"
OURS = {
    "kind": r"Approval · .*",
    "asker": r"asked by mallory \(agent\) · waiting .*",
    "warning": r"⚠ .*",
    "recommends": r"│ ▼ DENY  97 %  █████████▊ *│?",
    "edge of the box": r"╭─ Agent recommends ─+╮?|╰─+╯?",
    "timeline": r"── Timeline ─+",
    "event": STAMP + r"  agent (mallory|agent-1) +[◌+] (approval requested|task created).*",
    "precedents": r"── Similar decisions · the agent recommended the same ─+",
    "differs": r"   differs  .*",
    "precedent": STAMP + r"  ▲ approved +alice",
    "folded": r"… and \d+ more( lines)?   z unfolds",
}
"""What may begin a line of the detail without the bar."""
CONTEXT = {f"0{number:02d} note": "nothing to see" for number in range(30)} | {"Amount": "$98,400", "Reason": "fraud"}
DENIES = {"outcome": {"type": "REJECT", "note": "fraud"}, "confidence": 0.97, "rationale": "A known fraud"}


def texts(size: tuple[int, int], part: int) -> list[str]:
    """Return the names of the texts that are tried at a size; each `part` of three has others, half of all."""
    names = sorted(SPOOFS)
    return names if ALL else names[3 * SIZES.index(size) + part :: 18]


def cells(widget: Widget) -> list[str]:
    """Return the lines of a widget as they stand on the screen, without its frame and the cell of its scrollbar."""
    region = widget.region.shrink(widget.styles.border.spacing)
    strips = strips_of(widget.screen)
    return [strips[y].crop(region.x, region.right - 1).text for y in range(region.y, min(region.bottom, len(strips)))]


def bare(line: str) -> str:
    """Return what is said in a line: not the blanks around it and the frame of a box, which go with the width.

    Marks on its last letter go too: cutting off the scrollbar cuts these.
    """
    return " ".join(re.sub(r"[╭╮╰╯│─]", " ", line).split()).rstrip("\u0301")


async def until(pilot: Any, condition: Callable[[], bool]) -> None:
    """Wait for a state: what stands on the screen depends on the text."""
    async with asyncio.timeout(HANG_SECONDS):
        while not condition():
            await pilot.pause(0.01)


class Reader:
    """A reviewer who goes by keys alone, and what has been on the screen so far."""

    def __init__(self, stage: Stage, pilot: Any) -> None:
        self.stage, self.pilot = stage, pilot
        self.seen: set[str] = set()
        self.reads: Widget | None = None
        """What is looked at whenever a key is heard."""
        self._hear, stage.app.key_input.queue._handle = stage.app.key_input.queue._handle, self._heard

    async def _heard(self, event: Any) -> None:
        if self.reads is not None:
            self.look(self.reads)
        await self._hear(event)

    def sent(self, request_id: str) -> bool:
        """Tell whether a decision on a request was sent."""
        return any(one.intent.target == request_id for one in self.stage.app.context.outbox.desk.sent)

    def close(self) -> None:
        """Look no more."""
        self.stage.app.key_input.queue._handle = self._hear

    @property
    def screen(self) -> InboxScreen:
        screen = self.stage.app.screen
        assert isinstance(screen, InboxScreen)
        return screen

    def look(self, widget: Widget) -> list[str]:
        """Take in what stands in a widget now; return it."""
        lines = cells(widget)
        self.seen |= {bare(line) for line in lines}
        return lines

    async def confirms(self) -> None:
        """Press the key that sends, as one does who took time to read: it is not held down."""
        self.stage.rest_hands()
        await self.pilot.press("y")

    async def opened(self, request_id: str) -> None:
        await until(self.pilot, lambda: isinstance(self.stage.app.screen, InboxScreen))
        await until(self.pilot, lambda: bool(self.screen.requests.total))
        self.reads = self.screen.request_view  # it stands open already where one was decided just before
        self.screen.requests.select(request_id)
        await until(self.pilot, lambda: self.screen.pane.is_read)
        if self.screen.has_class("-narrow"):
            await self.pilot.press("enter")
        await self.pilot.pause()
        await self.pilot.pause()


async def approvals(stage: Stage, names: Sequence[str]) -> dict[str, str]:
    """Ask for an approval with each text; return the requests by the text's name."""
    asked: dict[str, str] = {}
    for name in names:
        task = await stage.task("Claim C-1029")
        raw = {
            "projectName": "general",
            "taskId": task,
            "summary": SPOOFS[name],
            "keyValueContext": CONTEXT,
            "recommendation": DENIES,
        }
        asked[name] = (await stage.write(read_command(RequestApproval, raw), MALLORY))["eventId"]
    return asked


def check_frame(name: str, lines: Sequence[str]) -> Iterator[str]:
    """See that each line begins with our words or the bar; yield which words of ours the lines begin with."""
    for line in lines:
        if line.startswith(BAR) or not line.strip():
            continue
        assert line.startswith(" "), f"{name}: {line!r}"
        said = line[1:].rstrip()
        kind = next((kind for kind, words in OURS.items() if re.fullmatch(words, said)), None)
        assert kind is not None, f"{name}: a line without the bar that is none of ours: {said!r}"
        yield kind


def letters(text: str) -> str:
    return "".join(char for char in text if char.isalnum())


@pytest.mark.parametrize("size", SIZES)
async def test_nothing_is_approved_that_was_not_on_the_screen(tmp_path: Path, size: tuple[int, int]) -> None:
    """However long an approval is and whatever it imitates: `a` and `y` show all of it before anything is sent."""
    stage, asked = Stage(tmp_path), dict[str, str]()

    async def ask(stage: Stage) -> None:
        asked.update(await approvals(stage, texts(size, 0)))

    stage.before.append(ask)
    async with stage.run(*size) as pilot:
        await until(pilot, lambda: len(asked) == len(texts(size, 0)))
        for name, request_id in asked.items():
            await _approve(Reader(stage, pilot), name, request_id)
        assert await stage.decisions() == len(asked)


async def _approve(reader: Reader, name: str, request_id: str) -> None:
    await reader.opened(request_id)
    stage, pilot, detail = reader.stage, reader.pilot, reader.screen.request_view
    top = list(check_frame(name, reader.look(detail)))
    assert {"kind", "asker", "recommends"} <= set(top), f"{name}: who asks and the recommendation are above the fold"
    assert [top.count(one) for one in ("kind", "asker", "recommends")] == [1, 1, 1], name
    await pilot.press("a")
    for _ in range(2_000):
        await pilot.pause()
        list(check_frame(name, reader.look(detail)))
        whole = [bare("".join(text for text, _ in one.line)) for one in drawn(detail._whole, detail._width) if one.at]
        await reader.confirms()
        if reader.sent(request_id):
            break
    reader.close()
    missing = [line for line in whole if line not in reader.seen]
    assert not missing, f"{name}: recorded without having been seen: {missing[:5]}"
    said = letters("".join(whole))
    for text in (SPOOFS[name], *CONTEXT.values(), *CONTEXT, "A known fraud", "DENY", "97"):
        assert all(word in said for word in re.findall("[A-Za-z0-9]+", text)), f"{name}: {text[:80]}"
    await until(pilot, lambda: all(one.phase.value == "recorded" for one in stage.app.context.outbox.desk.sent))


def frame_is_ours(widget: Widget, name: str) -> None:
    """See that no line of a widget begins with marked text: before it stands the bar, or a word of ours."""
    for line in cells(widget):
        said = line.lstrip(" ▌▊█●")
        assert not said.startswith(MARK), f"{name}: {line!r}"


@pytest.mark.parametrize("size", SIZES)
async def test_no_line_of_a_form_is_the_agents(tmp_path: Path, size: tuple[int, int]) -> None:
    """Labels, descriptions, options and suggested answers carry the bar, in the form and in its review."""
    stage, asked = Stage(tmp_path), dict[str, str]()

    async def ask(stage: Stage) -> None:
        for name in texts(size, 1):
            text = marked(SPOOFS[name])
            task = await stage.task("Claim C-1044")
            fields = [
                {"type": "TextArea", "id": "story", "label": text[:2_000], "description": text, "required": True},
                {"type": "Text", "id": "more", "label": "More", "required": False},
                {"type": "Select", "id": "one", "label": text[:300], "required": False, "options": [text[:300], "b"]},
            ]
            bids = [
                {"fieldId": "story", "value": text or "x", "rationale": text},
                {"fieldId": "one", "value": text[:300], "rationale": text},
            ]
            raw = {
                "projectName": "general",
                "taskId": task,
                "summary": text,
                "fields": fields,
                "recommendation": bids,
            }
            asked[name] = (await stage.write(read_command(RequestElicitation, raw), MALLORY))["eventId"]

    stage.before.append(ask)
    async with stage.run(*size) as pilot:
        await until(pilot, lambda: len(asked) == len(texts(size, 1)))
        for name, request_id in asked.items():
            reader = Reader(stage, pilot)
            await reader.opened(request_id)
            frame_is_ours(reader.screen.request_view, name)
            await pilot.press("a")
            await until(
                pilot,
                lambda: isinstance(stage.app.screen, AnswerScreen) and bool(stage.app.screen.query("ElicitationForm")),
            )
            await _answer(reader, name, request_id)
        assert await stage.decisions() == len(asked)


async def _answer(reader: Reader, name: str, request_id: str) -> None:
    stage, pilot, screen = reader.stage, reader.pilot, reader.stage.app.screen
    assert isinstance(screen, AnswerScreen)
    for _ in range(3):
        await pilot.pause()
        frame_is_ours(screen, name)
        await pilot.press("tab")
    await pilot.press("ctrl+r")
    await pilot.pause()
    assert screen.has_class("-review"), name
    review = screen.query_one("#review")
    reader.reads = review
    whole = [bare("".join(text for text, _ in one.line)) for one in drawn(review._whole, review._width) if one.at]  # type: ignore[attr-defined]
    for _ in range(2_000):
        await pilot.pause()
        if stage.app.screen is not screen:
            break
        frame_is_ours(screen, name)
        await reader.confirms()
    reader.close()
    assert reader.sent(request_id), name
    missing = [line for line in whole if line not in reader.seen]
    assert not missing, f"{name}: answered without having been seen: {missing[:5]}"
    await until(pilot, lambda: all(one.phase.value == "recorded" for one in stage.app.context.outbox.desk.sent))


@pytest.mark.parametrize("size", SIZES)
async def test_no_line_of_a_task_or_a_timeline_is_the_agents(tmp_path: Path, size: tuple[int, int]) -> None:
    """A task's name, metadata and notes, and every event, are led by our words or carry the bar."""
    stage, tasks = Stage(tmp_path), dict[str, str]()

    async def fill(stage: Stage) -> None:
        for name in texts(size, 2):
            text = marked(SPOOFS[name])
            task = await stage.task(
                text.strip()[:500] or "Claim",
                externalId=text[:200] or "x",
                metadataPatch={"set": {text[:60] or "k": text, "n": {text[:60]: 1}}},
            )
            stage.clock.advance(minutes=1)
            await stage.act(task, text, "general")
            await stage.ask(task, text)
            tasks[name] = task
        stage.clock.advance(days=400)

    stage.before.append(fill)
    async with stage.run(*size) as pilot:
        await until(pilot, lambda: len(tasks) == len(texts(size, 2)) and isinstance(stage.app.screen, InboxScreen))
        frame_is_ours(stage.app.screen.query_one("#requests"), "the inbox")
        for name, task in tasks.items():
            screen = TaskScreen(stage.app.context, task)
            await stage.app.push_screen(screen)
            await until(pilot, lambda: screen.is_loaded)  # noqa: B023 - called at once
            for _ in range(6):
                await pilot.pause()
                frame_is_ours(screen.query_one("#task"), name)
                await pilot.press("ctrl+d")
            await pilot.press("escape")
        await pilot.press("3")
        await until_idle(pilot)
        for _ in range(3 * len(tasks)):
            frame_is_ours(stage.app.screen.query_one("#timeline"), "the timeline")
            frame_is_ours(stage.app.screen.query_one("#event"), "an event")
            await pilot.press("j")
            await pilot.pause()
