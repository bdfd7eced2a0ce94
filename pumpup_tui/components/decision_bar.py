"""The decision bar: the armed decision, and the state of those that were sent."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from rich.cells import cell_len
from typing_extensions import override

from pumpup_tui.components.hot_spots import controls, toned
from pumpup_tui.components.line_widgets import Lines
from pumpup_tui.context import Context
from pumpup_tui.decisions.desk import NOTE_SAYS, VERB_WORDS, Confirmed, Intent, Phase
from pumpup_tui.keys.key_names import Hints
from pumpup_tui.text.firewall import line
from pumpup_tui.text.labels import recommendation_run
from pumpup_tui.text.layout import Line, Run, crop, fit, joined, width_of, wrap
from pumpup_tui.text.outcomes import ACTS, OUTCOMES
from pumpup_tui.text.paragraphs import FOREIGN

LEAST = 12
"""Cells of a title that are shown, however narrow it is."""
TITLE = 20
"""Cells of a title beside which the reviewer is named, whom the header names too."""
SHOWN = 3
"""The number of sent decisions that are shown, the newest."""
MARKS = {
    Phase.HELD: ("◷", "warn"),
    Phase.SENDING: ("…", "muted"),
    Phase.RECORDED: ("✓", "good"),
    Phase.LOST: ("✗", "bad"),
    Phase.REFUSED: ("✗", "bad"),
    Phase.UNKNOWN: ("?", "warn"),
}


class DecisionBar(Lines):
    """The lines that show the desk."""

    def __init__(self, context: Context, unseen: Callable[[], int], additions: Callable[[], Hints] = tuple) -> None:
        """Take what counts the lines to be seen before the armed decision is sent, and what may be added to it."""
        super().__init__()
        self.context = context
        self._unseen = unseen
        self._additions = additions
        self._typing = False

    def set_typing(self, *, typing: bool) -> None:
        """Name no key while the reader types: it would be typed too."""
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
        batches: dict[str, list[Confirmed]] = {}
        for sent in desk.sent:
            batches.setdefault(sent.batch or sent.key, []).append(sent)
        for batch in list(batches.values())[-SHOWN:]:
            shown.append(self._batch(batch, width) if batch[0].batch else self._sent(batch[0], width))
        return shown

    def _batch(self, sent: Sequence[Confirmed], width: int) -> Line:
        """Return one line for all decisions that one key confirmed, with the reason of the first that was lost."""
        line_ = [(" ", ""), *batch_line(sent, self.context.clock())]
        why = next((decision for decision in sent if decision.phase in (Phase.LOST, Phase.REFUSED)), None)
        if why is not None:
            room = max(0, width - width_of(line_))
            reason = self.context.in_zone(line(why.detail))
            line_.append((crop(f"{line(why.intent.title, 60)}: {reason}", room), "muted"))
        return line_

    def _armed(self, intent: Intent, width: int) -> list[Line]:
        """Return the panel of what is armed, on the ground of its outcome: who does what to what; keys and note."""
        tone = ACTS[intent.verb].armed
        keys: Line = [(" ", ""), *self._armed_keys(intent)]
        added = [*filter(None, (self.context.outbox.opened.words(intent),)), *added_words(intent)]
        together: Line = [*keys, (" ", ""), (joined(added), "")]
        rest = [[(f" {crop(text, width - 1)}", "")] for text in added]
        below = [together] if width_of(together) <= width else [keys, *rest]
        lines = [*self._armed_head(intent, width), *below]
        return [_grounded(line_, width, tone) for line_ in lines]

    def _armed_keys(self, intent: Intent) -> Line:
        if self._typing:
            return [("nothing is sent while you type", "")]
        unseen = self._unseen()
        send = ("decide.send", "show the rest" if unseen else "send")
        note = (("decide.note", "note"),) if intent.takes_note else ()
        hints = (send, *note, *self._additions(), ("move.back", "cancel"))[intent.lacks_note :]
        keys = controls(self.context.key, hints)
        return [(f"{unseen_words(unseen)} yet   ", ""), *keys] if unseen else keys

    def _armed_head(self, intent: Intent, width: int) -> list[Line]:
        """Return the verb, the reviewer and the target: in one line where there is room, else in several."""
        verb = f" {armed_verb(intent)}  "
        least = cell_len(_end(intent)) + LEAST
        room = width - cell_len(verb) - 2
        # The reviewer stands before what an agent wrote, which could say otherwise and push it away.
        actor = next((words for words in self._actors() if room - cell_len(words) >= max(TITLE, least)), "")
        room -= cell_len(actor)
        if room >= least:
            return [[(verb, ""), (actor, ""), FOREIGN, (fit(armed_words(intent, room), room), "")]]
        # Too narrow for one line: the target stands whole, in several.
        target = wrap([(armed_words(intent, max(room, cell_len(_end(intent)) + LEAST)), "")], room)
        blanks = " " * cell_len(verb)
        return [[(blanks if number else verb, ""), FOREIGN, *runs] for number, runs in enumerate(target)]

    def _actors(self) -> Sequence[str]:
        """Return the words for the reviewer, the longest first."""
        status = self.context.status
        who = f"as {line(status.reviewer, 40)}"
        tags = f" [{', '.join(line(tag, 30) for tag in status.tags)}]" if status.tags else ""
        return (f"{who}{tags}  ", f"{who}  ")

    def _sent(self, sent: Confirmed, width: int) -> Line:
        glyph, tone = MARKS[sent.phase]
        head = f" {glyph} {sent.word.upper()} "
        about = f"{sent.does} · {target_words(sent.intent)}"
        if sent.phase is Phase.HELD:
            head += f"{math.ceil(sent.seconds_left(self.context.clock()))} s · "
            tail = f" · {self.context.key('decide.undo')} takes it back"
        elif sent.phase is Phase.RECORDED:
            head += f"{self.context.stamp(sent.since)} · "
            tail = f" · {line(sent.detail, 60)}" if sent.detail else ""  # the event's id, which is of no use in part
            if sent.on_record.recommendation is not None:  # it was hidden until now, and matters more
                tail = f" · agent: {recommendation_run(sent.on_record.recommendation, None)[0] or 'nothing'}"
        elif sent.phase is Phase.UNKNOWN:
            head += "· retrying with the same key · "
            tail = ""
        elif sent.phase is Phase.SENDING:
            head, tail = head + "· ", ""
        else:
            # The reason matters more than the title here, and what can still be done with the note.
            offered = self.context.outbox.desk.lost_note() is sent.intent
            note = f" · {self.context.key('inbox.note')} puts your note on the task"
            tail = note if offered else f" · {about}"
            about = self.context.in_zone(line(sent.detail))
            head += "· "
        after = width_of([(tail, "")]) if sent.phase is Phase.RECORDED else min(len(tail), width // 3)
        body = crop(about, max(10, width - width_of([(head, "")]) - after))
        return [(head, tone), (body, ""), (tail, "muted")]


def added_words(intent: Intent) -> Iterator[str]:
    """Yield the note and the reason code of an intent, or that it needs a note, each as clean words."""
    if intent.lacks_note:
        yield f"needs a note: {NOTE_SAYS[intent.verb]}"
    elif intent.note:
        yield f"{'reason' if intent.verb == 'PAUSE' else 'note'}: {line(intent.note)}"
    if intent.reason_code:
        yield f"reason code: {line(intent.reason_code, 80)}"


def _grounded(runs: Line, width: int, tone: str) -> Line:
    """Return a line over the whole width, all of it on one ground."""
    return [*(toned(run, tone) for run in runs), (" " * max(0, width - width_of(runs)), tone)]


def batch_line(sent: Sequence[Confirmed], now: datetime) -> Line:
    """Return the number of a batch's decisions in each state, in one line."""
    if not sent:
        return [("taken back: nothing was sent", "warn")]
    counts = Counter((decision.phase, decision.word) for decision in sent)
    runs: list[Run] = []
    for (phase, word), count in sorted(counts.items(), key=lambda state: list(MARKS).index(state[0][0])):
        glyph, tone = MARKS[phase]
        left = max(decision.seconds_left(now) for decision in sent)
        wait = f", {left:.0f} s left" if phase is Phase.HELD else ""
        runs.append((f"{glyph} {count:,} {word}{wait}   ", tone))
    agreed = sum(act.on_record.is_agreement for act in sent)
    if agreed:
        runs.append((f"{agreed:,} only agreed: they need more people", "warn"))
    return [(f"{VERB_WORDS[sent[0].intent.verb]} {len(sent):,} at once:  ", "strong"), *runs]


