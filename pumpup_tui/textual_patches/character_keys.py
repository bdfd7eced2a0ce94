"""Names of the keys that type a character.

Reason: a key event of Textual calls `!` `exclamation_mark`, and the function that makes these names is private. A user
writes the character in the configuration, and hints show it.

Performance: not measured alone; each name is made once.

Test: tests/unit/test_rebinding.py, tests/pilot/test_rebound_keys.py.
"""

from __future__ import annotations

from textual.keys import _character_to_key


def key_of(character: str) -> str:
    """Return the name of the key that types a character."""
    return _character_to_key(character)
