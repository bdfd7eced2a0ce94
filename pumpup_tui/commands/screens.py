"""The screens: over a local folder, a database, a server, and the demo's throw-away folder."""

from __future__ import annotations

import asyncio
import gc
import os
import random
import secrets
import shutil
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pumpup_tui.commands import config_cache
from pumpup_tui.commands.backend_session import must_be_there
from pumpup_tui.commands.database_places import Database
from pumpup_tui.commands.failure import Failed, in_words, reason
from pumpup_tui.commands.options import PlaceOptions
from pumpup_tui.commands.places import (
    Folder,
    Server,
    api_key,
    decider,
    place_of,
    state_folder,
    usable_folder,
)
from pumpup_tui.commands.terminal_setup import check_terminal

if TYPE_CHECKING:
    from api_client.backend import Backend
    from pumpup_tui.app import Observer
    from pumpup_tui.commands.shutdown import Shutdown
    from pumpup_tui.local_state.document_store import DocumentStore
    from pumpup_tui.local_state.preferences import Preferences
    from pumpup_tui.local_state.save_policy import Saving
    from store.demo.team import Agent

_DEMO_DECIDER, _DEMO_TAGS = "you", ("claims-lead",)

WARM_SECONDS = 1.0
NEEDED_SOON = ("markdown_it",)
"""Modules that neither the first decision nor the first text with a list in it shall wait for."""

SCREEN_CONNECTIONS = 3
"""Connections that a reviewer's reads take at the most: a database has room for some hundred of all its clients."""

Connect = Callable[[], Awaitable["Backend"]]


def open_place(options: PlaceOptions, saving: Saving, *, create: bool, linear: bool = False) -> None:
    """Show what is named: a local folder, made where that is asked for, a database, or a server; `linear` in lines."""
    place = place_of(options, os.environ)
    if isinstance(place, Folder):
        open_folder(place, saving, create=create, linear=linear)
    elif isinstance(place, Database):
        if create:
            command = "pumpup-tui workspaces create"
            raise Failed(f"--create makes a data folder: '{command} {place.workspace}' makes a workspace.", 2)
        open_database(place, saving, linear=linear)
    elif create:
        raise Failed(f"--create makes a data folder, and {place.url} is a server.", 2)
    else:
        open_server(place, saving, linear=linear)


def open_folder(place: Folder, saving: Saving, *, create: bool, linear: bool = False) -> None:
    """Show a local folder, deciding as its reviewer."""
    _check_terminal(linear=linear)
    from pumpup_tui.local_state.document_store import DocumentStore

    reviewer = decider(place)
    # A name that was mistyped must not become an empty folder in which nothing waits.
    if not (create or place.is_default):
        must_be_there(place, "--create makes one.")
    folder = usable_folder(place.path)

    async def connect() -> Backend:
        await asyncio.to_thread(import_module, "store.folder.local_backend")  # 70 ms in which keys are answered
        from api_client.actor import Actor
        from store.folder.local_backend import open_local

        return await open_local(folder, Actor(reviewer, "reviewer", place.tags), fires_timeouts=True)

    documents = partial(DocumentStore, state_folder(str(folder.resolve())), reviewer)
    saving = replace(saving, data=folder)
    needed_soon = (*NEEDED_SOON, "store.core.batch")
    _run(connect, saving, source_label="local", documents=documents, needed_soon=needed_soon, linear=linear)


def open_database(place: Database, saving: Saving, *, linear: bool = False) -> None:
    """Show a database's workspace, deciding as its reviewer."""
    _check_terminal(linear=linear)
    from pumpup_tui.local_state.document_store import DocumentStore

    reviewer = decider(place)

    async def connect() -> Backend:
        await asyncio.to_thread(import_module, "store.postgres.open_database")
        from api_client.actor import Actor
        from store.postgres.open_database import open_postgres

        actor = Actor(reviewer, "reviewer", place.tags)
        return await open_postgres(
            place.address, place.workspace, actor, fires_timeouts=True, pool_size=SCREEN_CONNECTIONS
        )

    documents = partial(DocumentStore, state_folder(place.state_key), reviewer)
    _run(connect, saving, source_label=place.label, documents=documents, linear=linear)