def armed_verb(intent: Intent) -> str:
    """Return what the key that confirms will do: `▲ APPROVE`, or `▲ AGREE 1 of 2` where that decides nothing yet."""
    act = ACTS[intent.verb]
    if intent.agreement:
        edit = " to the edit" if intent.verb == "EDIT_AND_APPROVE" else ""
        return f"{act.glyph} AGREE {intent.agreement} of {intent.people}{edit}"
    decides = " (decides)" if intent.people > 1 and intent.verb in OUTCOMES else ""
    return f"{act.with_glyph.upper()}{decides}"


def unseen_words(count: int) -> str:
    """Return the number of lines that were not on the screen, in words."""
    return f"{count:,} line{'s' if count != 1 else ''} not seen"


def armed_words(intent: Intent, cells: int) -> str:
    """Return the target of an intent in at most `cells` cells: the title is cut, the step or assignee never is."""
    end = _end(intent)
    return crop(line(intent.title, 200), max(LEAST, cells - cell_len(end))) + end


def _end(intent: Intent) -> str:
    return target_words(replace(intent, title=""))


def target_words(intent: Intent) -> str:
    """Return the target of an intent, in one clean line."""
    title = line(intent.title, 200)
    if intent.verb == "MOVE":
        return f"{title} → {line(intent.to_step, 80)}"
    if intent.verb == "ASSIGN":
        return f"{title} → @{line(intent.assignee, 80)}" if intent.assignee else f"{title} → unassigned"
    return title
