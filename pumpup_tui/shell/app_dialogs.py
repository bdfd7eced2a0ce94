"""The dialogs that the app opens over any screen: help, the choice of a project, leaving, and recovered decisions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from pumpup_tui.backend.messages import ShowPast, ShowTask, TryGrant

if TYPE_CHECKING:
    from textual.app import App

    from pumpup_tui.context import Context
    from pumpup_tui.decisions.leaving import Leave
    from pumpup_tui.decisions.recovery import Recovered
    from pumpup_tui.insights.pane_lines import Target
    from pumpup_tui.insights.ranges import Range


class AppDialogs:
    """Opens each dialog where it is not open already. Each is imported when it is first needed."""

    def __init__(self, app: App[None], context: Callable[[], Context]) -> None:
        """Take the app, and its context as soon as it is asked for."""
        self._app = app
        self._context = context

    def show_help(self) -> None:
        """Show all keys, those of the present screen first."""
        from pumpup_tui.keys.help_sections import sections
        from pumpup_tui.keys.key_commands import heard_at
        from pumpup_tui.shell.help_screen import HelpScreen

        screen = self._app.screen
        if not screen.is_modal:
            heard = {binding.id for _, binding in heard_at(screen) if binding.id}
            place = type(screen).__name__.removesuffix("Screen").lower()
            context = self._context()
            self._app.push_screen(HelpScreen(context, sections(context.key.table(), place, heard)))

    def choose_project(self) -> None:
        """Choose the project that all screens show."""
        if self._app.screen.is_modal:
            return
        from pumpup_tui.board.project_dialog import ProjectScreen

        context = self._context()
        self._app.push_screen(ProjectScreen(context, context.status.projects), context.show_project)

    def open_task(self, task_id: str) -> None:
        """Show a task's page over the present screen."""
        from pumpup_tui.task.screen import TaskScreen

        self._app.push_screen(TaskScreen(self._context(), task_id))

    def show_grants(self) -> None:
        """Show the grants and what each did, over the present screen."""
        from pumpup_tui.grants.grants_screen import GrantsScreen

        self._app.push_screen(GrantsScreen(self._context(), self.try_grant))

    def try_grant(self, project_id: str, filter_text: str) -> None:
        """Show the trial of a grant, over the present screen."""
        from pumpup_tui.grants.grant_draft import GrantDraft
        from pumpup_tui.grants.trial_screen import GrantTrialScreen

        context = self._context()
        draft = GrantDraft.of(project_id, filter_text, context.clock())
        self._app.push_screen(GrantTrialScreen(context, draft, self.show_grants))

    def show(self, wanted: ShowPast | ShowTask | TryGrant) -> None:
        """Show what a screen asked for."""
        if isinstance(wanted, ShowTask):
            self.open_task(wanted.task_id)
        elif isinstance(wanted, TryGrant):
            self.try_grant(wanted.project_id, wanted.filter)
        else:
            self.show_past(wanted)

    def show_past(self, wanted: ShowPast) -> None:
        """Show a task, or a project's board, as it was, over the present screen."""
        if wanted.task_id:
            from pumpup_tui.task.past_task_screen import PastTaskScreen

            self._app.push_screen(PastTaskScreen(self._context(), wanted.task_id, wanted.moment))
            return
        from pumpup_tui.board.past_board_screen import PastBoardScreen

        self._app.push_screen(PastBoardScreen(self._context(), wanted.project_id, wanted.moment))

    def follow_figure(self, target: Target, chosen: Range) -> None:
        """Show the work behind a row of the figures of a range."""
        from pumpup_tui.shell.figure_links import follow

        follow(self._app, self._context(), target, chosen, self.open_task)

    def ask_leaving(self, answered: Callable[[Leave | None], None]) -> None:
        """Ask what becomes of decisions that are held or unanswered."""
        from pumpup_tui.components.dialogs import LeaveScreen

        if not isinstance(self._app.screen, LeaveScreen):
            context = self._context()
            self._app.push_screen(LeaveScreen(context.outbox, context.desk_changed), answered)

    def show_recovered(self, recovered: Sequence[Recovered], closed: Callable[[str | None], None]) -> None:
        """Show the outcome of interrupted decisions."""
        from pumpup_tui.inbox.recovery_screen import RecoveryScreen

        if not any(isinstance(screen, RecoveryScreen) for screen in self._app.screen_stack):
            self._app.push_screen(RecoveryScreen(self._context(), recovered), closed)
