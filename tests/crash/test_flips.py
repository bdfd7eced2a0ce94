"""Bit flips: each is found, wherever in a folder it is."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from store.transfer.verifier import verify
from tests.crash.scale import pick
from tests.store.test_verify import upload
from tests.support.small_folders import fill, open_store


def test_every_bit_flip_is_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One flipped bit in journal, head, checkpoint, index or an upload's content is always found and named."""
    store = open_store(tmp_path)
    fill(store, 40)
    upload(store, bytes(range(200)))
    store.close()
    rng = Random(2026)
    paths = [path for path in tmp_path.rglob("*") if path.is_file() and path.name != "lock"]
    sound = {path: path.read_bytes() for path in paths}
    tried: dict[str, int] = {}
    for number in range(pick(100, 1000)):
        # Half of them spread by size, half by file: else the journal would take nearly all.
        path = rng.choices(paths, [len(sound[one]) for one in paths])[0] if number % 2 else rng.choice(paths)
        data = bytearray(sound[path])
        place = rng.randrange(len(data))
        data[place] ^= 1 << rng.randrange(8)
        path.write_bytes(data)
        assert verify(tmp_path).wrong, (path.name, place)
        path.write_bytes(sound[path])
        name = path.name if path.parent == tmp_path else "upload"
        tried[name] = tried.get(name, 0) + 1
    with capsys.disabled():
        print(f"\nbit flips found: {tried}")
    assert verify(tmp_path).wrong == []
