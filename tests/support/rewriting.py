"""The work of whoever holds a data folder and wants another past: every hash, checksum and head is made to fit."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson

from store.core import chain
from store.folder import journal_line
from store.folder.head import START, head_record

Change = Callable[[dict[str, Any]], dict[str, Any]]


def rewrite(folder: Path, change: Change) -> None:
    """Write the record of a closed folder anew, each event as `change` returns it.

    Whatever is named by a hash in later events is named by its new hash. Nothing that was made of the old record is
    left: the program makes the rest again by itself, and signs it with the record's own key, which is still there.
    """
    lines: list[bytes] = []
    new: dict[str, str] = {}
    old, position = chain.NO_HASH, START
    for line in (folder / "journal.jsonl").read_bytes().splitlines(keepends=True):
        stored = journal_line.decode(line, 0, old)
        old = stored.events[-1]["hash"] if stored.events else old
        was = [event.pop("hash") for event in stored.events]
        commit = chain.link_all(position.hash, [change(_renamed(event, new)) for event in stored.events], stored.record)
        new.update(zip(was, (event["hash"] for event in commit.events), strict=True))
        encoded, written = journal_line.encode(commit, position.size)
        lines.append(encoded)
        position = position.after(written)
    (folder / "journal.jsonl").write_bytes(b"".join(lines))
    (folder / "head").write_bytes(head_record(position))
    for name in ("state.json", "tree", "checkpoint.note", *(path.name for path in folder.glob("index*.bin"))):
        (folder / name).unlink(missing_ok=True)


def copied(folder: Path, to: Path) -> Path:
    """Return a copy of a closed folder, with its key."""
    return Path(shutil.copytree(folder, to))


def _renamed(event: dict[str, Any], new: dict[str, str]) -> dict[str, Any]:
    text = orjson.dumps(event).decode()
    for before, after in new.items():
        text = text.replace(before, after)
    changed: dict[str, Any] = orjson.loads(text)
    return changed
