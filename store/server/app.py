"""The server as a value: `create_app` puts the routes table, the error table and the gates around a backend."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from starlette.applications import Starlette
from starlette.middleware import Middleware

from store.server.auth import Authentication, KnownKeys
from store.server.call_context import Row, Served
from store.server.error_responses import HANDLERS, LastResort
from store.server.limits import LOOPBACK, Gate, Limits
from store.server.observers import CallObserver, OnCall
from store.server.routes import routes, table, without_key
from store.server.shared_look import SharedLook
from store.server.stream import Tail

DEFAULT_LIMITS = Limits()


def create_app(
    backend: Served,
    keys: KnownKeys,
    *,
    limits: Limits = DEFAULT_LIMITS,
    allowed_hosts: Iterable[str] = (),
    more: Iterable[Row] = (),
    observers: Sequence[OnCall] = (),
) -> Starlette:
    """Return an ASGI app that answers CONTRACT.md parts 1 and 2 out of `backend`, which stays the caller's to close.

    `app.state.stop()` ends what would go on for ever, the event streams: call it when the server is to stop.

    Args:
        backend: the store; each call acts for the caller that its key names.
        keys: who may call.
        limits: caps in bytes.
        allowed_hosts: names beside this machine's own that a `Host` header may hold, without a port.
        more: calls beside the contract's.
        observers: each is called with every call once it is over.
    """
    tail, rows = Tail(backend), table(more)
    observed = [Middleware(CallObserver, observers=observers)] if observers else []
    app = Starlette(
        routes=list(routes(rows, backend, limits, tail)),
        exception_handlers=dict(HANDLERS),
        middleware=[
            *observed,
            Middleware(LastResort),
            Middleware(Gate, limits=limits, hosts=(*LOOPBACK, *allowed_hosts)),
            Middleware(Authentication, keys=keys, open_paths=without_key(rows)),
        ],
    )
    app.state.stop, app.state.tail, app.state.health = tail.close, tail, SharedLook(backend)
    app.router.redirect_slashes = False  # an empty id is unknown, not another call
    return app
