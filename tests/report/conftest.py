"""What the tests of reports share: a record with a decision of every kind, its report, and one browser."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pumpup_tui.commands.report.evidence import Evidence, ReportHead, ReportScope
from pumpup_tui.commands.report.evidence_reader import read_evidence
from pumpup_tui.commands.report.report_html import report_html
from tests.report.record import report_record
from tests.support.chromium import PROGRAM, Chromium, chromium
from tests.support.world_builder import world_in

HEAD = ReportHead(ReportScope(), datetime(2026, 3, 3, 9, 30, tzinfo=UTC), "maria", "0.1.0")


@dataclass(frozen=True)
class Recorded:
    """A data folder, and the evidence of all its decisions."""

    folder: Path
    evidence: Evidence


def recorded(folder: Path, text: str = "") -> Recorded:
    """Make a record with a decision of every kind, `text` before every word of somebody else."""

    async def make() -> Evidence:
        async with report_record(folder, text) as record:
            return await read_evidence(record.backend, ReportScope())

    return Recorded(folder, asyncio.run(make()))


def page_of(evidence: Evidence, head: ReportHead = HEAD) -> str:
    """Return a report's page as a whole."""
    return "".join(report_html(evidence, head))


@pytest.fixture(scope="session")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    """The record with ordinary words."""
    return recorded(tmp_path_factory.mktemp("report") / "data")


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Evidence:
    """The evidence of more decisions than the page makes rows of at once."""

    async def make() -> Evidence:
        async with world_in(tmp_path_factory.mktemp("many") / "data") as world:
            task = await world.task()
            for number in range(110):
                await world.decision(await world.approval(task, f"Refund no. {number:03}"))
            return await read_evidence(world.reviewer, ReportScope())

    return asyncio.run(make())


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    """A browser, for one file after the other."""
    if PROGRAM is None:
        pytest.skip("no Chromium on the path: apt-get install chromium")
    with chromium(tmp_path_factory.mktemp("browser")) as opened:
        yield opened
