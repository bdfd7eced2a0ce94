"""A request's standing under a policy, in words, in the queue and on the desk: pure parts."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from api_client.needs import Agreed, Needs
from api_client.request_query import Reader, read_filter
from pumpup_tui.components.decision_bar import armed_verb, batch_line
from pumpup_tui.decisions.desk import Desk, Intent, OnRecord, Phase
from pumpup_tui.decisions.session_tally import SessionTally
from pumpup_tui.inbox.queue import Heading, RequestQueue
from pumpup_tui.text.needs_words import demand_words, missing_words, refused_words, standing_words, tag_words
from tests.unit.test_queue import DECIDER, LATE, NOW, item, recommends

TWELVE = datetime(2026, 3, 2, 12, 1, tzinfo=UTC)


def agreed(subject: str, outcome: str = "APPROVE", note: str | None = None) -> Agreed:
    return Agreed(subject=subject, at=TWELVE, event_id=f"evt_{subject}", outcome=outcome, note=note)


def stamp(moment: datetime) -> str:
    return moment.strftime("%H:%M")


LEADS = Needs(rule="large", people=2, tags=("claims-lead",))
THEIRS = Needs(rule="r", people=2, tags=("finance",), may=False, refusal="Only \x1bfinance may decide this.")


def test_a_standing_is_told_in_words_that_no_server_can_spoil() -> None:
    """Whose it is, how many are missing, who agreed and when; names and tags are cleaned, cut and counted."""
    edited = agreed("c\x1b[2J", "EDIT_AND_APPROVE", "n")
    by_both = Needs(rule="r", people=3, agreed=(agreed("bob"), agreed("alice"), edited))
    assert demand_words(LEADS, "alice", stamp) == "needs 2 of claims-lead"
    words = demand_words(by_both, "alice", stamp)
    assert words == "you agreed 12:01 · needs 1 more person · bob agreed 12:01 · c␛[2J agreed 12:01 with an edit"
    assert standing_words(by_both, "alice") == "you agreed, needs 1"
    assert standing_words(by_both, "dora") == "2 of 3 agreed"
    assert standing_words(THEIRS, "alice") == "others decide"
    assert standing_words(Needs(rule="r"), "alice") == ""
    crowd = Needs(rule="r", people=2, agreed=tuple(agreed(f"p{n}", "EDIT_AND_APPROVE", str(n)) for n in range(90)))
    assert demand_words(crowd, "alice", stamp).endswith("p4 agreed 12:01 with an edit · 85 more agreed")
    assert missing_words(Needs(rule="r", people=1, agreed=(agreed("bob"), agreed("carol")))).startswith("needs 0")
    assert tag_words(Needs(rule="r", tags=("a", "b"))) == "a or b"
    assert tag_words(Needs(rule="r", tags=tuple("abcdef"))) == "a, b, c or 3 more tags"
    both = Needs(rule="r", tags=("a", "b"), more_tags=(("eu",),))
    assert tag_words(both) == "a or b, and eu"
    assert missing_words(both) == "needs 1 of a or b, and eu"
    assert tag_words(Needs(rule="r", more_tags=tuple((name,) for name in "abcdef"))) == "a, and b, and c, and 3 more"


def test_a_refusal_names_what_it_takes() -> None:
    """Who may not is told why; who agreed may not agree again, but may still deny."""
    refused = refused_words(THEIRS, "REJECT", "alice", stamp)
    assert refused == "Only ␛finance may decide this."
    once = Needs(rule="r", people=2, agreed=(agreed("alice"),))
    assert refused_words(once, "APPROVE", "alice", stamp) == "you agreed 12:01 · needs 1 more person"
    assert refused_words(once, "REJECT", "alice", stamp) == ""
    assert refused_words(once, "APPROVE", "bob", stamp) == ""
    assert refused_words(None, "APPROVE", "bob", stamp) == ""


def test_the_armed_act_says_whether_it_decides() -> None:
    """By the very same outcome of other people: an edit counts with its note alone, and any other outcome decides."""

    def armed(verb: Any, *others: Agreed, note: str = "", people: int = 2) -> str:
        needs = Needs(rule="r", people=people, agreed=(agreed("alice", "EDIT_AND_APPROVE", "x"), *others))
        return armed_verb(Intent(verb, "r", "t", note=note).under(needs, "alice", blind=None))

    assert armed("APPROVE") == "▲ AGREE 1 of 2"
    assert armed("APPROVE", agreed("bob")) == "▲ APPROVE (decides)"
    assert armed("APPROVE", agreed("bob", "EDIT_AND_APPROVE", "x")) == "▲ AGREE 1 of 2"
    assert armed("EDIT_AND_APPROVE", agreed("bob", "EDIT_AND_APPROVE", "x"), note="y") == "✎ AGREE 1 of 2 to the edit"
    assert armed("EDIT_AND_APPROVE", agreed("bob", "EDIT_AND_APPROVE", "x"), note="x") == "✎ EDIT (decides)"
    assert armed("REJECT") == "▼ DENY (decides)"
    assert armed("APPROVE", people=1) == "▲ APPROVE"


def test_an_agreement_is_counted_apart_also_where_that_turns_out_late() -> None:
    """What was counted as a decision and read back as an agreement is one agreement, and no decision."""
    tally, desk = SessionTally(), Desk()
    for number in range(2):
        desk = desk.arm(Intent("APPROVE", f"r{number}", "")).confirm(f"k{number}", NOW, 0, batch="b")
    for number in range(2):
        desk = desk.settle(f"k{number}", Phase.RECORDED, NOW)
    assert tally.take(desk)
    assert tally.words(NOW) == "2 decided"
    desk = desk.settle("k1", Phase.RECORDED, NOW, on_record=OnRecord(is_agreement=True, missing=1))
    assert tally.take(desk)
    assert not tally.take(desk)
    assert tally.words(NOW) == "1 decided, 1 agreed"
    assert [sent.does for sent in desk.sent] == ["approve", "agreed to approve, needs 1 more"]
    assert "1 only agreed: they need more people" in "".join(text for text, _ in batch_line(desk.sent, NOW))


def test_what_others_must_decide_stands_last_and_is_found_by_may() -> None:
    """Whatever its age, its assignee and its sort; where no request has needs nothing is said of it."""
    once = Needs(rule="r", people=2, agreed=(agreed("alice"),))
    items = (
        item(1, needs=THEIRS, **LATE),
        item(2, needs=LEADS),
        item(3),
        item(4, needs=once, assignee_id="alice"),
        item(5, event_type="ELICITATION_REQUESTED"),
    )
    queue = RequestQueue(lambda: DECIDER)
    queue.is_complete = True
    has_demands = []
    for loaded in (items[2:3], items):
        queue.replace(loaded)
        has_demands.append(queue.has_demands)
    assert has_demands == [False, True]
    rows = [queue.row(index) for index in range(queue.count)]
    told = [row.name if isinstance(row, Heading) else row.request_id for row in rows if row is not None]
    assert told == ["you may decide", "r2", "r3", "others", "r5", "others must decide", "r1", "r4"]
    assert [row.overdue for row in rows if isinstance(row, Heading)] == [0, 0, 1]
    test = read_filter("is:may", DECIDER).test
    assert test is not None
    assert [test(one) for one in items] == [False, True, True, False, False]


def test_no_filter_finds_what_is_hidden() -> None:
    """Neither the outcome nor the confidence of a blind request passes, and neither does their opposite tell."""
    seen, hidden = (item(1, recommendation=recommends("REJECT", 0.6), blind=blind) for blind in (None, True))
    reader = Reader("alice", NOW)
    for text, passes in (
        ("agent:deny", (True, False)),
        ("confidence<.9", (True, False)),
        ("-agent:deny", (False, True)),
    ):
        test = read_filter(text, reader).test
        assert test is not None
        assert (test(seen), test(hidden)) == passes
    other = item(2, recommendation=recommends("APPROVE", 0.99), blind=True)
    for text in ("-agent:deny", "-agent:approve", "-confidence>.9", "-confidence<.9"):
        test = read_filter(text, reader).test
        assert test is not None
        assert test(other)
        assert test(hidden)
