"""Linear mode: started instead of the screens where it is asked for, or where the terminal can't draw them."""

from __future__ import annotations

import asyncio
import os
import secrets
import sys
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import click

from pumpup_tui.commands.failure import Failed, in_words
from pumpup_tui.commands.output import line_width, print_line

if TYPE_CHECKING:
    from api_client.backend import Backend
    from pumpup_tui.linear.session_runner import LineSetup
    from pumpup_tui.local_state.document_store import DocumentStore
    from pumpup_tui.local_state.preferences import Preferences


def is_linear(*, asked: bool) -> bool:
    """Return whether to talk in lines: asked for, or the terminal says that it moves no cursor."""
    return asked or os.environ.get("TERM") == "dumb"


def run_lines(
    connect: Callable[[], Awaitable[Backend]],
    documents: DocumentStore,
    preferences: Preferences,
    *,
    source_label: str,
) -> None:
    """Talk over standard input and output, until the person quits or the input ends.

    Raises:
        Failed: the backend can't be opened or read, or there is no input.
        Exit: something that was sent is not known, or the user stopped it.
    """
    if sys.stdin is None or sys.stdin.closed:
        raise Failed("Linear mode reads its answers from standard input, which is closed.")
    with in_words():
        try:
            code = asyncio.run(_talk(connect, _setup(documents, preferences, source_label)))
        except KeyboardInterrupt:
            print_line("Stopped. What was held was not sent; the next start lists it.")
            raise click.exceptions.Exit(130) from None
    if code:
        raise click.exceptions.Exit(code)


def _setup(documents: DocumentStore, preferences: Preferences, source_label: str) -> LineSetup:
    from api_client.times import utc_now
    from pumpup_tui.linear.line_input import standard_input
    from pumpup_tui.linear.session_runner import LineSetup

    return LineSetup(
        standard_input,
        print_line,
        line_width,
        echoes=not sys.stdin.isatty(),
        source_label=source_label,
        clock=utc_now,
        new_key=lambda: secrets.token_hex(16),
        preferences=preferences,
        documents=documents,
    )


async def _talk(connect: Callable[[], Awaitable[Backend]], setup: LineSetup) -> int:
    from pumpup_tui.linear.session_runner import run_session

    backend = await connect()
    try:
        return await run_session(backend, setup)
    finally:
        await backend.aclose()
