# ruff: noqa: RUF001 - lookalikes are what is tried here
"""The key ring: who may call, from which moment on, and what of a key is kept."""

from __future__ import annotations

import re
import stat
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest
from filelock import FileLock

from api_client.actor import Actor
from api_client.errors import InvalidRequest, NotFound, StoreBusy, StoreDamaged, StoreFault
from api_client.models import Role
from store.folder.api_keys import KeyRing
from tests.conftest import FixedClock
from tests.waiting import HANG_SECONDS


def test_a_key_names_its_caller(tmp_path: Path, clock: FixedClock) -> None:
    """A secret leads to the name, role and tags that it was made for; any other text to nobody."""
    ring = KeyRing(tmp_path, clock)
    secret = ring.add("alice", "reviewer", ["lead", "eu"])
    assert ring.find(secret) == Actor("alice", "reviewer", ("lead", "eu"))
    for other in ("", "alice", secret[:-1], secret + "x", secret.upper(), "é", "\ud800"):
        assert ring.find(other) is None


def test_a_secret_is_long_and_random(tmp_path: Path, clock: FixedClock) -> None:
    """Each key is another, with 256 bits that can't be guessed."""
    ring = KeyRing(tmp_path, clock)
    secrets = {ring.add("bot", "agent") for _ in range(5)}
    assert len(secrets) == 5
    assert all(secret.startswith("pk_") and len(secret) >= 46 for secret in secrets)


def test_no_secret_is_kept(tmp_path: Path, clock: FixedClock) -> None:
    """No file of the folder holds a secret, and only its owner may read the ring."""
    secret = KeyRing(tmp_path, clock).add("bot", "agent")
    for path in tmp_path.iterdir():
        assert secret.encode() not in path.read_bytes()
    assert stat.S_IMODE((tmp_path / "keys.json").stat().st_mode) == 0o600


def test_several_keys_are_one_caller(tmp_path: Path, clock: FixedClock) -> None:
    """A second key for a name is the same caller; revoking the name ends both."""
    ring = KeyRing(tmp_path, clock)
    one, two = ring.add("bot", "agent"), ring.add("bot", "agent")
    assert ring.find(one) == ring.find(two) == Actor("bot", "agent")
    assert [(info.name, info.role, info.added_at) for info in ring.listing()] == [
        ("bot", "agent", "2026-03-02T12:00:00.000000Z")
    ] * 2
    assert ring.revoke("bot") == 2
    assert ring.find(one) is None
    assert ring.listing() == []
    with pytest.raises(NotFound):
        ring.revoke("bot")


def test_a_change_is_in_effect_at_once_everywhere(tmp_path: Path, clock: FixedClock) -> None:
    """A ring that is open elsewhere takes a new key, and drops a revoked one, with its next look."""
    mine, theirs = KeyRing(tmp_path, clock), KeyRing(tmp_path, clock)
    assert theirs.find("pk_nothing") is None
    for number in range(5):
        secret = mine.add(f"bot-{number}", "agent")
        assert theirs.find(secret) == Actor(f"bot-{number}", "agent")
        mine.revoke(f"bot-{number}")
        assert theirs.find(secret) is None


def test_processes_add_keys_at_the_same_time(tmp_path: Path, clock: FixedClock) -> None:
    """No key is lost when several processes add theirs at once."""
    script = "import sys, pathlib, store.folder.api_keys as k\nr = k.KeyRing(pathlib.Path(sys.argv[1]))\n"
    script += "print('\\n'.join(r.add(f'{sys.argv[2]}-{n}', 'agent') for n in range(10)))"
    running = [
        subprocess.Popen([sys.executable, "-c", script, str(tmp_path), name], stdout=subprocess.PIPE, text=True)
        for name in ("a", "b", "c")
    ]
    secrets = [line for process in running for line in process.communicate(timeout=HANG_SECONDS)[0].split()]
    ring = KeyRing(tmp_path, clock)
    assert len(ring.listing()) == len(secrets) == 30
    assert all(ring.find(secret) for secret in secrets)


