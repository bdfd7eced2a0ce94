"""One served folder for all tests of the SDK: each works on tasks of its own."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from pumpup import PumpUp

from tests.sdk.serving import ServedFolder, serving
from tests.waiting import HANG_SECONDS


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedFolder]:
    """A server in a process of its own."""
    with serving(tmp_path_factory.mktemp("served") / "data") as folder:
        yield folder


@pytest.fixture
def client(served: ServedFolder) -> Iterator[PumpUp]:
    """The official SDK, pointed at the server, over connections that are closed after the test."""
    with httpx.Client(timeout=HANG_SECONDS) as connections:
        yield PumpUp(base_url=served.url, api_key=served.agent_key, httpx_client=connections)
