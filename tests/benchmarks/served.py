"""A server to measure, in a process of its own; its port is the first line of its stdout.

python -m tests.benchmarks.served bare
python -m tests.benchmarks.served ours FOLDER SECONDS
python -m tests.benchmarks.served database URL WORKSPACE

`bare` is the baseline: a Starlette route that answers 204, on the same socket code. `ours` serves FOLDER, with each
sync SECONDS slower.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route


async def bare() -> None:
    """Serve a handler that does nothing."""

    async def nothing(_request: Request) -> Response:
        return Response(status_code=204)

    app = Starlette(routes=[Route("/api/approval-requests/{request_id}/result", nothing)])
    await _serve(app)


async def ours(folder: Path, seconds: float) -> None:
    """Serve a folder."""
    from api_client.commands import PLATFORM
    from store.folder.api_keys import KeyRing
    from store.folder.local_backend import open_local
    from store.server.app import create_app
    from store.server.limits import Limits
    from store.server.shares import Shares
    from tests.benchmarks.store_bench import SlowFiles

    files = SlowFiles()
    backend = await open_local(folder, PLATFORM, files=files)
    files.seconds = seconds
    try:
        # As many writes as it can take, by one key: that is what is measured.
        await _serve(create_app(backend, KeyRing(folder), limits=Limits(shares=Shares(writes_per_second=0))))
    finally:
        await backend.aclose()


async def database(url: str, workspace: str) -> None:
    """Serve a workspace of a database."""
    from api_client.commands import PLATFORM
    from store.postgres.address import DatabaseAddress
    from store.postgres.open_database import open_postgres
    from store.server.app import create_app
    from store.server.limits import Limits
    from store.server.shares import Shares

    backend = await open_postgres(DatabaseAddress.parse(url), workspace, PLATFORM, serves=True)
    try:
        await _serve(create_app(backend, backend.keys, limits=Limits(shares=Shares(writes_per_second=0))))
    finally:
        await backend.aclose()


async def _serve(app: Starlette) -> None:
    from store.server.runner import bind, serve

    listener = bind("127.0.0.1", 0)
    print(listener.getsockname()[1], flush=True)
    await serve(app, listener, on_stop=getattr(app.state, "stop", lambda: None))


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["bare"]:
            asyncio.run(bare())
        case ["database", url, workspace]:
            asyncio.run(database(url, workspace))
        case ["ours", place, slower]:
            asyncio.run(ours(Path(place), float(slower)))
