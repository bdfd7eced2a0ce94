"""`projects policy`: a project's policy, setting one, and what another would have asked of past decisions."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pumpup_tui.commands.failure import Failed
from pumpup_tui.commands.name_completion import complete_project
from pumpup_tui.commands.options import FILE, PlaceOptions, json_option, key_option, place_options, writing_options
from pumpup_tui.commands.output import (
    RowStream,
    TableColumn,
    after_recording,
    can_prompt,
    is_confirmed,
    print_fields,
    print_json,
    print_line,
    stop_without_reader,
    styled,
)
from pumpup_tui.text.firewall import line

if TYPE_CHECKING:
    from api_client.authority import Policy, PolicyInForce
    from api_client.backend import Backend
    from api_client.models import Project
    from pumpup_tui.commands.policy_replay import PolicyReplay, Shortfall

_EXAMPLE = '{"rules": [{"name": "large", "when": {"context": {"Amount": {"atLeast": 1000}}}, "people": 2}]}'
_NO_POLICY = "It has no policy: every reviewer decides everything alone."
_SUMMARY = 60

project_argument = click.argument("project", metavar="PROJECT", shell_complete=complete_project)
file_argument = click.argument("file", type=FILE, metavar="FILE")


@click.group()
def policy() -> None:
    """Show, set and try a project's policy: who may decide what, and how many it takes."""


@policy.command("show")
@project_argument
@json_option
@place_options
def show(options: PlaceOptions, project: str, as_json: bool) -> None:
    """Show a project's policy: its rules in order, what each takes, and the hash that names it.

    Example: pumpup-tui projects policy show claims
    """
    from pumpup_tui.commands.backend_session import run_on_backend

    async def read(backend: Backend) -> tuple[Project, PolicyInForce]:
        from pumpup_tui.commands.submission import check_capability

        check_capability(await backend.me(), "authority")
        return await _read(backend, project)

    chosen, in_force = run_on_backend(options, read)
    if as_json:
        print_json(in_force.wire())
    elif in_force.policy is None:
        print_line(f"{line(chosen.name)}: {_NO_POLICY}", err=True)
    else:
        _print_policy(chosen, in_force.policy, in_force.hash or "")


async def _read(backend: Backend, project: str) -> tuple[Project, PolicyInForce]:
    from pumpup_tui.commands.id_lookup import project_of

    chosen = await project_of(backend, project)
    return chosen, await backend.policy(chosen.id)


def _print_policy(project: Project, policy: Policy, hash_: str) -> None:
    from pumpup_tui.commands.policy_words import policy_rows, rule_rows

    print_fields((("Project", project.name), ("Rules", "the first that fits a request holds"), ("Hash", hash_)))
    for number, rule in enumerate(policy.rules, 1):
        print_line()
        print_line(styled(f"{number}. {line(rule.name)}", "strong"))
        print_fields((f"   {name:<7}", words) for name, words in rule_rows(rule))
    print_line()
    print_fields(policy_rows(policy))


@policy.command("set")
@project_argument
@file_argument
@click.option(
    "--replaces", metavar="HASH", help="The hash of the policy that it replaces.  [default: the one in force]"
)
@click.option("--yes", is_flag=True, help="Don't ask for confirmation.")
@key_option
@json_option
@writing_options
def set_(options: PlaceOptions, *, as_json: bool, **given: Any) -> None:
    """Set a project's policy to the one in FILE, as JSON; `-` is stdin. In a terminal it first shows what changes.

    FILE may also be what 'show --json' printed: the policy in it replaces the one that was shown. The new hash is
    printed on stdout.

    Example: pumpup-tui projects policy set claims policy.json --reviewer alice
    """
    from pumpup_tui.commands.backend_session import run_on_backend

    raw, shown_hash = _read_file(given["file"])
    replaces = given["replaces"] or shown_hash

    async def submit(backend: Backend) -> dict[str, Any]:
        from pumpup_tui.commands.submission import check_changes_authority, send

        check_changes_authority(await backend.me())
        chosen, in_force = await _read(backend, given["project"])
        new = _checked(raw, chosen, given["file"])
        _confirm(chosen, in_force, new, asks=not given["yes"] and can_prompt())
        from api_client.commands import SetPolicy

        command = SetPolicy.of(new, chosen.id, replaces or in_force.hash)
        return (await send(backend, command, given["key"] or secrets.token_hex(16))).answer

    answer = run_on_backend(options, submit, writes=True)
    with after_recording(given["project"]):
        if as_json:
            print_json(answer)
            return
        print_line("Set the policy; its hash is:", err=True)
        print_line(line(answer.get("hash") or "", 80))


