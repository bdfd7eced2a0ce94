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
    # Without -r, bash's read takes away the backslashes that keep a name of several words together.
    print_line(script.source().replace("IFS=',' read type value", "IFS=',' read -r type value"))
    if is_terminal():
        print_line(f"# To install it: {_INSTALLATION[shell]}", err=True)
