"""Earlier decisions as paragraphs: similar ones with what differs, and the one that a request follows up. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api_client.quantities import difference_words
from pumpup_tui.decisions.request_changes import (
    AskedBefore,
    AskedRequest,
    RequestChange,
    arrivals,
    changes_between,
    unmet_words,
)
from pumpup_tui.text.firewall import line
from pumpup_tui.text.labels import confidence_of, outcome_of
from pumpup_tui.text.layout import Line, crop, joined
from pumpup_tui.text.nested_values import nested_lines
from pumpup_tui.text.outcomes import OUTCOMES
from pumpup_tui.text.paragraphs import Paragraph, boxed, led, ours, section

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import datetime

    from pumpup_tui.decisions.precedents import Precedent, RequestHistory

DIFFERENCES = 4
"""Differences of a similar decision that are named; more are counted."""
CHANGES = 12
"""Changes of a request that asks again that are shown; more are counted."""
SHORT, VALUE = 32, 60
"""Characters of a value that is named among others, and of one in a line of its own."""
NOTE_SHOWN = 600
WORDS_SHOWN = 6


def similar_lines(history: RequestHistory, present: AskedRequest, stamp: Callable[[datetime], str]) -> list[Paragraph]:
    """Return how similar requests were decided: when, by whom, with which note, and what differs in this one."""
    if not history.similar:
        return []
    lines = [ours(), section("Similar decisions · the agent recommended the same")]
    for precedent in history.similar:
        lines.append(_decision(precedent, stamp))
        asked = history.requests.get(precedent.request_id)
        if asked is not None:
            lines.append(led([("   differs  ", "muted")], (_differences(asked, present), "muted")))
    return lines


def _decision(precedent: Precedent, stamp: Callable[[datetime], str]) -> Paragraph:
    act = OUTCOMES.get(precedent.kind)
    glyph, word, tone = (act.glyph, act.past, act.tone) if act else outcome_of({"type": precedent.kind})
    text = joined((line(precedent.by_whom, 40), line(precedent.reason_code, 40), line(precedent.note, 200)))
    head: Line = [(f"{stamp(precedent.at)}  ", "muted"), (f"{glyph} {word}", tone), ("  ", "")]
    return led(head, (text, ""))


def _differences(asked: AskedRequest, present: AskedRequest) -> str:
    """Return what was otherwise in an earlier request, in one clean line: quantities first, then what is short."""
    changes = [change for change in changes_between(asked, present) if change.kind not in ("rationale", "summary")]
    said = [words for change in sorted(changes, key=_rank) if (words := _difference(change))]
    more = f"+{len(said) - DIFFERENCES} more" if len(said) > DIFFERENCES else ""
    return joined((*said[:DIFFERENCES], more)) or "nothing but its text"


def _rank(change: RequestChange) -> int:
    if change.kind == "context" and change.before and change.after and difference_words(change.after, change.before):
        return 0
    return ("confidence", "asker", "context", "attachment", "recommendation").index(change.kind) + 1


def _difference(change: RequestChange) -> str:
    """Return one difference as it was in the earlier request, clean."""
    if change.kind == "confidence":
        return f"confidence {_percent(change.before)}" if change.before else "no confidence"
    if change.kind == "asker":
        return f"asked by {line(change.before, 40)}" if change.before else ""
    if change.kind == "attachment":
        label = line(change.name, SHORT)
        return f"without {label}" if change.before is None else f"with {label}"
    if change.before is None:
        return f"no {line(change.name, SHORT)}"
    if len(change.before) > SHORT:
        return f"another {line(change.name, SHORT)}"
    gap = difference_words(change.after or "", change.before)
    return f"{line(change.name, SHORT)} {line(change.before, SHORT)}" + (f" ({line(gap)})" if gap else "")


def changed_lines(before: AskedBefore, stamp: Callable[[datetime], str]) -> list[Paragraph]:
    """Return what changed since a request was sent back, and which words of the note arrived with it."""
    tone = OUTCOMES[before.sent_back.kind].tone
    return [ours(), *boxed([(changed_title(before, stamp), "strong")], changes_of(before), tone)]


def changed_title(before: AskedBefore, stamp: Callable[[datetime], str]) -> str:
    """Return who sent the request back and when, in clean words."""
    refusal = before.sent_back
    did = "denied it" if refusal.kind == "REJECT" else OUTCOMES[refusal.kind].past
    who = line(refusal.by_whom, 40) or "someone"
    return f"Changed since {who} {did} ({stamp(refusal.at)})"


def changes_of(before: AskedBefore) -> list[Paragraph]:
    """Return the note, what changed since, and which of the note's words arrived."""
    refusal, changes = before.sent_back, list(before.changes)
    lines: list[Paragraph] = []
    if note := refusal.note.strip():
        asked = "note       " if refusal.kind == "REJECT" else "asked for  "
        lines.append(led([(asked, "muted")], (f"“{line(note, NOTE_SHOWN)}”", "")))
    lines += [_changed(change) for change in changes[:CHANGES]]
    if len(changes) > CHANGES:
        lines.append(ours((f"… and {len(changes) - CHANGES:,} more changes", "muted")))
    return [*lines, *_answered(note, changes)]


