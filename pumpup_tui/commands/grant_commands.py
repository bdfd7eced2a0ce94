"""`grants`: let routine approvals be decided without asking, after a trial on the past; list and end what was given."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

from pumpup_tui.commands.failure import Failed
from pumpup_tui.commands.listings import project_option
from pumpup_tui.commands.name_completion import complete_grant, complete_project
from pumpup_tui.commands.options import PlaceOptions, iso_time, json_option, key_option, place_options, writing_options
from pumpup_tui.commands.output import (
    TableColumn,
    after_recording,
    can_prompt,
    is_confirmed,
    print_json,
    print_line,
    print_table,
    print_wrapped,
    styled,
)
from pumpup_tui.text.firewall import line
from pumpup_tui.text.percentages import percent_digits

if TYPE_CHECKING:
    from api_client.authority import Disagreement, Grant, Trial
    from api_client.backend import Backend
    from api_client.commands import GiveGrant
    from api_client.models import Project

_DAYS_LEFT = timedelta(days=1)
"""What the end of a day may add to the longest time that a grant may last."""
_SUMMARY = 60


class _EndParam(click.ParamType[datetime]):
    """A time to come: 30d, next friday, 2026-12-31, 2026-12-31T18:00."""

    name = "TIME"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Return the time; of a day its end."""
        from api_client.times import utc_now
        from pumpup_tui.text.typed_times import NotUnderstood

        if isinstance(value, datetime):
            return value
        if (moment := iso_time(value)) is not None:
            return moment
        try:
            return _end_of(value, utc_now())
        except NotUnderstood as fault:
            self.fail(f"{value!r}: {fault}.", param, ctx)


def _end_of(text: str, now: datetime) -> datetime:
    from api_client.authority import GRANT_DAYS
    from pumpup_tui.text.typed_times import understood

    typed, latest = understood(text, now, None), now + timedelta(days=GRANT_DAYS)
    end = typed.start if typed.has_clock else typed.end
    # "90d" is meant as the longest time, and not as the end of that day.
    return latest if latest < end <= latest + _DAYS_LEFT else end


class _ShareParam(click.ParamType[float]):
    """A share as a number from 0 to 1, or in percent."""

    name = "SHARE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the share, from 0 to 1."""
        from api_client.authority import SAMPLE_LEAST

        text = str(value)
        try:
            share = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
        except ValueError:
            share = -1.0
        if not SAMPLE_LEAST <= share <= 1:
            self.fail(f"{value!r} is no share from {SAMPLE_LEAST:.0%} to 100%: try 10%.", param, ctx)
        return share


_TERMS = (
    click.option(
        "--project",
        metavar="PROJECT",
        required=True,
        shell_complete=complete_project,
        help="The project whose approvals it decides.",
    ),
    click.option(
        "--filter",
        "filter_",
        metavar="QUERY",
        required=True,
        help="Which of those that the agent recommends to approve, in the words of the inbox: 'context.Amount<50'.",
    ),
    click.option(
        "--sample", type=_ShareParam(), default="10%", show_default=True, help="The share that is still asked."
    ),
)
"""The terms that a trial is made of."""
_LIMITS = (
    click.option("--name", metavar="TEXT", required=True, help="What it is called in lists."),
    click.option("--until", type=_EndParam(), required=True, help="When it ends: 30d, 2026-12-31; at most in 90 days."),
    click.option("--most", type=click.IntRange(1), metavar="N", required=True, help="How many it decides at most."),
)


