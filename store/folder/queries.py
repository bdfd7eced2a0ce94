"""Reads of an open folder, answered in the contract's models. All of them block."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any, NamedTuple

import orjson

from api_client.actor import Actor
from api_client.backend import PAGE_MAX
from api_client.deeds import Deeds
from api_client.models import (
    APPROVAL_DECIDED,
    APPROVAL_REQUESTED,
    ELICITATION_REQUESTED,
    Board,
    Card,
    Change,
    Event,
    InboxItem,
    Page,
    Project,
    RequestDetail,
    Task,
    TaskDetail,
    Upload,
)
from api_client.wire import read
from store.core import read_models, wire_objects
from store.core.cursors import ALL_EVENTS
from store.core.paging import checked_limit, page_items
from store.core.read_models import document, has_policy
from store.core.state_view import Doc
from store.core.timeline_pages import TimelineAsked
from store.folder.columns import CheckpointDamaged
from store.folder.engine import Store
from store.folder.folder_timelines import timeline_page
from store.folder.seq_queue import SeqQueue
from store.folder.state import State
from store.folder.task_queues import step_load, trail_in

LIST_PIECE = 64_000
"""Bytes after which the next piece of a list begins."""


class News(NamedTuple):
    """New events, and the seq up to which the timeline was looked through."""

    changes: list[Change]
    seq: int


class FolderReader:
    """Reads of one store; each sees the state as of one moment."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def projects(self, name: str | None) -> list[Project]:
        """Return the projects whose name or slug contains `name`."""
        docs = self._store.read(lambda state: list(state.documents("projects")))
        return [read(Project, wire_objects.project(doc)) for doc in docs if read_models.is_project_named(doc, name)]

    def project(self, project_id: str) -> Project:
        """Return one project."""
        return read(Project, wire_objects.project(self._store.read(lambda s: document(s, "projects", project_id))))

    def board(self, project_id: str) -> Board:
        """Return a project's columns in graph order."""

        def look(state: State) -> Board:
            project, now = document(state, "projects", project_id), self._store.clock()
            return read_models.board(project, lambda step: step_load(state, project, step, now))

        return self._store.read(look)

    def cards(self, project_id: str, step: str, cursor: str | None, limit: int) -> Page[Card]:
        """Return a page of one column."""

        def look(state: State) -> Page[Card]:
            def card(seq: int) -> dict[str, Any]:
                task = state.task_at(seq)
                return wire_objects.card(state, task, trail_in(state, self._store.events, task))

            project = document(state, "projects", project_id)
            read_models.check_step(project, step)
            page = self._page(
                ("cards", project_id, step),
                state.board.in_step[project_id, step],
                cursor,
                limit,
                card,
            )
            return read(Page[Card], page)

        return self._store.read(look)

    def tasks(self, project_id: str | None, name: str | None) -> list[Task]:
        """Return the tasks of a project, or all, whose name contains `name`."""
        return list(self._tasks(project_id, name))

    def task_pieces(self, project_id: str | None, name: str | None) -> Iterator[bytes]:
        """Yield the same as the JSON of a list of tasks, in pieces: each task is read when its piece is made."""
        piece = bytearray(b'{"items":[')
        for number, task in enumerate(self._tasks(project_id, name)):
            piece += b"," * bool(number) + task.wire_bytes()
            if len(piece) >= LIST_PIECE:
                yield bytes(piece)
                piece.clear()
        yield bytes(piece + b"]}")

    def _tasks(self, project_id: str | None, name: str | None) -> Iterator[Task]:
        wanted = (name or "").lower()
        for doc in self._task_docs():
            if project_id in (None, doc["projectId"]) and wanted in doc["name"].lower():
                yield read(Task, wire_objects.task(doc))

    def _task_docs(self) -> Iterator[Doc]:
        """Yield all tasks, each read when it is asked for, whatever part of the checkpoint is found damaged."""
        done = 0
        while True:
            docs = self._store.read(lambda state: state.snapshot("tasks"))
            try:
                for doc in islice(docs, done, None):
                    done += 1
                    yield doc
                return
            except CheckpointDamaged:
                self._store.start_over()

    def task(self, task_id: str) -> TaskDetail:
        """Return a task and its open requests, oldest first."""

        def look(state: State) -> TaskDetail:
            doc = document(state, "tasks", task_id)
            return read(TaskDetail, {"task": wire_objects.task(doc), "openRequests": wire_objects.open_on(state, doc)})

        return self._store.read(look)

    def inbox(
        self, project_id: str | None, cursor: str | None, limit: int, actor: Actor, *, context: bool = False
    ) -> Page[InboxItem]:
        """Return a page of the open requests, as `actor` sees them, with their context where that is asked for."""

        def look(state: State) -> Page[InboxItem]:
            def item(seq: int) -> dict[str, Any]:
                request = state.request_at(seq)
                made = wire_objects.inbox_item(state, request, context=context)
                if has_policy(state, request["projectId"]):
                    made |= _standing(state, self._store.events.at(seq), actor)
                return made

            page = self._page(
                ("inbox", project_id or ""),
                state.open_requests if project_id is None else state.open_by_project[project_id],
                cursor,
                limit,
                item,
            )
            return read(Page[InboxItem], page)

        return self._store.read(look)

    def request(self, request_id: str, actor: Actor) -> RequestDetail:
        """Return all that a reviewer is shown of a request, as `actor` sees it."""

        def look(state: State) -> RequestDetail:
            event = self._request_event(request_id, (APPROVAL_REQUESTED, ELICITATION_REQUESTED))
            settled = self._store.events.settlement(request_id)
            task = document(state, "tasks", event["taskId"])
            project = document(state, "projects", event["projectId"])
            is_open = settled is None and has_policy(state, event["projectId"])
            standing = _standing(state, event, actor) if is_open else read_models.NO_STANDING
            deeds = self._deeds(state, settled) if settled and settled["eventType"] == APPROVAL_DECIDED else None
            return read_models.request_detail(event, settled, task, project, standing, deeds=deeds)

        return self._store.read(look)

    def _deeds(self, state: State, settled: Doc) -> Deeds | None:
        from store.folder.deed_reads import request_deeds  # with the first approval that is decided

        return request_deeds(self._store.events, state, settled["id"])

    def result(self, request_id: str, event_type: str) -> dict[str, Any] | None:
        """Return what settled a request of this type, None while it is open."""

        def look(_: State) -> dict[str, Any] | None:
            self._request_event(request_id, (event_type,))
            settled = self._store.events.settlement(request_id)
            return wire_objects.result_of_call(request_id, settled) if settled else None

        return self._store.read(look)

    def events(self, asked: TimelineAsked) -> Page[Event]:
        """Return a page of a timeline."""
        return self._store.read(lambda state: timeline_page(self._store.events, state, asked))

    def last_seq(self, cursor: str | None) -> int:
        """Return the seq to continue from: the cursor's, or without one the last event's."""
        return self._store.read(
            lambda state: self._store.events.read_cursor(ALL_EVENTS, cursor) if cursor else state.seq
        )

    def news(self, seq: int) -> News:
        """Return what came after `seq`, as much as one page holds."""

        def look(state: State) -> News:
            new = page_items(range(seq + 1, state.seq + 1), PAGE_MAX, lambda at: (at, state.index.place(at)[1])).items
            changes = [
                Change(event=read(Event, self._store.events.at(at)), cursor=self._store.events.cursor(ALL_EVENTS, at))
                for at in new
                if not state.index.is_off_timelines(at)
            ]
            return News(changes, new[-1] if new else seq)

        return self._store.read(look)

    def upload(self, upload_id: str) -> Doc:
        """Return an upload's document."""
        return self._store.read(lambda state: document(state, "uploads", upload_id))

    def upload_info(self, upload_id: str) -> Upload:
        """Return an upload as the contract describes it."""
        return read_models.upload(self.upload(upload_id))

    def _request_event(self, request_id: str, types: tuple[str, ...]) -> dict[str, Any]:
        event = self._store.events.find(request_id)
        if event is None or event["eventType"] not in types:
            raise read_models.no_request(request_id)
        return event

    def _page(
        self,
        scope: tuple[str, ...],
        queue: SeqQueue,
        cursor: str | None,
        limit: int,
        item: Callable[[int], dict[str, Any]],
    ) -> dict[str, Any]:
        after = queue.after(self._store.events.read_cursor(scope, cursor))

        def measured(seq: int) -> tuple[tuple[int, dict[str, Any]], int]:
            made = item(seq)
            return (seq, made), len(orjson.dumps(made))

        taken = page_items(after, checked_limit(limit), measured)
        next_cursor = self._store.events.cursor(scope, taken.items[-1][0]) if taken.items else cursor
        return {"items": [made for _, made in taken.items], "nextCursor": next_cursor, "more": taken.more}


def _standing(state: State, event: Doc, actor: Actor) -> dict[str, Any]:
    # The rules come with the first request under a policy: opening a folder does not wait for them.
    from store.core.request_standing import standing_of

    return standing_of(state, event, actor)
