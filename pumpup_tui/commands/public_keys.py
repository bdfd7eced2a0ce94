"""Public keys and checkpoints that a user names on the command line, as text or as a file."""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from pumpup_tui.commands.failure import Failed, reason
from pumpup_tui.text.firewall import line

if TYPE_CHECKING:
    from store.core.signed_note import VerifierKey

_KEY_MOST = 4_096
STDIN = "-"


def public_key(typed: str, *, witness: bool = False) -> VerifierKey:
    """Return the public key that a user typed, or that a file of this name holds.

    Raises:
        Failed: it is none, or one of the other kind: a record's where a witness's is asked for.
    """
    from store.core.signed_note import COSIGNATURE, SIGNATURE, NoteFault, read_verifier_key

    text = typed if "+" in typed and not _is_there(Path(typed)) else _key_file(Path(typed))
    try:
        key = read_verifier_key(text)
    except NoteFault as fault:
        raise Failed(f"The public key {line(typed, 120)!r} can't be used: {line(str(fault), 200)}.", 2) from None
    if key.kind != (COSIGNATURE if witness else SIGNATURE):
        words = "a witness's key, not a record's" if key.kind == COSIGNATURE else "a record's key, not a witness's"
        raise Failed(f"{line(key.name, 120)} is {words}.", 2)
    return key


def _is_there(path: Path) -> bool:
    with suppress(OSError):  # what is no key may be too long for a name
        return path.exists()
    return False


def _key_file(file: Path) -> str:
    try:
        with file.open("rb") as opened:
            content = opened.read(_KEY_MOST)
        return content.decode("utf-8-sig").strip()
    except UnicodeDecodeError:
        return ""
    except OSError as fault:
        raise Failed(f"The public key {line(str(file), 200)} can't be read: {reason(fault)}.", 2) from None


def read_file(file: Path, what: str, most: int) -> bytes:
    """Return the content of a file that a user named; `-` is stdin.

    Raises:
        Failed: it can't be read, or is over `most` bytes.
    """
    name = "stdin" if str(file) == STDIN else line(str(file), 300)
    try:
        if str(file) == STDIN:
            content = sys.stdin.buffer.read(most + 1)
        else:
            with file.open("rb") as opened:
                content = opened.read(most + 1)
    except OSError as fault:
        raise Failed(f"The {what} {name} can't be read: {reason(fault)}.") from None
    if len(content) > most:
        raise Failed(f"The {what} {name} is over {most:,} bytes: is it the right file?")
    return content
