"""Submission of one decision: read the request, show it, confirm, send under one key, bound to the hash shown."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, NamedTuple, cast

from pumpup_tui.commands.failure import Failed
from pumpup_tui.commands.options import PlaceOptions
from pumpup_tui.commands.output import clean_text, is_confirmed, print_line
from pumpup_tui.text.firewall import clean, line
from pumpup_tui.text.needs_words import refusal_words

if TYPE_CHECKING:
    from api_client.backend import Backend
    from api_client.commands import Command
    from api_client.models import Me, Receipt, RequestDetail
    from api_client.recorded_approval import RecordedApproval
    from pumpup_tui.decisions.desk import Verb

_NOT_SENT = "Nothing was sent."


class RecordedSubmission(NamedTuple):
    """A recorded command on a request, and what became of the request."""

    receipt: Receipt
    approval: RecordedApproval | None = None
    """What it is on the record, of an approval where there are policies."""


class Submission:
    """A command to submit on one request."""

    def __init__(
        self,
        request: str,
        command: Callable[[RequestDetail], Command],
        *,
        verb: str,
        note: str | None,
        confirm: bool,
        expected_hash: str | None,
        key: str | None,
    ) -> None:
        """Take the command line's values.

        Args:
            request: The request's id, or what else names it.
            command: Makes the command for the request as it was read.
            verb: The outcome's type, or `ANSWER`.
            note: The note, which the confirmation shows.
            confirm: Whether the user is shown the request and asked.
            expected_hash: The hash of the request as the user saw it earlier; None where it is not bound to one.
            key: The key of an earlier try; None for a fresh one.
        """
        self._request, self._command = request, command
        self._verb, self._note = verb, note
        self._needs_confirmation, self._expected_hash = confirm, expected_hash
        self._key = key or secrets.token_hex(16)
        self._is_retry = key is not None
        self.was_blind = False
        """Whether the request was shown without the agent's recommendation."""

    def carry_out(self, options: PlaceOptions) -> RecordedSubmission:
        """Return the receipt of the recorded decision, and whether it decided the request.

        Raises:
            Failed: it was refused, not confirmed, or its outcome is unknown; the exit code says which.
        """
        from pumpup_tui.commands.backend_session import run_on_backend

        return run_on_backend(options, self._carry_out, writes=True)

    async def _carry_out(self, backend: Backend) -> RecordedSubmission:
        from api_client.errors import NotAllowed
        from pumpup_tui.backend.blind_review import hidden_detail
        from pumpup_tui.commands.id_lookup import request_of

        me = await backend.me()
        check_capability(me, "answer" if self._verb == "ANSWER" else "decide")
        # Where nobody saw the request, or on a retry, a task could stand for another request by now.
        by_task = (self._needs_confirmation or self._expected_hash is not None) and not self._is_retry
        detail = hidden_detail(await request_of(backend, self._request, by_task=by_task), me.subject)
        command = self._command(detail)
        self._check(detail)
        if self._needs_confirmation:
            command, self.was_blind = _as_shown(command, detail), bool(detail.blind)
            self._confirm(detail, me, command)
        try:
            receipt = await send(backend, command, self._key)
        except NotAllowed as fault:
            if fault.needs is None:
                raise
            raise _refused(clean(fault.message, limit=2000), fault.needs.get("tags") or (), detail) from None
        return RecordedSubmission(receipt, await _read_back(backend, command, me, detail.task.id, receipt.event_id))

    def _check(self, detail: RequestDetail) -> None:
        if self._expected_hash is not None and self._expected_hash.lower() != detail.hash:
            raise Failed(f"The request has changed: its hash is not {line(self._expected_hash, 80)}. {_NOT_SENT}", 4)
        if not self._is_retry:
            _check_open(detail)
            if detail.needs is not None and not detail.needs.may and self._verb != "WITHDRAW":
                raise _refused(refusal_words(detail.needs), detail.needs.tags, detail)

    def _confirm(self, detail: RequestDetail, me: Me, command: Command) -> None:
        from api_client.commands import Answer
        from api_client.times import utc_now
        from pumpup_tui.commands.request_text import print_answers, print_request

        print_request(detail, utc_now(), reviewer=me.subject, err=True)
        if isinstance(command, Answer):
            print_answers(command.answers, err=True)
        if self._note:
            print_line(f"\nYour note: {clean_text(self._note)}", err=True)
        tags = f" [{', '.join(line(tag, 30) for tag in me.tags)}]" if me.tags else ""
        if not is_confirmed(f"\n{self._act(detail, me)} as {line(me.subject, 80)}{tags}?"):
            raise Failed(_NOT_SENT)

    def _act(self, detail: RequestDetail, me: Me) -> str:
        """Return what sending does: it decides, or agrees where the policy asks for more people."""
        from pumpup_tui.decisions.desk import VERB_WORDS, Intent

        intent = Intent(cast("Verb", self._verb), detail.event.id, "", note=self._note or "")
        intent = intent.under(detail.needs, me.subject, blind=detail.blind)
        if not intent.agreement:
            return f"{VERB_WORDS[self._verb].capitalize()} this"
        return f"{intent.does.capitalize()}, to {VERB_WORDS[self._verb]} this,"


