"""The welcome: where to begin, for whoever is here for the first time."""

from __future__ import annotations

from pumpup_tui.keys.key_names import KeyNames


def welcome_words(key: KeyNames) -> str:
    """Return the hint that a new user sees once."""
    return (
        f"new here?  {key('screens.help')} lists the keys  ·  {key('screens.commands')} finds everything  ·  "
        f"a decision takes two keys, as {key('decide.approve')} then {key('decide.send')}"
    )
