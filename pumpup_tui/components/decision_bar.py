"""What is armed and what became of what was sent, as it is."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from rich.cells import cell_len
from typing_extensions import override

from pumpup_tui.components.line_widgets import Lines
from pumpup_tui.context import Context
from pumpup_tui.decisions.desk import VERB_WORDS, Intent, Phase, Sent
from pumpup_tui.text.firewall import line
from pumpup_tui.text.layout import Line, Run, crop, fit, width_of, wrap
from pumpup_tui.text.paragraphs import FOREIGN

LEAST = 12
"""Cells of a title that are shown, however narrow it is."""
TITLE = 20
"""Cells of a title beside which there is room for who decides, whom the header names too."""
SHOWN = 3
"""Sent acts that are shown at a time, the newest."""
MARKS = {
    Phase.HELD: ("◷", "warn"),
    Phase.SENDING: ("…", "muted"),
    Phase.RECORDED: ("✓", "good"),
    Phase.LOST: ("✗", "bad"),
    Phase.REFUSED: ("✗", "bad"),
    Phase.UNKNOWN: ("?", "warn"),
}


class DecisionBar(Lines):
    """The desk, drawn."""

    def __init__(self, context: Context, unseen: Callable[[], int]) -> None:
        """Take what counts the lines that must be seen before what is armed is sent."""
        super().__init__()
        self.context = context
        self._unseen = unseen
        self._typing = False

    def tell_typing(self, *, typing: bool) -> None:
        """Name no key while something is typed: it would be typed too."""
        self._typing = typing
        self.update_lines()

    @override
    def lines(self, width: int) -> Sequence[Line]:
        desk = self.context.outbox.desk
        shown: list[Line] = []
        if desk.armed is not None:
            shown += self._armed(desk.armed, width)
        if desk.hint:
            shown.append([(crop(f" {desk.hint}", width), "warn")])
        batches: dict[str, list[Sent]] = {}
        for one in desk.sent:
            batches.setdefault(one.batch or one.key, []).append(one)
        for sent in list(batches.values())[-SHOWN:]:
            shown.append(self._batch(sent, width) if sent[0].batch else self._sent(sent[0], width))
        return shown

    def _batch(self, sent: Sequence[Sent], width: int) -> Line:
        """Return one line for all that one key confirmed; the first that was lost says why."""
        line_ = [(" ", ""), *batch_line(sent, self.context.clock())]
        why = next((one for one in sent if one.phase in (Phase.LOST, Phase.REFUSED)), None)
        if why is not None:
            room = max(0, width - width_of(line_))
            reason = self.context.in_zone(line(why.detail))
            line_.append((crop(f"{line(why.intent.title, 60)}: {reason}", room), "muted"))
        return line_

    def _armed(self, intent: Intent, width: int) -> list[Line]:
        status = self.context.status
        tags = f" [{', '.join(line(tag, 30) for tag in status.tags)}]" if status.tags else ""
        unseen = self._unseen()
        send = "show the rest" if unseen else "send"
        hints = (("decide.send", send), ("decide.note", "note"), ("move.back", "cancel"))[intent.lacks_note :]
        if self._typing:
            hints = ()
        keys = "   ".join(map(" ".join, self.context.key.hints(hints))) + " "
        verb = f" {VERB_WORDS[intent.verb].upper()} "
        least = cell_len(_end(intent)) + LEAST
        room = width - width_of([(verb, ""), (keys, "")]) - 3
        # Who decides stands before what an agent wrote, which could say otherwise and push it away.
        who = f"as {line(status.reviewer, 40)}"
        actor = next((one for one in (f"{who}{tags} ", f"{who} ") if room - cell_len(one) >= max(TITLE, least)), "")
        room -= cell_len(actor)
        if room >= least:
            about = fit(armed_words(intent, room), room)
            lines: list[Line] = [
                [(verb, "armed"), (" ", ""), (actor, ""), FOREIGN, (about, ""), (" ", ""), (keys, "accent")]
            ]
        else:
            # Too narrow for one line: what would be done, and to what, stands whole above the keys.
            room = width - len(verb) - 1
            told = wrap([(armed_words(intent, max(room, cell_len(_end(intent)) + LEAST)), "")], room)
            lines = [
                [(verb, "armed"), FOREIGN, *one] if n == 0 else [FOREIGN, (" " * len(verb), ""), *one]
                for n, one in enumerate(told)
            ]
            lines.append([(crop(f" {keys}", width), "accent")])
        if unseen:
            lines.append([(f" {unseen_words(unseen)} yet", "warn")])
        if intent.lacks_note:
            lines.append([(" needs a note: what should change, or what is missing", "warn")])
        elif intent.note:
            lines.append([(crop(f" note: {line(intent.note)}", width), "muted")])
        if intent.reason_code:
            lines.append([(crop(f" reason code: {line(intent.reason_code, 80)}", width), "muted")])
        return lines

    def _sent(self, one: Sent, width: int) -> Line:
        glyph, tone = MARKS[one.phase]
        head = f" {glyph} {one.word.upper()} "
        about = f"{VERB_WORDS[one.intent.verb]} · {target_words(one.intent)}"
        if one.phase is Phase.HELD:
            head += f"{math.ceil(one.seconds_left(self.context.clock()))} s · "
            tail = f" · {self.context.key('decide.undo')} takes it back"
        elif one.phase is Phase.RECORDED:
            head += f"{self.context.stamp(one.since)} · "
            tail = f" · {line(one.detail, 60)}" if one.detail else ""  # the event's id, which is of no use in part
        elif one.phase is Phase.UNKNOWN:
            head += "· asking again under the same key · "
            tail = ""
        elif one.phase is Phase.SENDING:
            head, tail = head + "· ", ""
        else:
            # The reason matters more than the title here, and what can still be done with the note.
            offered = self.context.outbox.desk.lost_note() is one.intent
            note = f" · {self.context.key('inbox.note')} puts your note on the task"
            tail = note if offered else f" · {about}"
            about = self.context.in_zone(line(one.detail))
            head += "· "
        after = width_of([(tail, "")]) if one.phase is Phase.RECORDED else min(len(tail), width // 3)
        body = crop(about, max(10, width - width_of([(head, "")]) - after))
        return [(head, tone), (body, ""), (tail, "muted")]


def batch_line(sent: Sequence[Sent], now: datetime) -> Line:
    """Return how many of a batch are where, in one line."""
    if not sent:
        return [("taken back: nothing was sent", "warn")]
    counts = Counter((one.phase, one.word) for one in sent)
    runs: list[Run] = []
    for (phase, word), count in sorted(counts.items(), key=lambda one: list(MARKS).index(one[0][0])):
        glyph, tone = MARKS[phase]
        left = max(one.seconds_left(now) for one in sent)
        wait = f", {left:.0f} s left" if phase is Phase.HELD else ""
        runs.append((f"{glyph} {count:,} {word}{wait}   ", tone))
    return [(f"{VERB_WORDS[sent[0].intent.verb]} {len(sent):,} at once:  ", "strong"), *runs]


def unseen_words(count: int) -> str:
    """Return how much was not on the screen."""
    return f"{count:,} line{'s' if count != 1 else ''} not seen"


def armed_words(intent: Intent, cells: int) -> str:
    """Return what an intent is about in at most `cells` cells: the title is cut, where it goes to never is."""
    end = _end(intent)
    return crop(line(intent.title, 200), max(LEAST, cells - cell_len(end))) + end


def _end(intent: Intent) -> str:
    return target_words(replace(intent, title=""))


def target_words(intent: Intent) -> str:
    """Return what an intent is about, in one clean line."""
    title = line(intent.title, 200)
    if intent.verb == "MOVE":
        return f"{title} → {line(intent.to_step, 80)}"
    if intent.verb == "ASSIGN":
        return f"{title} → @{line(intent.assignee, 80)}" if intent.assignee else f"{title} → given back"
    return title