def _changed(change: RequestChange) -> Paragraph:
    sign, tone = ("+", "good") if change.before is None else ("−", "bad") if change.after is None else ("~", "")  # noqa: RUF001
    return led([(f"{sign} ", tone)], *_change_runs(change))


def _change_runs(change: RequestChange) -> Iterator[tuple[str, str]]:
    """Yield a change's runs, clean: its name, and its value before and after.

    Of a text that stands in the request itself only the one before is shown.
    """
    if change.kind == "attachment":
        yield f"attachment  {line(change.name, VALUE)}", ""
        return
    yield f"{line(change.name, VALUE) if change.kind == 'context' else _NAMES[change.kind]}  ", "muted"
    if change.kind in ("rationale", "summary"):
        yield f"was {_quoted(change.before)}", ""
        return
    yield " → ".join(_value(change, one) for one in (change.before, change.after) if one is not None), ""
    if change.kind == "context" and (gap := difference_words(change.before or "", change.after or "")):
        yield f"  {line(gap)}", "muted"


_NAMES = {
    "recommendation": "recommends",
    "confidence": "confidence",
    "rationale": "rationale",
    "summary": "text",
    "asker": "asked by",
}


def _quoted(raw: str | None) -> str:
    return f"“{crop(line(raw), VALUE)}”" if raw else "empty"


def _value(change: RequestChange, raw: str) -> str:
    if change.kind == "confidence":
        return _percent(raw)
    if change.kind == "recommendation":
        glyph, word, _ = outcome_of({"type": raw})
        return f"{glyph} {word}"
    nested = nested_lines(raw)
    return crop(line(raw) if nested is None else " · ".join(part.strip() for part in nested), VALUE) or "empty"


def _percent(raw: str) -> str:
    return confidence_of({"confidence": float(raw)})


def _answered(note: str, changes: Sequence[RequestChange]) -> Iterable[Paragraph]:
    """Yield what of the note's words came back: what arrived, not whether it is enough."""
    if not changes:
        yield ours(("nothing: the same recommendation, context, attachments and text", "needs"))
        return
    arrived = arrivals(note, changes)
    if not arrived:
        yield ours(("no new or changed context, no new attachment", "needs"))
    named = [f"{', '.join(_words(one.words))} → {crop(line(one.change.name), VALUE)}" for one in arrived if one.words]
    if named:
        yield led([("named in the note  ", "muted")], (joined(named[:CHANGES]), ""))
    if unmet := unmet_words(note, changes):
        yield led([("not found in what is new  ", "muted")], (", ".join(_words(unmet)), "muted"))


def _words(raw_words: Sequence[str]) -> list[str]:
    return [f"“{line(word, SHORT)}”" for word in raw_words[:WORDS_SHOWN]]
