"""The page on witnesses, followed: two witnesses of one served record, whose notes other programs can read."""

from __future__ import annotations

import re
import shlex

from tests.cli.test_deploy import parsed
from tests.cli.walk import Walk
from tests.support.judges import judged_checkpoint, judged_cosignature


def follow(walk: Walk) -> None:
    """Run the page's blocks, and read what the witnesses signed."""
    walk.walk({"pumpup-tui serve": lambda walk, command: walk.serve(command), "```crontab": is_a_crontab})
    key, record = (told.strip() for told in (said(walk, "--show-key --name"), read(walk, "claims.pub")))
    assert judged_cosignature(read(walk, "w1.note"), key) > 0
    assert judged_checkpoint(read(walk, "w1.note"), record) == judged_checkpoint(read(walk, "w2.note"), record)
    assert "OK: the record begins with the" in said(walk, "pumpup-tui verify")


def is_a_crontab(_walk: Walk, block: str) -> None:
    """Each line has five times and a command that there is."""
    for line in block.splitlines():
        *times, words = line.split(" ", 5)
        assert all(re.fullmatch(r"[*/0-9]+", one) for one in times)
        program, *arguments = shlex.split(words.partition(" 2>")[0])
        assert program == "pumpup-tui"
        assert parsed(arguments)["url"] == "https://pumpup.example.com"


def said(walk: Walk, part: str) -> str:
    """Return what a command of the page printed."""
    return next(told for command, told in walk.said.items() if part in command)


def read(walk: Walk, name: str) -> str:
    """Return a file that the page made."""
    return (walk.folder / name).read_text(encoding="utf-8")
