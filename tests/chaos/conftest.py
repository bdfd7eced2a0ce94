"""A served folder, a way to it that fails as told, and a reviewer's terminal at the other end of that way."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.chaos.proxy import Proxy, certificates
from tests.chaos.scene import Scene
from tests.sdk.serving import ServedRecord, serving
from tests.support.backends import FolderPlace

os.environ["TEXTUAL_ANIMATIONS"] = "none"


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedRecord]:
    """A server in a process of its own."""
    with serving(FolderPlace(tmp_path_factory.mktemp("chaos") / "data")) as folder:
        yield folder


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a terminal waits between two tries is none of what is tested: how long silence is borne stays as it is."""
    monkeypatch.setattr("pumpup_tui.backend.retry.WAIT_FIRST", 0.3)


@pytest.fixture
async def scene(folder: ServedRecord, tmp_path: Path) -> AsyncIterator[Scene]:
    """The server, its agent, and the failing way to it."""
    with certificates(tmp_path) as (good, bad, ca_file):
        async with Proxy(folder.url, good, bad).running() as proxy, Scene.over(folder, proxy, ca_file) as scene:
            yield scene
