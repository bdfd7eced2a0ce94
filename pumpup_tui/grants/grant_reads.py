"""The calls of the screens of grants, and the messages that they bring."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.message_pump import MessagePump

    from api_client.authority import Grant, Trial
    from api_client.backend import Backend
    from pumpup_tui.backend.calls import BackendCalls
    from pumpup_tui.backend.messages import CallId
    from pumpup_tui.grants.grant_draft import GrantDraft


@dataclass(eq=False, repr=False)
class TrialRead(Message):
    """The trial of a grant with the terms of a draft."""

    draft: GrantDraft
    trial: Trial


@dataclass(eq=False, repr=False)
class GrantsRead(Message):
    """The grants of a project, or all."""

    grants: Sequence[Grant]


class GrantReads:
    """The reads of one backend."""

    def __init__(self, calls: BackendCalls) -> None:
        self._calls = calls

    def trial(self, to: MessagePump, draft: GrantDraft) -> CallId:
        """Read what a grant with these terms would have decided."""

        async def call(backend: Backend) -> TrialRead:
            return TrialRead(draft, await backend.grant_trial(draft.terms()))

        return self._calls.ask(to, "the trial", call, group="trial")

    def grants(self, to: MessagePump, project_id: str | None) -> CallId:
        """Read the grants of a project, or all."""

        async def call(backend: Backend) -> GrantsRead:
            return GrantsRead(await backend.grants(project_id))

        return self._calls.ask(to, "the grants", call, group="grants")