def open_server(place: Server, saving: Saving, *, linear: bool = False) -> None:
    """Show a server, deciding as the key's owner."""
    import hashlib

    from pumpup_tui.local_state.document_store import DocumentStore

    key = api_key(place.api_key_file, os.environ)
    with in_words():
        from api_client.http import HttpBackend

        backend = HttpBackend(place.url, key, ca_file=place.ca_file, allow_plain_http=place.insecure_http)
    _check_terminal(linear=linear)

    async def connect() -> Backend:
        return backend

    documents = partial(DocumentStore, state_folder(place.url), key_hash=hashlib.sha256(key.encode()).hexdigest())
    _run(connect, saving, source_label=place.url, documents=documents, linear=linear)


def open_demo(seed: int, saving: Saving, *, linear: bool = False) -> None:
    """Show a throw-away folder with a simulated agent at work."""
    from pumpup_tui.local_state.document_store import DocumentStore

    _check_terminal(linear=linear)
    leaving = None if linear else _listening()
    try:
        with tempfile.TemporaryDirectory(prefix="pumpup-demo-", ignore_cleanup_errors=True) as folder:
            if leaving is not None:
                leaving.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))
            # It is new to whoever sees it: so are its documents.
            demo = Demo(Path(folder) / "data", seed)
            state = partial(DocumentStore, Path(folder) / "state")
            _run(demo.connect, saving, source_label="demo", documents=state, tour=True, leaving=leaving, linear=linear)
    except OSError as fault:
        raise Failed(f"The demo's folder can't be made: {reason(fault)}. Point TMPDIR at one with room.") from None


class Demo:
    """The demo's folder and the agent that works in it, beside the screens in the same process."""

    def __init__(self, folder: Path, seed: int) -> None:
        self._folder, self._seed = folder, seed
        self._behind = timedelta(minutes=50)
        self._agent: asyncio.Task[None] | None = None

    def now(self) -> datetime:
        """Return the time, a little behind while the folder is filled, so that its requests have different ages."""
        from api_client.times import utc_now

        return utc_now() - self._behind

    async def connect(self) -> Backend:
        """Return the user's backend, over a folder with requests waiting and an agent at work."""
        from api_client.actor import Actor
        from store.core.event_ids import random_token
        from store.demo.team import Agent, Team, open_shop
        from store.folder.local_backend import open_local

        rng = random.Random(self._seed)  # noqa: S311 - chooses stories, keeps no secret
        # The agent has the folder open for itself, as another process would: the screens close only their own.
        desk = await open_local(self._folder, Actor("demo-agent", "agent"), clock=self.now)
        agent = Agent(desk, rng=rng, clock=self.now, new_key=random_token, before_write=lambda: self._pass(seconds=15))
        team = Team(desk.acting_as(Actor("maria", "reviewer", ("claims",))), rng=rng, new_key=random_token)
        await open_shop(agent, team, before_each=lambda: self._pass(minutes=2))
        self._behind = timedelta()
        self._agent = asyncio.create_task(_work(agent, desk))
        return await open_local(self._folder, Actor(_DEMO_DECIDER, "reviewer", _DEMO_TAGS))

    def _pass(self, **time: float) -> None:
        """Let the time of a folder that is being filled come nearer to now."""
        self._behind = max(timedelta(), self._behind - timedelta(**time))


async def _work(agent: Agent, desk: Backend) -> None:
    try:
        await agent.run()
    finally:
        await desk.aclose()


def _check_terminal(*, linear: bool) -> None:
    if not linear:
        check_terminal(os.environ)


