"""The way from the inbox to a grant: its trial, for the filter that is on or for one that is typed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api_client.request_query_faults import grant_fault
from pumpup_tui.backend.messages import TryGrant

if TYPE_CHECKING:
    from textual.message_pump import MessagePump

    from pumpup_tui.components.prompt import Prompt
    from pumpup_tui.context import Context

EXAMPLE = "context.Amount<500 -step:triage"


def begin_grant(to: MessagePump, context: Context, prompt: Prompt, *, text: str, project_id: str | None) -> None:
    """Ask for the trial of a grant for a filter; a filter that no grant can have is asked for again, with the reason.

    Args:
        to: Posts the request for the trial.
        context: What all screens share.
        prompt: The line that a filter is typed in.
        text: The filter that is on; empty where none is.
        project_id: The project that it is for; None where it is not known.
    """
    project_id = context.project_id or project_id
    if refusal := context.refusal("authority"):
        context.outbox.cancel(refusal)
        return
    if project_id is None:
        context.outbox.cancel(f"a grant is for one project: {context.key('screens.project')} chooses it")
        return
    for_project = project_id

    def take(typed: str) -> str:
        fault = grant_fault(typed)
        if not fault:
            to.post_message(TryGrant(for_project, typed))
        return fault

    context.outbox.cancel()
    fault = grant_fault(text) if text else ""
    if text and not fault:
        take(text)
    else:
        prompt.ask_until_taken("grant for approvals that fit", EXAMPLE, take, text, fault)
