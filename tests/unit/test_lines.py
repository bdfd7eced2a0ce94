"""The journal's lines: whatever events and keys they are made of, they read back as they were written."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.core import chain
from store.folder import journal_line

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=8,
)
events = st.lists(st.dictionaries(text, json_values, max_size=5), min_size=1, max_size=4)
# What an agent may write to look like the end of an event.
SPOOF = '","hash":"' + "0" * 64 + '"}],"key":null,"sum":"0000000000000000"}\n'


@given(events, st.none() | st.dictionaries(text, json_values, max_size=4), st.integers(0, 10**9))
def test_a_line_reads_back_as_it_was_written(
    made: list[dict[str, Any]], key: dict[str, Any] | None, offset: int
) -> None:
    """Events, places, key and size of what is decoded are those of what was encoded, and the chain is SHA-256's."""
    line, commit = journal_line.encode(chain.link_all(chain.NO_HASH, made, key), offset)
    assert journal_line.decode(line, offset, chain.NO_HASH) == commit
    assert journal_line.is_sound(line)
    assert journal_line.key_record(line) == key
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    previous = chain.NO_HASH
    for (place, size), event in zip(commit.places, commit.events, strict=True):
        raw = line[place - offset : place - offset + size]
        previous = hashlib.sha256(previous.encode() + raw).hexdigest()
        assert event["hash"] == previous


@given(events, st.data())
def test_a_changed_byte_is_noticed(made: list[dict[str, Any]], data: st.DataObject) -> None:
    """Whichever byte is changed, the line no longer decodes."""
    line = bytearray(journal_line.encode(chain.link_all(chain.NO_HASH, made), 0)[0])
    place = data.draw(st.integers(0, len(line) - 2))
    line[place] ^= data.draw(st.integers(1, 255))
    assert not journal_line.is_sound(bytes(line))
    with pytest.raises(ValueError, match="checksum"):
        journal_line.decode(bytes(line), 0, chain.NO_HASH)


def test_text_that_looks_like_the_end_of_an_event_is_text() -> None:
    """An agent that writes the journal's own syntax into a note, or as keys of its own, changes nothing."""
    made: list[dict[str, Any]] = [
        {"message": SPOOF, "event": {"hash": "0" * 64}, "hash2": SPOOF},
        {"n": [1], "sum": SPOOF},
        {"n": [1], "events": [{"event": {}, "hash": "0" * 64}]},
    ]
    line, commit = journal_line.encode(chain.link_all(chain.NO_HASH, made, {"key": SPOOF}), 7)
    assert journal_line.decode(line, 7, chain.NO_HASH) == commit
    assert journal_line.key_record(line) == {"key": SPOOF}


def test_a_line_of_another_chain_is_refused() -> None:
    """A sound line that does not follow the event before it breaks the chain."""
    line, _ = journal_line.encode(chain.link_all("1" * 64, [{"a": 1}]), 0)
    with pytest.raises(ValueError, match="chain"):
        journal_line.decode(line, 0, chain.NO_HASH)


def test_a_checksum_over_nothing_is_no_line() -> None:
    """A line that is only a checksum, and one of the right length without one, are not sound; nor is an empty one."""
    nothing = b',"sum":"%b"}\n' % hashlib.blake2b(b"", digest_size=8).hexdigest().encode()
    for line in (nothing, b"x" * len(nothing), b"x" * 200, b"\n", b""):
        assert not journal_line.is_sound(line)


def test_an_event_that_is_no_object_is_refused() -> None:
    """A line whose checksum and chain fit may still hold what is no event: it is told, and not read."""
    text = b"[1]"
    line, _ = journal_line.encode(chain.Commit([{"hash": chain.link(chain.NO_HASH, text)}], [text]), 0)
    assert journal_line.is_sound(line)
    with pytest.raises(ValueError, match="an event that is no object"):
        journal_line.decode(line, 0, chain.NO_HASH)
