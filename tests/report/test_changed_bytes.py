"""One changed byte anywhere in the file turns the page red: in its frame, policy, style, data, proof and program."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from random import Random

from tests.report.conftest import Recorded, page_of
from tests.support.chromium import Chromium

IS_FULL = os.environ.get("REPORT") == "full"
COUNT = 1_000 if IS_FULL else 60
"""Changed bytes: as many in each part of the file."""
BLANKS = (b" ", b"\t", b"\n", b"\x0c", b"\r")
"""Each separates the attributes of a tag."""


def parts(content: bytes) -> dict[str, list[int]]:
    """Return the places of the file's bytes by the part that they are in."""
    places: dict[str, list[int]] = {name: [] for name in ("style", "data", "script", "frame")}
    ends = [match.span(1) for match in re.finditer(rb"<(?:style|script)[^>]*>(.*?)</(?:style|script)>", content, re.S)]
    for name, (start, end) in zip(("style", "data", "script"), ends, strict=True):
        places[name] = list(range(start, end))
    inside = {at for start, end in ends for at in range(start, end)}
    places["frame"] = [at for at in range(len(content)) if at not in inside]
    return places


def changes(content: bytes, random: Random) -> Iterator[tuple[int, int]]:
    """Yield places and the bytes that stand there instead; of letters often the other case, which is the nearest."""
    places = parts(content)
    for number in range(COUNT):
        at = random.choice(list(places.values())[number % len(places)])
        other = content[at] ^ 0x20 if random.random() < 0.2 else random.randrange(256)
        yield at, other if other != content[at] else other ^ 1


def reads_the_same(content: bytes, at: int, byte: int) -> bool:
    """Return whether a browser makes the same of the file with another byte, by the rules of HTML."""
    was, other = content[at : at + 1], bytes([byte])
    if was == b"\n" and other == b"\r":
        return True  # line ends are made one before a script or a style is hashed
    start = content.rfind(b"<", 0, at)
    before, tag = content[start:at], content[start : content.find(b">", start) + 1]
    if not start < at < start + len(tag) or at not in set(parts(content)["frame"]) or before.count(b'"') % 2:
        return False
    if was == b" ":
        follows_name = re.fullmatch(b"<[a-z]+", before) is not None
        return other in BLANKS or (follows_name and other == b"/")
    in_name = re.fullmatch(rb"</?[a-z]*|<!(doctype [a-z]*|[a-z]*)|<[^>]*[ ][a-z-]*", before) is not None
    return was.isalpha() and was.swapcase() == other and in_name


def test_each_changed_byte_turns_it_red(browser: Chromium, plain: Recorded, tmp_path: Path) -> None:
    """But for the changes that HTML reads as the same file; of these it stays as it was."""
    content = page_of(plain.evidence).encode()
    file = tmp_path / "report.html"
    wrong: list[str] = []
    for at, byte in changes(content, Random(17)):
        file.write_bytes(content[:at] + bytes([byte]) + content[at + 1 :])
        browser.open(file)
        bar = browser.checked()
        is_red = "NOT VERIFIED" in bar and not bar.startswith("✓")
        if is_red == reads_the_same(content, at, byte):
            wrong.append(f"{at}: {content[at - 20 : at + 20]!r} with {byte:#x}: {bar[:80]!r}")
    assert wrong == []


def test_a_byte_more_or_less_turns_it_red(browser: Chromium, plain: Recorded, tmp_path: Path) -> None:
    """One that is put in or taken out in any part, and a file that is cut."""
    content, random = page_of(plain.evidence).encode(), Random(17)
    file = tmp_path / "report.html"
    for places in parts(content).values():
        at = random.choice(places)
        for changed in (content[:at] + b"x" + content[at:], content[:at] + content[at + 1 :], content[:at]):
            file.write_bytes(changed)
            browser.open(file)
            assert "✓" not in browser.checked(), at
    file.write_bytes(content + b"<p>and more")
    browser.open(file)
    assert browser.checked().startswith("✗ NOT VERIFIED")
