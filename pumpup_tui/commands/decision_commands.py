"""`approve`, `reject`, `edit`, `ask`, `escalate` and `answer`: each settles a request, once, as it was shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pumpup_tui.commands.failure import Failed
from pumpup_tui.commands.options import FILE, PlaceOptions, json_option, key_option, writing_options
from pumpup_tui.commands.output import after_recording, can_prompt, print_json, print_line
from pumpup_tui.text.firewall import line

if TYPE_CHECKING:
    from api_client.commands import Command
    from api_client.models import OutcomeType, RequestDetail

_OUTCOMES: dict[str, tuple[OutcomeType, str, str, bool]] = {
    "approve": ("APPROVE", "Approve a request.", "", False),
    "reject": ("REJECT", "Deny a request.", ' --reason-code fraud --note "two claims for one parcel"', False),
    "edit": ("EDIT_AND_APPROVE", "Approve a request with a change, which the note says.", ' --note "only $120"', True),
    "ask": ("REQUEST_MORE_INFO", "Ask for more before deciding: the note says what.", ' --note "photos?"', True),
    "escalate": ("ESCALATE", "Hand a request to someone of more authority.", "", False),
}
"""By command: the outcome, the help text, the example's options, and whether it needs a note."""
_UNAMBIGUOUS = 12
"""Least number of characters of an id with `--yes`: a shorter one could later mean another request."""

hash_option = click.option(
    "--hash",
    "expected_hash",
    metavar="HASH",
    help="The hash that 'show' printed: refused if the request is another one.",
)
yes_option = click.option("--yes", is_flag=True, help="Don't ask: needed where no one is there to be asked.")


def sending_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of a command that settles a request."""
    for option in (json_option, key_option, hash_option, yes_option):
        command = option(command)
    return command


def _decision(name: str) -> click.Command:
    outcome, summary, example, needs_note = _OUTCOMES[name]
    note = "What you have to say." + (" Needed." if needs_note else "")

    @click.command(name, help=f"{summary}\n\nExample: pumpup-tui {name} evt_0000001a{example}")
    @click.argument("request", metavar="ID")
    @click.option("--note", metavar="TEXT", required=needs_note, help=note)
    @click.option("--reason-code", metavar="CODE", help="A reason that programs read.")
    @sending_options
    @writing_options
    def decide(
        options: PlaceOptions,
        *,
        request: str,
        note: str | None,
        reason_code: str | None,
        yes: bool,
        as_json: bool,
        **submitting: Any,
    ) -> None:
        from api_client.models import Outcome

        if needs_note and not (note or "").strip():
            raise click.UsageError("--note is empty: this outcome needs one.")
        chosen = Outcome(type=outcome, note=(note or "").strip() or None, reason_code=reason_code)

        def command(detail: RequestDetail) -> Command:
            from api_client.commands import Decide

            if detail.event.event_type != "APPROVAL_REQUESTED":
                request_id = line(detail.event.id, 80)
                raise Failed(f"{request_id} asks for answers: use 'pumpup-tui answer {request_id}'.")
            return Decide(request_id=detail.event.id, outcome=chosen, request_hash=detail.hash or None)

        _settle(options, request, command, verb=outcome, note=note, yes=yes, as_json=as_json, **submitting)

    return decide


approve, reject, edit, ask, escalate = map(_decision, _OUTCOMES)


@click.command()
@click.argument("request", metavar="ID")
@click.argument("pairs", metavar="[FIELD=VALUE]...", nargs=-1)
@click.option("--file", type=FILE, metavar="FILE", help="The answers as JSON, by field id; '-' is stdin.")
@sending_options
@writing_options
def answer(
    options: PlaceOptions,
    *,
    request: str,
    pairs: Sequence[str],
    file: Path | None,
    yes: bool,
    as_json: bool,
    **submitting: Any,
) -> None:
    """Answer an elicitation, by field id; a Multiselect's values stand between commas.

    Example: pumpup-tui answer evt_0000001a place=Berlin police=no
    """
    from pumpup_tui.commands.answer_args import answers_of, read_file

    if bool(pairs) == (file is not None):
        raise click.UsageError("Give the answers: either FIELD=VALUE …, or --file FILE.")
    from_file = read_file(file) if file is not None else None

    def command(detail: RequestDetail) -> Command:
        from api_client.commands import Answer

        if detail.event.event_type != "ELICITATION_REQUESTED":
            request_id = line(detail.event.id, 80)
            raise Failed(f"{request_id} asks for a decision: use 'pumpup-tui approve {request_id}'.")
        answers = answers_of(detail.event.payload, pairs) if from_file is None else from_file
        return Answer(request_id=detail.event.id, answers=answers, request_hash=detail.hash or None)

    _settle(options, request, command, verb="ANSWER", note=None, yes=yes, as_json=as_json, **submitting)


def _settle(
    options: PlaceOptions,
    request: str,
    command: Callable[[RequestDetail], Command],
    *,
    verb: str,
    note: str | None,
    yes: bool,
    as_json: bool,
    expected_hash: str | None,
    key: str | None,
) -> None:
    """Show the request, ask for confirmation, and submit the command that settles it under one key."""
    from pumpup_tui.commands.submission import Submission

    if not (yes or can_prompt()):
        raise click.UsageError("No one is there to be asked: say --yes to send it.")
    if yes and expected_hash is None and len(request) < _UNAMBIGUOUS:
        raise click.UsageError(
            f"With --yes an ID needs {_UNAMBIGUOUS} characters or more: a shorter one may mean another."
        )
    submission = Submission(
        request, command, verb=verb, note=note, confirm=not yes, expected_hash=expected_hash, key=key
    )
    receipt = submission.carry_out(options)
    with after_recording(receipt.event_id):
        if as_json:
            print_json(receipt.answer)
        else:
            print_line(
                f"recorded {line(receipt.event_id, 80)}"
                + (" (it was before: nothing was written twice)" * receipt.replayed)
            )