def _read_file(file: Path) -> tuple[dict[str, Any], str | None]:
    """Return the policy in a file, unchecked, and the hash of the one that it replaces where the file has it.

    Raises:
        Failed: it can't be read, or is no JSON object.
    """
    from pumpup_tui.commands.json_files import read_json

    raw = read_json(file, "The policy in")
    if not isinstance(raw, dict):
        raise Failed(f"The policy in {file} is no JSON object. It looks like {_EXAMPLE}")
    if raw.keys() <= {"policy", "hash"} and isinstance(raw.get("policy"), dict):
        return raw["policy"], raw.get("hash")
    return {key: value for key, value in raw.items() if key != "replaces"}, raw.get("replaces")


def _checked(raw: dict[str, Any], project: Project, file: Path) -> Policy:
    """Return the policy of a file.

    Raises:
        Failed: it is none, or none for this project.
    """
    from api_client.authority import check_policy
    from api_client.commands import SetPolicy, read_command
    from api_client.errors import InvalidRequest

    try:
        policy = read_command(SetPolicy, raw, project_id=project.id).policy
        check_policy(policy, [step.name for step in project.steps.steps])
    except InvalidRequest as fault:
        words = f"The policy in {file} can't be used: {line(fault.message, 1000)}. It looks like {_EXAMPLE}"
        raise Failed(words) from None
    return policy


def _confirm(project: Project, in_force: PolicyInForce, new: Policy, *, asks: bool) -> None:
    """Print what a policy changes; where the user can be asked, go on only where they agree."""
    from pumpup_tui.commands.policy_words import policy_changes

    hash_ = f"It replaces the policy {line(in_force.hash, 80)}." if in_force.hash else "The project has no policy yet."
    print_line(f"{line(project.name)}: {hash_}", err=True)
    if not asks:
        return
    for text in policy_changes(in_force.policy, new) or ["Nothing changes."]:
        print_line(styled(text, {"+": "good", "-": "bad"}.get(text[:1], "")), err=True)
    if not is_confirmed("\nSet this policy?"):
        raise Failed("Nothing was sent.")


@policy.command("check")
@project_argument
@file_argument
@json_option
@place_options
def check(options: PlaceOptions, project: str, file: Path, as_json: bool) -> None:
    """List the past decisions that would have needed more under the policy in FILE; exit with 1 if there are any.

    All of the project's decisions are held against it, each with the steps that its task was in. Nothing is written.
    With --json it prints one decision per line, and the counts in the last.

    Example: pumpup-tui projects policy check claims policy.json
    """
    from pumpup_tui.commands.backend_session import run_on_backend

    raw, _ = _read_file(file)
    replay = run_on_backend(options, lambda backend: _replayed(backend, project, raw, file, as_json=as_json))
    if as_json:
        counts = {"decisions": replay.decisions, "short": replay.short}
        print_json({**counts, "rules": dict(replay.rules), "missing": dict(replay.missing)}, one_line=True)
    else:
        _print_counts(replay)
    if replay.short:
        raise click.exceptions.Exit(1)


async def _replayed(backend: Backend, project: str, raw: dict[str, Any], file: Path, *, as_json: bool) -> PolicyReplay:
    from pumpup_tui.backend.timeline_query import Query
    from pumpup_tui.backend.timeline_scan import Timeline
    from pumpup_tui.commands.id_lookup import project_of
    from pumpup_tui.commands.policy_replay import REPLAYED, PolicyReplay

    chosen = await project_of(backend, project)
    replay = PolicyReplay(_checked(raw, chosen, file), chosen.project_name)
    stream = None if as_json else RowStream(_COLUMNS)
    query = Query(project_id=chosen.id, types=REPLAYED, newest_first=False)
    async for _, events in Timeline(backend, query).all():
        for event in events:
            shortfall = replay.take(event)
            if shortfall is not None:
                _print_shortfall(shortfall, stream)
        stop_without_reader()
    return replay


_COLUMNS = (
    TableColumn("time", "TIME", min_width=16, stream_width=16),
    TableColumn("id", "REQUEST", min_width=14, stream_width=24, tone="accent"),
    TableColumn("by", "BY", min_width=6, stream_width=12, rank=2),
    TableColumn("rule", "RULE", min_width=8, stream_width=16, tone="strong"),
    TableColumn("missing", "NEEDED TOO", min_width=16, stream_width=44),
    TableColumn("summary", "SUMMARY", min_width=12, stream_width=40, rank=3),
)


def _print_shortfall(shortfall: Shortfall, stream: RowStream | None) -> None:
    from pumpup_tui.text.durations import minute

    if stream is None:
        print_json(shortfall.wire(), one_line=True)
        return
    by, missing = shortfall.decided_by or "someone", "; ".join(shortfall.missing.values())
    cells = (minute(shortfall.decided_at, None), shortfall.request_id, by, shortfall.rule.name, missing)
    stream.print_row((*cells, line(shortfall.summary, _SUMMARY)))


def _print_counts(replay: PolicyReplay) -> None:
    if replay.short:
        print_line()
        print_fields((f"rule {name}", f"{count:,}") for name, count in replay.rules.most_common())
    noun = "decision" if replay.decisions == 1 else "decisions"
    print_line(f"{replay.short:,} of {replay.decisions:,} {noun} would have needed more.")
