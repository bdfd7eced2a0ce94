"""`approve`, `reject`, `edit`, `ask`, `escalate` and `answer`: a request is settled, once, as it was shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pumpup_tui.commands.failure import Failed
from pumpup_tui.commands.options import FILE, Given, json_option, writing_options
from pumpup_tui.commands.output import after_recording, may_ask, tell, tell_json
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
"""By command: the outcome, what it does, an example's options, and whether it needs a note."""
_SURE = 12
"""Characters of an id that `--yes` takes at the least: a shorter one could come to mean another request."""

hash_option = click.option(
    "--hash", "shown", metavar="HASH", help="The hash that 'show' told: refused where the request is another one."
)
yes_option = click.option("--yes", is_flag=True, help="Don't ask: needed where no one is there to be asked.")
key_option = click.option(
    "--key", metavar="KEY", help="The key of an earlier try, to learn what became of it: it is never done twice."
)


def sending_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of whatever settles a request."""
    for option in (json_option, key_option, hash_option, yes_option):
        command = option(command)
    return command


def _decision(name: str) -> click.Command:
    outcome, words, example, needs_note = _OUTCOMES[name]
    note = "What you have to say." + (" Needed." if needs_note else "")

    @click.command(name, help=f"{words}\n\nExample: pumpup-tui {name} evt_0000001a{example}")
    @click.argument("request", metavar="ID")
    @click.option("--note", metavar="TEXT", required=needs_note, help=note)
    @click.option("--reason-code", metavar="CODE", help="A reason that programs read.")
    @sending_options
    @writing_options
    def decide(
        given: Given, *, request: str, note: str | None, reason_code: str | None, yes: bool, as_json: bool, **bound: Any
    ) -> None:
        from api_client.models import Outcome

        if needs_note and not (note or "").strip():
            raise click.UsageError("--note is empty: this outcome needs one.")
        chosen = Outcome(type=outcome, note=(note or "").strip() or None, reason_code=reason_code)

        def command(detail: RequestDetail) -> Command:
            from api_client.commands import Decide

            if detail.event.event_type != "APPROVAL_REQUESTED":
                named = line(detail.event.id, 80)
                raise Failed(f"{named} asks for answers: use 'pumpup-tui answer {named}'.")
            return Decide(request_id=detail.event.id, outcome=chosen, request_hash=detail.hash or None)

        _settle(given, request, command, verb=outcome, note=note, yes=yes, as_json=as_json, **bound)

    return decide


approve, reject, edit, ask, escalate = map(_decision, _OUTCOMES)


@click.command()
@click.argument("request", metavar="ID")
@click.argument("pairs", metavar="[FIELD=VALUE]...", nargs=-1)
@click.option("--file", type=FILE, metavar="FILE", help="The answers as JSON, by field id; '-' is stdin.")
@sending_options
@writing_options
def answer(
    given: Given, *, request: str, pairs: Sequence[str], file: Path | None, yes: bool, as_json: bool, **bound: Any
) -> None:
    """Answer an elicitation, by field id; a Multiselect's values stand between commas.

    Example: pumpup-tui answer evt_0000001a place=Berlin police=no
    """
    from pumpup_tui.commands.answer_args import answers_of, read_file

    if bool(pairs) == (file is not None):
        raise click.UsageError("Give the answers: either FIELD=VALUE …, or --file FILE.")
    told = read_file(file) if file is not None else None

    def command(detail: RequestDetail) -> Command:
        from api_client.commands import Answer

        if detail.event.event_type != "ELICITATION_REQUESTED":
            named = line(detail.event.id, 80)
            raise Failed(f"{named} asks for a decision: use 'pumpup-tui approve {named}'.")
        answers = answers_of(detail.event.payload, pairs) if told is None else told
        return Answer(request_id=detail.event.id, answers=answers, request_hash=detail.hash or None)

    _settle(given, request, command, verb="ANSWER", note=None, yes=yes, as_json=as_json, **bound)


def _settle(
    given: Given,
    request: str,
    command: Callable[[RequestDetail], Command],
    *,
    verb: str,
    note: str | None,
    yes: bool,
    as_json: bool,
    shown: str | None,
    key: str | None,
) -> None:
    """Show the request, ask, and send the command that settles it under one key."""
    from pumpup_tui.commands.submission import Sending

    if not (yes or may_ask()):
        raise click.UsageError("No one is there to be asked: say --yes to send it.")
    if yes and shown is None and len(request) < _SURE:
        raise click.UsageError(f"With --yes an ID needs {_SURE} characters or more: a shorter one may mean another.")
    receipt = Sending(request, command, verb=verb, note=note, ask=not yes, shown=shown, key=key).carry_out(given)
    with after_recording(receipt.event_id):
        if as_json:
            tell_json(receipt.answer)
        else:
            tell(
                f"recorded {line(receipt.event_id, 80)}"
                + (" (it was before: nothing was written twice)" * receipt.replayed)
            )
