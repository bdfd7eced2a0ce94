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
from store.core.step_codes import UNNAMED, entered_step
from store.folder.engine import Store
from store.folder.event_index import EventIndex
from store.folder.event_log import Events
from store.folder.state import State

TRIAL_PIECE = 2_000
"""Decisions that a trial looks at while others wait for the state."""
TASKS_REMEMBERED = 100_000
"""Tasks whose last step a trial remembers."""


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
            return authority_models.status(state.tables["authority"])

        return self._store.read(look)

    def trial(self, terms: GrantTerms, actor: Actor) -> Trial:
        """Return what a grant of `actor` would have decided."""
        trial = self._store.read(lambda state: GrantTrial(state, terms, actor, self._store.clock()))
        tasks, start = _PastTasks(self._store.events), 0
        while (next_start := self._store.read(partial(self._try, trial, tasks, start))) is not None:
            start = next_start
        return trial.outcome()

    def _try(self, trial: GrantTrial, tasks: _PastTasks, start: int, state: State) -> int | None:
        """Look at the next decisions; return where to go on, None at the end."""
        index, events = state.index, self._store.events
        project = document(state, "projects", trial.project_id)
        decisions = index.walk(project=project["no"], start=start, types=(APPROVAL_DECIDED,))
        for looked_at, seq in enumerate(decisions):
            if looked_at == TRIAL_PIECE:
                return start
            start = seq
            decided = trial.decision(events.raw(seq)[0])
            asked = seq_of(decided.in_response_to) if decided is not None else 0
            if decided is not None and 0 < asked < seq and index.settles(seq, asked):
                trial.take(decided, *events.raw(asked), partial(tasks.then, state, project, asked))
        return None


class _PastTasks:
    """The tasks of a project as they were when something was asked, each found from what was last found of it."""

    def __init__(self, events: Events) -> None:
        self._events = events
        self._last: dict[int, tuple[int, str, str]] = {}
        """By the number of a task: the seq of a request, the task's name, and the step that it was in then."""

    def then(self, state: State, project: Doc, asked: int) -> tuple[str, str]:
        """Return the name of a request's task, and the step that it was in when the request was asked."""
        task = state.index.task_of(asked)
        last, name, step = self._last.get(task, (0, "", ""))
        if last != asked:
            name = name or state.packed["tasks"].at(task)["name"]
            step = self._step(state.index, project, asked, (last, step) if last < asked else (0, ""))
            if len(self._last) >= TASKS_REMEMBERED:
                self._last.clear()
            self._last[task] = asked, name, step
        return name, step

    def _step(self, index: EventIndex, project: Doc, asked: int, before: tuple[int, str]) -> str:
        last, step = before
        for seq in index.walk(task=index.task_of(asked), start=asked, order="desc"):
            code = index.step_of(seq)
            if seq <= last:
                return step
            if code == UNNAMED:
                return entered_step(self._events.at(seq)) or ""
            if 0 < code < UNNAMED:
                name: str = project["steps"]["steps"][code - 1]["name"]
                return name
        return ""
