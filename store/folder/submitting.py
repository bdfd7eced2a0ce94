"""A caller's command on its way through the writer, with its content and the checks of its metadata.

The rules are loaded with this module, by the first write: opening a folder does not wait for them.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable

from api_client.actor import Actor
from api_client.commands import Command, ReceiveUpload
from api_client.errors import InvalidRequest, TooManyRequests
from api_client.models import Receipt
from store.core.batch import Job
from store.core.schema_questions import CheckNeeded
from store.folder.open_folder import OpenFolder
from store.schemas.checks import TRIES


async def submit(
    folder: OpenFolder, command: Command, actor: Actor, key: str, content: AsyncIterable[bytes] | None
) -> Receipt:
    """Carry out a command of `actor` as `Backend.submit` has it, and check its metadata as the rules ask for it.

    Raises:
        ApiError: the command was refused.
        TooManyRequests: the state went on moving while the metadata was checked.
    """
    if isinstance(command, ReceiveUpload):
        return await _upload(folder, command, actor, content)
    job = Job(command, actor, key, verdicts={})
    for _ in range(TRIES):
        try:
            return await folder.receipts.submit(job)
        except CheckNeeded as needed:
            question = needed.question
        verdict = await asyncio.wrap_future(folder.store.checks.ask(question, actor.subject))
        job = job.with_verdict(question, verdict)
    raise TooManyRequests("The task changed each time that this was checked; nothing was recorded.", retry_after=1)


async def _upload(
    folder: OpenFolder, command: ReceiveUpload, actor: Actor, content: AsyncIterable[bytes] | None
) -> Receipt:
    if content is None:
        raise InvalidRequest("An upload needs its content.")
    with folder.allowance.taking(actor.subject) as take:
        received = await folder.receive(content, take)
        return await folder.receipts.submit(Job(command, actor, None, received))
