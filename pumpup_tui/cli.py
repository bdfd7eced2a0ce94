"""The commands and their options. What a command does is imported when it runs: `--help` loads click alone."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import click

from pumpup_tui.commands.lazy import LazyGroup
from pumpup_tui.commands.options import FOLDER, Given, writing_options

_SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
_FOR_A_FOLDER = ("serve", "keys")
"""Commands that take the folder that was named before them as their context's object."""

SECTIONS = {
    "Decide": {
        "approve": "deciding:approve",
        "reject": "deciding:reject",
        "edit": "deciding:edit",
        "ask": "deciding:ask",
        "escalate": "deciding:escalate",
        "answer": "deciding:answer",
    },
    "Look": {
        "inbox": "reading:inbox",
        "show": "reading:show",
        "tasks": "reading:tasks",
        "timeline": "reading:timeline",
        "stats": "statistics:stats",
    },
    "Work on tasks": {
        "move": "acting:move",
        "assign": "acting:assign",
        "note": "acting:note",
        "projects": "projects:projects",
    },
    "Keep the record": {
        "verify": "auditing:verify",
        "export": "auditing:export",
        "import": "auditing:import_",
        "compact": "auditing:compact",
    },
    "Let others in": {"serve": "", "keys": ""},
    "Set up": {
        "demo": "",
        "config": "config:config",
        "doctor": "doctor:doctor",
        "completion": "completion:completion",
    },
}


def _version(context: click.Context, _parameter: click.Parameter, wanted: bool) -> None:
    if wanted and not context.resilient_parsing:
        from importlib.metadata import version

        click.echo(f"pumpup-tui {version('pumpup-tui')}")
        context.exit()


data_option = click.option(
    "--data", type=FOLDER, metavar="DIR", help="The data folder.  [default: pumpup-tui in your user data directory]"
)


@click.group(
    cls=LazyGroup,
    sections=SECTIONS,
    invoke_without_command=True,
    context_settings=_SETTINGS,
    epilog="Try 'pumpup-tui demo' first: it needs nothing and leaves nothing behind.",
)
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Show the version and exit."
)
@writing_options
@click.pass_context
def pumpup(context: click.Context, given: Given) -> None:
    """Decide what AI agents stop and ask for: approvals and elicitations, in the terminal.

    Without a command it opens the screens, over a data folder on this machine or over a server.
    """
    if context.invoked_subcommand in _FOR_A_FOLDER:
        from pumpup_tui.commands.places import named_folder

        context.obj = named_folder(given, os.environ)
    elif context.invoked_subcommand is None:
        from pumpup_tui.commands import screens

        screens.open_place(given)


@pumpup.command()
@data_option
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=7867, show_default=True, type=click.IntRange(0, 65535), help="0 takes any free one.")
@click.option(
    "--allow-host",
    "allowed_hosts",
    multiple=True,
    metavar="NAME",
    help="A name that callers use for this machine, beside its own; repeatable.",
)
@click.pass_obj
def serve(inherited: Path | None, data: Path | None, host: str, port: int, allowed_hosts: Sequence[str]) -> None:
    """Give the data folder to agents and to other reviewers over HTTP.

    Example: pumpup-tui serve --data ./work
    """
    from pumpup_tui.commands import serving

    serving.run(data or inherited, host, port, allowed_hosts)


@pumpup.group()
def keys() -> None:
    """Who may call the server."""


@keys.command("add")
@click.argument("name")
@click.option("--role", type=click.Choice(["agent", "reviewer"]), required=True, help="What the key may do.")
@click.option("--tag", "tags", multiple=True, metavar="T", help="Recorded with the owner's decisions; repeatable.")
@data_option
@click.pass_obj
def keys_add(
    inherited: Path | None, name: str, role: Literal["agent", "reviewer"], tags: Sequence[str], data: Path | None
) -> None:
    """Make a key for NAME and print it, this once, alone on stdout.

    Example: pumpup-tui keys add refund-bot --role agent --data ./work
    """
    from pumpup_tui.commands import administration

    administration.add_key(data or inherited, name, role, tags)


@pumpup.command()
@click.option("--seed", default=1, show_default=True, help="Another number tells other stories.")
def demo(seed: int) -> None:
    """Try it: a throw-away folder with a simulated agent that keeps asking and acts on what you say."""
    from pumpup_tui.commands import screens

    screens.open_demo(seed)