@pytest.mark.parametrize(("first", "second"), [("agent", "reviewer"), ("reviewer", "agent")])
def test_a_name_has_one_role(tmp_path: Path, clock: FixedClock, first: Role, second: Role) -> None:
    """A name that holds a key of one role gets none of the other, and can have it once that key is revoked."""
    ring = KeyRing(tmp_path, clock)
    secret = ring.add("sam", first)
    with pytest.raises(InvalidRequest, match=r"sam has an? "):
        ring.add("sam", second)
    assert [info.role for info in ring.listing()] == [first]
    assert ring.find(secret) == Actor("sam", first)
    ring.revoke("sam")
    assert ring.find(ring.add("sam", second)) == Actor("sam", second)


def test_an_older_ring_with_both_roles_lets_the_reviewer_in_alone(tmp_path: Path, clock: FixedClock) -> None:
    """Of a name with keys of both roles the agent's are not accepted until the reviewer's are revoked."""
    ring = KeyRing(tmp_path, clock)
    agent, reviewer = ring.add("sam", "agent"), ring.add("tom", "reviewer")
    path = tmp_path / "keys.json"
    path.write_text(path.read_text().replace('"tom"', '"sam"'))
    ring = KeyRing(tmp_path, clock)
    assert ring.of_two_roles() == ["sam"]
    assert (ring.find(agent), ring.find(reviewer)) == (None, Actor("sam", "reviewer"))
    ring.revoke("sam", next(info.id for info in ring.listing() if info.role == "reviewer"))
    assert ring.of_two_roles() == []
    assert ring.find(agent) == Actor("sam", "agent")


@pytest.mark.parametrize("name", ["", " bot", "bot\n", "\x1b[31mbot", "x" * 81, "platform"])
def test_a_bad_name_is_refused(tmp_path: Path, clock: FixedClock, name: str) -> None:
    """A name stands on the record for ever: it is short, printable and nobody else's."""
    with pytest.raises(InvalidRequest):
        KeyRing(tmp_path, clock).add(name, "agent")


@pytest.mark.parametrize("text", ["", "{", "[]", '{"keys":{"1":{}}}', '{"keys":{"x":[]}}', "\x00"])
def test_a_damaged_ring_is_told_and_kept(tmp_path: Path, clock: FixedClock, text: str) -> None:
    """A file that is not what was written lets nobody in and is not written over."""
    (tmp_path / "keys.json").write_text(text)
    ring = KeyRing(tmp_path, clock)
    for use in (lambda: ring.find("pk_x"), ring.listing, lambda: ring.add("bot", "agent"), lambda: ring.revoke("bot")):
        with pytest.raises(StoreDamaged):
            use()
    assert (tmp_path / "keys.json").read_text() == text


def test_a_ring_that_the_system_refuses_is_told(tmp_path: Path, clock: FixedClock) -> None:
    """A folder that is none, or a file that can't be read, is one clear error and no traceback's."""
    (tmp_path / "file").touch()
    with pytest.raises(StoreFault):
        KeyRing(tmp_path / "file", clock).add("bot", "agent")
    (tmp_path / "keys.json").mkdir()
    ring = KeyRing(tmp_path, clock)
    for use in (lambda: ring.find("pk_x"), ring.listing, lambda: ring.add("bot", "agent")):
        with pytest.raises(StoreFault):
            use()


def test_a_lock_that_is_held_is_told(tmp_path: Path, clock: FixedClock, monkeypatch: pytest.MonkeyPatch) -> None:
    """A change does not wait for ever for another process."""
    monkeypatch.setattr("store.folder.api_keys.LOCK_SECONDS", 0.1)
    with FileLock(tmp_path / "keys.lock"), pytest.raises(StoreBusy):
        KeyRing(tmp_path, clock).add("bot", "agent")


