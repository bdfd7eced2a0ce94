"""Authentication: from the bearer key of a request to the Actor that it belongs to."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial
from typing import Protocol

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from api_client.actor import Actor
from api_client.errors import NotAuthenticated, StoreError
from store.server.error_responses import error_response, logged_response
from store.server.observers import ACTOR
from store.server.shares import RefusalPaces

KNOWN = "pumpup.known"
"""The scope's entry for a function that returns whether the key is still known."""


class KnownKeys(Protocol):
    """The API keys of a store, as the server asks for them."""

    def find(self, secret: str) -> Actor | None:
        """Return the owner of the key `secret`, None where there is none. Takes equally long for any key.

        It is called on the event loop with every request, so it waits for nothing.

        Raises:
            StoreError: the keys can't be read.
        """
        ...


class Authentication:
    """Refuses calls without a key that the ring knows, except for the paths that need none."""

    def __init__(self, app: ASGIApp, *, keys: KnownKeys, open_paths: Collection[str] = ()) -> None:
        self._app, self._keys, self._open_paths = app, keys, open_paths
        self._paces = RefusalPaces()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Note the caller in the scope, or answer 401."""
        if scope["path"] in self._open_paths:
            await self._app(scope, receive, send)
            return
        secret = _bearer(scope)
        try:
            actor = self._keys.find(secret) if secret else None
        except StoreError as fault:
            await logged_response(scope, fault)(scope, receive, send)
            return
        if actor is None:
            await self._paces.hold((scope.get("client") or ("-", 0))[0])
            words = "The API key is not known here." if secret else "Authorization: Bearer <key> is missing."
            await error_response(NotAuthenticated(words))(scope, receive, send)
            return
        scope[ACTOR] = actor
        scope[KNOWN] = partial(self._is_known, secret, actor)
        await self._app(scope, receive, send)

    def _is_known(self, secret: str, actor: Actor) -> bool:
        return self._keys.find(secret) == actor


def caller(request: Request) -> Actor:
    """Return the caller of a request."""
    actor: Actor = request.scope[ACTOR]
    return actor


def is_still_known(request: Request) -> bool:
    """Return whether a request's key is still known and names the same caller: long responses ask again.

    Raises:
        StoreError: the keys can't be read, so nobody is let in; nobody was refused either.
    """
    known: Callable[[], bool] = request.scope[KNOWN]
    return known()


def _bearer(scope: Scope) -> str:
    header = next((value for name, value in scope["headers"] if name == b"authorization"), b"").decode("latin-1")
    scheme, _, secret = header.partition(" ")
    return secret.strip() if scheme.lower() == "bearer" else ""
