"""The calls about authority of a server that has the part (CONTRACT.md part 4)."""

from __future__ import annotations

from collections.abc import Sequence

import orjson

from api_client.authority import AuthorityStatus, Grant, GrantTerms, PolicyInForce, Trial
from api_client.commands import GiveGrant, SetPolicy
from api_client.connection import Call, Connection
from api_client.errors import NotAllowed, UnexpectedAnswer
from api_client.http_reads import HttpReads
from api_client.models import Page
from api_client.wire import read_json

TRIAL_PATIENCE = 60.0
"""Seconds that a trial may take: it looks at all past approvals of a project."""


class AuthorityCalls:
    """The calls of one connection."""

    def __init__(self, connection: Connection, reads: HttpReads) -> None:
        self._connection, self._reads = connection, reads

    async def policy(self, project_id: str) -> PolicyInForce:
        """Return a project's policy and its hash."""
        return await self._reads.get(PolicyInForce, SetPolicy.location_of(project_id=project_id))

    async def grants(self, project_id: str | None) -> Sequence[Grant]:
        """Return the grants of a project, or all."""
        return (await self._reads.get(Page[Grant], GiveGrant.path, projectId=project_id)).items

    async def trial(self, terms: GrantTerms) -> Trial:
        """Return what a grant would have decided."""
        path, headers = f"{GiveGrant.path}/trial", {"Content-Type": "application/json"}
        body = orjson.dumps(terms.wire())
        response = await self._connection.send(
            Call("POST", path, headers=headers, content=body, patience=TRIAL_PATIENCE, only_reads=True)
        )
        try:
            return read_json(Trial, response.content)
        except ValueError:
            raise UnexpectedAnswer(f"The server's answer to POST {path} is not the contract's.") from None

    async def status(self) -> AuthorityStatus:
        """Return what is paused and what is escalated now."""
        return await self._reads.get(AuthorityStatus, "/api/authority")


class NoAuthority:
    """The answers of a server without the part: there is no policy, no grant and no pause."""

    async def policy(self, _project_id: str) -> PolicyInForce:
        """Return that there is none."""
        return PolicyInForce()

    async def grants(self, _project_id: str | None) -> Sequence[Grant]:
        """Return that there are none."""
        return ()

    async def trial(self, _terms: GrantTerms) -> Trial:
        """Refuse.

        Raises:
            NotAllowed: always.
        """
        raise NotAllowed("This server has no grants.")

    async def status(self) -> AuthorityStatus:
        """Return that nothing is paused or escalated."""
        return AuthorityStatus(version="")
