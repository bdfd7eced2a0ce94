"""A report as one HTML file, which checks itself in a browser and builds what it shows from what it has checked.

The file needs no network and refuses any (its Content-Security-Policy allows its own script and style by their hashes,
and nothing else). Its parts:

- The skeleton (`page/skeleton.html`) with a bar that says NOT VERIFIED, which stays where the script does not run: the
  browser refuses a script of which one byte was changed. The bar stands before all that could swallow it where an end
  tag is broken, and begins with quotation marks, which end an attribute whose own was broken.
- The data (`report_data.py`) as JSON, with its digest.
- The script (`page/*.js`), the same for every report of a release. It compares the digests of itself, the style and the
  data, and the skeleton; then it checks each event's hash and the checkpoint's signature by the browser's own
  cryptography, and the shared proof by the SHA-256 in `page/bytes.js`, which says why.

What it proves: each event that is shown is in the signed record as it is shown, byte for byte. What it does not prove:
that no decision was left out (`verify`, and a full export, show that); that the key is the team's (compare it with the
one that the team published); and nothing at all where somebody replaced the script too: a page can't vouch for itself.
`pumpup-tui check` looks at the data with a program of your own, and says whether all else is as this version of it
writes a page.

These changes of a byte change nothing that a browser reads, and so nothing is noticed: letters of the name of a tag, an
attribute or the doctype in the other case; a blank within a tag for another white space or a slash; and in script and
style a carriage return for a line feed.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pumpup_tui.commands.report.evidence import Evidence, ReportHead

SCRIPTS = (
    "bytes",
    "file_check",
    "proof_check",
    "clean",
    "decisions",
    "figures",
    "elements",
    "charts",
    "decision_view",
    "list_view",
    "page",
)
"""The parts of the script, in order."""
_BODY = "<output>"
"""The first tag of the body, which begins of itself."""
_DIGEST = re.compile(rb" data-sha256=([0-9a-f]{64})>")
_UNQUOTED = re.compile(r'\b([a-z0-9-]+)=([^"\s>]+)')


def report_html(evidence: Evidence, head: ReportHead) -> Iterator[str]:
    """Yield the file in parts, in ASCII: the whole of a large one is never in memory."""
    from pumpup_tui.commands.report.report_data import report_data

    digest = hashlib.sha256()
    for part in report_data(evidence, head):
        digest.update(part.encode("ascii"))
    before, after = _frame(digest.hexdigest())
    yield before
    yield from report_data(evidence, head)
    yield after


def is_own_page(content: bytes) -> bool:
    """Return whether all of a page but its data is as this version of the program writes it."""
    digest = _DIGEST.search(content)
    if digest is None:
        return False
    before, after = (part.encode("ascii") for part in _frame(digest[1].decode("ascii")))
    start, end = len(before), len(content) - len(after)
    is_framed = start <= end and content.startswith(before) and content.endswith(after)
    return is_framed and content.find(b"<", start, end) < 0


def _frame(digest: str) -> list[str]:
    """Return what stands before and behind data with this digest."""
    style, script = page_style(), page_script()
    marks = {
        "@SCRIPT@": _digest(script),
        "@STYLE@": _digest(style),
        "@DIGEST@": digest,
        "@CSS@": style,
        "@JS@": script,
    }
    return _filled(_part("skeleton.html"), marks).split("@DATA@")


@cache
def page_style() -> str:
    """Return the style sheet of the page."""
    return _part("page.css")


@cache
def page_script() -> str:
    """Return the script of the page, the same for every report."""
    skeleton = json.dumps(expected_skeleton()).replace("<", "\\u003c")
    body = "\n".join(_part(f"{name}.js") for name in SCRIPTS)
    return f'(() => {{\n"use strict";\nconst SKELETON = {skeleton};\n{body}\n}})();'


def expected_skeleton() -> str:
    """Return what a browser makes of the skeleton, in the form in which the script writes it down again.

    Style, script and data are left out of it; `@SCRIPT@`, `@STYLE@` and `@DIGEST@` stand for their digests.
    """
    text = _part("skeleton.html")
    for part in ("@CSS@", "@JS@", "@DATA@"):
        text = text.replace(part, "")
    head, body = _UNQUOTED.sub(r'\1="\2"', text.removeprefix("<!doctype html>")).split(_BODY)
    return f"{head}|{_BODY}{body}"


def _filled(text: str, parts: dict[str, str]) -> str:
    # One after the other: what is put in holds no mark of a later one, but the script, which comes last.
    for mark, part in parts.items():
        text = text.replace(mark, part)
    return text


def _part(name: str) -> str:
    return (files("pumpup_tui.commands.report") / "page" / name).read_text("ascii")


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
