"""The bytes that the terminal gets: none of a foreign escape from any screen, also with the net alone."""

from __future__ import annotations

import sys
from itertools import count
from pathlib import Path

import pytest

from api_client.actor import Actor
from api_client.commands import (
    Command,
    Comment,
    CreateTask,
    RaiseException,
    RecordAction,
    RequestApproval,
    RequestElicitation,
    read_command,
)
from api_client.times import utc_now
from store.folder.local_backend import open_local
from tests.cli.conftest import command, environment
from tests.cli.terminal import Terminal, terminal
from tests.conftest import counting_tokens
from tests.hostile import ESCAPES
from tests.support.actors import AGENT, ALICE

BIDI = "\u202ePWNED\u2066\u200b\ufeff "
FOREIGN = (b"\x1b]52", b"PWNED\x07", b"\x1b[6n", b"\x1b[31;7777m", b"\x1bc", b"\xc2\x9b", b"\x08")
"""What would show that an escape of the text's came through."""
INVISIBLE = ("\u202e", "\u2066", "\u200b", "\ufeff")
WITHOUT_CLEAN = """
import sys
from pumpup_tui.text import firewall
firewall.clean = lambda raw, *, one_line=False, limit=None, **_: raw[: limit or 20_000]
sys.argv = ["pumpup-tui", *sys.argv[1:]]
from pumpup_tui.__main__ import main
main()
"""


async def fill(folder: Path, text: str) -> None:
    """Write `text` into every place of a folder that the rules let it into."""
    local = await open_local(folder, ALICE, clock=utc_now, tokens=counting_tokens())
    keys = count(1)

    async def write(one: Command, actor: Actor = AGENT) -> str:
        receipt = await local.acting_as(actor).submit(one, key=f"key-{next(keys)}")
        return str(receipt.answer.get("id") or receipt.event_id)

    field = {"type": "TextArea", "id": "a", "label": text, "description": text, "required": True}
    pick = {"type": "Select", "id": "b", "label": text, "required": True, "options": [text, f"{text}2"]}
    bid = {"fieldId": "a", "value": text, "rationale": text}
    advice = {"outcome": {"type": "APPROVE", "note": text}, "rationale": text}
    for kind, more in (
        (RequestApproval, {"recommendation": advice}),
        (RequestElicitation, {"fields": [field, pick], "recommendation": [bid]}),
    ):
        made = CreateTask(project_name="general", name=f"{text} task", external_id=text)
        task = await write(made)
        on = {"projectName": "general", "taskId": task}
        patch = {"set": {text: text}}
        await write(
            read_command(RecordAction, {**on, "description": text, "detail": {text: text}, "metadataPatch": patch})
        )
        await write(read_command(RaiseException, {**on, "message": text, "detail": {text: text}}))
        await write(Comment(task_id=task, message=text), ALICE)
        await write(read_command(kind, {**on, "summary": f"{text} asks", "keyValueContext": {text: text}, **more}))
    await local.aclose()


def tour(screen: Terminal) -> None:
    """Go through every screen and modal by keys."""
    screen.wait_for("PWNED")
    screen.wait_for("live")
    for keys in (
        "\r",
        "a",
        "\x1b",
        "\x1b",
        "j",
        "a",
        "\t",
        "\t",
        "\x12",
        "\x1b",
        "p",
        "\x1b",
        "2",
        "\r",
        "G",
        "m",
        "\x1b",
    ):
        screen.press(keys)
        screen.rest()
    for keys in ("\x1b", "3", "j", "j", "j", "\r", "G", "\x1b", "?", "\x1b", ":", "\x1b"):
        screen.press(keys)
        screen.rest()
    screen.press("q")
    assert screen.end() == 0


@pytest.mark.parametrize("net_only", [False, True], ids=["with the firewall", "with the net alone"])
async def test_no_foreign_escape_leaves_for_the_terminal(tmp_path: Path, *, net_only: bool) -> None:
    """Clipboard, title, cursor query, colours, clearing, C1: drawn as text, or replaced; never sent."""
    await fill(tmp_path / "data", ESCAPES)
    words = ["--data", str(tmp_path / "data"), "--reviewer", "alice"]
    run = [sys.executable, "-c", WITHOUT_CLEAN, *words] if net_only else command(*words)
    with terminal(run, environment(tmp_path / "home"), columns=120, rows=40) as screen:
        tour(screen)
    assert [one for one in FOREIGN if one in screen.raw] == []
    assert screen.raw.count(b"PWNED") > 20
    assert ("\ufffd]52" if net_only else "␛]52").encode() in screen.raw


async def test_no_invisible_character_leaves_for_the_terminal(tmp_path: Path) -> None:
    """What reorders a line or takes no room is spelt out."""
    await fill(tmp_path / "data", BIDI)
    words = ["--data", str(tmp_path / "data"), "--reviewer", "alice"]
    with terminal(command(*words), environment(tmp_path / "home"), columns=120, rows=40) as screen:
        tour(screen)
    assert [one for one in INVISIBLE if one.encode() in screen.raw] == []
    assert "⟨U+202E⟩PWNED".encode() in screen.raw
