"""`witness`: sign a record's checkpoints for as long as the record only grows, so that rewriting it is noticed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pumpup_tui.commands.failure import Failed, in_words, reason
from pumpup_tui.commands.options import FILE, FOLDER, PlaceOptions, place_options
from pumpup_tui.commands.output import print_json, print_line
from pumpup_tui.text.firewall import line

if TYPE_CHECKING:
    from store.core.signed_note import VerifierKey
    from store.core.signing_key import SigningKey
    from store.core.witnessing import KnownHead
    from store.transfer.witness_state import WitnessState

_LONGEST = 7 * 86_400
_NO_KEY = (
    "Name the record's public key with --key: 'pumpup-tui checkpoint --key' prints it where the record is. Have its "
    "owners give it to you over a channel that you trust; a server could name any."
)


@click.command()
@click.option(
    "--key",
    "typed",
    metavar="KEY|FILE",
    help="The record's public key, as its owners gave it to you: the text, or a file that holds it. Required.",
)
@click.option(
    "--compare",
    "others",
    type=FILE,
    multiple=True,
    metavar="NOTE",
    help="A checkpoint of the record that somebody else has, like another witness: the record must begin with that "
    "too; repeatable.",
)
@click.option(
    "--state",
    "folder",
    type=FOLDER,
    metavar="DIR",
    help="The witness's own folder: its key, and what it signed.  [default: in your user state directory]",
)
@click.option(
    "--name", metavar="NAME", help="Name the witness on first use, like example.com/w1.  [default: a random name]"
)
@click.option("--show-key", is_flag=True, help="Print the witness's public key, for 'verify --witness', and exit.")
@click.option(
    "-o", "--output", type=FILE, metavar="FILE", help="Where to write the note; it is overwritten.  [default: stdout]"
)
@click.option(
    "--every",
    type=click.IntRange(1, _LONGEST),
    metavar="SECONDS",
    help="Look again and again, until ctrl+c.  [default: one look]",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON, one line for each look.")
@place_options
def witness(
    options: PlaceOptions,
    typed: str | None,
    others: Sequence[Path],
    folder: Path | None,
    name: str | None,
    *,
    show_key: bool,
    output: Path | None,
    every: int | None,
    as_json: bool,
) -> None:
    """Sign a record's checkpoint, if the record still begins with all that this witness has signed before.

    Run it on a machine other than the record's: whoever rewrites the record there can't rewrite what was signed here.
    If it is not the record that the witness knows, it is refused, with exit code 1, and what was seen is kept as
    evidence.

    Example: pumpup-tui witness --url https://pumpup.example.com --key claims.pub -o claims.note
    """
    if every and (others or (output is None and not as_json)):
        raise click.UsageError(
            "--compare goes with one look, not with --every." if others else "--every needs -o FILE, or --json."
        )
    from pumpup_tui.commands.witness_looks import LookOutput, Looks

    log = None if show_key else _log_key(typed)
    known = [] if log is None else [_known(file, log) for file in others]
    with in_words():
        state, key = _opened(folder, name)
        try:
            if log is None:
                _print_key(key, as_json=as_json)
            else:
                Looks(options, state, key, log, LookOutput(output, as_json=as_json)).run(known, every)
        finally:
            state.close()


def _print_key(key: SigningKey, *, as_json: bool) -> None:
    if as_json:
        print_json({"name": key.name, "key": key.public.written()}, one_line=True)
    else:
        print_line(line(key.public.written(), 400))


def _log_key(typed: str | None) -> VerifierKey:
    from pumpup_tui.commands.public_keys import public_key

    if typed is None:
        raise Failed(_NO_KEY, 2)
    return public_key(typed)


def _known(file: Path, log: VerifierKey) -> KnownHead:
    """Return a checkpoint that somebody else has."""
    from pumpup_tui.commands.public_keys import read_file
    from store.core.signed_note import NOTE_MOST
    from store.core.witnessing import KnownHead, WitnessRefusal, read_checkpoint

    name = line(str(file), 200)
    try:
        text = read_file(file, "checkpoint", NOTE_MOST).decode("utf-8", "replace")
        return KnownHead(read_checkpoint(text, log).head, f"{name} has", text)
    except WitnessRefusal as fault:
        words = line(str(fault), 500)
        raise Failed(f"The checkpoint {name} can't be used for comparison. {words} Nothing was signed.") from None


def _opened(folder: Path | None, name: str | None) -> tuple[WitnessState, SigningKey]:
    """Return the witness's folder and its key; both are made on first use."""
    from store.core.event_ids import random_token
    from store.core.signed_note import is_key_name
    from store.transfer.witness_state import WitnessState

    if name is not None and not is_key_name(name):
        raise Failed("A witness's name has 1 to 200 visible characters, without spaces and without +.", 2)
    state = WitnessState(_usable(folder or _default_folder()))
    return state, state.key(name, f"pumpup/witnesses/{random_token()}")


def _default_folder() -> Path:
    from pumpup_tui.local_state.user_folders import own_folder

    own = own_folder("state")
    if own is None:
        raise Failed("This login has no home folder: name one for the witness with --state DIR.", 2)
    return own / "witness"


def _usable(folder: Path) -> Path:
    """Return the folder, where it is in no record."""
    from pumpup_tui.local_state.new_file import refuse_data_folder

    try:
        refuse_data_folder(next(path for path in (folder, *folder.absolute().parents) if path.is_dir()))
    except OSError as fault:
        raise Failed(f"--state {line(str(folder), 200)} can't be used: {reason(fault)}.", 2) from None
    return folder
