"""A click group that imports a command when it is called: running one loads no other, `--help` only click."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import click

from pumpup_tui.commands.options import take_utf8

EXIT_CODES = (
    (0, "success"),
    (1, "failed"),
    (2, "invalid usage or configuration"),
    (3, "not found"),
    (4, "conflict: already decided, or not possible in the current state"),
    (5, "no response from the server, database or folder: try again"),
    (6, "not permitted"),
)


class LazyGroup(click.Group):
    """A group of commands in sections, each named by the module that declares it."""

    def __init__(
        self,
        *args: Any,
        sections: Mapping[str, Mapping[str, str]],
        aliases: Mapping[str, str],
        **kwargs: Any,
    ) -> None:
        """Make the group.

        Args:
            args: As click's Group.
            sections: By title, then by name: `module:attribute` below `pumpup_tui.commands`; empty for a command
                that the group's own module declares.
            aliases: Places of commands by further names, which are not listed.
            kwargs: As click's Group.
        """
        super().__init__(*args, **kwargs)
        self._sections = sections
        self._places = {name: place for section in sections.values() for name, place in section.items()}
        self._aliases = aliases

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return all names, in the order of the sections."""
        named = [name for name in self._places if self._places[name] or name in self.commands]
        return [*named, *(name for name in super().list_commands(ctx) if name not in self._places)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command, and import it on first use."""
        place = self._places.get(cmd_name) or self._aliases.get(cmd_name)
        if place:
            module, _, attribute = place.partition(":")
            command: click.Command | None = getattr(import_module(f"pumpup_tui.commands.{module}"), attribute)
        else:
            command = super().get_command(ctx, cmd_name)
        return take_utf8(command) if command is not None else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command to run; an address in its place is not repeated in the message: it may hold a password."""
        if "://" in args[0]:
            ctx.fail("An address is not a command: use --url URL for a server, --database URL for a database.")
        if not ctx.resilient_parsing and self.get_command(ctx, args[0]) is None and not args[0].startswith("-"):
            # What is typed may be anything; click names near commands, but knows only those that are imported.
            raise click.exceptions.NoSuchCommand(args[0], possibilities=self.list_commands(ctx), ctx=ctx)
        return super().resolve_command(ctx, args)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the options before the command's name."""
        take_utf8(self)
        return super().parse_args(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands by section."""
        names = self.list_commands(ctx)
        limit = formatter.width - 6 - max(map(len, names))
        sections = {title: [name for name in section if name in names] for title, section in self._sections.items()}
        sections["Other"] = [name for name in names if name not in self._places]
        for title, section in sections.items():
            commands = [(name, self.get_command(ctx, name)) for name in section]
            rows = [(name, command.get_short_help_str(limit)) for name, command in commands if command is not None]
            if rows:
                with formatter.section(title):
                    formatter.write_dl(rows)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the meaning of the exit codes."""
        with formatter.section("Exit codes"):
            formatter.write_dl([(str(code), words) for code, words in EXIT_CODES])
        super().format_epilog(ctx, formatter)
