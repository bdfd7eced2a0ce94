"""Revocation of a name's keys, which ends the grants that it gave where no key of a reviewer is left (part 4)."""

from __future__ import annotations

import os
import secrets
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol

from pumpup_tui.commands.backend_session import COMMAND_CONNECTIONS
from pumpup_tui.commands.database_places import Database
from pumpup_tui.commands.places import StorePlace

if TYPE_CHECKING:
    from api_client.errors import ApiError
    from store.core.api_key_rules import KeyInfo
    from store.server.call_context import Served


class RevocableKeys(Protocol):
    """The keys of a store, as far as a revocation needs them."""

    def revoke(self, name: str, key_id: str | None = None) -> int:
        """Remove all keys of `name`, or the one with this id, and return how many they were."""
        ...

    def listing(self) -> list[KeyInfo]:
        """Return what is known of each key."""
        ...


class Revocation:
    """The revocation of the keys of a name, or of one of them."""

    def __init__(self, place: StorePlace, name: str, key_id: str | None) -> None:
        self._place, self._name, self._key_id = place, name, key_id
        self.revoked = 0
        """The keys that were removed, …"""
        self.grants_ended = 0
        """… and the grants that were ended."""
        self.fault: ApiError | None = None
        """Why grants could not be ended; the keys were removed all the same."""

    def carry_out(self, keys: RevocableKeys) -> None:
        """End the grants in force and remove the keys.

        Raises:
            ApiError: the name has no such key, or the keys can't be changed.
        """
        loses_all = self._loses_last_of_reviewer(keys.listing())
        if loses_all:
            self._end_grants()
        self.revoked = keys.revoke(self._name, self._key_id)
        if loses_all and self.fault is None:
            self._end_grants()  # what was given with the key until it was gone

    def _loses_last_of_reviewer(self, keys: Sequence[KeyInfo]) -> bool:
        reviewers = [key for key in keys if key.name == self._name and key.role == "reviewer"]
        left = [key for key in reviewers if self._key_id is not None and key.id != self._key_id]
        return bool(reviewers) and not left

    def _end_grants(self) -> None:
        import asyncio

        from api_client.errors import ApiError

        if not isinstance(self._place, Database) and not os.path.lexists(self._place.path / "journal.jsonl"):
            return  # nothing was recorded yet
        try:
            if asyncio.run(self._grants()):
                self.grants_ended += asyncio.run(self._ended())
        except ApiError as fault:
            self.fault = fault

    async def _grants(self) -> list[str]:
        """Return the ids of the grants in force that the name gave."""
        backend = await self._opened(for_reading=True)
        try:
            return await self._given(backend)
        finally:
            await backend.aclose()

    async def _given(self, backend: Served) -> list[str]:
        lists = [await backend.grants(project.id) for project in await backend.projects()]
        grants = (grant for listed in lists for grant in listed if grant.ended is None)
        return [grant.id for grant in grants if grant.given_by.subject == self._name]

    async def _ended(self) -> int:
        """End the grants, and return how many that were."""
        from api_client.commands import EndGrant
        from api_client.errors import Conflict
        from store.core.grant_rules import KEY_REVOKED

        backend, count = await self._opened(for_reading=False), 0
        try:
            for grant_id in await self._given(backend):
                with suppress(Conflict):  # somebody else has just ended it
                    command = EndGrant(grant_id=grant_id, reason=KEY_REVOKED)
                    await backend.submit(command, key=secrets.token_hex(16))
                    count += 1
        finally:
            await backend.aclose()
        return count

    async def _opened(self, *, for_reading: bool) -> Served:
        from api_client.commands import PLATFORM

        place = self._place
        if isinstance(place, Database):
            from store.postgres.open_database import open_postgres

            return await open_postgres(
                place.address, place.workspace, PLATFORM, for_reading=for_reading, pool_size=COMMAND_CONNECTIONS
            )
        from store.folder.local_backend import open_local

        return await open_local(place.path, PLATFORM, for_reading=for_reading)
