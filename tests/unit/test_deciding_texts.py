"""Lines of deciding: boxes, changes since a request was sent back, columns of a batch, reason codes and templates."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from pumpup_tui.decisions.note_templates import filled, template_fault
from pumpup_tui.decisions.precedents import Precedent, RequestHistory
from pumpup_tui.decisions.reason_codes import OWN_KEPT, configured_for, offered_codes, own_codes, with_code
from pumpup_tui.decisions.request_changes import AskedBefore, AskedRequest, SentBack, changes_between
from pumpup_tui.inbox.batch_columns import columns_of
from pumpup_tui.inbox.history_paragraphs import DIFFERENCES, changed_lines, similar_lines
from pumpup_tui.inbox.request_paragraphs import METER, confidence_bar
from pumpup_tui.text.firewall import BAR
from pumpup_tui.text.paragraphs import Paragraph, boxed, drawn, foreign, ours, section

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
ASKED = AskedRequest("Refund $240", "bot", "REJECT", 0.62, "No receipt", {"Amount": "$240", "Claim": "C-1"}, {})


def texts(paragraphs: list[Paragraph], cells: int = 70) -> list[str]:
    return ["".join(text for text, _ in line.line) for line in drawn(paragraphs, cells)]


def stamp(moment: datetime) -> str:
    return moment.strftime("%H:%M")


@given(st.lists(st.text(alphabet="ab \n漢", max_size=60), max_size=4), st.integers(20, 90), st.integers(0, 3))
def test_a_box_has_straight_sides(words: list[str], cells: int, most: int) -> None:
    """Each of its lines is as wide as the box, also folded ones; foreign text keeps its bar outside of the box."""
    inside = [foreign((text, ""), most=most, folds="z" if most else "") for text in words]
    lines = texts(boxed([("Agent recommends", "")], [ours(("▲ APPROVE", "")), *inside], "approve"), cells)
    assert {cell_len(line) for line in lines} == {cells + 1}
    assert [line[1] for line in lines] == ["╭", *"│" * (len(lines) - 2), "╰"]
    assert all(line[0] == BAR for line in lines[2:-1])


def test_a_rule_spans_the_width_and_is_no_text_to_be_seen() -> None:
    """The end of a box asks for no key; the words in a rule are read like others."""
    top, bottom = drawn([section("Timeline")], 40) + drawn([boxed([], [], "edge")[-1]], 40)
    assert cell_len("".join(text for text, _ in top.line)) == 41
    assert top.at is not None
    assert bottom.at is None


@given(st.floats(0, 1))
def test_the_meter_is_as_long_as_the_confidence(value: float) -> None:
    """Never more than its cells, and empty or full at the ends alone."""
    meter = confidence_bar(value)
    assert len(meter) == METER
    assert abs(meter.count("█") - value * METER) <= 1
    assert BAR not in meter


def sent_back(after: AskedRequest, kind: str = "REQUEST_MORE_INFO", note: str = "the receipt please") -> list[str]:
    before = SentBack("evt_1", NOON, "maria", kind, note)
    return texts(changed_lines(AskedBefore(before, changes_between(ASKED, after)), stamp))


def changed(**more: Any) -> AskedRequest:
    names = ("summary", "asker", "recommended", "confidence", "rationale", "context", "attachments")
    return AskedRequest(**({name: getattr(ASKED, name) for name in names} | more))


def test_what_changed_is_told_with_what_was_asked_for() -> None:
    """Who sent it back, when, the note, each change with its gap, and which words of the note arrived."""
    after = changed(
        recommended="APPROVE",
        confidence=0.91,
        context={"Amount": "$180", "Receipt no.": "17"},
        attachments={"upl_1": "photo.jpg"},
    )
    shown = "\n".join(sent_back(after))
    for words in (
        "Changed since maria asked for more (12:00)",
        "asked for  “the receipt please”",
        "~ recommends  ▼ deny → ▲ approve",
        "~ confidence  62 % → 91 %",
        "~ Amount  $240 → $180  $60 lower",
        "− Claim  C-1",  # noqa: RUF001 - the sign that is drawn
        "+ Receipt no.  17",
        "+ attachment  photo.jpg",
        "named in the note  “receipt” → Receipt no.",
    ):
        assert words in shown, shown
    assert "not found" not in shown


def test_an_unchanged_request_says_so() -> None:
    """Asked again as it was: nothing arrived, after a denial too."""
    shown = "\n".join(sent_back(ASKED, "REJECT", ""))
    assert "Changed since maria denied it (12:00)" in shown
    assert "nothing: the same recommendation, context, attachments and text" in shown


def test_words_that_did_not_arrive_are_named() -> None:
    """Another change than the one that was asked for is no answer to it."""
    shown = "\n".join(sent_back(changed(context={"Amount": "$239", "Claim": "C-1"})))
    assert "not found in what is new  “receipt”" in shown


def test_a_similar_decision_names_what_differs_and_counts_the_rest() -> None:
    """The amount first, with its gap; no more than a few, then a number."""
    similar = Precedent(NOON, "bob", "APPROVE", "fine", "policy", "REJECT", "evt_9")
    context = {"Amount": "$180"} | {f"Key {number}": "x" for number in range(9)}
    earlier = changed(context=context, asker="other-bot", confidence=0.9)
    history = RequestHistory([similar], {"evt_9": earlier})
    shown = texts(similar_lines(history, ASKED, stamp), 200)
    (line,) = (line for line in shown if "differs" in line)
    assert "differs  Amount $180 ($60 lower) · confidence 90 % · asked by other-bot · " in line
    assert line.rstrip().endswith(f"+{13 - DIFFERENCES} more")


def test_a_batch_has_columns_for_what_differs_with_certain_totals() -> None:
    """What all have in common is no column; a total needs all values, and one unit."""
    contexts = [
        {"Amount": "$85", "Claim": "C-1", "Policy": "P", "Story": "long " * 30, "Fee": "1 EUR"},
        {"Amount": "$1,015.50", "Claim": "C-2", "Policy": "P", "Story": "", "Fee": "$1"},
    ]
    columns = columns_of(contexts, 80)
    assert [(column.name, column.raw_total) for column in columns] == [
        ("Amount", "$1,100.50"),
        ("Fee", ""),
        ("Claim", ""),
    ]
    assert [column.name for column in columns_of(contexts, 12)] == ["Amount"]
    assert not any(column.raw_total for column in columns_of([*contexts, None], 80)), "one is not read yet"
    assert len({cell_len(column.cell(context)) for column in columns[:1] for context in contexts}) == 1


def test_codes_of_the_configuration_keep_their_numbers() -> None:
    """Configured ones first, as they stand there; then those in use, then one's own; each once."""
    configured = configured_for({"claims": ["limit", "policy"], "*": ["duplicate"]}, "prj_1", "claims")
    offered = offered_codes(configured, [("policy", 9), ("cash", 2)], ["late", "cash"])
    assert [one.code for one in offered] == ["limit", "policy", "duplicate", "cash", "late"]
    assert [one.why for one in offered] == ["configured", "configured", "configured", "used 2 ×", "yours"]  # noqa: RUF001


