"""The columns of the commands' tables: which there are, and which are shown unless the configuration says otherwise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pumpup_tui.commands.output import Column

INBOX = (
    Column("id", "ID", tone="accent"),
    Column("summary", "SUMMARY", least=12, tone="strong"),
    Column("age", "WAITS"),
    Column("recommendation", "AGENT"),
    Column("task", "TASK", least=8),
    Column("project", "PROJECT", least=6, tone="muted"),
    Column("kind", "KIND"),
    Column("step", "STEP", least=6),
    Column("assignee", "ASSIGNEE", least=6),
    Column("due", "DUE"),
)
TASKS = (
    Column("id", "ID", tone="accent"),
    Column("name", "NAME", least=12, tone="strong"),
    Column("status", "STATUS"),
    Column("step", "STEP", least=6),
    Column("project", "PROJECT", least=6, tone="muted"),
    Column("externalId", "EXTERNAL ID", least=6),
)
TIMELINE = (
    Column("time", "TIME", least=19, usual=19, tone="muted"),
    Column("type", "TYPE", least=8, usual=23, tone="accent"),
    Column("text", "TEXT", least=12, usual=60),
    Column("by", "BY", least=6, usual=14),
    Column("move", "MOVE", least=8, usual=24),
    Column("task", "TASK", least=16, usual=16),
    Column("id", "ID", least=24, usual=24),
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
