"""The way of one decision from a command: read, shown, asked once, sent under one key, bound to what was shown."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from pumpup_tui.commands.failure import Failed
from pumpup_tui.commands.options import Given
from pumpup_tui.commands.output import tell, whole
from pumpup_tui.text.firewall import clean, line

if TYPE_CHECKING:
    from api_client.backend import Backend
    from api_client.commands import Command
    from api_client.models import Me, Receipt, RequestDetail

_NOT_SENT = "Nothing was sent."


class Sending:
    """What is to be sent on one request, and how."""

    def __init__(
        self,
        request: str,
        command: Callable[[RequestDetail], Command],
        *,
        verb: str,
        note: str | None,
        ask: bool,
        shown: str | None,
        key: str | None,
    ) -> None:
        """Take what was said on the command line; `shown` is the hash of the request as it was seen before."""
        self._request, self._command = request, command
        self._verb, self._note = verb, note
        self._ask, self._shown = ask, shown
        self._key = key or secrets.token_hex(16)
        self._again = key is not None

    def carry_out(self, given: Given) -> Receipt:
        """Return what was recorded.

        Raises:
            Failed: it was refused, or it is not known what became of it; the exit code says which.
            Abort: the answer to the question was no.
        """
        from pumpup_tui.commands.backend_session import work

        return work(given, self._carry_out, writes=True)

    async def _carry_out(self, backend: Backend) -> Receipt:
        from pumpup_tui.commands.id_lookup import request_of

        me = await backend.me()
        check_can(me, "answer" if self._verb == "ANSWER" else "decide")
        # Unseen or sent again, a task could stand for another request than the one that was meant.
        by_task = (self._ask or self._shown is not None) and not self._again
        detail = await request_of(backend, self._request, by_task=by_task)
        command = self._command(detail)
        if self._shown is not None and self._shown.lower() != detail.hash:
            raise Failed(f"The request is not the one of the hash {line(self._shown, 80)}. {_NOT_SENT}", 4)
        if not self._again:
            _check_open(detail)
        if self._ask:
            self._confirm(detail, me, command)
        return await send(backend, command, self._key)

    def _confirm(self, detail: RequestDetail, me: Me, command: Command) -> None:
        from api_client.commands import Answer
        from api_client.times import utc_now
        from pumpup_tui.commands.request_text import tell_answers, tell_request
        from pumpup_tui.decisions.desk import VERB_WORDS

        tell_request(detail, utc_now(), err=True)
        if isinstance(command, Answer):
            tell_answers(command.answers, err=True)
        if self._note:
            tell(f"\nYour note: {whole(self._note)}", err=True)
        tags = f" [{', '.join(line(tag, 30) for tag in me.tags)}]" if me.tags else ""
        question = f"\n{VERB_WORDS[self._verb].capitalize()} this as {line(me.subject, 80)}{tags}?"
        try:
            agreed = click.confirm(question, default=False, err=True)
        except click.Abort:
            agreed = False
        if not agreed:
            raise Failed(_NOT_SENT)


def check_can(me: Me, capability: str) -> None:
    """Raise `Failed` where the caller can't write this kind of thing here."""
    if capability not in me.capabilities:
        why = "with an agent's key: use a reviewer's" if me.role == "agent" else "here: this place can only be read"
        raise Failed(f"This can't be done {why}. {_NOT_SENT}", 6)


def _check_open(detail: RequestDetail) -> None:
    result = detail.result
    if result is not None:
        who = result.get("decidedBy") or result.get("answeredBy") or "someone"
        at = result.get("decidedAt") or result.get("answeredAt")
        raise Failed(f"The request was settled by {line(who, 80)} at {line(at, 40)}. {_NOT_SENT}", 4)


async def send(backend: Backend, command: Command, key: str) -> Receipt:
    """Return what a write answered.

    Raises:
        ApiError: it was refused.
        Failed: no answer came, and it may have been recorded: the same key asks.
    """
    from api_client.errors import ApiError
    from pumpup_tui.backend.retry import leaves_in_doubt

    try:
        return await backend.submit(command, key=key)
    except ApiError as fault:
        if not leaves_in_doubt(fault):
            raise
        again = f"It may have been recorded: the same command with --key {key} asks, and never does it twice."
        raise Failed(f"{clean(fault.message, limit=500).removesuffix('.')}. {again}", 5) from None
