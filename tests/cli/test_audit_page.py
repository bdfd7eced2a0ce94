"""The page on audit records: each path that it names is in the record, and each provision of law is explained on it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from tests.cli.pages import ROOT, Page

PAGE = Page("docs/audit.md")
RECORD = ROOT / "tests" / "server" / "fixed_run" / "golden" / "export.jsonl"
"""A record in which everything was written once."""


def paths_in(value: Any, *path: str) -> Iterator[str]:
    """Yield the way to each key of an event."""
    for key in value if isinstance(value, dict) else ():
        yield ".".join((*path, key))
        yield from paths_in(value[key], *path, key)


def test_each_answer_is_where_the_page_says() -> None:
    """An auditor who looks for a path or a type of event finds some event that has it."""
    events = [json.loads(line)["event"] for line in RECORD.read_bytes().splitlines()]
    there = {path for event in events for path in paths_in(event)} | {"hash"} | {event["eventType"] for event in events}
    table = PAGE.text.partition("| what | in the record | in the report | serves |")[2].partition("\n\n")[0]
    places = [row.split(" | ")[1] for row in table.splitlines()[2:]]
    named = {name for cell in places for name in re.findall(r"`(payload[.\w]+|[A-Z]+_[A-Z_]+|[a-z]\w+)`", cell)}
    assert len(named) > 15
    assert named - there == set()


def test_each_answer_is_in_the_report() -> None:
    """Where the page names a part of the report, the report calls it so, as a page and as Markdown."""
    folder = ROOT / "pumpup_tui" / "commands" / "report"
    texts = [(folder / name).read_text(encoding="utf-8") for name in ("report_markdown.py", "page/decision_view.js")]
    table = PAGE.text.partition("| what | in the record | in the report | serves |")[2].partition("\n\n")[0]
    cells = [row.split(" | ")[2] for row in table.splitlines()[2:]]
    labels = [label for cell in cells for label in cell.split(", ") if label[:1].isupper()]
    assert len(labels) > 10
    assert [label for label in labels if not all(f'"{label}' in text or f"- {label}" in text for text in texts)] == []


def test_each_provision_is_explained() -> None:
    """What the table says an answer serves has its own words further down, to the paragraph."""
    table, _, rest = PAGE.text.partition("| what | in the record | in the report | serves |")[2].partition("\n\n")
    sections = dict(re.findall(r"^### Article (\d+),[^\n]*\n(.*?)(?=^###? )", rest, re.MULTILINE | re.DOTALL))
    serves = [row.rstrip(" |").split(" | ")[-1] for row in table.splitlines()[2:]]
    named = {one for cell in serves for one in re.findall(r"(?<![\w-])(\d+)((?:\(\w\))+)", cell.partition("Rule")[0])}
    assert sections.keys() == {"12", "14", "19", "26"}
    assert len(named) > 6
    for article, paragraph in named:
        assert paragraph in sections[article], f"{article}{paragraph}"
