"""A checkpoint that was kept elsewhere, for `verify`: its signatures are looked at before the record is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pumpup_tui.commands.database_places import Database
from pumpup_tui.commands.failure import Failed
from pumpup_tui.commands.output import print_line
from pumpup_tui.commands.places import StorePlace
from pumpup_tui.commands.public_keys import public_key, read_file
from pumpup_tui.text.firewall import line

if TYPE_CHECKING:
    from store.core.signed_note import LogHead, SignedNote, VerifierKey


def kept_checkpoint(place: StorePlace, file: Path, typed: str | None, witnesses: Sequence[str]) -> LogHead:
    """Return what a checkpoint says that the record's key signed, and each of these witnesses; stderr says when.

    Raises:
        Failed: the file is no checkpoint, or one of them did not sign it.
        StoreError: the record's own key can't be read.
    """
    from store.core.proof_check import checked_checkpoint
    from store.core.signed_note import NOTE_MOST, NoteFault

    key = public_key(typed) if typed is not None else _own_key(place)
    keys = [public_key(witness, witness=True) for witness in witnesses]
    content = read_file(file, "checkpoint", NOTE_MOST)
    try:
        note, head = checked_checkpoint(content.decode("utf-8", "replace"), key)
        times = [_witnessed(note, witness) for witness in keys]
    except NoteFault as fault:
        raise Failed(f"The checkpoint {line(str(file), 200)} can't be used: {line(str(fault), 300)}.") from None
    for witness, at in zip(keys, times, strict=True):
        moment = datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        print_line(f"witness  {line(witness.name, 120)} at {moment}", err=True)
    return head


def _witnessed(note: SignedNote, witness: VerifierKey) -> int:
    from store.core.signed_note import NoteFault

    at = witness.signed_at(note)
    if at is None:
        raise NoteFault(f"the witness {witness.name} has not signed it")
    if at > _TIME_MOST:
        raise NoteFault(f"the signature of the witness {witness.name} has no time")
    return at


_TIME_MOST = 253_402_300_799
"""The last second of the calendar."""


def _own_key(place: StorePlace) -> VerifierKey:
    """Return the public key of the record itself."""
    from api_client.errors import StoreFault
    from store.core.signed_note import NoteFault, read_verifier_key

    if isinstance(place, Database):
        from store.postgres.workspaces import public_key as stored

        text = stored(place.address, place.workspace)
    else:
        from store.folder.record_tree import stored_key

        try:
            key = stored_key(place.path)
        except StoreFault as fault:  # whoever may read a record need not be allowed to sign as it
            raise Failed(f"{line(fault.message, 400)} Name the public key with --key.") from None
        text = "" if key is None else key.public.written()
    if not text:
        raise Failed("This record has no signing key: name the public key that signed the checkpoint with --key.", 2)
    try:
        return read_verifier_key(text)
    except NoteFault as fault:
        words = f"The public key of the record can't be used: {line(str(fault), 200)}."
        raise Failed(f"{words} Name the one that signed the checkpoint with --key.") from None
