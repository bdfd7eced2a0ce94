"""The page in a real browser: it checks itself, shows what is on record, prints, and asks nobody for anything."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from pumpup_tui.commands.report.evidence import Evidence, ProvenEvent
from tests.report.conftest import Recorded, page_of
from tests.support.chromium import Chromium

WORDS = (
    "7 decisions",
    "alice",
    "zoe",
    "claims-lead",
    "Refund one",
    "Within the limits.",
    "91 %",
    "photo.jpg",
    "Paid it out",
    "approved, and nothing done since",
    "denied, and an action refers to it",
    "Another model",
    "receipt",
    "Where?",
    "Paris",
    "9007199254740991",
    "nobody in time",
    "small refunds",
    "Asked by mistake",
    "large",
    "Agreed before",
)
"""What a reader looks for in the record's report, with all decisions open."""


def opened(browser: Chromium, folder: Path, content: str) -> str:
    """Open a report, and return what its bar says."""
    file = folder / "report.html"
    file.write_text(content, "ascii")
    browser.open(file)
    return browser.checked()


def page_text(browser: Chromium) -> str:
    """Return all that the page shows with every decision open."""
    browser.value("dispatchEvent(new Event('beforeprint'))")
    return str(browser.value("document.body.innerText"))


def test_a_report_verifies_itself_and_shows_every_decision(browser: Chromium, plain: Recorded, tmp_path: Path) -> None:
    """It says VERIFIED with the key, has all facts of each kind of decision, and sends no request."""
    bar = opened(browser, tmp_path, page_of(plain.evidence))
    assert bar.startswith("✓ VERIFIED")
    assert plain.evidence.key.split("+")[1] in bar
    text = page_text(browser)
    assert [word for word in WORDS if word.casefold() not in text.casefold()] == []
    waited = (
        "[...document.querySelectorAll('figure')[1].querySelectorAll('tbody td')].map((one) => Number(one.textContent))"
    )
    assert sum(browser.value(waited)) == 4  # by no agent that took its request back, by no grant and by no clock
    for event in plain.evidence.events:
        if '"inResponseTo"' in event.text and event.read()["eventType"] != "ACTION":
            assert event.hash in text
    assert browser.requests() == [(tmp_path / "report.html").as_uri()]
    assert not [
        event for event in browser.events if event.get("method") in ("Log.entryAdded", "Runtime.exceptionThrown")
    ]


def test_filters_narrow_the_list(browser: Chromium, plain: Recorded, tmp_path: Path) -> None:
    """By text, outcome, person, deed and difference from the recommendation; the count says how many are left."""
    opened(browser, tmp_path, page_of(plain.evidence))

    def count(control: str, value: str | bool) -> str:
        name = "checked" if isinstance(value, bool) else "value"
        browser.value("document.querySelector('form').reset()")
        js = "true" if value is True else repr(value)
        set_value = f"const one = document.getElementById('f-{control}'); one.{name} = {js};"
        return str(
            browser.value(
                f"{{ {set_value} one.dispatchEvent(new Event('input')); one.dispatchEvent(new Event('change')); }}"
                "document.querySelector('.count').innerText + '/' + document.querySelectorAll('.decision').length"
            )
        )

    assert count("text", "model denied") == "1 of 7 decisions: the others do not match the filter/1"
    assert count("act", "APPROVE") == "3 of 7 decisions: the others do not match the filter/3"
    assert count("who", "=agent-1") == "1 of 7 decisions: the others do not match the filter/1"
    assert count("deed", "NONE") == "2 of 7 decisions: the others do not match the filter/2"
    assert count("differs", True) == "1 of 7 decisions: the others do not match the filter/1"
    assert count("text", "no such words").startswith("0 of 7 decisions")
    browser.do("Emulation.setEmulatedMedia", media="print")
    try:
        assert "0 of 7 decisions" in browser.value("document.body.innerText")  # also on paper
    finally:
        browser.do("Emulation.setEmulatedMedia", media="")


def test_it_prints_every_decision(browser: Chromium, many: Evidence, tmp_path: Path) -> None:
    """The PDF has also the decisions whose rows were not made yet, each with all that belongs to it."""
    opened(browser, tmp_path, page_of(many))
    assert browser.value("document.querySelectorAll('.decision').length") == 100 < many.decisions
    printed = browser.pdf()
    assert printed.startswith(b"%PDF")
    assert browser.value("document.querySelectorAll('.decision .body').length") == many.decisions
    assert browser.value("document.querySelectorAll('.decision details[open]').length") == 0
    if (program := shutil.which("pdftotext")) is not None:
        text = subprocess.run([program, "-", "-"], input=printed, capture_output=True, check=True).stdout.decode()
        assert [number for number in range(many.decisions) if f"Refund no. {number:03}" not in text] == []


