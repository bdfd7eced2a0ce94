"""Our app over a folder or a server that takes its time at one moment of a write.

python -m tests.crash.late PLACE STATE GRACE MOMENT

PLACE is a folder, where REVIEWER decides, or the address of a server whose key is in PUMPUP_KEY. STATE is where the
app keeps what outlives it. MOMENT is `before` (the write waits on its way there), `after` (its
answer waits on the way back) or `none`.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import sys
from pathlib import Path
from typing import Any

FOREVER = 3_600.0


class Late:
    """A backend whose writes stand still at one moment."""

    def __init__(self, backend: Any, moment: str) -> None:
        self._backend, self._moment = backend, moment

    def __getattr__(self, name: str) -> Any:
        return getattr(self._backend, name)

    async def submit(self, command: Any, *, key: str) -> Any:
        """Write, and stand still before it or after it."""
        if self._moment == "before":
            await asyncio.sleep(FOREVER)
        receipt = await self._backend.submit(command, key=key)
        if self._moment == "after":
            await asyncio.sleep(FOREVER)
        return receipt


def main(place: str, state: str, grace: str, moment: str) -> None:
    """Run the app."""
    from api_client.times import utc_now
    from pumpup_tui.app import PumpUpApp
    from pumpup_tui.context import Setup
    from pumpup_tui.local_state.document_store import DocumentStore
    from pumpup_tui.local_state.preferences import Preferences

    async def connect() -> Any:
        if place.startswith("http"):
            from api_client.http import HttpBackend

            return Late(HttpBackend(place, os.environ["PUMPUP_KEY"]), moment)
        from api_client.actor import Actor
        from store.folder.local_backend import open_local

        return Late(await open_local(Path(place), Actor(os.environ.get("REVIEWER", "alice"), "reviewer")), moment)

    PumpUpApp(
        Setup(
            connect,
            source_label="late",
            clock=utc_now,
            new_key=lambda: secrets.token_hex(16),
            preferences=Preferences(grace_seconds=float(grace)),
            documents=DocumentStore(Path(state)),
        )
    ).run()


if __name__ == "__main__":
    main(*sys.argv[1:])
