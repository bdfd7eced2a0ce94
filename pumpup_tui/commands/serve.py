"""`serve`: the local folder, given to agents and to other reviewers."""

from __future__ import annotations

import asyncio
import errno
import logging
import signal
import ssl
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
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
    from store.folder.api_keys import KeyRing
    from store.folder.local_backend import LocalBackend
    from store.server.metrics import Metrics

_WILDCARDS = ("0.0.0.0", "::", "")  # noqa: S104 - looked for, not bound to
_MANY_FILES = 65_536
_SWEEP_SECONDS = 3_600.0
_KEYS_SECONDS = 10.0
"""How late the last use of a key is kept."""
_PORT_WORDS = {
    errno.EADDRINUSE: "it is in use, so stop what holds it or take another with --port",
    errno.EACCES: "this login may not use it, so take one over 1023 with --port",
    errno.EADDRNOTAVAIL: "the address is not this machine's, so name one that is with --host",
}


@dataclass(frozen=True, slots=True)
class Serving:
    """What `serve` was told."""

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
        """Whether other machines can reach it."""
        try:
            return not ip_address(self.host).is_loopback
        except ValueError:
            return self.host.lower() != "localhost"

    def check(self) -> None:
        """Raise `Failed` where what was told does not go together."""
        if (self.certificate is None) != (self.key is None):
            raise Failed("TLS takes a certificate and its key: give both --tls-cert FILE and --tls-key FILE.")
        if self.host in _WILDCARDS and not self.allowed_hosts:
            raise Failed(
                f"--host {self.host or repr('')} gives the folder to every network that this machine is on, and calls "
                "are answered only under names that are known: add --allow-host NAME for each that callers will use."
            )


def as_configured(
    environment: Mapping[str, str], public_url: str | None, limits: Sequence[str], **told: Any
) -> Serving:
    """Return what `serve` is told: its options, and where they say nothing the configuration.

    Raises:
        Failed: a limit or the address can't be used.
    """
    chosen = config_cache.chosen(environment).get("serve", {})
    try:
        url = checked_url(public_url) if public_url else chosen.get("public_url") or ""
        return Serving(**told, public_url=url, limits={**chosen.get("limits", {}), **parsed(limits)})
    except ValueError as fault:
        raise Failed(f"{fault}.", 2) from None


def run(data: Path | None, told: Serving) -> None:
    """Serve until SIGINT, SIGTERM or SIGHUP; one that is ignored, as under `nohup`, stays so."""
    told.check()
    folder = usable_folder(data)
    if others := _writable_by_others(folder):
        raise Failed(f"{others} A server would hand out what they put there.")
    # A signal before the server minds them ends the command all the same: folder closed, nothing said.
    with in_words(), suppress(asyncio.CancelledError, KeyboardInterrupt):
        asyncio.run(_serve(folder, told))


async def _serve(folder: Path, told: Serving) -> None:
    from api_client.times import utc_now
    from store.folder.api_keys import KeyRing
    from store.server.accepting import PER_ADDRESS
    from store.server.app import create_app
    from store.server.observers import Log
    from store.server.runner import bind, serve, url_of

    _stop_on_signals()
    _allow_many_files()
    tls = _tls(told)
    keys = KeyRing(folder, utc_now)
    no_keys = not keys.listing()
    _warn_of_two_roles(keys, folder)
    metrics = _metrics() if told.metrics else None
    backend = await _opened(folder, told, metrics)
    log = Log(sys.stderr.fileno(), utc_now)
    # Errors alone: libraries warn of what callers send, a line for each of a caller's whims.
    logging.basicConfig(handlers=[log], level=logging.ERROR, force=True)
    try:
        if metrics:
            await metrics.begin(backend)
        app = create_app(
            backend,
            keys,
            limits=replace(limits_of(told.limits, upload=told.max_upload), public_url=told.public_url),
            allowed_hosts=(*told.allowed_hosts, *((told.host,) if told.host not in _WILDCARDS else ())),
            more=[metrics.row()] if metrics else (),
            heard=[one.heard for one in (None if told.quiet else log, metrics) if one],
        )

        def stop() -> None:
            app.state.stop()
            backend.break_off()

        listener = bind(told.host, told.port)
        with suppress(OSError):  # nobody is there to be told, and the server is none the worse for it
            _announce(url_of(listener, scheme="https" if tls else "http"), folder, told, no_keys=no_keys)
        async with _uses_kept(keys), _swept(backend):
            per_address = told.limits.get(CONNECTIONS, PER_ADDRESS)
            await serve(app, listener, tls=tls, on_stop=stop, per_address=per_address)
    except OSError as fault:
        words = _PORT_WORDS.get(fault.errno or 0, reason(fault))
        raise Failed(f"Can't listen on {told.host} port {told.port}: {words}.") from None
    finally:
        await backend.aclose()
        log.close()


