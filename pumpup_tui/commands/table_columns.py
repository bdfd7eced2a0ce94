"""The columns of the commands' tables, and the default choice of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pumpup_tui.commands.output import TableColumn

INBOX = (
    TableColumn("id", "ID", tone="accent"),
    TableColumn("summary", "SUMMARY", min_width=17, rank=1, tone="strong"),
    TableColumn("age", "WAITS", rank=2),
    TableColumn("needs", "POLICY", rank=2),
    TableColumn("recommendation", "AGENT", rank=3),
    TableColumn("task", "TASK", min_width=12, rank=4),
    TableColumn("project", "PROJECT", min_width=8, rank=5, tone="muted"),
    TableColumn("kind", "KIND", rank=6),
    TableColumn("step", "STEP", min_width=6, rank=7),
    TableColumn("assignee", "ASSIGNEE", min_width=6, rank=8),
    TableColumn("due", "DUE", rank=9),
)
TASKS = (
    TableColumn("id", "ID", tone="accent"),
    TableColumn("name", "NAME", min_width=14, rank=1, tone="strong"),
    TableColumn("status", "STATUS", rank=2),
    TableColumn("step", "STEP", min_width=6, rank=3),
    TableColumn("project", "PROJECT", min_width=8, rank=4, tone="muted"),
    TableColumn("externalId", "EXTERNAL ID", min_width=6, rank=5),
)
TIMELINE = (
    TableColumn("time", "TIME", stream_width=12, rank=1, tone="muted"),
    TableColumn("type", "TYPE", min_width=8, stream_width=23, rank=2, tone="accent"),
    TableColumn("text", "TEXT", min_width=24, stream_width=60),
    TableColumn("by", "BY", min_width=6, stream_width=14, rank=3),
    TableColumn("move", "MOVE", min_width=8, stream_width=24, rank=4),
    TableColumn("task", "TASK", stream_width=16, rank=5),
    TableColumn("id", "ID", stream_width=24, rank=6),
)
ALL: Mapping[str, Sequence[TableColumn]] = {"inbox": INBOX, "tasks": TASKS, "timeline": TIMELINE}
DEFAULT: Mapping[str, Sequence[str]] = {
    "inbox": ("id", "summary", "age", "needs", "recommendation", "task", "project"),
    "tasks": ("id", "name", "status", "step", "project"),
    "timeline": ("time", "type", "text", "by", "move", "task"),
}


def columns_of(table: str, chosen: Mapping[str, Any]) -> list[TableColumn]:
    """Return a table's columns as configured, else the default ones."""
    known = {column.name: column for column in ALL[table]}
    return [known[name] for name in chosen.get("columns", {}).get(table) or DEFAULT[table]]