def check_capability(me: Me, capability: str) -> None:
    """Raise `Failed` where the caller lacks a capability."""
    if capability in me.capabilities:
        return
    if me.role == "agent":
        raise Failed(f"Not permitted with an agent's key: use a reviewer's key. {_NOT_SENT}", 6)
    if capability == "authority":
        raise Failed(f"This server has no policies, grants or pauses. {_NOT_SENT}", 6)
    raise Failed(f"Not permitted here: this place is read-only. {_NOT_SENT}", 6)


def check_changes_authority(me: Me) -> None:
    """Raise `Failed` where the caller can't change policies, grants and pauses."""
    check_capability(me, "decide")
    check_capability(me, "authority")


def _check_open(detail: RequestDetail) -> None:
    result = detail.result
    if result is not None:
        reviewer = result.get("decidedBy") or result.get("answeredBy") or result.get("withdrawnBy") or "someone"
        time = result.get("decidedAt") or result.get("answeredAt") or result.get("withdrawnAt")
        raise Failed(f"Already decided by {line(reviewer, 80)} at {line(time, 40)}. {_NOT_SENT}", 4)


def _as_shown(command: Command, detail: RequestDetail) -> Command:
    """Return a decision that says where the agent's recommendation was hidden from who made it."""
    from msgspec.structs import replace

    from api_client.commands import Decide

    return replace(command, blind=True) if detail.blind and isinstance(command, Decide) else command


def _refused(words: str, tags: Iterable[str], detail: RequestDetail) -> Failed:
    """Return a policy's refusal in clean words, with who may decide and how they get it."""
    named = " or ".join(line(tag, 80) for tag in tags)
    who = f"somebody with the tag {named}" if named else "somebody else"
    task_id, project = line(detail.task.id, 80), line(detail.project.project_name, 80)
    remedy = f"Ask {who}: 'pumpup-tui assign {task_id} NAME' gives them the task, and 'pumpup-tui projects policy show "
    return Failed(f"{words}\n{remedy}{project}' has the rule. Nothing was recorded.", 6)


async def _read_back(
    backend: Backend, command: Command, me: Me, task_id: str, event_id: str
) -> RecordedApproval | None:
    """Return what an approval is on the record; None where it can only decide, and where that could not be read."""
    from api_client.commands import Decide
    from api_client.errors import ApiError
    from api_client.needs import APPROVING
    from api_client.recorded_approval import recorded_approval

    if not isinstance(command, Decide) or "authority" not in me.capabilities:
        return None
    if command.outcome.type not in APPROVING and not command.blind:
        return None
    try:
        return await recorded_approval(backend, task_id, command.request_id, event_id)
    except ApiError as fault:
        # It is recorded all the same, and a failure would say that it is not.
        print_line(f"Recorded; whether it decides the request is not known: {line(fault.message, 300)}", err=True)
        return None


async def send(backend: Backend, command: Command, key: str) -> Receipt:
    """Submit a command and return its receipt.

    Raises:
        ApiError: it was refused.
        Failed: there was no answer, and it may have been recorded; a retry with the same key finds out.
    """
    from api_client.errors import ApiError
    from pumpup_tui.backend.retry import leaves_in_doubt

    try:
        return await backend.submit(command, key=key)
    except ApiError as fault:
        if not leaves_in_doubt(fault):
            raise
        remedy = (
            f"It may have been recorded: run the same command with --key {key} to find out; it is never done twice."
        )
        raise Failed(f"{clean(fault.message, limit=500).removesuffix('.')}. {remedy}", 5) from None
