"""The commands and their options. What a command does is imported when it runs: `--help` loads click alone."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click
from click.core import ParameterSource

if TYPE_CHECKING:
    from collections.abc import Sequence

_FOLDER = click.Path(path_type=Path, file_okay=False)
_FILE = click.Path(path_type=Path, dir_okay=False)
_SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


class _Moment(click.ParamType[datetime]):
    """A date or a time."""

    name = "TIME"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Return the moment, aware of its zone."""
        try:
            return datetime.fromisoformat(value).astimezone()
        except ValueError:
            self.fail(f"{value!r} is no date or time: write it like 2026-01-31 or 2026-01-31T09:30.", param, ctx)


class _Size(click.ParamType[int]):
    """A number of bytes, plain or in kB, MB or GB."""

    name = "SIZE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the bytes."""
        import re

        found = re.fullmatch(r"([0-9]{1,15}) ?(|kB|MB|GB)", str(value), re.ASCII | re.IGNORECASE)
        size = int(found[1]) * {"": 1, "k": 10**3, "m": 10**6, "g": 10**9}[found[2][:1].lower()] if found else 0
        if not 0 < size <= 10**12:
            self.fail(f"{value!r} is no size: write it like 25MB, or in bytes.", param, ctx)
        return size


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
@click.option(
    "--ca-file",
    type=_FILE,
    metavar="FILE",
    help="A CA of the server's own, as PEM, to trust instead of the known ones.",
)
@click.option("--insecure-http", is_flag=True, help="Let the key travel in the open, to a server without TLS.")
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
    ca_file: Path | None,
    insecure_http: bool,
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
        screens.open_server(url, api_key_file, ca_file=ca_file, insecure_http=insecure_http)
    elif api_key_file is not None or ca_file is not None or insecure_http:
        option = "--api-key-file" if api_key_file else "--ca-file" if ca_file else "--insecure-http"
        raise click.UsageError(f"{option} goes with a server: name it with --url.")
    else:
        own_tags = [places.on_record("--tag", tag) for tag in tags]
        screens.open_folder(data, places.reviewer_name(reviewer), own_tags)


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
@click.option(
    "--max-upload", type=_Size(), default="25MB", show_default=True, metavar="SIZE", help="The largest upload taken."
)
@click.option("--tls-cert", type=_FILE, metavar="FILE", help="Serve over https: the certificate and its chain, as PEM.")
@click.option("--tls-key", type=_FILE, metavar="FILE", help="The certificate's key, as PEM, without a passphrase.")
@click.option("--metrics", is_flag=True, help="Answer GET /metrics, for Prometheus with a reviewer's key.")
@click.option("--quiet", is_flag=True, help="Write no line for each call.")
@click.pass_obj
def serve(
    inherited: Path | None,
    /,
    data: Path | None,
    tls_cert: Path | None,
    tls_key: Path | None,
    **told: Any,
) -> None:
    """Give the data folder to agents and to other reviewers over HTTP.

    Each call is a line on stderr: when, from where, who, what, the status, how long.

    Example: pumpup-tui serve --data ./work
    """
    from pumpup_tui.commands import serving

    serving.run(data or inherited, serving.Serving(**told, certificate=tls_cert, key=tls_key))


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


@keys.command("list")
@data_option
@click.pass_obj
def keys_list(inherited: Path | None, data: Path | None) -> None:
    """Show who has a key, since when, and when it was used last; never the key itself.

    Example: pumpup-tui keys list --data ./work
    """
    from pumpup_tui.commands import administration

    administration.list_keys(data or inherited)


@keys.command("revoke")
@click.argument("name")
@click.option("--id", "key_id", metavar="ID", help="Only this one of the name's keys, as 'keys list' shows it.")
@data_option
@click.pass_obj
def keys_revoke(inherited: Path | None, name: str, key_id: str | None, data: Path | None) -> None:
    """Take back NAME's keys: no call with them is answered from now on, without a restart.

    Example: pumpup-tui keys revoke refund-bot --data ./work
    """
    from pumpup_tui.commands import administration

    administration.revoke_keys(data or inherited, name, key_id)


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
@click.option(
    "--expect", metavar="HASH", help="The head that you noted earlier: found where a whole old copy is put back."
)
@data_option
@click.pass_obj
def verify(inherited: Path | None, expect: str | None, data: Path | None) -> None:
    """Check that the data folder still says what was written; exit with 1 where it does not.

    Checksums, the hash chain, the head, the checkpoint against the events, the uploads' content.

    Example: pumpup-tui verify --data ./work
    """
    from pumpup_tui.commands import auditing

    auditing.verify(data or inherited, expect)


@pumpup.command()
@data_option
@click.pass_obj
def compact(inherited: Path | None, data: Path | None) -> None:
    """Write the checkpoint anew, so that the folder opens at once. The journal is never changed.

    Example: pumpup-tui compact --data ./work
    """
    from pumpup_tui.commands import auditing

    auditing.compact(data or inherited)


@pumpup.command()
@click.option("--format", "kind", type=click.Choice(["jsonl", "csv"]), default="jsonl", show_default=True)
@click.option("--project", metavar="NAME", help="Of one project: its id, or the name that agents use.")
@click.option("--task", metavar="ID", help="Of one task.")
@click.option("--since", type=_Moment(), help="From this date or time on, in your zone unless it names one.")
@click.option("--until", type=_Moment(), help="Before this date or time.")
@click.option("--types", metavar="T,T…", default="", help="Of these event types only, separated by commas.")
@click.option("-o", "--output", type=_FILE, metavar="FILE", help="Where to write it.  [default: stdout]")
@data_option
@click.pass_obj
def export(
    inherited: Path | None, /, data: Path | None, kind: Literal["jsonl", "csv"], output: Path | None, **chosen: Any
) -> None:
    """Write the timeline to a file, as JSON lines or CSV, with the hashes.

    A full export as JSON lines can be verified by anyone: each line holds the bytes that its hash covers.

    Example: pumpup-tui export --format csv --project claims -o claims.csv
    """
    from pumpup_tui.commands import auditing

    auditing.export(data or inherited, kind, output, **chosen)


@pumpup.command()
@click.option("--seed", default=1, show_default=True, help="Another number tells other stories.")
def demo(seed: int) -> None:
    """Try it: a throw-away folder with a simulated agent that keeps asking and acts on what you say."""
    from pumpup_tui.commands import screens

    screens.open_demo(seed)
