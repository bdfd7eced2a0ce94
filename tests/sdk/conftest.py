"""One served folder for all tests of the SDK: each works on tasks of its own."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import httpx
import pytest
from pumpup import PumpUp

from tests.sdk.serving import ServedRecord, serving
from tests.support.backends import DatabasePlace, FolderPlace, RecordPlace
from tests.waiting import HANG_SECONDS

_numbers = count(1)


@pytest.fixture(scope="session", params=["folder", "database"])
def served(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedRecord]:
    """A server in a process of its own, over a record of each kind."""
    scratch = tmp_path_factory.mktemp("served")
    place: RecordPlace = FolderPlace(scratch / "data")
    if request.param == "database":
        place = DatabasePlace(request.getfixturevalue("database"), f"sdk-{next(_numbers)}")
    with serving(place) as served:
        yield served


@pytest.fixture
def client(served: ServedRecord) -> Iterator[PumpUp]:
    """The official SDK, pointed at the server, over connections that are closed after the test."""
    with httpx.Client(timeout=HANG_SECONDS) as connections:
        yield PumpUp(base_url=served.url, api_key=served.agent_key, httpx_client=connections)
