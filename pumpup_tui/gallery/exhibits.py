"""The exhibits of the gallery: the widgets of the screens themselves, each in its states."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from typing_extensions import override

from api_client.fields import read_fields
from api_client.models import Page
from pumpup_tui.backend.page_requests import PageResult
from pumpup_tui.backend.status import Status
from pumpup_tui.board.board_view import BoardView
from pumpup_tui.components.decision_bar import DecisionBar
from pumpup_tui.components.frame import Banner, HeaderLine, KeyHints, set_title
from pumpup_tui.components.line_widgets import Lines
from pumpup_tui.decisions.desk import Confirmed, Desk, Intent, Phase
from pumpup_tui.form.elicitation_form import ElicitationForm
from pumpup_tui.gallery import authority_samples as authority
from pumpup_tui.gallery import samples
from pumpup_tui.grants.grants_screen import GrantList
from pumpup_tui.grants.trial_screen import DisagreementList, TrialHead
from pumpup_tui.inbox.authority_news import EscalatedList
from pumpup_tui.inbox.queue_line import QueueLine, QueueState, Tab
from pumpup_tui.inbox.request_list import RequestList
from pumpup_tui.inbox.request_view import RequestView
from pumpup_tui.local_state.answer_draft import Draft, bids_of
from pumpup_tui.text.layout import TONES, Line
from pumpup_tui.text.outcomes import ACTS
from pumpup_tui.timeline.event_list import TimelineList

if TYPE_CHECKING:
    from textual.widget import Widget

    from pumpup_tui.context import Context
    from pumpup_tui.decisions.desk import Verb


class Exhibit(NamedTuple):
    """A widget, and what there is to say of it."""

    caption: str
    widget: Widget
    height: int | None = None
    """Its lines; None where it knows itself."""
    fill: Callable[[], object] | None = None
    """Gives it its content, once it has a size."""


class ToneLines(Lines):
    """Each tone, plain and under the cursor; each act as it is named and armed."""

    @override
    def lines(self, width: int) -> Sequence[Line]:
        tones: Line = [run for tone in TONES for run in ((f" {tone} ", tone), (" ", ""))]
        named: Line = [run for act in ACTS.values() for run in ((act.with_glyph, act.tone), ("   ", ""))]
        past: Line = [run for act in ACTS.values() for run in ((act.past_with_glyph, act.tone), ("   ", ""))]
        armed: Line = [run for act in ACTS.values() for run in ((f" {act.with_glyph.upper()} ", act.armed), (" ", ""))]
        half = len(tones) // 2 - len(tones) // 2 % 2
        return [tones[:half], tones[half:], named, past, armed]


def exhibits(context: Context) -> Iterator[Exhibit]:
    """Yield all that is shown, in order."""
    yield Exhibit("Tones and acts", ToneLines())
    yield from _frame(context)
    yield from _inbox(context)
    yield from _decisions(context)
    yield from _grants(_with_status(context, replace(context.status, projects=(samples.PROJECT,))))
    yield from _board(context)
    yield from _timeline(context)
    yield from _fields(context)


def _with_status(context: Context, status: Status) -> Context:
    model = copy.copy(context.status_model)
    model.status = status
    return replace(context, status_model=model)


def _with_desk(context: Context, desk: Desk) -> Context:
    outbox = copy.copy(context.outbox)
    outbox.desk = desk
    return replace(context, outbox=outbox)


def _frame(context: Context) -> Iterator[Exhibit]:
    ready = context.status
    states = (
        ("opening", "inbox", Status()),
        ("live, one project", "board", replace(ready, project=samples.PROJECT)),
        ("read-only", "timeline", replace(ready, why_read_only="a folder that can only be read").in_touch()),
    )
    for which, mode, status in states:
        shown = _with_status(context, status)
        # not foreign: written above
        yield Exhibit(f"Header: {which}", HeaderLine(shown, mode, lambda status=status: status.project))  # type: ignore[misc]
    broken = ready.with_banner("the server does not answer", "r tries again")
    notices = replace(ready, notices=("This folder was made by an older version.",))
    yield Exhibit("Banner: a fault", Banner(_with_status(context, broken)))
    yield Exhibit("Banner: a notice", Banner(_with_status(context, notices)))
    paused = replace(
        ready,
        project=samples.PROJECT,
        projects=(samples.PROJECT,),
        pauses=authority.PAUSES,
        ended_grants=(("g", "tiny"),),
    )
    yield Exhibit("Banner: paused, and a grant that ended itself", Banner(_with_status(context, paused)))
    yield Exhibit("Key hints", KeyHints(lambda: (("decide.approve", "approve"), ("decide.deny", "deny"))))


def _inbox(context: Context) -> Iterator[Exhibit]:
    line = QueueLine()
    tabs = (Tab("all", ""), Tab("mine", "is:mine"), Tab("large", "confidence<.5"))
    state = QueueState(
        tabs, "is:mine", "is:mine", "oldest first", total=8, news=3, selected=2, overdue=1, pace="12 done"
    )
    yield Exhibit("Inbox: filters as tabs, order, news", line, None, lambda: line.show(state))
    requests = RequestList(context, id="gallery-requests")
    set_title(requests, "Inbox", "8")

    def fill() -> None:
        with requests.changing() as queue:
            queue.is_complete = True
            queue.add(samples.requests())
        requests.set_selected(("evt_4", "evt_5"))

    yield Exhibit("Inbox: a request in each state", requests, 26, fill)
    empty = RequestList(context, id="gallery-no-requests")
    yield Exhibit("Inbox: nothing there", empty, 4, lambda: empty.say_when_empty("Nothing waits for you."))
    view = RequestView(context, id="gallery-request")
    set_title(view, "Request")
    yield Exhibit("Detail: an approval", view, 22, lambda: view.show(samples.loaded()))


def _decisions(context: Context) -> Iterator[Exhibit]:
    verbs: tuple[Verb, ...] = ("APPROVE", "REJECT", "EDIT_AND_APPROVE", "REQUEST_MORE_INFO", "ESCALATE", "MOVE")
    for verb in verbs:
        intent = _intent(verb)
        yield Exhibit(f"Armed: {verb.lower()}", DecisionBar(_with_desk(context, Desk(armed=intent)), lambda: 0))
    unseen = _with_desk(context, Desk(armed=_intent("APPROVE"), hint="that came too fast for a key press"))
    yield Exhibit("Armed: not all of it was seen", DecisionBar(unseen, lambda: 12))
    for phase in Phase:
        desk = Desk(sent=(_sent(phase),))
        # not foreign: a phase's own name
        yield Exhibit(f"Sent: {phase.name.lower()}", DecisionBar(_with_desk(context, desk), lambda: 0))


def _intent(verb: Verb) -> Intent:
    return Intent(verb, "evt_1", "Refund $240 on claim C-1001", "5638", note="two for one", to_step="in_review")


def _sent(phase: Phase) -> Confirmed:
    detail = {Phase.LOST: "bob was first, at 11:58", Phase.REFUSED: "a rule", Phase.RECORDED: "evt_17"}.get(phase, "")
    until = samples.NOW + timedelta(seconds=4)
    return Confirmed(_intent("REJECT"), "key", phase, samples.NOW, until, detail, is_stored=True)


def _grants(context: Context) -> Iterator[Exhibit]:
    escalated = EscalatedList(context)
    yield Exhibit("Escalated to you", escalated, 1, lambda: escalated.show(authority.ESCALATED))
    head, listed = TrialHead(context), DisagreementList(context, id="gallery-disagreements")
    head.show(authority.DRAFT, authority.TRIAL)
    yield Exhibit("Trial of a grant", head)
    disagreements = authority.TRIAL.disagreements
    yield Exhibit("Trial: decided otherwise", listed, 2, lambda: listed.show(disagreements))
    grants = GrantList(context, id="gallery-grants")
    yield Exhibit("Grants: in force, and ended in each way", grants, 12, lambda: grants.show(authority.grants()))


def _board(context: Context) -> Iterator[Exhibit]:
    view = BoardView(context, id="gallery-board")
    set_title(view, "Board")

    def fill() -> None:
        view.show_board(samples.PROJECT, samples.board())
        for column in view.columns.all:
            if (ask := column.wants()) is not None:
                column.ask(ask)
                column.take(ask, Page(items=tuple(samples.cards()[column.about.step])))
        view.show_changes()

    yield Exhibit("Board: a card in each state", view, 26, fill)


def _timeline(context: Context) -> Iterator[Exhibit]:
    timeline = TimelineList(context, id="gallery-events")
    set_title(timeline, "Timeline")

    def fill() -> None:
        with timeline.window.steady(redraw=True):
            for want in timeline.pages.wants(0, 20):
                timeline.pages.arrive(want, PageResult(samples.events(), None, more=False))

    yield Exhibit("Timeline: an event of each type", timeline, 20, fill)


def _fields(context: Context) -> Iterator[Exhibit]:
    bids = bids_of({"recommendation": [{"fieldId": "amount", "value": 240, "confidence": 0.8, "rationale": "as paid"}]})
    for raw in samples.FIELDS:
        form = ElicitationForm(read_fields([dict(raw)]), bids, Draft(), now=context.clock, key=context.key)
        yield Exhibit(f"Field: {raw['type']}", form, 7)