@pytest.mark.parametrize("what", ["event", "previous", "node", "key", "checkpoint", "signature", "order"])
def test_evidence_that_does_not_fit_is_refused(browser: Chromium, plain: Recorded, tmp_path: Path, what: str) -> None:
    """Whoever makes a whole new page of changed events, proofs, keys or notes gets a red one."""
    content = page_of(forged(plain.evidence, what))
    assert opened(browser, tmp_path, content).startswith("✗ NOT VERIFIED")
    assert browser.value("document.querySelectorAll('main').length") == 0


def forged(evidence: Evidence, what: str) -> Evidence:
    """Return evidence of which one part does not fit the others."""
    events, nodes = list(evidence.events), list(evidence.nodes)
    decided = next(at for at, one in enumerate(events) if "APPROVAL_DECIDED" in one.text)
    if what == "event":
        events[decided] = replace(events[decided], text=events[decided].text.replace("alice", "mallory"))
    elif what == "previous":
        events[decided] = replace(events[decided], previous="0" * 64)
    elif what == "order":
        events[0], events[1] = ProvenEvent(2, *_parts(events[0])), ProvenEvent(1, *_parts(events[1]))
    elif what == "node":
        nodes[0] = bytes(32)
    elif what == "key":
        return replace(evidence, key=evidence.key[:-4] + "AAAA")
    elif what == "signature":
        note, _, signature = evidence.checkpoint.rpartition(" ")
        other = "A" if signature[40] != "A" else "B"
        return replace(evidence, checkpoint=f"{note} {signature[:40]}{other}{signature[41:]}")
    else:
        return replace(evidence, checkpoint=evidence.checkpoint.replace("\n30\n", "\n31\n"))
    return replace(evidence, events=events, nodes=nodes)


def _parts(event: ProvenEvent) -> tuple[str, str, str]:
    return event.text, event.previous, event.hash


def bar_without(browser: Chromium, folder: Path, content: str, lacking: str) -> str:
    """Return what the bar says in a browser that a script has taken something from."""
    script = browser.do("Page.addScriptToEvaluateOnNewDocument", source=lacking)["identifier"]
    try:
        return opened(browser, folder, content)
    finally:
        browser.do("Page.removeScriptToEvaluateOnNewDocument", identifier=script)


def test_without_ed25519_it_is_amber_and_says_why(browser: Chromium, plain: Recorded, tmp_path: Path) -> None:
    """A browser without the signature's algorithm checks all else, and never says VERIFIED."""
    lacking = "crypto.subtle.importKey = () => Promise.reject(new DOMException('no', 'NotSupportedError'))"
    bar = bar_without(browser, tmp_path, page_of(plain.evidence), lacking)
    assert bar.startswith("! PARTLY VERIFIED")
    assert "no Ed25519, so the signature was not checked" in bar


def test_without_cryptography_it_says_so(browser: Chromium, plain: Recorded, tmp_path: Path) -> None:
    """A browser that gives the page no cryptography shows nothing as checked."""
    lacking = "Object.defineProperty(crypto, 'subtle', { value: undefined })"
    bar = bar_without(browser, tmp_path, page_of(plain.evidence), lacking)
    assert bar.startswith("✗ NOT VERIFIED")
    assert "no cryptography" in bar


def test_it_can_be_used_without_a_mouse_and_without_eyes(browser: Chromium, plain: Recorded, tmp_path: Path) -> None:
    """Headings leave out no level, each control has a name, each plot has its figures in words and as a table."""
    opened(browser, tmp_path, page_of(plain.evidence))
    browser.value("dispatchEvent(new Event('beforeprint'))")
    assert browser.value("document.documentElement.lang") == "en"
    levels = browser.value("[...document.querySelectorAll('h1,h2,h3,h4,h5')].map((one) => Number(one.tagName[1]))")
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    nameless = "[...document.querySelectorAll('input,select')].filter((one) => !one.labels.length).length"
    assert browser.value(nameless) == 0
    plots = browser.value(
        "[...document.querySelectorAll('figure')].map((one) => one.querySelector('[role=img]').ariaLabel)"
    )
    assert len(plots) == 4
    assert all(plots)
    assert browser.value("document.querySelectorAll('figure table tbody tr').length") >= 4
    browser.value(
        "document.querySelector('.decision details').open = false; document.querySelector('.decision summary').focus()"
    )
    browser.do("Input.dispatchKeyEvent", type="keyDown", key="Enter", code="Enter", windowsVirtualKeyCode=13, text="\r")
    browser.do("Input.dispatchKeyEvent", type="keyUp", key="Enter", code="Enter", windowsVirtualKeyCode=13)
    assert browser.value("document.querySelector('.decision details').open") is True