async def _opened(folder: Path, told: Serving, metrics: Metrics | None) -> LocalBackend:
    from api_client.commands import PLATFORM
    from store.folder.local_backend import open_local

    with progress_bar("Reading the journal") as progress:
        backend = await open_local(
            folder,
            PLATFORM,
            progress=progress,
            files=metrics.files if metrics else None,
            max_upload_bytes=told.max_upload,
            keep_free=told.limits.get(KEEP_FREE, KEEP_FREE_BYTES),
            loose_bytes=told.limits.get(LOOSE_UPLOADS, LOOSE_UPLOADS_BYTES),
            fires_timeouts=True,
            limits=record_limits_of(told.limits),
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


def _tls(told: Serving) -> ssl.SSLContext | None:
    if told.certificate is None or told.key is None:
        return None
    from store.server.runner import tls_context

    try:
        return tls_context(told.certificate, told.key)
    except ssl.SSLError:
        raise Failed(
            f"{told.certificate} and {told.key} are no certificate and its key: both must be PEM files, the key "
            "without a passphrase."
        ) from None
    except OSError as fault:
        raise Failed(f"The files of --tls-cert and --tls-key can't be read: {reason(fault)}.") from None


def _metrics() -> Metrics:
    from store.server.metrics import Metrics

    return Metrics()


@asynccontextmanager
async def _uses_kept(keys: KeyRing) -> AsyncIterator[None]:
    """Keep when each key was used last, now and then and at the end."""
    from api_client.errors import ApiError

    async def keep() -> None:
        while True:
            await asyncio.sleep(_KEYS_SECONDS)
            with suppress(ApiError):  # told to nobody who could help; the next use notes it anew
                await asyncio.to_thread(keys.save_uses)

    keeping = asyncio.create_task(keep())
    try:
        yield
    finally:
        keeping.cancel()
        with suppress(ApiError):
            keys.save_uses()


@asynccontextmanager
async def _swept(backend: LocalBackend) -> AsyncIterator[None]:
    """Remove now, and each hour, what killed processes left over and uploads that no task ever had."""
    from api_client.errors import ApiError

    async def sweep() -> None:
        while True:
            with suppress(ApiError, OSError):  # what is not removed now is removed in an hour
                await backend.sweep()
            await asyncio.sleep(_SWEEP_SECONDS)

    sweeping = asyncio.create_task(sweep())
    try:
        yield
    finally:
        sweeping.cancel()


def _stop_on_signals() -> None:
    from store.server.runner import stop_signals

    task = asyncio.current_task()
    if task is not None and sys.platform != "win32":
        for number in stop_signals():
            if number is not signal.SIGINT:  # the loop's own handling of it does the same
                asyncio.get_running_loop().add_signal_handler(number, task.cancel)


def _allow_many_files() -> None:
    """Let the process hold as many connections as the system allows: a login's usual limit is a thousand."""
    if sys.platform == "win32":
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(ValueError, OSError):  # fewer will do
        most = _MANY_FILES if hard == resource.RLIM_INFINITY else min(hard, _MANY_FILES)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, most), hard))


def _announce(url: str, folder: Path, told: Serving, *, no_keys: bool) -> None:
    click.echo(f"Serving {folder} at {url} (ctrl+c stops)", err=True)
    if told.is_open:
        names = ", ".join(told.allowed_hosts) or told.host
        click.echo(
            "Other machines can reach this: whoever holds a key may read and write all projects. It answers to "
            f"{names}; add --allow-host NAME for other names that callers use.",
            err=True,
        )
        if told.certificate is None:
            click.echo("Without --tls-cert and --tls-key, keys and all content travel in the open.", err=True)
    if no_keys:
        click.echo(f"No one has a key yet: pumpup-tui keys add NAME --role agent --data {folder}", err=True)
