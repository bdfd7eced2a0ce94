"""`checkpoint`, `prove` and `check`: evidence that holds without the record and without this program."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pumpup_tui.commands.backend_session import run_on_backend
from pumpup_tui.commands.options import FILE, PlaceOptions, json_option, place_options
from pumpup_tui.commands.output import print_json, print_line, print_wrapped
from pumpup_tui.text.firewall import line

if TYPE_CHECKING:
    from api_client.backend import Backend
    from api_client.proofs import ProofFile
    from store.core.proof_check import CheckedProof
    from store.core.signed_note import VerifierKey

_OUTPUT = click.option(
    "-o", "--output", type=FILE, metavar="FILE", help="Where to write it; - is stdout.  [default: stdout]"
)
_OWN_PAGE = "All else of the page is as this version of the program writes it: a browser shows what these events say."
_OTHER_PAGE = (
    "CAREFUL: all else of the page is not as this version of the program writes it. Another version made it, or "
    "somebody changed what it shows: rely on the events printed here, not on the page."
)
_YES = click.option("--yes", is_flag=True, help="Overwrite an existing file without asking.")


@click.command()
@click.option(
    "--name",
    default="",
    metavar="NAME",
    help="Name the record with its first checkpoint, like example.com/claims.  [default: a random name]",
)
@click.option("--key", "only_key", is_flag=True, help="Print the public key alone, to be published.")
@_OUTPUT
@_YES
@place_options
def checkpoint(options: PlaceOptions, name: str, only_key: bool, output: Path | None, *, yes: bool) -> None:
    """Print a signed checkpoint of the record: its name, its number of events and the root of its tree.

    Keep it, or give it to somebody: 'verify --checkpoint' shows later that the record has only grown since then. The
    first one makes the record's signing key.

    Example: pumpup-tui checkpoint --data ./work -o monday.note
    """

    async def read(backend: Backend) -> tuple[str, str]:
        note = await backend.proofs.checkpoint(name=name)
        key = await backend.proofs.key()
        _check_signed(note, key)
        return note, key

    note, key = run_on_backend(options, read, signs=True)
    from pumpup_tui.commands.written_files import write_output

    write_output(f"{key}\n" if only_key else note, output, "checkpoint", overwrite=yes)
    if output is not None and not only_key:
        print_line(f"The record's public key is {line(key, 400)}", err=True)


def _check_signed(note: str, key: str) -> None:
    """Check what a place gave as its checkpoint and key: what is none of them is not printed or kept.

    Raises:
        UnexpectedAnswer: it is none.
    """
    from api_client.errors import UnexpectedAnswer
    from store.core.proof_check import checked_checkpoint
    from store.core.signed_note import NoteFault, read_verifier_key

    try:
        checked_checkpoint(note, read_verifier_key(key))
    except NoteFault as fault:
        raise UnexpectedAnswer(f"What came as a checkpoint and its key does not hold: {fault}.") from None


@click.command()
@click.argument("name", metavar="EVENT|REQUEST|TASK")
@click.option("--with-attachments", is_flag=True, help="Add the attachments that the requests showed.")
@_OUTPUT
@_YES
@place_options
def prove(options: PlaceOptions, name: str, with_attachments: bool, output: Path | None, *, yes: bool) -> None:
    """Prove an event, a request with what settled it, or all of a task, and show nothing else of the record.

    'check' verifies the file with the record's public key alone.

    Example: pumpup-tui prove "Claim C-1029" -o c-1029.proof --data ./work
    """
    from pumpup_tui.commands.proving import proof_of

    proof = run_on_backend(options, lambda backend: proof_of(backend, name, contents=with_attachments), signs=True)
    _write_proof(proof, output, overwrite=yes)


def _write_proof(proof: ProofFile, output: Path | None, *, overwrite: bool) -> None:
    import json

    from pumpup_tui.commands.failure import Failed
    from pumpup_tui.commands.written_files import write_output
    from store.core.proof_check import PROOF_MOST

    text = json.dumps(proof.wire(), indent=2)  # with all but ASCII escaped: stdout may be a terminal
    if len(text) > PROOF_MOST:
        raise Failed(f"The proof has over {PROOF_MOST:,} bytes, more than 'check' reads: prove fewer events.")
    write_output(f"{text}\n", output, "proof", overwrite=overwrite)
    count = len(proof.events)
    print_line(
        f"Proved {count} event{'s' if count != 1 else ''}. The record's public key is {line(proof.key, 400)}", err=True
    )


@click.command()
@click.argument("file", type=FILE)
@click.option(
    "--key",
    "typed",
    metavar="KEY|FILE",
    required=True,
    help="The record's public key, as it was published: the text, or a file that holds it.",
)
@json_option
def check(file: Path, typed: str, *, as_json: bool) -> None:
    """Check a proof, or a report's page, without the record; exit with 1 if it does not hold.

    Each event is hashed again and followed to the checkpoint, whose signature must be that of the key. Of a page it
    says too whether a browser shows just these events.

    Example: pumpup-tui check c-1029.proof --key claims.pub
    """
    from pumpup_tui.commands.public_keys import public_key, read_file
    from store.core.proof_check import PROOF_MOST, ProofFault, check_proof
    from store.core.report_check import check_report, is_report

    key = public_key(typed)
    content = read_file(file, "proof", PROOF_MOST)
    is_page = is_report(content)
    try:
        proof = (check_report if is_page else check_proof)(content, key)
    except ProofFault as fault:
        if as_json:
            print_json({"ok": False, "error": str(fault)})
        else:
            print_wrapped(f"WRONG: {line(str(fault), 1_000)}")
        raise click.exceptions.Exit(1) from None
    own_page = _is_own_page(content) if is_page else None
    if as_json:
        page = {} if own_page is None else {"ownPage": own_page}
        print_json({**_as_json(proof, key), **page})
        return
    _print_checked(proof)
    if own_page is not None:
        print_wrapped(_OWN_PAGE if own_page else _OTHER_PAGE)


def _is_own_page(content: bytes) -> bool:
    from pumpup_tui.commands.report.report_html import is_own_page

    return is_own_page(content)


def _as_json(proof: CheckedProof, key: VerifierKey) -> dict[str, Any]:
    head = proof.head
    attachments = [{"uploadId": one.upload_id, "label": one.label, "sha256": one.sha256} for one in proof.attachments]
    return {
        "ok": True,
        "record": head.origin,
        "size": head.size,
        "root": head.root.hex(),
        "key": key.written(),
        "events": proof.events,
        "attachments": attachments,
    }


def _print_checked(proof: CheckedProof) -> None:
    from pumpup_tui.commands.proof_text import attachment_line, event_lines

    for event in proof.events:
        for text in event_lines(event):
            print_line(text)
    for attachment in proof.attachments:
        print_line(attachment_line(attachment))
    count = len(proof.events)
    words = "This event is" if count == 1 else f"These {count} events are"
    print_wrapped(
        f"OK: {words} in the record {line(proof.head.origin, 200)}, whose checkpoint of {proof.head.size:,} events "
        "this key has signed. That says nothing about events that are not in the file."
    )
