"""`approve`, `deny`, `edit`, `ask`, `escalate` and `answer`: each settles a request, once, as it was shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pumpup_tui.commands.failure import Failed
from pumpup_tui.commands.name_completion import complete_request
from pumpup_tui.commands.options import FILE, PlaceOptions, json_option, key_option, writing_options
from pumpup_tui.commands.output import after_recording, can_prompt, in_charset, print_json, print_line
from pumpup_tui.text.firewall import line

if TYPE_CHECKING:
    from api_client.commands import Command
    from api_client.models import OutcomeType, RequestDetail
    from api_client.recorded_approval import RecordedApproval

_OUTCOMES: dict[str, tuple[OutcomeType, str, str, bool]] = {
    "approve": ("APPROVE", "Approve a request.", "", False),
    "deny": ("REJECT", "Deny a request.", ' --reason-code fraud --note "two claims for one parcel"', False),
    "edit": (
        "EDIT_AND_APPROVE",
        "Approve a request with a change; the note describes it.",
        ' --note "only $120"',
        True,
    ),
    "ask": ("REQUEST_MORE_INFO", "Ask for more information; the note says what is missing.", ' --note "photos?"', True),
    "escalate": ("ESCALATE", "Escalate a request to someone with more authority.", "", False),
}
"""By command: the outcome, the help text, the example's options, and whether it needs a note."""
_UNAMBIGUOUS = 12
"""Least number of characters of an id with `--yes`: a shorter one could later mean another request."""

hash_option = click.option(
    "--hash",
    "expected_hash",
    metavar="HASH",
    help="The hash printed by 'show'; the command fails if the request has changed.",
)
yes_option = click.option("--yes", is_flag=True, help="Don't ask for confirmation; required without a terminal.")


def sending_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of a command that settles a request."""
    for option in (json_option, key_option, hash_option, yes_option):
        command = option(command)
    return command


def _decision(name: str, *, alias: str = "") -> click.Command:
    """Return the command of an outcome; as an `alias` it is not listed."""
    outcome, summary, example, needs_note = _OUTCOMES[name]
    note = "A note to the agent." + (" Required." if needs_note else "")

    @click.command(
        alias or name, hidden=bool(alias), help=f"{summary}\n\nExample: pumpup-tui {name} evt_0000001a{example}"
    )
    @click.argument("request", metavar="ID", shell_complete=complete_request)
    @click.option("--note", metavar="TEXT", required=needs_note, help=note)
    @click.option("--reason-code", metavar="CODE", help="Machine-readable reason.")
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
            raise click.UsageError("--note is empty: this outcome requires one.")
        chosen = Outcome(type=outcome, note=(note or "").strip() or None, reason_code=reason_code)

        def command(detail: RequestDetail) -> Command:
            from api_client.commands import Decide

            if detail.event.event_type != "APPROVAL_REQUESTED":
                request_id = line(detail.event.id, 80)
                raise Failed(f"{request_id} asks for answers: use 'pumpup-tui answer {request_id}'.")
            return Decide(request_id=detail.event.id, outcome=chosen, request_hash=detail.hash or None)

        _settle(options, request, command, verb=outcome, note=note, yes=yes, as_json=as_json, **submitting)

    return decide


approve, deny, edit, ask, escalate = map(_decision, _OUTCOMES)
reject = _decision("deny", alias="reject")


@click.command()
@click.argument("request", metavar="ID", shell_complete=complete_request)
@click.argument("pairs", metavar="[FIELD=VALUE]...", nargs=-1)
@click.option("--file", type=FILE, metavar="FILE", help="The answers as a JSON object by field id; '-' is stdin.")
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
    """Answer an elicitation, by field id. Separate a Multiselect's values with commas.

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


@click.command()
@click.argument("request", metavar="ID", shell_complete=complete_request)
@click.option("--reason", metavar="TEXT", required=True, help="Why nobody answers it: the agent reads this.")
@sending_options
@writing_options
def decline(options: PlaceOptions, *, request: str, reason: str, yes: bool, as_json: bool, **submitting: Any) -> None:
    """Decline to answer an elicitation, with a reason: it is withdrawn.

    Example: pumpup-tui decline evt_0000001a --reason "not ours to say"
    """
    if not reason.strip():
        raise click.UsageError("--reason is empty: declining needs one.")

    def command(detail: RequestDetail) -> Command:
        from api_client.commands import Withdraw

        if detail.event.event_type != "ELICITATION_REQUESTED":
            request_id = line(detail.event.id, 80)
            raise Failed(f"{request_id} asks for a decision: use 'pumpup-tui deny {request_id}'.")
        return Withdraw(request_id=detail.event.id, reason=reason.strip())

    _settle(options, request, command, verb="WITHDRAW", note=reason, yes=yes, as_json=as_json, **submitting)


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
        raise click.UsageError("Not a terminal: pass --yes to confirm.")
    if yes and expected_hash is None and len(request) < _UNAMBIGUOUS:
        raise click.UsageError(
            f"With --yes an ID needs at least {_UNAMBIGUOUS} characters: a shorter one could match another request."
        )
    submission = Submission(
        request, command, verb=verb, note=note, confirm=not yes, expected_hash=expected_hash, key=key
    )
    receipt, approval = submission.carry_out(options)
    agreement = approval if approval is not None and approval.is_agreement else None
    with after_recording(receipt.event_id):
        if as_json:
            print_json({**receipt.answer, **({} if agreement is None else {"agreement": _agreement_json(agreement)})})
            return
        again = " (already recorded earlier; nothing was written twice)" * receipt.replayed
        print_line(f"recorded {line(receipt.event_id, 80)}{again}")
        if agreement is not None:
            print_line(_agreement_words(agreement, verb, note))
        if approval is not None and submission.was_blind:
            print_line(_hidden_words(approval.recommendation))


def _hidden_words(recommendation: Any) -> str:
    """Return what the agent had recommended, which was hidden until now."""
    from pumpup_tui.text.labels import recommendation_run

    return f"The agent recommended: {in_charset(recommendation_run(recommendation, None)[0]) or 'nothing'}"


def _agreement_json(agreement: RecordedApproval) -> dict[str, Any]:
    return {"isDecided": agreement.needs is None, **(agreement.needs.wire() if agreement.needs is not None else {})}


def _agreement_words(agreement: RecordedApproval, verb: str, note: str | None) -> str:
    """Return that an approval decides nothing yet, and what the request still needs."""
    from pumpup_tui.text.needs_words import tag_words

    needs = agreement.needs
    if needs is None:
        return "Agreed; the request is decided since: 'pumpup-tui show' says by whom."
    missing = needs.missing_for(verb, (note or "").strip() if verb == "EDIT_AND_APPROVE" else None)
    of = f" of {tag_words(needs)}" if needs.tag_lists else ""
    return f"Agreed ({needs.people - missing} of {needs.people}): it needs {missing} more{of} to be decided."
