"""The looks of `witness`: one, or one after the other, and what is given out of each."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import click

from api_client.errors import ApiError
from api_client.times import utc_now, wire_time
from pumpup_tui.commands.backend_session import opened
from pumpup_tui.commands.failure import Failed, exit_code_of, reason
from pumpup_tui.commands.options import PlaceOptions
from pumpup_tui.commands.output import print_json, print_line, stop_without_reader
from pumpup_tui.commands.places import place_of
from pumpup_tui.text.firewall import clean, line
from store.core.signed_note import LogHead, VerifierKey
from store.core.signing_key import SigningKey
from store.core.witnessing import KnownHead
from store.transfer.witness import Refused, Witness, WitnessedNote, signed_on
from store.transfer.witness_state import WitnessState

_NAME, _WORDS = 200, 2_000
"""Characters of a name and of a message at the most."""
_GOES_BY = 5
"""The exit code of failures that a later look may not meet."""
_REMEDY = (
    "Nothing was signed. Trust no decision of this record until whoever runs it has explained that. Compare it with a "
    "backup, with other witnesses, and with what was signed: 'pumpup-tui verify --checkpoint' on the record itself. "
    "What was signed and what was seen is in {evidence}: keep that file."
)


class LookOutput:
    """The output of the looks: notes on stdout or in a file, words on stderr, or JSON."""

    def __init__(self, file: Path | None, *, as_json: bool) -> None:
        """Write notes to a file, to stdout where it is None or `-`, or JSON to stdout."""
        self._file = None if file is None or str(file) == "-" else file
        self._as_json = as_json
        self._last: LogHead | None = None

    def give(self, witnessed: WitnessedNote, witness: VerifierKey) -> None:
        """Give out a note that is stored by now.

        Raises:
            Failed: the file can't be written.
        """
        data = witnessed.note.written().encode()
        if self._file is not None:
            self._write(self._file, data)
        if self._as_json:
            print_json(_as_json(witnessed, witness), one_line=True)
            stop_without_reader()
        else:
            self._tell(witnessed, data)

    def _tell(self, witnessed: WitnessedNote, data: bytes) -> None:
        if self._file is None:
            sys.stdout.buffer.write(data)
            sys.stdout.buffer.flush()
        if witnessed.head != self._last:
            print_line(_words(witnessed), err=True)
        self._last = witnessed.head

    def interrupted(self) -> None:
        """Say what is signed again after an interruption."""
        self._last = None

    @staticmethod
    def _write(file: Path, data: bytes) -> None:
        from pumpup_tui.local_state.new_file import refuse_data_folder
        from store.folder.files import Files

        try:
            refuse_data_folder(file.parent)
            if file.exists() and not file.is_file():
                raise OSError(0, "it is not a regular file")
            Files().replace(file, data)
        except OSError as fault:
            raise Failed(
                f"The note is signed, but can't be written to {line(str(file), _NAME)}: {reason(fault)}. Run it again, "
                "with another -o FILE."
            ) from None


class Looks:
    """A witness's looks at one record."""

    def __init__(
        self, options: PlaceOptions, state: WitnessState, key: SigningKey, log: VerifierKey, output: LookOutput
    ) -> None:
        self._place = place_of(options, os.environ)
        self._witness = Witness(state, key, log, utc_now)
        self._public, self._output = key.public, output
        self._has_warned = False

    def run(self, known: Sequence[KnownHead], every: int | None) -> None:
        """Look once, or with `every` again after so many seconds until SIGINT, SIGTERM or SIGHUP.

        Raises:
            Failed: the record was refused, or can't be read.
            ApiError: it can't be reached, or the witness's folder not be used.
        """
        if every is not None:
            with suppress(asyncio.CancelledError, KeyboardInterrupt):
                asyncio.run(self._again(every))
            return
        try:
            asyncio.run(self._look(known))
        except KeyboardInterrupt:
            raise click.exceptions.Exit(130) from None

    async def _look(self, known: Sequence[KnownHead] = ()) -> None:
        quiet, self._has_warned = self._has_warned, True
        async with opened(self._place, signs=True, quiet=quiet) as backend:
            try:
                witnessed = await self._witness.look(backend.proofs, known)
            except Refused as refusal:
                remedy = _REMEDY.format(evidence=refusal.evidence)
                raise Failed(f"REFUSED: {clean(refusal.reason, limit=_WORDS)} {remedy}") from None
        await asyncio.to_thread(self._output.give, witnessed, self._public)

    async def _again(self, every: int) -> None:
        _end_on_signals()
        is_down = False
        while True:
            fault = await self._outage()
            if fault is not None and not is_down:
                words = clean(fault.message, limit=_WORDS)
                print_line(f"{words} Nothing is signed until that has passed.", err=True)
                self._output.interrupted()
            is_down = fault is not None
            await asyncio.sleep(every)

    async def _outage(self) -> ApiError | None:
        """Look, and return the fault that kept it from looking, where it may go by."""
        try:
            await self._look()
        except ApiError as fault:
            if exit_code_of(fault) != _GOES_BY:
                raise
            return fault
        return None


def _end_on_signals() -> None:
    task = asyncio.current_task()
    if task is not None and sys.platform != "win32":
        for number in (signal.SIGTERM, signal.SIGHUP):  # asyncio's own handler of SIGINT does the same
            if signal.getsignal(number) is not signal.SIG_IGN:
                asyncio.get_running_loop().add_signal_handler(number, task.cancel)


def _words(witnessed: WitnessedNote) -> str:
    head, before = witnessed.head, witnessed.before
    name = line(head.origin, _NAME)
    if before is None:
        return f"Signed {head.size:,} events of {name}, for the first time: there was nothing to compare them with."
    if before.head.size == head.size:
        return f"Signed {head.size:,} events of {name}: the same as on {signed_on(before.at)}."
    return (
        f"Signed {head.size:,} events of {name}: they begin with the {before.head.size:,} that were signed on "
        f"{signed_on(before.at)}."
    )


def _as_json(witnessed: WitnessedNote, witness: VerifierKey) -> dict[str, Any]:
    head, before = witnessed.head, witnessed.before
    return {
        "record": head.origin,
        "size": head.size,
        "root": head.root.hex(),
        "signedAt": wire_time(witnessed.at),
        "witness": witness.written(),
        "before": None if before is None else {"size": before.head.size, "root": before.head.root.hex()},
        "note": witnessed.note.written(),
    }
