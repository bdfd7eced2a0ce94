"""Both halves of the official SDK behind one way to call them: `await call(lambda client: client.tasks.get(...))`."""

from __future__ import annotations

import asyncio
import inspect
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Literal

import httpx
from pumpup import AsyncPumpUp, PumpUp

Half = Literal["sync", "async"]
Operation = Callable[[Any], Any]
"""Calls one operation of a client of either half."""
CallOperation = Callable[[Operation], Awaitable[Any]]


@asynccontextmanager
async def calling(
    half: Half, url: str, key: str, *, tls: ssl.SSLContext | None = None, headers: dict[str, str] | None = None
) -> AsyncIterator[CallOperation]:
    """Give what calls an operation with one half of the SDK and returns what it answered."""
    common: dict[str, Any] = {"timeout": 60, "verify": tls or False, "headers": headers}
    if half == "sync":
        with httpx.Client(**common) as connections:
            client = PumpUp(base_url=url, api_key=key, httpx_client=connections)

            async def call(operation: Operation) -> Any:
                # It blocks, pauses between its tries too: the proxy of a test runs in this loop.
                return await asyncio.to_thread(operation, client)

            yield call
    else:
        async with httpx.AsyncClient(**common) as open_connections:
            async_client = AsyncPumpUp(base_url=url, api_key=key, httpx_client=open_connections)

            async def call_async(operation: Operation) -> Any:
                return await operation(async_client)

            yield call_async


def operations(client: object) -> set[str]:
    """Return the names of all that a client can do, like `tasks.create`."""
    groups = {
        name: getattr(client, name) for name, kind in inspect.getmembers(type(client)) if isinstance(kind, property)
    }
    return {
        f"{group}.{name}"
        for group, part in groups.items()
        for name, _ in inspect.getmembers(part, inspect.ismethod)
        if not name.startswith(("_", "with_"))
    }
