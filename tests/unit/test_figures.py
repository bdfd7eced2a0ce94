"""RangeFigures about settled and open requests: what the insights screen and `stats` are made of."""

from __future__ import annotations

import csv
from datetime import UTC, datetime, timedelta
from io import StringIO
from zoneinfo import ZoneInfo

import pytest

from api_client.models import InboxItem
from api_client.settled import SettledRequest
from pumpup_tui.insights.figure_rows import RangeFigures
from pumpup_tui.insights.figure_tables import csv_text
from pumpup_tui.insights.open_work import OpenWork
from pumpup_tui.insights.ranges import Range, last_days
from pumpup_tui.insights.settled_figures import Group, SettledFigures, band_of, percentile

START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
NOW = START + timedelta(days=3)
DAY = timedelta(days=1)


def settled(
    after: float = 0.0,
    outcome: str | None = "APPROVE",
    recommended: str | None = None,
    confidence: float | None = None,
    who: str = "alice",
    asked_at: datetime = START,
) -> SettledRequest:
    """Return a request that was settled so many seconds after it was asked."""
    return SettledRequest(
        request_id="evt_1",
        task_id="tsk_1",
        project_id="prj_1",
        requested_at=asked_at,
        requested_by="bot",
        settled_at=asked_at + timedelta(seconds=after),
        settled_by=who,
        outcome=outcome,
        recommended=recommended,
        confidence=confidence,
    )


def waiting(asked_at: datetime, overdue_at: datetime | None = None, assignee: str | None = None) -> InboxItem:
    return InboxItem(
        request_id=f"evt_{asked_at.isoformat()}",
        event_type="APPROVAL_REQUESTED",
        summary="Refund",
        requested_at=asked_at,
        requested_by="bot",
        task_id="tsk_1",
        task_name="Claim",
        project_id="prj_1",
        project_name="Claims",
        step="in_review",
        assignee_id=assignee,
        overdue_at=overdue_at,
    )


def figures(chosen: Range, rows: list[SettledRequest], *items: InboxItem) -> RangeFigures:
    made = RangeFigures(SettledFigures(chosen), OpenWork(chosen), {"prj_1": "claims"}, NOW)
    made.settled.add(rows)
    made.work.add(items)
    return made


def days(since: datetime | None = START - timedelta(hours=9), until: datetime | None = None) -> Range:
    return Range("", since, until, "day", UTC, NOW)


def test_waits_outcomes_and_agreement_are_counted() -> None:
    """By nearest rank; agreement by the confidence that the agent gave; outcomes in one order, also those of none."""
    rows = [
        settled(10, "APPROVE", "APPROVE", 0.95),
        settled(20, "REJECT", "APPROVE", 0.9),
        settled(30, "APPROVE", "APPROVE", 0.89, "bob"),
        settled(100, "ESCALATE", "APPROVE", None, "bob"),
        settled(1000, "DEFER_TO_BOARD", None, None, "bob"),
        settled(40, None, None, None, "bob"),
    ]
    made = figures(days(), rows)
    group = made.settled.all
    assert (group.settled, group.waited(50), group.waited(95)) == (6, 30.0, 1000.0)
    assert group.listed_outcomes() == {
        "approve": 2,
        "deny": 1,
        "edit": 0,
        "ask": 0,
        "escalate": 1,
        "answer": 1,
        "defer to board": 1,
    }
    given = {band.caption: (band.given, band.followed, band.mean) for band in group.bands() if band.given}
    assert given == {"90-100 %": (2, 1, 0.925), "80-90 %": (1, 1, 0.89), "not given": (1, 0, None)}
    assert group.recommended.share == 0.5
    assert [(row.name, row.group.settled) for row in made.rows("reviewer")] == [("alice", 2), ("bob", 4)]
    assert [(row.name, row.group.settled) for row in made.rows("project")] == [("claims", 6)]


@pytest.mark.parametrize(
    ("confidence", "band"), [(1.0, "90-100 %"), (0.8, "80-90 %"), (0.7, "70-80 %"), (0.499, "under 50 %")]
)
def test_a_confidence_on_a_bound_is_in_the_band_above_it(confidence: float, band: str) -> None:
    """0.7 is 70 %, whatever a computer makes of 0.7 * 100."""
    group = Group()
    group.add(settled(1, "APPROVE", "APPROVE", confidence), "approve", 1, band_of(confidence))
    assert [one.caption for one in group.bands() if one.given] == [band]


