"""`gallery`: each widget of the screens in each of its states, for who changes how they look. Not listed."""

from __future__ import annotations

import os

import click


@click.command(hidden=True)
@click.option("--theme", default="", metavar="NAME", help="Show it in this theme.")
def gallery(theme: str) -> None:
    """Show each widget of the screens in each of its states, with made-up content."""
    from pumpup_tui.commands.failure import Failed
    from pumpup_tui.commands.terminal_setup import check_terminal, reports_mouse
    from pumpup_tui.gallery.screen import gallery_app

    check_terminal(os.environ)
    app = gallery_app(theme)
    if theme and theme not in app.available_themes:
        raise Failed(f"There is no theme of that name. There are: {', '.join(sorted(app.available_themes))}.", 2)
    app.run(mouse=reports_mouse(os.environ))
