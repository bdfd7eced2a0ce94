"""A report of over 10,000 decisions: it verifies, and how long it takes is printed."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from pumpup_tui.commands.report.evidence import ReportScope
from pumpup_tui.commands.report.evidence_reader import read_evidence
from store.demo.workspace import generate
from store.folder.local_backend import open_local
from tests.report.conftest import page_of
from tests.report.test_changed_bytes import IS_FULL
from tests.support.actors import ALICE
from tests.support.chromium import Chromium


@pytest.mark.slow
@pytest.mark.skipif(not IS_FULL, reason="REPORT=full tries it: make report")
async def test_ten_thousand_decisions_open(browser: Chromium, tmp_path: Path) -> None:
    """The page says VERIFIED and has its first rows; the seconds of making and of opening it are printed."""
    generate(tmp_path / "data", tasks=10_000, events=100_000)
    backend = await open_local(tmp_path / "data", ALICE)
    start = time.perf_counter()
    evidence = await read_evidence(backend, ReportScope())
    await backend.aclose()
    file = tmp_path / "report.html"
    file.write_text(page_of(evidence), "ascii")
    made = time.perf_counter()
    browser.open(file)
    assert browser.checked().startswith("✓ VERIFIED")
    assert browser.value("document.querySelectorAll('.decision').length") == 100
    opened = time.perf_counter()
    assert evidence.decisions > 10_000
    print(f"\n{evidence.decisions:,} decisions: made in {made - start:.1f} s, open in {opened - made:.1f} s")
