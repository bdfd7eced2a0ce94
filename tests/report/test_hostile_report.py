"""What agents and customers wrote is as harmless in a report as on the screens."""

from __future__ import annotations

import asyncio
import json
import re
import socket
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt

from pumpup_tui.commands.report.evidence import Evidence, ReportHead, ReportScope
from pumpup_tui.commands.report.evidence_reader import read_evidence
from pumpup_tui.commands.report.report_html import SCRIPTS
from pumpup_tui.commands.report.report_markdown import report_markdown
from pumpup_tui.text.firewall import clean
from store.core.event_types import SETTLING
from tests.hostile import CORPUS
from tests.report.conftest import HEAD, Recorded, page_of, recorded
from tests.spoofs import SPOOFS
from tests.support.chromium import Chromium
from tests.support.world_builder import world_in

LISTENER = "http://127.0.0.1:65535/PWNED"
"""Stands for the address of a real listener."""
PAYLOADS: Mapping[str, str] = {
    "tags": f"<script>document.title='PWNED'</script><img src={LISTENER} onerror=document.title='PWNED'>",
    "end of data": "</script><script>document.title='PWNED'</script><!--",
    "attributes": "\"' onmouseover=document.title='PWNED' style=color:red x=\"",
    "SVG": f"<svg onload=document.title='PWNED'><use href={LISTENER}#x></svg>",
    "CSS": f"</style><style>@import url({LISTENER});*{{background:url({LISTENER})}}</style>",
    "frames": "<iframe src=javascript:parent.document.title='PWNED'></iframe>",
    "refresh": f"<meta http-equiv=refresh content=0;{LISTENER}>",
    "links": f"<a href=javascript:document.title='PWNED'>x</a><base href={LISTENER}>[x]({LISTENER})![x]({LISTENER})",
    "templates": "${document.title='PWNED'} {{constructor.constructor('document.title=1')()}} `x` \\u003cb\\u003e",
    "prototypes": "__proto__",
}
_SHORT = [text for text in CORPUS.values() if len(text) < 1_000]
_LONG = [text[:2_000] for text in CORPUS.values() if len(text) >= 1_000]
HOSTILE = {"for browsers": " ".join(PAYLOADS.values()), "for terminals": " ".join(_SHORT), "long": "\n".join(_LONG)}
ACTING = (
    "script,style,link,img,iframe,object,embed,base,a,form:not(.filters),meta,use,"
    "[onload],[onerror],[onmouseover],[style],[href],[src]"
)
"""What could run, load or lead somewhere: the page has none of its own."""
LINKING = frozenset(
    ("link_open", "image", "html_inline", "html_block", "table_open", "s_open", "em_open", "strong_open")
)
"""What Markdown could make of their words."""
_NOT_STORED = re.compile("[\ud800-\udfff]")


def storable(text: str) -> str:
    """Return what the store takes of a text: no lone surrogates, and within its length."""
    return _NOT_STORED.sub("", text)[:3_000]


@pytest.fixture(scope="module")
def listener() -> Iterator[socket.socket]:
    """A socket to which the hostile addresses lead: whoever asks for one of them would be waiting there."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)
        yield listening


@pytest.fixture(scope="module", params=list(HOSTILE))
def poisoned(
    request: pytest.FixtureRequest, listener: socket.socket, tmp_path_factory: pytest.TempPathFactory
) -> Recorded:
    """The record with hostile texts before every word of somebody else."""
    text = HOSTILE[request.param].replace(":65535/", f":{listener.getsockname()[1]}/")
    return recorded(tmp_path_factory.mktemp("hostile") / "data", storable(text))


def head_of(evidence: Evidence, text: str) -> ReportHead:
    """Return what a report with hostile names says of itself."""
    scope = ReportScope(tasks={"tsk_1": text}, project=("prj_1", text), decided_by=text)
    return replace(HEAD, scope=scope, made_by=text)


def words_of(evidence: Evidence) -> Iterator[str]:
    """Yield the summaries, notes and rationales of a record."""
    for event in evidence.events:
        payload: dict[str, Any] = event.read()["payload"]
        outcome = payload.get("outcome")
        yield from (text for text in (payload.get("summary"),) if text)
        if isinstance(outcome, dict) and outcome.get("note"):
            yield outcome["note"]


def decided(evidence: Evidence) -> int:
    """Return how many requests are settled: one more where the grant's sample takes one, as a hostile text decides."""
    return sum(event.read()["eventType"] in SETTLING for event in evidence.events)


