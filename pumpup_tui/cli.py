"""The commands and their options. What a command does is imported when it runs: `--help` loads click alone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click
from click.core import ParameterSource

if TYPE_CHECKING:
    from collections.abc import Sequence

_FOLDER = click.Path(path_type=Path, file_okay=False)
_FILE = click.Path(path_type=Path, dir_okay=False)
_SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


def _version(context: click.Context, _parameter: click.Parameter, wanted: bool) -> None:
    if wanted and not context.resilient_parsing:
        from importlib.metadata import version

        click.echo(f"pumpup-tui {version('pumpup-tui')}")
        context.exit()


data_option = click.option(
    "--data", type=_FOLDER, metavar="DIR", help="The data folder.  [default: pumpup-tui in your user data directory]"
)
reviewer_option = click.option(
    "--reviewer",
    metavar="NAME",
    envvar="PUMPUP_REVIEWER",
    show_envvar=True,
    help="The name that decisions are recorded under.  [default: your login name]",
)


@click.group(
    invoke_without_command=True,
    context_settings=_SETTINGS,
    epilog="Try 'pumpup-tui demo' first: it needs nothing and leaves nothing behind.",
)
@data_option
@click.option(
    "--url", metavar="URL", envvar="PUMPUP_BASE_URL", show_envvar=True, help="A server to work on instead of a folder."
)
@click.option(
    "--api-key-file",
    type=_FILE,
    metavar="FILE",
    help="A file with the server's key, readable by you alone.  [default: the key in PUMPUP_API_KEY]",
)
@reviewer_option
@click.option("--tag", "tags", multiple=True, metavar="T", help="What you may do, recorded with decisions; repeatable.")
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Show the version and exit."
)
@click.pass_context
def pumpup(
    context: click.Context,
    *,
    data: Path | None,
    url: str | None,
    api_key_file: Path | None,
    reviewer: str | None,
    tags: Sequence[str],
) -> None:
    """Decide what AI agents stop and ask for: approvals and elicitations, in the terminal.

    Without a command it opens the screens, over a data folder on this machine or over a server.
    """
    context.obj = data
    if context.invoked_subcommand is not None:
        return
    if data is not None and context.get_parameter_source("url") is ParameterSource.COMMANDLINE:
        raise click.UsageError("--data and --url are two places: give one of them.")
    from pumpup_tui.commands import places, screens

    if url is not None and data is None:
        if tags or context.get_parameter_source("reviewer") is ParameterSource.COMMANDLINE:
            raise click.UsageError("On a server the key says who you are: --reviewer and --tag are for a local folder.")
        screens.open_server(url, api_key_file)
    elif api_key_file is not None:
        raise click.UsageError("--api-key-file goes with a server: name it with --url.")
    else:
        screens.open_folder(data, places.reviewer_name(reviewer), tags)


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


@pumpup.group()
def projects() -> None:
    """The projects of the data folder."""


@projects.command("create")
@click.argument("name")
@click.option("--steps", type=_FILE, metavar="FILE", required=True, help="The step graph, as JSON.")
@data_option
@reviewer_option
@click.pass_obj
def projects_create(inherited: Path | None, name: str, steps: Path, data: Path | None, reviewer: str | None) -> None:
    """Make the project NAME; the name that agents use is printed on stdout.

    Example: pumpup-tui projects create Claims --steps claims.json --data ./work
    """
    from pumpup_tui.commands import administration, places

    administration.create_project(data or inherited, name, steps, places.reviewer_name(reviewer))


@pumpup.command()
@click.option("--seed", default=1, show_default=True, help="Another number tells other stories.")
def demo(seed: int) -> None:
    """Try it: a throw-away folder with a simulated agent that keeps asking and acts on what you say."""
    from pumpup_tui.commands import screens

    screens.open_demo(seed)
