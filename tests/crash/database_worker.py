"""One of several servers' share of the work, in a process of its own that may be killed.

    python -m tests.crash.database_worker notes PLACE TASK NAME=LAST...
    python -m tests.crash.database_worker follow PLACE
    python -m tests.crash.database_worker race PLACE REVIEWER REQUEST...

PLACE is a database's address and a workspace, with a space between, or the addresses of servers and a key.

With `notes` each NAME is a caller that writes its numbered notes one after the other for ever, beginning after LAST.
Each note has its own key, and is submitted again under it until a response says what became of it. Prints a line for
each acknowledgement (name, number, event, and `again` where it was a repeat's), for each failure (`!` and its kind),
and for each note that was recorded although all failures said that it was not (`?` and the message). The first note of
a caller may have been recorded for the process before.

With `follow` it prints a line for each new note (its message and its event), and goes on from there after a failure.

With `race` it prints `ready`, reads a time, and decides the requests, each at its own moment after it, the same in all
processes. Prints a line of JSON: what each came to, empty for a decision that was recorded.
"""

from __future__ import annotations

import asyncio
import ctypes
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AsyncExitStack

from api_client.actor import Actor
from api_client.backend import Backend
from api_client.commands import AddNote, Decide
from api_client.errors import ApiError, ServerFault, StoreError, Unreachable
from api_client.models import Outcome, Receipt
from tests.support.actors import AGENT

PAUSE_SECONDS = 0.02
"""Seconds before a failed write is tried again."""
STAGGER_SECONDS = 0.002
"""Seconds between the moments of two requests in a race."""


async def open_places(place: str, actor: Actor, stack: AsyncExitStack) -> list[Backend]:
    """Return a backend over the database, or one for each server."""
    addresses, name = place.rsplit(" ", 1)
    if addresses.startswith("http"):
        from api_client.http import HttpBackend

        servers = [HttpBackend(url, name) for url in addresses.split()]
        for server in servers:
            stack.push_async_callback(server.aclose)
        return [*servers]
    from store.postgres.address import DatabaseAddress
    from store.postgres.open_database import open_postgres

    backend = await open_postgres(DatabaseAddress.parse(addresses), name, actor)
    stack.push_async_callback(backend.aclose)
    return [backend]


async def acknowledged(places: Sequence[Backend], command: AddNote, key: str, *, is_first: bool) -> Receipt:
    """Submit a command until it is acknowledged: the same key each time, and the next server after each failure."""
    failures, in_doubt = 0, is_first
    while True:
        try:
            receipt = await places[failures % len(places)].submit(command, key=key)
        except (Unreachable, StoreError, ServerFault) as fault:
            maybe = " maybe_done" if getattr(fault, "maybe_done", False) else ""
            say(f"! {type(fault).__name__}{maybe}: {fault}")
            in_doubt = in_doubt or bool(maybe) or isinstance(fault, ServerFault)
        else:
            if receipt.replayed and failures and not in_doubt:  # a backend may have repeated it by itself
                say(f"? {command.message}")
            return receipt
        failures += 1
        await asyncio.sleep(PAUSE_SECONDS)


async def write_notes(places: Sequence[Backend], task: str, name: str, last: int) -> None:
    """Write one caller's notes for ever."""
    number = last
    while True:
        number += 1
        command = note(task, name, number)
        receipt = await acknowledged(places, command, key_of(name, number), is_first=number == last + 1)
        say(f"{name} {number} {receipt.event_id}{' again' if receipt.replayed else ''}")


def note(task: str, name: str, number: int) -> AddNote:
    """Return the command of a caller's numbered note."""
    return AddNote(project_name="general", task_id=task, message=f"{name} {number}")


def key_of(name: str, number: int) -> str:
    """Return the key of a caller's numbered note."""
    return f"{name}-{number}"


def say(line: str) -> None:
    """Write a line at once, whole."""
    os.write(1, line.encode() + b"\n")


async def notes(place: str, task: str, *callers: str) -> None:
    """Let all callers write."""
    async with AsyncExitStack() as stack:
        places = await open_places(place, AGENT, stack)
        async with asyncio.TaskGroup() as group:
            for number, caller in enumerate(callers):
                name, _, last = caller.partition("=")
                turn = number % len(places)
                group.create_task(write_notes([*places[turn:], *places[:turn]], task, name, int(last)))


async def follow(place: str) -> None:
    """Follow the changes of all notes."""
    cursor = None
    async with AsyncExitStack() as stack:
        (backend, *_) = await open_places(place, AGENT, stack)
        say("ready")
        while True:
            try:
                async for change in backend.changes(cursor):
                    cursor = change.cursor
                    if change.event.event_type == "NOTE":
                        say(f"{change.event.payload['message']} {change.event.id}")
            except (Unreachable, StoreError, ServerFault) as fault:
                say(f"! {type(fault).__name__}: {fault}")
                await asyncio.sleep(PAUSE_SECONDS)


async def race(place: str, reviewer: str, *requests: str) -> None:
    """Decide all requests, each at its moment."""
    async with AsyncExitStack() as stack:
        (backend, *_) = await open_places(place, Actor(reviewer, "reviewer"), stack)
        say("ready")
        begin = float(await asyncio.to_thread(sys.stdin.readline))

        async def decide_one(number: int, request: str) -> str:
            await asyncio.sleep(max(0.0, begin + number * STAGGER_SECONDS - time.time()))
            command = Decide(request_id=request, outcome=Outcome(type="APPROVE"))
            try:
                await backend.submit(command, key=f"{request}-{reviewer}")
            except ApiError as fault:
                return str(fault)
            return ""

        heard = await asyncio.gather(*(decide_one(number, request) for number, request in enumerate(requests)))
    say(json.dumps(heard))


def end_with_the_tests() -> None:
    """Have the system end this process when its parent ends, also where this one stands still by then."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


if __name__ == "__main__":
    end_with_the_tests()
    what, *arguments = sys.argv[1:]
    roles: dict[str, Callable[..., Coroutine[None, None, None]]] = {"notes": notes, "follow": follow, "race": race}
    asyncio.run(roles[what](*arguments))
