"""`completion`: the script that a shell reads to complete commands."""

from __future__ import annotations

import click

from pumpup_tui.commands.output import is_terminal, print_line

_INSTALLATION = {
    "bash": 'eval "$(pumpup-tui completion bash)"   in ~/.bashrc',
    "zsh": 'eval "$(pumpup-tui completion zsh)"   in ~/.zshrc',
    "fish": "pumpup-tui completion fish > ~/.config/fish/completions/pumpup-tui.fish",
}


@click.command()
@click.argument("shell", type=click.Choice(list(_INSTALLATION)))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print the completion script for SHELL (bash, zsh or fish).

    Example: eval "$(pumpup-tui completion bash)"
    """
    from click.shell_completion import BashComplete, FishComplete, ShellComplete, ZshComplete

    classes: dict[str, type[ShellComplete]] = {"bash": BashComplete, "zsh": ZshComplete, "fish": FishComplete}
    script = classes[shell](context.find_root().command, {}, "pumpup-tui", "_PUMPUP_TUI_COMPLETE")
    print_line(script.source())
    if is_terminal():
        print_line(f"# To install it: {_INSTALLATION[shell]}", err=True)
