"""`serve`: an HTTP server over a data folder or a database, for agents and other reviewers."""

from __future__ import annotations

import asyncio
import errno
import logging
import signal
import ssl
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pumpup_tui.commands.api_key_commands import keys_of, no_key_yet, two_roles_remedy
from pumpup_tui.commands.database_places import Database
from pumpup_tui.commands.failure import Failed, in_words, reason
from pumpup_tui.commands.places import Folder, StorePlace, usable_folder
from pumpup_tui.commands.serve_limits import CONNECTIONS, limits_of
from pumpup_tui.commands.serve_options import WILDCARDS, ServeOptions
from pumpup_tui.commands.served_store import OpenStore, ServedStore, open_store

if TYPE_CHECKING:
    from starlette.applications import Starlette

    from store.server.metrics import Metrics
    from store.server.observers import Log

_MANY_FILES = 65_536
_SWEEP_INTERVAL = 3_600.0
_KEY_USE_INTERVAL = 10.0
"""Seconds between writes of when each key was last used."""
_PORT_REMEDIES = {
    errno.EADDRINUSE: "it is in use, so stop what holds it or take another with --port",
    errno.EACCES: "this login may not use it, so take one over 1023 with --port",
    errno.EADDRNOTAVAIL: "the address is not this machine's, so name one that is with --host",
}


def run(place: StorePlace, options: ServeOptions) -> None:
    """Serve until SIGINT, SIGTERM or SIGHUP; one that is ignored, as under `nohup`, stays so."""
    options.check()
    if isinstance(place, Folder):
        folder = usable_folder(place.path)
        if others := _writable_by_others(folder):
            raise Failed(f"{others} A server would hand out what they put there.")
    # A signal before the server handles them ends the command too, without a message.
    with in_words(), suppress(asyncio.CancelledError, KeyboardInterrupt):
        asyncio.run(_serve(place, options))


async def _serve(place: StorePlace, options: ServeOptions) -> None:
    from api_client.times import utc_now
    from store.server.accepting import PER_ADDRESS
    from store.server.observers import Log
    from store.server.runner import bind, serve, url_of

    _stop_on_signals()
    _allow_many_files()
    tls = _tls(options)
    metrics = _metrics() if options.metrics else None
    store = await open_store(place, options, metrics)
    backend = store.backend
    log = Log(sys.stderr.fileno(), utc_now)
    # Errors only: libraries log a warning for each malformed request, so a caller could fill the log.
    logging.basicConfig(handlers=[log], level=logging.ERROR, force=True)
    try:
        has_keys = await asyncio.to_thread(_look_at_keys, place)
        if metrics:
            await metrics.begin(backend)
        app = _app(store, options, log, metrics)

        def stop() -> None:
            app.state.stop()
            backend.break_off()

        listener = bind(options.host, options.port)
        with suppress(OSError):  # nobody reads stderr, which is no reason to stop
            _announce(url_of(listener, scheme="https" if tls else "http"), place, options, has_keys=has_keys)
        async with _key_uses_saved(store.save_key_uses), _swept(backend):
            per_address = options.limits.get(CONNECTIONS, PER_ADDRESS)
            await serve(app, listener, tls=tls, on_stop=stop, per_address=per_address)
    except OSError as fault:
        remedy = _PORT_REMEDIES.get(fault.errno or 0, reason(fault))
        raise Failed(f"Can't listen on {options.host} port {options.port}: {remedy}.") from None
    finally:
        await backend.aclose()
        log.close()


def _app(store: ServedStore, options: ServeOptions, log: Log, metrics: Metrics | None) -> Starlette:
    from store.server.app import create_app

    observers = [observer for observer in (None if options.quiet else log, metrics) if observer]
    return create_app(
        store.backend,
        store.keys,
        limits=replace(limits_of(options.limits, upload=options.max_upload), public_url=options.public_url),
        allowed_hosts=(*options.allowed_hosts, *((options.host,) if options.host not in WILDCARDS else ())),
        more=[metrics.row()] if metrics else (),
        observers=[observer.on_call for observer in observers],
    )


