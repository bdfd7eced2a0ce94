"""The commands and their options. A command's code is imported when it runs: `--help` loads nothing but click."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import click

from pumpup_tui.commands.lazy_group import LazyGroup
from pumpup_tui.commands.options import FILE, PlaceOptions, saving_options, store_options, writing_options

_SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": 100}

SECTIONS = {
    "Decide": {
        "approve": "decision_commands:approve",
        "deny": "decision_commands:deny",
        "edit": "decision_commands:edit",
        "ask": "decision_commands:ask",
        "escalate": "decision_commands:escalate",
        "answer": "decision_commands:answer",
        "decline": "decision_commands:decline",
    },
    "View": {
        "inbox": "listings:inbox",
        "show": "listings:show",
        "tasks": "listings:tasks",
        "timeline": "listings:timeline",
        "stats": "statistics:stats",
    },
    "Tasks": {
        "move": "task_commands:move",
        "assign": "task_commands:assign",
        "note": "task_commands:note",
        "projects": "projects:projects",
    },
    "Authority": {
        "grants": "grant_commands:grants",
        "pause": "pause_commands:pause",
        "resume": "pause_commands:resume",
    },
    "Audit": {
        "verify": "record_commands:verify",
        "checkpoint": "proof_commands:checkpoint",
        "prove": "proof_commands:prove",
        "check": "proof_commands:check",
        "witness": "witness_command:witness",
        "report": "report_command:report",
        "export": "export_command:export",
        "import": "import_command:import_",
        "compact": "record_commands:compact",
    },
    "Server": {"serve": "", "keys": ""},
    "Setup": {
        "demo": "",
        "workspaces": "workspace_commands:workspaces",
        "config": "config:config",
        "doctor": "doctor:doctor",
        "completion": "completion:completion",
    },
}

ALIASES = {"reject": "decision_commands:reject", "gallery": "gallery_command:gallery"}


class _Size(click.ParamType[int]):
    """A number of bytes, with or without a unit of kB, MB or GB."""

    name = "SIZE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the number of bytes."""
        import re

        match = re.fullmatch(r"([0-9]{1,15}) ?(|kB|MB|GB)", str(value), re.ASCII | re.IGNORECASE)
        size = int(match[1]) * {"": 1, "k": 10**3, "m": 10**6, "g": 10**9}[match[2][:1].lower()] if match else 0
        if not 0 < size <= 10**12:
            self.fail(f"{value!r} is not a size: write 25MB, or a number of bytes.", param, ctx)
        return size


linear_option = click.option(
    "--linear", is_flag=True, help="Questions and answers in plain lines, for screen readers, dumb terminals and logs."
)


def _version(context: click.Context, _parameter: click.Parameter, wanted: bool) -> None:
    if wanted and not context.resilient_parsing:
        from importlib.metadata import version

        click.echo(f"pumpup-tui {version('pumpup-tui')}")
        context.exit()


@click.group(
    cls=LazyGroup,
    sections=SECTIONS,
    aliases=ALIASES,
    invoke_without_command=True,
    context_settings=_SETTINGS,
    epilog="New here? Try 'pumpup-tui demo': it needs no setup and leaves nothing behind.",
)
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Show the version and exit."
)
@click.option("--create", is_flag=True, help="Create the data folder that --data names if it does not exist.")
@linear_option
@writing_options
@saving_options
@click.pass_context
def pumpup(
    context: click.Context,
    options: PlaceOptions,
    create: bool,
    save_dir: Path | None,
    *,
    no_save: bool,
    linear: bool,
) -> None:
    """Review what AI agents ask for: approvals and elicitations, in the terminal.

    Without a command it opens the screens on a data folder, a database or a server.
    """
    given = {"--create": create, "--linear": linear, "--no-save": no_save, "--save-dir": save_dir is not None}
    for option, is_given in given.items():
        if is_given and context.invoked_subcommand is not None:
            raise click.UsageError(f"{option} only applies to the screens: leave out the command.")
    if sys.stdout is not None and sys.stdout.isatty():
        from pumpup_tui.text.charset import fit_text

        fit_text(os.environ)
    if context.invoked_subcommand is None:
        from pumpup_tui.commands import screens
        from pumpup_tui.commands.linear_mode import is_linear
        from pumpup_tui.commands.places import saving_of

        saving = saving_of(save_dir, is_off=no_save)
        screens.open_place(options, saving, create=create, linear=is_linear(asked=linear))