@given(st.lists(st.tuples(st.sampled_from(("prj_1", "prj_2")), st.text(max_size=6)), max_size=30))
def test_own_codes_are_the_last_ones(used: list[tuple[str, str]]) -> None:
    """By project, the last first, each once, and only so many; whatever is stored is read or ignored."""
    remembered: Any = {"prj_2": "damaged", "prj_1": [1, None]}
    for project, code in used:
        remembered = with_code(remembered, project, code)
    last = [code for project, code in reversed(used) if project == "prj_1" and code.strip()]
    assert list(own_codes(remembered, "prj_1")) == list(dict.fromkeys(last))[:OWN_KEPT]


def test_a_template_is_filled_or_left_out() -> None:
    """A note for several names no task; a value with braces is not filled again; a misspelt placeholder is a fault."""
    templates = {"receipt": "Add the receipt of {task}.", "thanks": "Thanks, {reviewer}"}
    both = filled(templates, {"task": "{reviewer}", "reviewer": "alice"})
    assert [one.text for one in both] == ["Add the receipt of {reviewer}.", "Thanks, alice"]
    assert [one.name for one in filled(templates, {"reviewer": "alice"})] == ["thanks"]
    assert "{tsk} is no placeholder" in template_fault("Add {tsk}")
    assert template_fault("Add {task}") == ""