def test_the_last_use_is_kept(tmp_path: Path, clock: FixedClock) -> None:
    """When each key was used last is known once it is saved, the latest of all processes, and gone with the key."""
    mine, theirs = KeyRing(tmp_path, clock), KeyRing(tmp_path, clock)
    one, two = mine.add("bot", "agent"), mine.add("bot", "agent")
    mine.find(one)
    clock.advance(minutes=5)
    theirs.find(one)
    assert [info.last_used_at for info in mine.listing()] == [None, None]
    theirs.save_uses()
    mine.save_uses()
    assert [info.last_used_at for info in mine.listing()] == ["2026-03-02T12:05:00.000000Z", None]
    assert stat.S_IMODE((tmp_path / "keys-used.json").stat().st_mode) == 0o600
    mine.find(two)
    assert mine.revoke("bot", mine.listing()[0].id) == 1
    mine.save_uses()
    assert [info.last_used_at for info in theirs.listing()] == ["2026-03-02T12:05:00.000000Z"]
    assert len((tmp_path / "keys-used.json").read_text().split('"2026')) == 2
    with pytest.raises(NotFound):
        mine.revoke("bot", "00000000")


def test_a_damaged_note_of_uses_harms_nothing(tmp_path: Path, clock: FixedClock) -> None:
    """Who used what is told anew with the next use; nobody is kept out for it."""
    ring = KeyRing(tmp_path, clock)
    secret = ring.add("bot", "agent")
    for text in ("{", "[]", '{"used":[]}', '{"used":{"x":1}}'):
        (tmp_path / "keys-used.json").write_text(text)
        assert ring.find(secret) is not None
        assert ring.listing()[0].last_used_at is None
        ring.save_uses()
        assert ring.listing()[0].last_used_at == "2026-03-02T12:00:00.000000Z"


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("аlice", "mixes alphabets (Cyrillic and Latin)"),
        ("bob Sмith", "mixes alphabets (Cyrillic and Latin)"),
        ("αlex-2", "mixes alphabets (Greek and Latin)"),
        ("alice\u3164", "can't be seen (U+3164)"),
        ("alice\ufe0f", "can't be seen (U+FE0F)"),
        ("aIice", "looks like 'alice'"),
        ("a1ice", "looks like 'alice'"),
        ("аӀісе", "looks like 'alice'"),  # all of it Cyrillic
        ("ａｌｉｃｅ", "looks like 'alice'"),
        ("Jose\u0301", "looks like 'José'"),
    ],
)
def test_a_name_that_can_be_taken_for_another_gets_no_key(
    tmp_path: Path, clock: FixedClock, name: str, why: str
) -> None:
    """Mixed alphabets, what can't be seen and what looks like a name of the ring are refused; no key is made."""
    ring = KeyRing(tmp_path, clock)
    ring.add("alice", "reviewer")
    ring.add("José", "reviewer")
    for role in get_args(Role):
        with pytest.raises(InvalidRequest, match=re.escape(why)):
            ring.add(name, role)
    assert [one.name for one in ring.listing()] == ["alice", "José"]


def test_names_of_any_one_alphabet_get_a_key(tmp_path: Path, clock: FixedClock) -> None:
    """Any writing, several words and digits are taken, and a second key for a name that is there."""
    ring = KeyRing(tmp_path, clock)
    names = [
        "Сара",
        "Alice Смирнова",
        "山田 太郎",
        "ノートbot",
        "José",
        "مريم",
        "bot-1",
        "bot-2",
        "Bob",
        "bob",
        "한bot",
    ]
    for name in [*names, *names]:
        ring.add(name, "reviewer")
    assert len(ring.listing()) == 2 * len(names)


def test_a_ring_with_such_names_keeps_working(tmp_path: Path, clock: FixedClock) -> None:
    """Keys that were made before names were looked at are accepted as ever; only new ones are refused."""
    ring = KeyRing(tmp_path, clock)
    secret = ring.add("alice", "reviewer")
    path = tmp_path / "keys.json"
    path.write_text(path.read_text(encoding="utf-8").replace('"alice"', '"аlice"'), encoding="utf-8")
    assert KeyRing(tmp_path, clock).find(secret) == Actor("аlice", "reviewer")
