"""The trial of a grant: what it would have decided of the past, each disagreement to open, and then giving it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from typing_extensions import override

from pumpup_tui.backend.messages import ShowTask
from pumpup_tui.components.frame import set_title
from pumpup_tui.components.line_widgets import Lines
from pumpup_tui.components.reviewer_screen import ReviewerScreen
from pumpup_tui.components.screen_parts import ScreenCallbacks
from pumpup_tui.components.virtual_list import VirtualList
from pumpup_tui.context import Context
from pumpup_tui.decisions.desk import Intent
from pumpup_tui.grants.grant_draft import GrantDraft, share_words
from pumpup_tui.grants.grant_reads import GrantReads, TrialRead
from pumpup_tui.grants.term_questions import TermQuestions
from pumpup_tui.grants.trial_lines import disagreement_line, terms_lines, trial_lines
from pumpup_tui.keys.bindings import bindings
from pumpup_tui.keys.key_names import Hints
from pumpup_tui.text.layout import Line

if TYPE_CHECKING:
    from api_client.authority import Disagreement, Trial
    from api_client.models import Project

MODE = "grants"


class TrialHead(Lines):
    """The terms, and the counts of their trial."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.context = context
        self._draft: GrantDraft | None = None
        self._trial: Trial | None = None
        self._words = ""

    def show(self, draft: GrantDraft, trial: Trial | None, words: str = "trying…") -> None:
        """Show terms, and their trial; where there is none yet, these clean words."""
        self._draft, self._trial, self._words = draft, trial, words
        self.update_lines()

    @override
    def lines(self, width: int) -> Sequence[Line]:
        if self._draft is None:
            return [[]]
        words: list[Line] = [[(f" {self._words}", "muted")]]
        counts = words if self._trial is None else trial_lines(self._trial, self._draft)
        return [*terms_lines(self.context, self._draft, width), *counts]


class DisagreementList(VirtualList["Disagreement"]):
    """The past requests that the grant would have approved and people did not, the newest first."""

    def __init__(self, context: Context, *, id: str) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id)
        self.context = context

    @override
    def row_id(self, row: Disagreement) -> str:
        return row.request_id

    @override
    def draw_row(self, row: Disagreement, width: int) -> Sequence[Line]:
        return [disagreement_line(self.context, row, width)]


class GrantTrialScreen(ReviewerScreen):
    """A grant before it is given. Its terms are asked one after the other, then two keys put it on the record."""

    MODE = MODE
    AUTO_FOCUS = "#disagreements"
    BINDINGS: ClassVar[list[BindingType]] = bindings(
        ("grants.give", "give"),
        ("grants.filter", "change_filter"),
        ("grants.list", "list_grants"),
    )

    def __init__(self, context: Context, draft: GrantDraft, show_grants: Callable[[], None]) -> None:
        """Take the terms to begin with, and what shows the list of grants."""
        super().__init__(context)
        self._draft = draft
        self._show_grants = show_grants
        self._reads = GrantReads(context.calls)
        self._questions = TermQuestions(context, self.prompt)
        self._trial: Trial | None = None
        self._head = TrialHead(context)
        self.listed = DisagreementList(context, id="disagreements")
        self.callbacks = ScreenCallbacks(
            show_message=lambda words: self._head.show(self._draft, self._trial, words),
            refresh_ages=self.listed.redraw,
            refresh_in_flight=lambda: None,
            go_back=self._go_back,
            project=self._project,
        )

    def _go_back(self) -> None:
        self.app.pop_screen()

    def _project(self) -> Project | None:
        projects = self.context.status.projects
        return next((project for project in projects if project.id == self._draft.project_id), None)

    @override
    def body(self) -> ComposeResult:
        set_title(self.listed, "Decided otherwise by people")
        yield self._head
        yield self.listed

    @override
    def reload(self) -> None:
        self._head.show(self._draft, self._trial)
        self._reads.trial(self, self._draft)

    @override
    def hints(self) -> Hints:
        opens = (("move.enter", "task"),) if self.listed.total else ()
        keys = (("grants.give", "give grant"), ("grants.filter", "filter"), ("grants.list", "all grants"))
        return (*keys, *opens, ("move.back", "back"))

    @on(TrialRead)
    def _trial_read(self, event: TrialRead) -> None:
        event.stop()
        if event.draft.tried != self._draft.tried:
            return  # other terms were typed while it was read
        self._trial = trial = event.trial
        self._head.show(self._draft, trial)
        agreed = "People approved all that fit." if trial.fits else "No past approval fits this filter."
        self.listed.say_when_empty(agreed)
        self.listed.show(trial.disagreements)
        more = trial.disagreed - len(trial.disagreements)
        set_title(self.listed, "Decided otherwise by people", f"{trial.disagreed:,}{', the newest' if more else ''}")
        self.key_hints.update_lines()

    @on(VirtualList.Chosen)
    def _chosen(self, event: VirtualList.Chosen) -> None:
        event.stop()
        if self.listed.row is not None:
            self.context.outbox.cancel()
            self.post_message(ShowTask(self.listed.row.task_id))

    # Keys.

    def action_list_grants(self) -> None:
        """Show all grants and what each did."""
        self.context.outbox.cancel()
        self._show_grants()

    def action_change_filter(self) -> None:
        """Try another filter."""
        self.context.outbox.cancel()
        self._questions.filter(self._draft, self._try)

    def _try(self, draft: GrantDraft) -> None:
        self._draft, self._trial = draft, None
        self.reload()

    def action_give(self) -> None:
        """Ask for the terms, one after the other; then arm the grant."""
        if refusal := self.context.refusal("decide"):
            self.context.outbox.cancel(refusal)
        elif self._trial is None:
            self.context.outbox.cancel("the trial is not read yet: a grant is given after it")
        else:
            self.context.outbox.cancel()
            self._questions.terms(self._draft, self._arm)

    def _arm(self, draft: GrantDraft) -> None:
        if draft.tried == self._draft.tried:
            self._draft = draft
            self._head.show(draft, self._trial)
        else:
            self._try(draft)
        self.context.outbox.arm(Intent("GIVE_GRANT", draft.project_id, self._words(draft), terms=draft.fields()))

    def _words(self, draft: GrantDraft) -> str:
        """Return the terms in one line, raw: the decision bar cleans it."""
        ends = f"until {self.context.stamp(draft.until)}, {draft.most:,} at the most"
        asked = f"{share_words(draft.sample)} still asked"
        # not foreign: cleaned where it is drawn
        return f"{draft.name}: {ends}, {asked}, approves {draft.filter}"
