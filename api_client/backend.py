"""The interface between the screens and the place where the work is stored.

A Backend acts for one caller. Guarantees, of every implementation:

* Every write is one command through `submit`, under a key that the caller made before the first try. A repeat with the
  same key, path and caller gets the first response again and writes nothing (`Receipt.replayed`).
* When `submit` returns, the write is durable. When it raises, nothing was written, but for `Unreachable` with
  `maybe_done`, `ServerFault` and `UnexpectedAnswer`: then the same key may be submitted again to learn what became of
  it. After one of these only `InvalidRequest`, `NotFound` and `Conflict` say that it did not happen: all else is
  answered before the key is looked up.
* A caller reads its own writes at once, and those of others within a second.
* A list's cursor is good for the list and filter that gave it, at any later time; anything else is
  `InvalidRequest`. Cursors of `events` and `changes` are the same and go in both directions.
* Where `me` has `history`, `events` takes filters (`only`) and an event's id for a cursor, and `task`, `board` and
  `cards` answer as of an earlier moment (`at`): an event's id, for all up to and with it, or a time (RFC 3339).
* Where `me` has `proofs`, the record proves its events and its growth (`proofs`); agents may ask for these too.
* Where `me` has `authority`, there are policies, grants and pauses, and requests say what they need (`needs`).
  Elsewhere `policy`, `grants` and `authority` answer that there is nothing.
* Where `me` has `deeds`, a decided request comes with its deeds, and `events` takes `only.deed`.
* Every failure is an `ApiError`. Foreign text comes as it was written: raw.
* Calls may run at the same time, and a call that is cancelled leaves nothing half done.
* Where `me` has neither `decide` nor `answer` nothing can be written, and all reads work: for a server without the
  reviewer part they are assembled from the agent API, and `changes` may be some seconds late.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Sequence
from typing import TYPE_CHECKING, Protocol

from api_client.event_filter import NO_FILTER, EventFilter
from api_client.models import (
    ApprovalResult,
    Board,
    Card,
    Change,
    ElicitationResult,
    Event,
    InboxItem,
    Me,
    Order,
    Page,
    Project,
    Receipt,
    RequestDetail,
    Task,
    TaskDetail,
    Upload,
)

if TYPE_CHECKING:
    from api_client.authority import AuthorityStatus, Grant, GrantTerms, PolicyInForce, Trial
    from api_client.commands import Command
    from api_client.proofs import Proofs
    from api_client.settled import SettledQuery, SettledRequest

PAGE = 100
"""Items a page holds where the caller names no limit (CONTRACT.md, Cursors)."""
PAGE_MAX = 500
WAIT_MAX = 60
"""Seconds that a call for a result waits at the most (CONTRACT.md part 1)."""


class Backend(Protocol):
    """One caller's access to the work (see the module for the guarantees)."""

    @property
    def notices(self) -> Sequence[str]:
        """Warnings about the place where the work is stored, as sentences; none where all is well."""
        ...

    @property
    def proofs(self) -> Proofs:
        """The signed checkpoints of the record, and proofs against them, for any caller."""
        ...

    async def me(self) -> Me:
        """Return the caller, and what this backend can do for them.

        `capabilities` is what screens ask before they offer an action; nothing asks which backend it is.
        """
        ...

    async def projects(self, *, name: str | None = None) -> Sequence[Project]:
        """Return the projects whose display name or slug contains `name`, case-insensitively; all without it."""
        ...

    async def project(self, project_id: str) -> Project:
        """Return one project.

        Raises:
            NotFound: there is none with this id.
        """
        ...

    async def board(self, project_id: str, *, at: str | None = None) -> Board:
        """Return the project's columns in graph order, with a count for each; `at` an earlier moment as it was then.

        Raises:
            NotFound: there is no such project, or no such event.
            InvalidRequest: `at` is no moment.
        """
        ...

    async def cards(
        self, project_id: str, step: str, *, cursor: str | None = None, limit: int = PAGE, at: str | None = None
    ) -> Page[Card]:
        """Return one column's page of cards, oldest in the step first; `at` an earlier moment as they were then.

        Raises:
            NotFound: there is no such project, step or event.
            InvalidRequest: the cursor is another list's, or `at` is no moment.
        """
        ...

    async def tasks(self, *, project_id: str | None = None, name: str | None = None) -> Sequence[Task]:
        """Return the tasks of a project, or all, whose name contains `name`, case-insensitively."""
        ...

    async def task(self, task_id: str, *, at: str | None = None) -> TaskDetail:
        """Return a task and its open requests; `at` an earlier moment as they were then.

        Raises:
            NotFound: there is no such task, or was none then, or there is no such event.
            InvalidRequest: `at` is no moment.
        """
        ...

    async def inbox(
        self, *, project_id: str | None = None, cursor: str | None = None, limit: int = PAGE, context: bool = False
    ) -> Page[InboxItem]:
        """Return a page of the open requests, oldest first; with `context` what a list has of each one's context.

        Raises:
            InvalidRequest: the cursor is another list's.
        """
        ...

    async def request(self, request_id: str) -> RequestDetail:
        """Return all that a reviewer sees of a request, settled ones with their result.

        Raises:
            NotFound: there is no such request.
        """
        ...

    async def events(
        self,
        *,
        project_id: str | None = None,
        task_id: str | None = None,
        types: Sequence[str] = (),
        order: Order = "asc",
        cursor: str | None = None,
        limit: int = PAGE,
        only: EventFilter = NO_FILTER,
    ) -> Page[Event]:
        """Return a page of a task's, a project's or all timelines, of the given types only where any is named.

        A call looks at `PAGE_MAX` events at the most for those that `only` asks for: a page may be empty with `more`
        to come, and its cursor is the place up to which it looked.

        Raises:
            NotFound: there is no such task or project.
            InvalidRequest: the cursor is another list's.
        """
        ...

    async def settled(self, query: SettledQuery) -> Page[SettledRequest]:
        """Return a page of the requests that were settled in a time, in the order in which they were.

        A cursor is good in both directions, and with any times.

        Raises:
            NotFound: there is no such project.
            InvalidRequest: the cursor is another list's.
        """
        ...

    async def policy(self, project_id: str) -> PolicyInForce:
        """Return a project's policy and its hash, which `SetPolicy` replaces it by.

        Raises:
            NotFound: there is no such project.
        """
        ...

    async def grants(self, project_id: str | None = None) -> Sequence[Grant]:
        """Return the grants of a project, or all: those in force first, then the ended ones, the newest first.

        Raises:
            NotFound: there is no such project.
        """
        ...

    async def grant_trial(self, terms: GrantTerms) -> Trial:
        """Return what a grant of the caller would have decided of all past approvals of its project. Writes nothing.

        Raises:
            NotFound: there is no such project.
            InvalidRequest: INVALID_GRANT, the terms are none that a grant could have.
        """
        ...

    async def authority(self) -> AuthorityStatus:
        """Return what is paused and what is escalated now. It costs little, and is asked every few seconds."""
        ...

    async def approval_result(self, request_id: str, *, wait: float = 0) -> ApprovalResult | None:
        """Return the decision on an approval, None while it is pending.

        With `wait` (seconds, `WAIT_MAX` at the most) it returns as soon as the request is settled, and None when they
        are over; a server that does not support waiting answers at once.

        Raises:
            NotFound: there is no such approval.
        """
        ...

    async def elicitation_result(self, request_id: str, *, wait: float = 0) -> ElicitationResult | None:
        """Return the answers to an elicitation, None while it is pending; `wait` as in `approval_result`.

        Raises:
            NotFound: there is no such elicitation.
        """
        ...

    async def upload(self, upload_id: str) -> Upload:
        """Return the description of an upload.

        Raises:
            NotFound: there is no such upload.
        """
        ...

    def download(self, upload_id: str) -> AsyncIterator[bytes]:
        """Return an upload's content, in pieces.

        Raises:
            NotFound: there is no such upload (with the first piece).
        """
        ...

    def changes(self, cursor: str | None = None) -> AsyncIterator[Change]:
        """Return new events, each once and in order, for as long as it is read.

        Without a cursor it starts from now; with one, after the event that the cursor names. Iteration ends only
        with an error; after `Unreachable` the caller resumes with the last change's cursor.
        """
        ...

    async def submit(self, command: Command, *, key: str, content: AsyncIterable[bytes] | None = None) -> Receipt:
        """Carry out `command` once for `key` (1 to 255 characters), and return the response.

        `content` is the bytes of a `ReceiveUpload`, which alone takes them and ignores `key`.

        Raises:
            InvalidRequest: a rule of the contract refuses it (`code` names which).
            NotAllowed: the caller's role may not.
            NotFound: something that it names does not exist.
            Conflict: the present state does not allow it; on a settled request the message names who was first.
            TooLarge: the content is over the cap.
            Unreachable: no answer came.
            StoreError: the folder could not record it.
        """
        ...

    async def aclose(self) -> None:
        """Release files, connections and workers. Calls after it are an error of the caller."""
        ...
