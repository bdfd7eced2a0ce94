"""The columns of the commands' tables: which there are, and which are shown unless the configuration says otherwise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pumpup_tui.commands.output import Column

INBOX = (
    Column("id", "ID", tone="accent"),
    Column("summary", "SUMMARY", least=17, rank=1, tone="strong"),
    Column("age", "WAITS", rank=2),
    Column("recommendation", "AGENT", rank=3),
    Column("task", "TASK", least=12, rank=4),
    Column("project", "PROJECT", least=8, rank=5, tone="muted"),
    Column("kind", "KIND", rank=6),
    Column("step", "STEP", least=6, rank=7),
    Column("assignee", "ASSIGNEE", least=6, rank=8),
    Column("due", "DUE", rank=9),
)
TASKS = (
    Column("id", "ID", tone="accent"),
    Column("name", "NAME", least=14, rank=1, tone="strong"),
    Column("status", "STATUS", rank=2),
    Column("step", "STEP", least=6, rank=3),
    Column("project", "PROJECT", least=8, rank=4, tone="muted"),
    Column("externalId", "EXTERNAL ID", least=6, rank=5),
)
TIMELINE = (
    Column("time", "TIME", usual=12, rank=1, tone="muted"),
    Column("type", "TYPE", least=8, usual=23, rank=2, tone="accent"),
    Column("text", "TEXT", least=24, usual=60),
    Column("by", "BY", least=6, usual=14, rank=3),
    Column("move", "MOVE", least=8, usual=24, rank=4),
    Column("task", "TASK", usual=16, rank=5),
    Column("id", "ID", usual=24, rank=6),
)
ALL: Mapping[str, Sequence[Column]] = {"inbox": INBOX, "tasks": TASKS, "timeline": TIMELINE}
SHOWN: Mapping[str, Sequence[str]] = {
    "inbox": ("id", "summary", "age", "recommendation", "task", "project"),
    "tasks": ("id", "name", "status", "step", "project"),
    "timeline": ("time", "type", "text", "by", "move", "task"),
}


def columns_of(table: str, chosen: Mapping[str, Any]) -> list[Column]:
    """Return a table's columns in the order that the configuration gives, else in its own."""
    known = {column.name: column for column in ALL[table]}
    return [known[name] for name in chosen.get("columns", {}).get(table) or SHOWN[table]]
