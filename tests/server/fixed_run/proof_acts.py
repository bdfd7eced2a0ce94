"""The acts on proofs (CONTRACT.md part 5): a checkpoint, proofs against it, and that the record only grew."""

from __future__ import annotations

from pathlib import Path

from tests.server.fixed_run.run import Run

SIGNING_KEY = "PRIVATE+KEY+example.com/claims+2f6b019d+AQABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f\n"
"""A key that anyone knows: a new one would sign otherwise in each run."""


def place_key(folder: Path) -> None:
    """Give a folder its key before its first checkpoint."""
    (folder / "signing.key").write_text(SIGNING_KEY)


async def proof_acts(run: Run, folder: Path) -> None:
    """Play them; nothing of it is recorded."""
    await run.read("alice", "proofs.key")
    place_key(folder)
    for who in ("alice", "agent"):
        note = str(await run.read(who, "proofs.checkpoint"))
        size = int(note.split("\n")[1])
        await run.read(who, "proofs.key")
        await run.read(who, "proofs.of", [1, size], size)
        await run.read(who, "proofs.of", [2], 2)
        await run.read(who, "proofs.of", [size + 1], size)
        await run.read(who, "proofs.of", [1], size + 1)
        await run.read(who, "proofs.of", [1] * 101, size)
        await run.read(who, "proofs.consistency", 3, size)
        await run.read(who, "proofs.consistency", 0, 0)
        await run.read(who, "proofs.consistency", size, 3)


async def raw_proof_calls(run: Run, event_id: str) -> None:
    """Send the calls for proofs that no client of ours makes, and those that are refused."""
    for query in ("", "seqs=1", "size=1", "seqs=1,,2&size=3", "seqs=x&size=3", "seqs=1&size=-1", "seqs=1&size=1e3"):
        await run.send("alice", "GET", f"/api/proofs?{query}")
    await run.send("agent", "GET", f"/api/proofs/{event_id}")
    for name in ("evt_none", "evt_00000002ffffffffffff", "evt_00ffffff000000000000", "tsk_000000000001", "2"):
        await run.send("agent", "GET", f"/api/proofs/{name}")
    for query in ("", "?from=1", "?from=a&to=2", "?from=1&to=99999999999999999999"):
        await run.send("alice", "GET", f"/api/consistency{query}")
    await run.send(None, "GET", "/api/checkpoint")
