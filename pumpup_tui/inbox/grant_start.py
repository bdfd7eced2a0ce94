"""The way from the inbox to a grant: its trial, for the filter that is on or for one that is typed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api_client.request_query_faults import GRANT_EXAMPLE, grant_fault
from pumpup_tui.backend.messages import TryGrant

if TYPE_CHECKING:
    from textual.screen import Screen

    from pumpup_tui.components.prompt import Prompt
    from pumpup_tui.context import Context


class GrantStart:
    """Asks what a grant's trial needs to know, and posts the request for it."""

    def __init__(self, screen: Screen[None], context: Context, prompt: Prompt) -> None:
        """Take the screen that asks, and the line that a filter is typed in."""
        self._screen = screen
        self._context = context
        self._prompt = prompt

    def begin(self, text: str, project_id: str | None) -> None:
        """Go on to the trial for a filter; one that no grant can have is asked for again, with the reason.

        Args:
            text: The filter that is on; empty where none is.
            project_id: The project of the request under the cursor, None where there is none.
        """
        if refusal := self._context.refusal("authority"):
            self._context.outbox.cancel(refusal)
            return
        self._context.outbox.cancel()
        fault = grant_fault(text) if text else ""
        if text and not fault:
            self._try(text, project_id)
            return

        def take(typed: str) -> str:
            if not (why := grant_fault(typed)):
                self._try(typed, project_id)
            return why

        self._prompt.ask_until_taken("grant for approvals that fit", GRANT_EXAMPLE, take, text, fault)

    def _try(self, text: str, project_id: str | None) -> None:
        """Ask for the project where it is not known: a grant is for one."""
        project_id = self._context.project_id or project_id
        if project_id is not None:
            self._screen.post_message(TryGrant(project_id, text))
            return
        from pumpup_tui.components.dialogs import PickScreen

        def chosen(picked: str | None) -> None:
            if picked is not None:
                self._screen.post_message(TryGrant(picked, text))

        choices = [(project.id, project.name) for project in self._context.status.projects]
        self._screen.app.push_screen(PickScreen("A grant is for one project", choices), chosen)