def _writable_by_others(folder: Path) -> str:
    from store.folder.trust import writable_by_others

    return writable_by_others(folder)


def _look_at_keys(place: StorePlace) -> bool:
    """Warn of keys that are not accepted; return whether there is any key."""
    keys = keys_of(place)
    for name in keys.of_two_roles():
        click.echo(
            f"Warning: {name} has keys of both roles, and a name has one: the agent's keys are not accepted. "
            f"{two_roles_remedy(place, name)}",
            err=True,
        )
    return bool(keys.listing())


def _tls(options: ServeOptions) -> ssl.SSLContext | None:
    if options.certificate is None or options.key is None:
        return None
    from store.server.runner import tls_context

    try:
        return tls_context(options.certificate, options.key)
    except ssl.SSLError:
        raise Failed(
            f"{options.certificate} and {options.key} are no certificate and its key: both must be PEM files, the key "
            "without a passphrase."
        ) from None
    except OSError as fault:
        raise Failed(f"The files of --tls-cert and --tls-key can't be read: {reason(fault)}.") from None


def _metrics() -> Metrics:
    from store.server.metrics import Metrics

    return Metrics()


@asynccontextmanager
async def _key_uses_saved(save: Callable[[], Awaitable[None]]) -> AsyncIterator[None]:
    """Save when each key was last used, at intervals and at the end."""
    from api_client.errors import ApiError

    try:
        async with _in_background(_save_key_uses(save)):
            yield
    finally:
        with suppress(ApiError):
            await save()


async def _save_key_uses(save: Callable[[], Awaitable[None]]) -> None:
    from api_client.errors import ApiError

    while True:
        await asyncio.sleep(_KEY_USE_INTERVAL)
        with suppress(ApiError):  # nobody could help, and the next save repeats it
            await save()


@asynccontextmanager
async def _swept(backend: OpenStore) -> AsyncIterator[None]:
    """Remove leftovers of killed processes and unattached uploads, now and each hour."""
    from api_client.errors import ApiError

    async def sweep() -> None:
        while True:
            with suppress(ApiError, OSError):  # the next sweep removes it
                await backend.sweep()
            await asyncio.sleep(_SWEEP_INTERVAL)

    async with _in_background(sweep()):
        yield


@asynccontextmanager
async def _in_background(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()


def _stop_on_signals() -> None:
    from store.server.runner import stop_signals

    task = asyncio.current_task()
    if task is not None and sys.platform != "win32":
        for number in stop_signals():
            if number is not signal.SIGINT:  # asyncio's own handler of it does the same
                asyncio.get_running_loop().add_signal_handler(number, task.cancel)


def _allow_many_files() -> None:
    """Raise the limit of open connections to what the system allows: the usual one is a thousand."""
    if sys.platform == "win32":
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(ValueError, OSError):  # the usual limit will do
        most = _MANY_FILES if hard == resource.RLIM_INFINITY else min(hard, _MANY_FILES)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, most), hard))


def _announce(url: str, place: StorePlace, options: ServeOptions, *, has_keys: bool) -> None:
    shown = place.shown if isinstance(place, Database) else place.path
    click.echo(f"Serving {shown} at {url} (ctrl+c stops)", err=True)
    if options.is_open:
        names = ", ".join(options.allowed_hosts) or options.host
        click.echo(
            "Other machines can reach this: whoever holds a key may read and write all projects. It answers to "
            f"{names}; add --allow-host NAME for other names that callers use.",
            err=True,
        )
        if options.certificate is None:
            click.echo("Without --tls-cert and --tls-key, keys and all content travel in the open.", err=True)
    if not has_keys:
        click.echo(no_key_yet(place), err=True)
