"""The welcome: where to begin, for whoever is here for the first time."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pumpup_tui.context import Context


def welcome(context: Context) -> None:
    """Show a new user where to begin, once."""
    if not context.last_view.needs_welcome:
        return
    key = context.key
    context.outbox.hint(
        f"new here?  {key('screens.help')} lists the keys  ·  {key('screens.commands')} finds everything  ·  "
        f"a decision takes two keys, as {key('decide.approve')} then {key('decide.send')}"
    )
    context.last_view.note_welcome()