def test_no_text_acts_in_the_page(
    browser: Chromium, poisoned: Recorded, listener: socket.socket, tmp_path: Path
) -> None:
    """Markup is shown as text, nothing of it runs or is loaded, and the report verifies all the same."""
    file = tmp_path / "report.html"
    text = next(words_of(poisoned.evidence)).removesuffix("Refund one")
    named = replace(poisoned.evidence, projects={"prj_1": text})
    file.write_text(page_of(named, head_of(poisoned.evidence, text)), "ascii")
    browser.open(file)
    assert browser.checked().startswith("✓ VERIFIED")
    browser.value("dispatchEvent(new Event('beforeprint'))")
    browser.value("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    assert browser.requests() == [file.as_uri()]
    with pytest.raises(BlockingIOError):
        listener.accept()
    assert browser.value("document.title") == f"Decision report, {decided(poisoned.evidence)} decisions"
    assert browser.value("document.querySelectorAll('body *').length") < 3_000
    assert browser.value(f"document.querySelectorAll('main :is({ACTING})').length") == 0
    shown = [
        str(one) for one in browser.value("[...document.querySelectorAll('.foreign')].map((one) => one.textContent)")
    ]
    for words in words_of(poisoned.evidence):
        assert clean(words) in shown
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]", "".join(shown))


def test_a_number_is_shown_as_it_is_written_and_what_is_left_out_is_counted(browser: Chromium, tmp_path: Path) -> None:
    """A whole number that JavaScript would round, also where a browser doesn't tell how it read it; and many fields."""
    number = 2**53 + 1
    field = {"type": "Number", "required": False, "integerOnly": False}
    fields = [{**field, "id": f"f{at}", "label": f"\\{at}"} for at in range(501)]

    async def made() -> Evidence:
        async with world_in(tmp_path / "data") as world:
            request = await world.elicitation(await world.task(), fields, summary='"0')
            await world.answer(request, {"f0": number, "f500": 5})
            return await read_evidence(world.reviewer, ReportScope())

    file = tmp_path / "report.html"
    file.write_text(page_of(asyncio.run(made())), "ascii")
    older = "const read = JSON.parse; JSON.parse = (text, fit) => read(text, fit && ((key, value) => fit(key, value)));"
    script = browser.do("Page.addScriptToEvaluateOnNewDocument", source=older)["identifier"]
    try:
        browser.open(file)
        assert browser.checked().startswith("✓ VERIFIED")
    finally:
        browser.do("Page.removeScriptToEvaluateOnNewDocument", identifier=script)
    browser.value("dispatchEvent(new Event('beforeprint'))")
    text = str(browser.value("document.body.innerText"))
    assert (str(number) in text, str(number - 1) in text) == (True, False)
    assert "And 1 more field, which this page does not show" in text


def test_the_firewall_in_the_page_is_the_one_of_the_screens(browser: Chromium, plain: Recorded, tmp_path: Path) -> None:
    """Every hostile text and spoof comes out of both the same, for a line and for a block."""
    file = tmp_path / "report.html"
    file.write_text(page_of(plain.evidence), "ascii")
    browser.open(file)
    source = "\n".join(_script(name) for name in SCRIPTS if name == "clean")
    texts = [
        *PAYLOADS.values(),
        *CORPUS.values(),
        *SPOOFS.values(),
        "",
        "\u0301x",
        "a\u2800b",
        "👍️",
        "1️⃣",
        "x" * 501 + "👍" * 30_000,
    ]
    both = "(one) => [clean(one, { oneLine: true }), clean(one)]"
    shown = browser.value(f"(() => {{ {source}\n return {json.dumps(texts)}.map({both}); }})()")
    for text, (in_line, in_block) in zip(texts, shown, strict=True):
        assert in_line == clean(text, one_line=True), text[:60]
        assert in_block == clean(text), text[:60]


@cache
def _script(name: str) -> str:
    from importlib.resources import files

    return (files("pumpup_tui.commands.report") / "page" / f"{name}.js").read_text("ascii")


def test_no_text_acts_in_markdown(poisoned: Recorded) -> None:
    """A renderer with all of GitHub's extensions finds no link, image or HTML, and every word of theirs in code."""
    text = next(words_of(poisoned.evidence)).removesuffix("Refund one")
    document = report_markdown(replace(poisoned.evidence, projects={"prj_1": text}), head_of(poisoned.evidence, text))
    renderer = MarkdownIt("gfm-like", {"html": True, "linkify": True})
    tokens = list(_flat(renderer.parse(document)))
    kinds = {token.type for token in tokens}
    assert kinds.isdisjoint(LINKING)
    in_text = " ".join(token.content for token in tokens if token.type == "text")
    assert "PWNED" not in in_text
    headings = sum(token.type == "heading_open" and token.tag == "h3" for token in tokens)
    assert headings == decided(poisoned.evidence) >= 7
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", document)


def _flat(tokens: Any) -> Iterator[Any]:
    for token in tokens:
        yield token
        yield from _flat(token.children or ())
