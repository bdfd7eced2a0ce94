"""`serve`: an HTTP server over a data folder, for agents and other reviewers."""

from __future__ import annotations

import asyncio
import errno
import logging
import signal
import ssl
import sys
from collections.abc import AsyncIterator, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pumpup_tui.commands import config_cache
from pumpup_tui.commands.failure import Failed, in_words, reason
from pumpup_tui.commands.places import usable_folder
from pumpup_tui.commands.progress import progress_bar
from pumpup_tui.commands.serve_limits import (
    CONNECTIONS,
    KEEP_FREE,
    KEEP_FREE_BYTES,
    LOOSE_UPLOADS,
    LOOSE_UPLOADS_BYTES,
    checked_url,
    limits_of,
    parsed,
    record_limits_of,
)

if TYPE_CHECKING:
    from starlette.applications import Starlette

    from store.folder.api_keys import KeyRing
    from store.folder.local_backend import LocalBackend
    from store.server.metrics import Metrics
    from store.server.observers import Log

_WILDCARDS = ("0.0.0.0", "::", "")  # noqa: S104 - looked for, not bound to
_MANY_FILES = 65_536
_SWEEP_INTERVAL = 3_600.0
_KEY_USE_INTERVAL = 10.0
"""Seconds between writes of when each key was last used."""
_PORT_REMEDIES = {
    errno.EADDRINUSE: "it is in use, so stop what holds it or take another with --port",
    errno.EACCES: "this login may not use it, so take one over 1023 with --port",
    errno.EADDRNOTAVAIL: "the address is not this machine's, so name one that is with --host",
}


@dataclass(frozen=True, slots=True)
class ServeOptions:
    """The options of `serve`."""

    host: str
    port: int
    allowed_hosts: Sequence[str] = ()
    max_upload: int = 25_000_000
    """Bytes."""
    certificate: Path | None = None
    key: Path | None = None
    metrics: bool = False
    quiet: bool = False
    public_url: str = ""
    limits: Mapping[str, int] = field(default_factory=dict)

    @property
    def is_open(self) -> bool:
        """Whether other machines can reach the server."""
        try:
            return not ip_address(self.host).is_loopback
        except ValueError:
            return self.host.lower() != "localhost"

    def check(self) -> None:
        """Raise `Failed` where options contradict each other."""
        if (self.certificate is None) != (self.key is None):
            raise Failed("TLS takes a certificate and its key: give both --tls-cert FILE and --tls-key FILE.")
        if self.host in _WILDCARDS and not self.allowed_hosts:
            raise Failed(
                f"--host {self.host or repr('')} gives the folder to every network that this machine is on, and calls "
                "are answered only under names that are known: add --allow-host NAME for each that callers will use."
            )


def configured_options(
    environment: Mapping[str, str], public_url: str | None, limits: Sequence[str], **options: Any
) -> ServeOptions:
    """Return the options of `serve`, with the configuration's values for those not given.

    Raises:
        Failed: a limit or the address is invalid.
    """
    chosen = config_cache.chosen(environment).get("serve", {})
    try:
        url = checked_url(public_url) if public_url else chosen.get("public_url") or ""
        return ServeOptions(**options, public_url=url, limits={**chosen.get("limits", {}), **parsed(limits)})
    except ValueError as fault:
        raise Failed(f"{fault}.", 2) from None


def run(data: Path | None, options: ServeOptions) -> None:
    """Serve until SIGINT, SIGTERM or SIGHUP; one that is ignored, as under `nohup`, stays so."""
    options.check()
    folder = usable_folder(data)
    if others := _writable_by_others(folder):
        raise Failed(f"{others} A server would hand out what they put there.")
    # A signal before the server handles them ends the command too, without a message.
    with in_words(), suppress(asyncio.CancelledError, KeyboardInterrupt):
        asyncio.run(_serve(folder, options))