@pytest.mark.parametrize(("count", "p50", "p95"), [(0, None, None), (1, 1, 1), (20, 10, 19), (100, 50, 95)])
def test_percentiles_are_of_the_nearest_rank(count: int, p50: float | None, p95: float | None) -> None:
    """A value that was there, none in between."""
    values = [float(number) for number in range(1, count + 1)]
    assert (percentile(values, 50), percentile(values, 95)) == (p50, p95)


def test_each_day_tells_what_was_asked_settled_and_left() -> None:
    """What is open at a day's end is what was not settled by then, whenever it was settled since."""
    rows = [
        settled(60),
        settled(DAY.total_seconds()),
        settled(60, asked_at=START + DAY),
        settled(60, asked_at=START - 2 * DAY),  # asked and settled before the range
        settled(3 * DAY.total_seconds(), asked_at=START - DAY),
    ]
    made = figures(days(), rows, waiting(START), waiting(START + DAY), waiting(START - 3 * DAY))
    told = [(row.name, row.asked, row.group.settled, row.open) for row in made.rows("day")]
    assert told == [
        ("2026-01-05", 3, 1, 4),
        ("2026-01-06", 2, 2, 4),
        ("2026-01-07", 0, 1, 3),
        ("2026-01-08", 0, 0, 3),
    ]


def test_what_came_after_the_range_tells_only_what_was_left_at_its_end() -> None:
    """A request that was settled later was open then; one that was asked later was not."""
    later = [settled(DAY.total_seconds()), settled(60, asked_at=START + DAY)]
    made = figures(days(until=START + timedelta(hours=15)), [settled(60), *later], waiting(START), waiting(START + DAY))
    assert [(row.asked, row.group.settled, row.open) for row in made.rows("day")] == [(3, 1, 2)]
    assert made.settled.all.settled == 1


def test_open_requests_count_for_their_project_assignee_and_agent() -> None:
    """How many, how many are overdue, how old the oldest is."""
    items = waiting(START, START + DAY, "alice"), waiting(START + DAY, NOW + DAY)
    made = figures(days(), [], *items)
    (project,), (agent,) = made.rows("project"), made.rows("agent")
    assert (project.open, project.backlog.overdue, project.oldest_seconds) == (2, 1, 3 * DAY.total_seconds())
    assert (agent.name, agent.open, agent.asked) == ("bot", 2, 2)
    assert [(row.name, row.open) for row in made.rows("reviewer")] == [("alice", 1), ("unassigned", 1)]
    made.work.remove([items[0].request_id, "evt_unknown"])
    assert (made.total().open, made.total().backlog.overdue) == (1, 0)


def test_days_begin_at_midnight_of_the_viewers_zone() -> None:
    """Where the clocks go back the day has an hour more, and no day is told twice."""
    berlin = ZoneInfo("Europe/Berlin")
    chosen = last_days(3, datetime(2026, 10, 26, 12, 0, tzinfo=UTC), berlin)
    assert chosen.since == datetime(2026, 10, 24, 0, 0, tzinfo=berlin)
    assert list(chosen.periods()) == ["2026-10-24", "2026-10-25", "2026-10-26"]
    assert chosen.period_of(datetime(2026, 10, 25, 22, 30, tzinfo=UTC)) == "2026-10-25"
    today = last_days(1, datetime(2026, 10, 26, 1, 30, tzinfo=UTC), berlin)
    assert list(today.periods()) == ["2026-10-26 00:00", "2026-10-26 01:00", "2026-10-26 02:00"]


def test_a_csv_runs_no_formula() -> None:
    """A reviewer's name that a spreadsheet would run begins with an apostrophe; empty where nothing is to be told."""
    made = figures(days(), [settled(10, who="=cmd()")])
    (row,) = csv.DictReader(StringIO(csv_text("reviewer", made.rows("reviewer"))))
    assert (row["reviewer"], row["settled"], row["oldest_seconds"], row["approve"]) == ("'=cmd()", "1", "", "1")
