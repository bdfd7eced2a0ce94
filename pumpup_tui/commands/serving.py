"""`serve`: the local folder, given to agents and to other reviewers."""

from __future__ import annotations

import asyncio
import errno
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import click

from pumpup_tui.commands.failure import Failed, in_words
from pumpup_tui.commands.places import reason, usable_folder
from pumpup_tui.commands.progress import progress_bar

_WILDCARDS = ("0.0.0.0", "::")  # noqa: S104 - looked for, not bound to
_PORT_WORDS = {
    errno.EADDRINUSE: "it is in use, so stop what holds it or take another with --port",
    errno.EACCES: "this login may not use it, so take one over 1023 with --port",
    errno.EADDRNOTAVAIL: "the address is not this machine's, so name one that is with --host",
}


def run(data: Path | None, host: str, port: int, allowed_hosts: Sequence[str]) -> None:
    """Serve until SIGINT or SIGTERM."""
    folder = usable_folder(data)
    # A signal before the server minds them ends the command all the same: folder closed, nothing said.
    with in_words(), suppress(asyncio.CancelledError, KeyboardInterrupt):
        asyncio.run(_serve(folder, host, port, allowed_hosts))


async def _serve(folder: Path, host: str, port: int, allowed_hosts: Sequence[str]) -> None:
    from api_client.commands import PLATFORM
    from api_client.times import utc_now
    from store.keys import KeyRing
    from store.local import open_local
    from store.server.app import create_app
    from store.server.runner import serve

    _stop_on_sigterm()
    keys = KeyRing(folder, utc_now)
    no_keys = not keys.listing()
    with progress_bar("Reading the journal") as progress:
        backend = await open_local(folder, PLATFORM, progress=progress)
    for notice in backend.notices:
        click.echo(f"Warning: {notice}", err=True)
    hosts = (*allowed_hosts, *((host,) if host not in _WILDCARDS else ()))
    try:
        app = create_app(backend, keys, allowed_hosts=hosts)
        await serve(app, host, port, on_ready=lambda url: _announce(url, folder, no_keys=no_keys))
    except OSError as fault:
        words = _PORT_WORDS.get(fault.errno or 0, reason(fault))
        raise Failed(f"Can't listen on {host} port {port}: {words}.") from None
    finally:
        await backend.aclose()


def _stop_on_sigterm() -> None:
    task = asyncio.current_task()
    if task is not None and sys.platform != "win32":
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)


def _announce(url: str, folder: Path, *, no_keys: bool) -> None:
    click.echo(f"Serving {folder} at {url} (ctrl+c stops)", err=True)
    if no_keys:
        click.echo(f"No one has a key yet: pumpup-tui keys add NAME --role agent --data {folder}", err=True)
