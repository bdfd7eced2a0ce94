"""The callers that tests act as."""

from __future__ import annotations

from api_client.actor import Actor

AGENT = Actor("agent-1", "agent")
ALICE = Actor("alice", "reviewer", ("claims-lead",))
BOB = Actor("bob", "reviewer")
PLATFORM = Actor("platform", "platform")
