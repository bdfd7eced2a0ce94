"""Reads of a folder's policies, grants, pauses and escalated tasks. All of them block."""

from __future__ import annotations

from functools import partial

from api_client.actor import Actor
from api_client.authority import AuthorityStatus, Grant, GrantTerms, PolicyInForce, Trial
from api_client.models import APPROVAL_DECIDED
from api_client.wire import read
from store.core import authority_models, wire_objects
from store.core.event_ids import seq_of
from store.core.grant_trial import GrantTrial
from store.core.read_models import document
from store.core.state_view import Doc
from store.core.step_codes import IGNORED
from store.folder.engine import Store
from store.folder.state import State

TRIAL_PIECE = 2_000
"""Decisions that a trial looks at while others wait for the state."""


class AuthorityReader:
    """Reads of one store; each sees the state as of one moment, but for a trial, which others may write beside."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def policy(self, project_id: str) -> PolicyInForce:
        """Return a project's policy."""

        def look(state: State) -> PolicyInForce:
            document(state, "projects", project_id)
            return read(PolicyInForce, wire_objects.policy_in_force(state.get("authority", project_id) or {}))

        return self._store.read(look)

    def grants(self, project_id: str | None) -> list[Grant]:
        """Return the grants of a project, or all."""

        def look(state: State) -> list[Doc]:
            if project_id is not None:
                document(state, "projects", project_id)
            return list(state.documents("authority"))

        return authority_models.grants(self._store.read(look), project_id)

    def status(self) -> AuthorityStatus:
        """Return what is paused and escalated."""

        def look(state: State) -> AuthorityStatus:
            docs = state.tables["authority"]
            return authority_models.status(docs) if docs else NOTHING

        return self._store.read(look)

    def trial(self, terms: GrantTerms, actor: Actor) -> Trial:
        """Return what a grant of `actor` would have decided."""
        trial = self._store.read(lambda state: GrantTrial(state, terms, actor, self._store.clock()))
        start: int | None = 0
        while start is not None:
            start = self._store.read(partial(self._try, trial, start))
        return trial.outcome()

    def _try(self, trial: GrantTrial, start: int, state: State) -> int | None:
        """Look at the next decisions; return where to go on, None at the end."""
        index, events = state.index, self._store.events
        project = document(state, "projects", trial.project_id)

        def of_task(task: int, asked: int) -> tuple[str, str]:
            steps = project["steps"]["steps"]
            seqs = index.walk(task=task, start=asked, order="desc")
            code = next((found for found in map(index.step_of, seqs) if 0 < found < IGNORED), 0)
            name = steps[code - 1]["name"] if 0 < code <= len(steps) else ""
            return state.packed["tasks"].at(task)["name"], name

        decisions = index.walk(project=project["no"], start=start, types=(APPROVAL_DECIDED,))
        for looked_at, seq in enumerate(decisions):
            if looked_at == TRIAL_PIECE:
                return start
            start = seq
            decided = trial.decision(events.raw(seq)[0])
            asked = seq_of(decided.in_response_to) if decided is not None else 0
            if decided is not None and 0 < asked < seq and index.reply(asked) == seq:
                task = index.task_of(asked)
                trial.take(decided, *events.raw(asked), partial(of_task, task, asked))
        return None


NOTHING = AuthorityStatus(version="")