def _with(options: Sequence[Callable[..., Any]]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


@click.group()
def grants() -> None:
    """Let routine approvals be decided without asking: try, give, list, end."""


@grants.command("try")
@_with(_TERMS)
@json_option
@place_options
def try_(options: PlaceOptions, *, as_json: bool, **terms: Any) -> None:
    """Show what a grant would have decided of all past approvals, and where people decided otherwise.

    Nothing is written.

    Example: pumpup-tui grants try --project claims --filter "context.Amount<50"
    """
    from api_client.times import utc_now
    from pumpup_tui.commands.backend_session import run_on_backend

    limits = {"name": "trial", "until": utc_now() + timedelta(days=1), "most": 1}

    async def ask(backend: Backend) -> Trial:
        from pumpup_tui.commands.id_lookup import project_of
        from pumpup_tui.commands.submission import check_capability

        check_capability(await backend.me(), "authority")
        project = await project_of(backend, terms["project"])
        return await backend.grant_trial(_terms_of(project, {**terms, **limits}))

    trial = run_on_backend(options, ask)
    if as_json:
        print_json(trial.wire())
    else:
        _print_trial(trial)


def _terms_of(project: Project, given: dict[str, Any]) -> GiveGrant:
    """Return the terms as the command line has them.

    Raises:
        Failed: the filter is none that a grant may have.
    """
    from api_client.commands import GiveGrant
    from api_client.request_query_faults import grant_fault
    from api_client.times import wire_time

    if fault := grant_fault(given["filter_"]):
        raise Failed(f"--filter can't be used: {line(fault, 300)}. Nothing was sent.", 2)
    return GiveGrant(
        project_id=project.id,
        name=given["name"],
        filter=given["filter_"],
        until=wire_time(given["until"]),
        most=given["most"],
        sample=given["sample"],
    )


def _print_trial(trial: Trial) -> None:
    for text in _trial_lines(trial):
        print_wrapped(text)
    if trial.disagreements:
        print_line()
        print_table(_DISAGREEMENTS, [_disagreement_row(disagreement) for disagreement in trial.disagreements], empty="")
    if len(trial.disagreements) < trial.disagreed:
        print_line(f"and {trial.disagreed - len(trial.disagreements):,} earlier ones", err=True)


def _trial_lines(trial: Trial) -> list[str]:
    """Return a trial's figures in words; amounts are foreign text."""
    fits = f"{trial.fits:,} of {trial.approvals:,} past approvals fit and are yours to decide alone"
    fits = f"{fits}; {trial.sampled:,} would still have been asked."
    if not trial.fits:
        return [fits]
    share = percent_digits(trial.agreed / trial.fits)
    lines = [fits, f"People approved {trial.agreed:,} of them ({share}%) and decided {trial.disagreed:,} otherwise."]
    for one in trial.amounts:
        key, agreed, disagreed = line(one.key, 80), line(one.agreed, 60), line(one.disagreed, 60)
        lines.append(f"{key}: {agreed} as people approved it, {disagreed} otherwise.")
    return lines


_DISAGREEMENTS = (
    TableColumn("decided", "DECIDED", min_width=16),
    TableColumn("request", "REQUEST", tone="accent"),
    TableColumn("outcome", "OUTCOME", tone="strong"),
    TableColumn("by", "BY", min_width=6, rank=2),
    TableColumn("amount", "AMOUNT", rank=1),
    TableColumn("summary", "SUMMARY", min_width=12, rank=3),
)


def _disagreement_row(one: Disagreement) -> tuple[object, ...]:
    from pumpup_tui.text.durations import minute
    from pumpup_tui.text.outcomes import OUTCOMES

    outcome = OUTCOMES[one.outcome].past if one.outcome in OUTCOMES else one.outcome
    amount, when = one.amount or "", minute(one.decided_at, None)
    return when, one.request_id, outcome, one.decided_by, amount, line(one.summary, _SUMMARY)


@grants.command("give")
@_with((*_LIMITS[:1], *_TERMS, *_LIMITS[1:]))
@click.option("--yes", is_flag=True, help="Don't ask for confirmation; required without a terminal.")
@key_option
@json_option
@writing_options
def give(options: PlaceOptions, *, yes: bool, key: str | None, as_json: bool, **terms: Any) -> None:
    """Give a grant, after its trial: what fits is approved in your name, and recorded as such. Its id is printed.

    It decides nothing that you could not decide alone. It ends by itself: at its time, after so many decisions, and
    after three decisions in a row of those that were still asked which disagree.

    Example: pumpup-tui grants give --project claims --name small --filter "context.Amount<50" --until 30d --most 500
    """
    from pumpup_tui.commands.backend_session import run_on_backend

    if not (yes or can_prompt()):
        raise click.UsageError("Not a terminal: pass --yes to confirm.")

    async def submit(backend: Backend) -> dict[str, Any]:
        from pumpup_tui.commands.id_lookup import project_of
        from pumpup_tui.commands.submission import check_changes_authority, send

        me = await backend.me()
        check_changes_authority(me)
        project = await project_of(backend, terms["project"])
        command = _terms_of(project, terms)
        trial = await backend.grant_trial(command)
        for text in _trial_lines(trial):
            print_wrapped(text, err=True)
        question = f"\nGive {line(terms['name'], 80)!r} in {line(project.name, 80)} as {line(me.subject, 80)}?"
        if not (yes or is_confirmed(question)):
            raise Failed("Nothing was sent.")
        return (await send(backend, command, key or secrets.token_hex(16))).answer

    answer = run_on_backend(options, submit, writes=True)
    grant_id = str(answer.get("id") or "")
    with after_recording(grant_id):
        if as_json:
            print_json(answer)
            return
        print_line(f"Gave the grant {line(terms['name'], 80)}; 'pumpup-tui grants end' ends it by its id:", err=True)
        print_line(line(grant_id, 80))


@grants.command("list")
@project_option
@json_option
@place_options
def list_(options: PlaceOptions, *, project: str | None, as_json: bool) -> None:
    """List the grants: what each decided, how its sample agrees, until when, and why it ended.

    Example: pumpup-tui grants list --project claims
    """
    from pumpup_tui.commands.backend_session import run_on_backend

    async def read(backend: Backend) -> tuple[Sequence[Grant], Sequence[Project]]:
        from pumpup_tui.commands.id_lookup import project_of
        from pumpup_tui.commands.submission import check_capability

        check_capability(await backend.me(), "authority")
        chosen = await project_of(backend, project) if project else None
        return await backend.grants(chosen.id if chosen else None), await backend.projects()

    listed, projects = run_on_backend(options, read)
    if as_json:
        print_json({"items": [grant.wire() for grant in listed]})
        return
    names = {listed_project.id: listed_project.project_name for listed_project in projects}
    print_table(_GRANTS, [_grant_row(grant, names) for grant in listed], empty="No grants.")


_GRANTS = (
    TableColumn("id", "ID", tone="accent"),
    TableColumn("name", "NAME", min_width=8, tone="strong"),
    TableColumn("state", "STATE", min_width=14),
    TableColumn("used", "DECIDED"),
    TableColumn("agreed", "AGREED", rank=1),
    TableColumn("project", "PROJECT", min_width=8, rank=2),
    TableColumn("by", "GIVEN BY", min_width=8, rank=3),
    TableColumn("filter", "FILTER", min_width=12, rank=4),
)


def _grant_row(grant: Grant, names: dict[str, str]) -> tuple[object, ...]:
    state, agreed = _state_of(grant), f"{grant.agreed:,} of {grant.asked:,}" if grant.asked else "-"
    counts = (f"{grant.used:,} of {grant.most:,}", agreed)
    return (
        grant.id,
        grant.name,
        state,
        *counts,
        names.get(grant.project_id, grant.project_id),
        grant.given_by.subject,
        grant.filter,
    )


def _state_of(grant: Grant) -> str:
    from pumpup_tui.text.durations import minute
    from pumpup_tui.text.grant_words import end_words

    if grant.ended is None:
        return f"until {minute(grant.until, None)}"
    return f"{end_words(grant.ended)}, {minute(grant.ended.at, None)}"


@grants.command("end")
@click.argument("grant", metavar="ID", shell_complete=complete_grant)
@key_option
@json_option
@writing_options
def end(options: PlaceOptions, *, grant: str, key: str | None, as_json: bool) -> None:
    """End a grant: from now on all that it fits is asked. ID may be a prefix, or its name.

    Example: pumpup-tui grants end grt_0123456789ab
    """
    from pumpup_tui.commands.backend_session import run_on_backend

    async def submit(backend: Backend) -> dict[str, Any]:
        from api_client.commands import EndGrant
        from pumpup_tui.commands.id_lookup import grant_of
        from pumpup_tui.commands.submission import check_changes_authority, send

        check_changes_authority(await backend.me())
        found = await grant_of(backend, grant)
        return (await send(backend, EndGrant(grant_id=found.id), key or secrets.token_hex(16))).answer

    answer = run_on_backend(options, submit, writes=True)
    with after_recording(grant):
        if as_json:
            print_json(answer)
        else:
            print_line(f"ended {styled(line(answer.get('id') or grant, 80), 'accent')}")
