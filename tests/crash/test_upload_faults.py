"""A fault while an upload arrives: it is refused, nothing of it is kept, and the next try works."""

from __future__ import annotations

import errno
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from api_client.commands import ReceiveUpload
from api_client.errors import StoreError
from store.folder.local_backend import open_local
from store.transfer.verifier import verify
from tests.conftest import FixedClock, counting_tokens
from tests.crash.faulty import FaultyFiles
from tests.support.actors import AGENT


async def content() -> AsyncIterator[bytes]:
    """Yield a small file in three pieces."""
    for piece in (b"one ", b"two ", b"three"):
        yield piece


@pytest.mark.parametrize("error", [errno.EIO, errno.ENOSPC, None], ids=["EIO", "ENOSPC", "short write"])
async def test_a_fault_while_an_upload_arrives_leaves_nothing(tmp_path: Path, error: int | None) -> None:
    """Whichever operation fails, the caller hears of it, no part of a file stays, and a retry is whole."""
    at, hits = 0, []
    while True:
        at += 1
        folder = tmp_path / str(at)
        files = FaultyFiles(-1, error)
        backend = await open_local(folder, AGENT, clock=FixedClock(), tokens=counting_tokens(), files=files)
        files.count, files.at = 0, at
        command = ReceiveUpload(file_name="a.txt")
        try:
            await backend.submit(command, key="", content=content())
        except StoreError:
            assert list((folder / "uploads").glob("*.part")) == []
            hits.append(files.hit)
        files.mended()
        if files.hit == "sync" and len(hits) > 1 and hits.count("sync") > 1:
            await backend.aclose()  # the journal's own sync failed: no more writes until reopened
            backend = await open_local(folder, AGENT, clock=FixedClock(), tokens=lambda: "f" * 12)
        receipt = await backend.submit(command, key="", content=content())
        found = b"".join([piece async for piece in backend.download(receipt.answer["id"])])
        await backend.aclose()
        assert found == b"one two three"
        assert verify(folder).wrong == []
        if not files.hit:
            break
    assert set(hits) >= ({"write"} if error is None else {"write", "sync", "rename", "sync folder"})