@pumpup.command()
@store_options
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--port",
    default=7867,
    show_default=True,
    type=click.IntRange(0, 65535),
    help="The port to listen on; 0 picks a free one.",
)
@click.option(
    "--allow-host",
    "allowed_hosts",
    multiple=True,
    metavar="NAME",
    help="Another host name that clients may use for this machine; repeatable.",
)
@click.option(
    "--max-upload", type=_Size(), default="25MB", show_default=True, metavar="SIZE", help="The largest upload accepted."
)
@click.option("--tls-cert", type=FILE, metavar="FILE", help="Serve over HTTPS: the certificate with its chain, as PEM.")
@click.option("--tls-key", type=FILE, metavar="FILE", help="The certificate's key, as PEM, without a passphrase.")
@click.option(
    "--public-url",
    metavar="URL",
    help="The public address behind a proxy; links in responses begin with it.",
)
@click.option(
    "--limit",
    "limits",
    multiple=True,
    metavar="NAME=N",
    help="Override a limit, for example writes-per-second=50; repeatable. An unknown name lists them all.",
)
@click.option("--metrics", is_flag=True, help="Serve GET /metrics for Prometheus (needs a reviewer's key).")
@click.option("--quiet", is_flag=True, help="Do not log requests.")
def serve(options: PlaceOptions, tls_cert: Path | None, tls_key: Path | None, **values: Any) -> None:
    """Serve a folder or database over HTTP, to agents and other reviewers.

    Each request is logged to stderr: time, client, key, request, status, duration.

    Example: pumpup-tui serve --data ./work
    """
    from pumpup_tui.commands import serve
    from pumpup_tui.commands.places import store_of
    from pumpup_tui.commands.serve_options import configured_options

    place = store_of(options, os.environ)
    serve.run(place, configured_options(os.environ, **values, certificate=tls_cert, key=tls_key))


@pumpup.group()
def keys() -> None:
    """Manage the API keys of agents and reviewers."""


@keys.command("add")
@click.argument("name")
@click.option("--role", type=click.Choice(["agent", "reviewer"]), required=True, help="Agents ask, reviewers decide.")
@click.option(
    "--tag", "own_tags", multiple=True, metavar="T", help="A tag recorded with the owner's decisions; repeatable."
)
@click.option("-o", "--output", type=FILE, metavar="FILE", help="Write the key to a new file, readable only by you.")
@store_options
def keys_add(
    options: PlaceOptions,
    name: str,
    role: Literal["agent", "reviewer"],
    own_tags: Sequence[str],
    output: Path | None,
) -> None:
    """Create an API key for NAME. The key is shown only once, on stdout.

    Example: pumpup-tui keys add refund-bot --role agent -o refund-bot.key --data ./work
    """
    from pumpup_tui.commands import api_key_commands
    from pumpup_tui.commands.places import store_of

    api_key_commands.add_key(store_of(options, os.environ), name, role, own_tags, output)


@keys.command("list")
@store_options
def keys_list(options: PlaceOptions) -> None:
    """List the keys: owner, role, creation and last use; never the key itself.

    Example: pumpup-tui keys list --data ./work
    """
    from pumpup_tui.commands import api_key_commands
    from pumpup_tui.commands.places import store_of

    api_key_commands.list_keys(store_of(options, os.environ))


@keys.command("revoke")
@click.argument("name")
@click.option("--id", "key_id", metavar="ID", help="Revoke only this key; 'keys list' shows the ids.")
@store_options
def keys_revoke(options: PlaceOptions, name: str, key_id: str | None) -> None:
    """Revoke NAME's keys. It takes effect without a restart, and ends the grants of a reviewer who has no key left.

    Example: pumpup-tui keys revoke refund-bot --data ./work
    """
    from pumpup_tui.commands import api_key_commands
    from pumpup_tui.commands.places import store_of

    api_key_commands.revoke_keys(store_of(options, os.environ), name, key_id)


@pumpup.command()
@click.option("--seed", default=1, show_default=True, help="Use another number for other cases.")
@saving_options
@linear_option
def demo(seed: int, save_dir: Path | None, *, no_save: bool, linear: bool) -> None:
    """Try it with sample data. A simulated agent asks, and acts on your decisions; nothing is left behind."""
    from pumpup_tui.commands import screens
    from pumpup_tui.commands.linear_mode import is_linear
    from pumpup_tui.commands.places import saving_of

    screens.open_demo(seed, saving_of(save_dir, is_off=no_save), linear=is_linear(asked=linear))
