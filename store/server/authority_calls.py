"""Handlers of the calls about authority that read (CONTRACT.md part 4)."""

from __future__ import annotations

from starlette.responses import Response

from api_client.commands import GiveGrant
from store.server.bodies import json_response, list_response, read_body, read_command_in
from store.server.call_context import IncomingCall


async def policy(call: IncomingCall) -> Response:
    """Answer a project's policy and the hash that names it."""
    return json_response(await call.backend.policy(call.path("project_id")))


async def grants(call: IncomingCall) -> Response:
    """Answer the grants of a project, or all: those in force first."""
    return await list_response(await call.backend.grants(call.query("projectId")))


async def grant_trial(call: IncomingCall) -> Response:
    """Answer what a grant would have decided of all past approvals, and write nothing."""
    body = await read_body(call.request, call.limits.body)
    await call.acquire_turn()
    terms = await read_command_in(GiveGrant, body, call.limits.within)
    return json_response(await call.backend.grant_trial(terms))


async def authority(call: IncomingCall) -> Response:
    """Answer what is paused and what is escalated now."""
    return json_response(await call.backend.authority())
