"""The data of a report's page, as JSON that stands in HTML.

    {"format": "pumpup-report/1", "key": …, "checkpoint": …, "events": [{"seq", "previous", "event"}], "nodes": …,
     "report": {…}}

As a proof file (CONTRACT.md part 5), but with one proof for all its events: `nodes` are the hashes of their shared
proof (`store/core/shared_proof.py`), one behind the other, as base64. An event's own hash is that of `previous` and
`event`. `report` is what whoever made it says of it: what was asked for, when, by whom, the names of projects, and
which decisions are there only for what they say of others (`beside`). No proof is of that.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from api_client.times import wire_time

if TYPE_CHECKING:
    from datetime import datetime

    from pumpup_tui.commands.report.evidence import Evidence, ReportHead

FORMAT = "pumpup-report/1"
_ESCAPED = str.maketrans({char: f"\\u{ord(char):04x}" for char in "<>&"})


def report_data(evidence: Evidence, head: ReportHead) -> Iterator[str]:
    """Yield the data as JSON in ASCII, without a character that means something to HTML, an event at a time."""
    start = {
        "format": FORMAT,
        "key": evidence.key,
        "checkpoint": evidence.checkpoint,
        "report": _head(evidence, head),
        "nodes": base64.b64encode(b"".join(evidence.nodes)).decode(),
    }
    yield f'{_json(start)[:-1]},"events":['
    for number, one in enumerate(evidence.events):
        event = _json({"seq": one.seq, "previous": one.previous, "event": one.text})
        yield f",{event}" if number else event
    yield "]}"


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":")).translate(_ESCAPED)


def _head(evidence: Evidence, head: ReportHead) -> dict[str, Any]:
    scope = head.scope
    return {
        "madeAt": wire_time(head.made_at),
        "madeBy": head.made_by,
        "version": head.version,
        "tasks": dict(scope.tasks),
        "project": scope.project[1] if scope.project is not None else None,
        "since": _time(scope.since),
        "until": _time(scope.until),
        "decidedBy": scope.decided_by,
        "projects": dict(evidence.projects),
        "beside": list(evidence.beside),
    }


def _time(moment: datetime | None) -> str | None:
    return wire_time(moment) if moment is not None else None