async def _serve(folder: Path, options: ServeOptions) -> None:
    from api_client.times import utc_now
    from store.folder.api_keys import KeyRing
    from store.server.accepting import PER_ADDRESS
    from store.server.observers import Log
    from store.server.runner import bind, serve, url_of

    _stop_on_signals()
    _allow_many_files()
    tls = _tls(options)
    keys = KeyRing(folder, utc_now)
    has_keys = bool(keys.listing())
    _warn_of_two_roles(keys, folder)
    metrics = _metrics() if options.metrics else None
    backend = await _opened_backend(folder, options, metrics)
    log = Log(sys.stderr.fileno(), utc_now)
    # Errors only: libraries log a warning for each malformed request, so a caller could fill the log.
    logging.basicConfig(handlers=[log], level=logging.ERROR, force=True)
    try:
        if metrics:
            await metrics.begin(backend)
        app = _app(backend, keys, options, log, metrics)

        def stop() -> None:
            app.state.stop()
            backend.break_off()

        listener = bind(options.host, options.port)
        with suppress(OSError):  # nobody reads stderr, which is no reason to stop
            _announce(url_of(listener, scheme="https" if tls else "http"), folder, options, has_keys=has_keys)
        async with _key_uses_saved(keys), _swept(backend):
            per_address = options.limits.get(CONNECTIONS, PER_ADDRESS)
            await serve(app, listener, tls=tls, on_stop=stop, per_address=per_address)
    except OSError as fault:
        remedy = _PORT_REMEDIES.get(fault.errno or 0, reason(fault))
        raise Failed(f"Can't listen on {options.host} port {options.port}: {remedy}.") from None
    finally:
        await backend.aclose()
        log.close()


def _app(backend: LocalBackend, keys: KeyRing, options: ServeOptions, log: Log, metrics: Metrics | None) -> Starlette:
    from store.server.app import create_app

    observers = [observer for observer in (None if options.quiet else log, metrics) if observer]
    return create_app(
        backend,
        keys,
        limits=replace(limits_of(options.limits, upload=options.max_upload), public_url=options.public_url),
        allowed_hosts=(*options.allowed_hosts, *((options.host,) if options.host not in _WILDCARDS else ())),
        more=[metrics.row()] if metrics else (),
        observers=[observer.on_call for observer in observers],
    )


async def _opened_backend(folder: Path, options: ServeOptions, metrics: Metrics | None) -> LocalBackend:
    from api_client.commands import PLATFORM
    from store.core.upload_limits import UploadLimits
    from store.folder.local_backend import open_local
    from store.folder.timed_files import TimedFiles

    with progress_bar("Reading the journal") as progress:
        backend = await open_local(
            folder,
            PLATFORM,
            progress=progress,
            files=TimedFiles(metrics.durations("pumpup_sync_seconds", "A sync to the disk.")) if metrics else None,
            uploads=UploadLimits(
                max_bytes=options.max_upload,
                keep_free=options.limits.get(KEEP_FREE, KEEP_FREE_BYTES),
                loose_bytes=options.limits.get(LOOSE_UPLOADS, LOOSE_UPLOADS_BYTES),
            ),
            fires_timeouts=True,
            limits=record_limits_of(options.limits),
        )
    for notice in backend.notices:
        click.echo(f"Warning: {notice}", err=True)
    return backend


def _writable_by_others(folder: Path) -> str:
    from store.folder.trust import writable_by_others

    return writable_by_others(folder)


def _warn_of_two_roles(keys: KeyRing, folder: Path) -> None:
    from pumpup_tui.commands.doctor_checks import two_roles_remedy

    for name in keys.of_two_roles():
        click.echo(
            f"Warning: {name} has keys of both roles, and a name has one: the agent's keys are not accepted. "
            f"{two_roles_remedy(folder, name)}",
            err=True,
        )


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
async def _key_uses_saved(keys: KeyRing) -> AsyncIterator[None]:
    """Save when each key was last used, at intervals and at the end."""
    from api_client.errors import ApiError

    try:
        async with _in_background(_save_key_uses(keys)):
            yield
    finally:
        with suppress(ApiError):
            keys.save_uses()


async def _save_key_uses(keys: KeyRing) -> None:
    from api_client.errors import ApiError

    while True:
        await asyncio.sleep(_KEY_USE_INTERVAL)
        with suppress(ApiError):  # nobody could help, and the next save repeats it
            await asyncio.to_thread(keys.save_uses)


@asynccontextmanager
async def _swept(backend: LocalBackend) -> AsyncIterator[None]:
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


def _announce(url: str, folder: Path, options: ServeOptions, *, has_keys: bool) -> None:
    click.echo(f"Serving {folder} at {url} (ctrl+c stops)", err=True)
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
        click.echo(f"No one has a key yet: pumpup-tui keys add NAME --role agent --data {folder}", err=True)
