"""A page changed by somebody who knows how it is made: nothing is verified in it that no event says."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Collection
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import pytest

from api_client.proofs import proofs_of
from pumpup_tui.commands.report.evidence import Evidence
from pumpup_tui.commands.report.report_html import SCRIPTS
from store.core.shared_proof import KnownNodes
from store.core.signed_note import read_head, read_note
from store.folder.local_backend import open_local
from tests.report.conftest import Recorded, page_of, recorded
from tests.report.test_report_page import forged, opened, page_text
from tests.support.actors import ALICE
from tests.support.chromium import Chromium


def without(record: Recorded, left_out: Collection[int]) -> Evidence:
    """Return a record's evidence without some of its events, and proved all the same."""
    evidence = record.evidence
    size = read_head(read_note(evidence.checkpoint.encode()).text).size
    events = [one for one in evidence.events if one.seq not in left_out]

    async def nodes() -> list[bytes]:
        backend = await open_local(record.folder, ALICE)
        known = KnownNodes(size)
        try:
            for proof in await proofs_of(backend.proofs, [one.seq for one in events], size):
                known.add(proof.seq - 1, [bytes.fromhex(node) for node in proof.path])
        finally:
            await backend.aclose()
        return known.proof()

    return replace(evidence, events=events, nodes=asyncio.run(nodes()))


@pytest.mark.parametrize("mode", ["open", "closed"])
@pytest.mark.parametrize("slot", ["<slot></slot>", ""])
def test_a_shadow_tree_is_refused(browser: Chromium, plain: Recorded, tmp_path: Path, mode: str, slot: str) -> None:
    """It would be shown beside or in place of what was checked, and stands in no HTML of the page."""
    tree = f"</output><template shadowrootmode={mode}>FORGED{slot}</template>"
    bar = opened(browser, tmp_path, page_of(plain.evidence).replace("</output>", tree, 1))
    assert bar.startswith("✗ NOT VERIFIED")
    shown = browser.value("document.elementFromPoint(10, 10).closest('output')?.innerText")
    assert str(shown).startswith("✗ NOT VERIFIED")
    assert browser.value("document.querySelectorAll('main').length") == 0
    assert browser.value("document.body.shadowRoot") is None


def test_half_a_character_is_not_taken_for_another(browser: Chromium, tmp_path: Path) -> None:
    """An encoder writes half a character as U+FFFD: an event that has one of these is not verified with the other."""
    evidence = recorded(tmp_path / "data", "\ufffd").evidence
    changed = [replace(one, text=one.text.replace("\ufffd", "\ud800", 1)) for one in evidence.events]
    assert opened(browser, tmp_path, page_of(evidence)).startswith("✓ VERIFIED")
    assert opened(browser, tmp_path, page_of(replace(evidence, events=changed))).startswith("✗ NOT VERIFIED")


def test_a_red_bar_can_be_read_on_paper(browser: Chromium, plain: Recorded, tmp_path: Path) -> None:
    """Its ground is not printed, and so its words are not white."""
    opened(browser, tmp_path, page_of(forged(plain.evidence, "node")))
    browser.do("Emulation.setEmulatedMedia", media="print")
    try:
        style = "(({ color, backgroundColor }) => [color, backgroundColor])"
        color, ground = browser.value(f"{style}(getComputedStyle(document.querySelector('output')))")
    finally:
        browser.do("Emulation.setEmulatedMedia", media="")
    assert (color, ground) == ("rgb(0, 0, 0)", "rgba(0, 0, 0, 0)")


def test_what_was_left_out_is_not_shown_as_never_done(browser: Chromium, plain: Recorded, tmp_path: Path) -> None:
    """An agreement that a decision names is missed; of a decision without its request no deed is said to be missing."""
    read = {one.seq: one.read() for one in plain.evidence.events}
    agreed = next(event for event in read.values() if event["payload"].get("agreements"))
    agreements = {seq for seq, event in read.items() if event["id"] in agreed["payload"]["agreements"]}
    requests = {seq for seq, event in read.items() if event["eventType"] == "APPROVAL_REQUESTED"}
    assert agreements
    assert opened(browser, tmp_path, page_of(without(plain, agreements))).startswith("✓ VERIFIED")
    assert "is named by the decision, but is not in this report" in page_text(browser)
    assert opened(browser, tmp_path, page_of(without(plain, requests))).startswith("✓ VERIFIED")
    text = page_text(browser)
    assert text.count("the request is not in this report") >= 5
    assert "nothing done since" not in text


def test_a_name_that_every_object_has_is_no_outcome(browser: Chromium, tmp_path: Path) -> None:
    """Words for outcomes are those of the table, whatever JavaScript's own objects are called."""
    names = ("constructor", "toString", "__proto__", "hasOwnProperty")
    file = tmp_path / "report.html"
    file.write_text("<!doctype html>", "ascii")
    browser.open(file)
    source = _script("decisions")
    tables = "[ACTS, RECOMMENDED_WORDS, DEEDS]"
    look = f"(() => {{ {source}\n return {list(names)}.flatMap((name) => {tables}.map((one) => name in one)); }})()"
    assert browser.value(look) == [False] * len(names) * 3


def test_a_record_may_hold_any_json(browser: Chromium, plain: Recorded, tmp_path: Path) -> None:
    """Whatever stands in the place of a value, each decision is shown, and no word of JavaScript's own in it."""
    file = tmp_path / "report.html"
    file.write_text("<!doctype html><body>", "ascii")
    browser.open(file)
    source = "\n".join(_script(name) for name in SCRIPTS if name not in ("file_check", "page"))
    events = json.dumps([{"seq": one.seq, "hash": one.hash, "text": one.text} for one in plain.evidence.events])
    assert browser.value(f"(() => {{ {source}\n const EVENTS = {events};\n {_EACH_VALUE} }})()") == []


_EACH_VALUE = """
const pathsOf = (value) => (value && typeof value === "object"
  ? Object.keys(value).flatMap((key) => [[key], ...pathsOf(value[key]).map((rest) => [key, ...rest])]) : []);
const wrong = [];
EVENTS.forEach((event, index) => {
  const read = JSON.parse(event.text);
  for (const path of pathsOf(read).filter(([first]) => first !== "seq" && first !== "id")) {
    const changed = JSON.parse(event.text);
    const last = path.at(-1);
    path.slice(0, -1).reduce((inner, key) => inner[key], changed)[last] = { toString: 1 };
    try {
      const text = JSON.stringify(changed);
      const rows = decisionsOf(EVENTS.map((one, at) => ({ ...one, text: at === index ? text : one.text })), {});
      const shown = rows.map((row) => decisionRow(row).textContent + bodyOf(row).textContent).join();
      if (/native code|undefined|\\[object/.test(shown)) wrong.push(path.join("."));
    } catch (fault) {
      wrong.push(`${path.join(".")}: ${fault.message}`);
    }
  }
});
return wrong;
"""


def _script(name: str) -> str:
    return (files("pumpup_tui.commands.report") / "page" / f"{name}.js").read_text("ascii")