def _run(
    connect: Connect,
    saving: Saving,
    *,
    source_label: str,
    documents: Callable[[], DocumentStore],
    needed_soon: Sequence[str] = NEEDED_SOON,
    tour: bool = False,
    leaving: Shutdown | None = None,
    linear: bool = False,
) -> None:
    preferences = replace(preferences_of(config_cache.chosen(os.environ)), saving=saving)
    if linear:
        from pumpup_tui.commands.linear_mode import run_lines

        run_lines(connect, documents(), preferences, source_label=source_label)
        return
    connect = partial(_connect_and_warm, connect, needed_soon)
    _run_screens(connect, documents, preferences, source_label=source_label, tour=tour, leaving=leaving)


def _run_screens(
    connect: Connect,
    documents: Callable[[], DocumentStore],
    preferences: Preferences,
    *,
    source_label: str,
    tour: bool,
    leaving: Shutdown | None,
) -> None:
    gc.disable()  # until the screens are up: nothing that starting makes is freed
    from api_client.times import utc_now
    from pumpup_tui.app import PumpUpApp
    from pumpup_tui.commands.garbage_collection import GarbageCollection
    from pumpup_tui.commands.guarded import Guard
    from pumpup_tui.commands.terminal_setup import reports_mouse
    from pumpup_tui.context import Setup

    setup = Setup(
        connect,
        source_label=source_label,
        clock=utc_now,
        new_key=lambda: secrets.token_hex(16),
        preferences=preferences,
        documents=documents(),
    )
    guard, garbage = Guard(leaving or _listening()), GarbageCollection(time.monotonic)
    observers, tour_sheet = _tour() if tour else ((), None)
    app = PumpUpApp(
        setup,
        hooks=guard,
        observers=[garbage.attach, *observers],
        tour_sheet=tour_sheet,
    )
    app.run(mouse=reports_mouse(os.environ))
    if guard.fault is not None:
        raise guard.fault
    if app.return_code:
        sys.exit(app.return_code)


async def _connect_and_warm(connect: Connect, needed_soon: Sequence[str]) -> Backend:
    """Return the backend, once it is open; import what is needed soon while what waits is read."""
    backend = await connect()
    # What a folder holds lives as long as the screens: looked through for garbage, it cost 40 ms of a key's time.
    gc.freeze()
    loop = asyncio.get_running_loop()
    for module in needed_soon:
        loop.call_later(WARM_SECONDS, lambda name: loop.run_in_executor(None, import_module, name), module)
    return backend


def _tour() -> tuple[Sequence[Observer], Path]:
    """Return what makes the demo's tour, with its style sheet. Only the demo pays for it."""
    from pumpup_tui.tour.observer import SHEET, TourObserver

    return [TourObserver], SHEET


def preferences_of(chosen: Mapping[str, Any]) -> Preferences:
    """Return what a user chose for the screens, out of the checked configuration."""
    from pumpup_tui.local_state.preferences import Preferences, StuckAfter

    notifications = chosen.get("notifications", {})
    named = {
        "grace_seconds": chosen.get("grace_seconds"),
        "bell": notifications.get("bell"),
        "desktop": notifications.get("desktop"),
        "theme": chosen.get("theme"),
        "is_compact": chosen.get("density") == "compact",
        "keymap": chosen.get("keys"),
        "filters": chosen.get("filters"),
        "stuck": StuckAfter(**chosen["stuck"]) if "stuck" in chosen else None,
        "reason_codes": chosen.get("reason_codes"),
        "note_templates": chosen.get("note_templates"),
    }
    return Preferences(**{name: value for name, value in named.items() if value is not None})


def _listening() -> Shutdown:
    """Return what a lost connection or a plain kill ends the screens by: in order, and in any case."""
    from pumpup_tui.commands.shutdown import Shutdown

    leaving = Shutdown()
    leaving.listen()
    return leaving
