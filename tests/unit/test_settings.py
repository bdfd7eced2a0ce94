"""What a configuration can't say: each fault named with its line, and with what to write instead."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pumpup_tui.commands.failure import Failed
from pumpup_tui.commands.settings import usable


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("PUMPUP_")]:
        monkeypatch.delenv(name)


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("\nreviewer = 7", 2, 'Write it like reviewer = "alice"'),
        ('reviewer = "a\\u001bb"', 1, "printable"),
        ('tags = ["a",\n 3]', 1, 'Write it like tags = ["claims-lead"]'),
        ('theme = "norf"', 1, "there are ansi-dark"),
        ('grace_seconds = "soon"', 1, "Write it like grace_seconds = 5"),
        ("grace_seconds = -1", 1, "greater than or equal to 0"),
        ("grace_seconds = 601", 1, "less than or equal to 600"),
        ("[notifications]\nbell = 3", 2, "bell = true"),
        ("[notifications]\nring = true", 2, "notifications.ring is an unknown key"),
        ("# mine\ngrace_secnds = 3", 2, "Did you mean grace_seconds?"),
        ("xyz = 3", 1, "There are: reviewer, tags"),
        ("columns = 3", 1, "columns must be a table. Write it like [columns]"),
        ("keys = 3", 1, "keys must be a table. Write it like [keys]"),
        ("tags = 3", 1, "tags must be a list. Write it like tags = ["),
        ("[keys]\n\n'decide.approve' = 'd'", 3, "decide.approve and decide.deny would both be 'd'"),
        ("[keys]\n'decide.aprove' = 'A'", 2, "'decide.aprove' is no binding: there are"),
        ("[keys]\n'decide.approve' = 'ctrl+nokey'", 2, "is no key: write it like"),
        ("[keys]\n'decide.send' = 'enter'", 2, "must not send a decision"),
        ("[keys]\n'decide.approve' = 1", 2, "Write it like [keys]"),
        ("keys = 3", 1, "Write it like [keys]"),
        ("[filters]\nmine = 3", 2, "Write it like [filters]"),
        ("[filters]\nok = 'refund'\n\nmine = 'is:mne'", 4, "filters.mine 'is:mne' is none of is:mine, is:free"),
        ("[filters]\nmine = 'assignee:al'", 2, "begins with no key: did you mean @name; to look for it as text"),
        ("[filters]\nmine = 'projct:x'", 2, "did you mean project:"),
        ("[filters]\nmine = 'Project:x'", 2, "did you mean project:"),
        ("[filters]\nmine = 'note:x'", 2, "there are project:, step:, type:, is:, agent:"),
        ("[filters]\nmine = 'step:'", 2, "nothing after the colon: write it like step:claims"),
        ("[filters]\nmine = 'type:letter'", 2, "is none of type:approval, type:elicitation"),
        ("[filters]\nmine = 'agent:no'", 2, "is none of agent:approve, agent:deny, agent:edit, agent:ask"),
        ("[filters]\nmine = 'confidence <.7'", 2, "write it like confidence<.7, without blanks"),
        ("[filters]\nmine = 'confidence<<.7'", 2, "compares nothing"),
        ("[filters]\nmine = 'confidence>70'", 2, "goes from 0 to 1"),
        ("[filters]\nmine = 'a \"b c'", 2, 'has no closing quote: write it like "lost parcel"'),
        ("[filters]\nmine = 'a \"\"'", 2, "looks for nothing"),
        ("[filters]\nmine = 'is:mine -'", 2, "stands alone: write it like -project:claims"),
        ("[filters]\nmine = '@'", 2, "stands alone: write it like @maria"),
        ("[filters]\nmine = ' '", 2, "filters.mine is empty: it would show everything"),
        ('[filters]\nmine = "a\\nb"', 2, "can't be typed"),
        ('[filters]\nmine = "' + "x" * 1_001 + '"', 2, "longer than 1,000 characters"),
        ("[filters]\n'' = 'x'", 2, "is no name: it must have 1 to 40"),
        ("[filters]\n'" + "x" * 41 + "' = 'x'", 2, "is no name: it must have 1 to 40"),
        ("[columns]\ninbox = ['id', 'colour']", 2, "'colour' is no column: there are id, summary"),
        ("[columns]\ninbox = []", 2, "at least one column"),
        ("profile = 'x'", 1, "write it as [profiles.x]"),
        (
            "[profiles.x]\nreviewer = 'a'",
            1,
            "must name one place: data (a folder), database or database_file (a database), or url (a server)",
        ),
        ("[profiles.x]\nurl = 'ftp://x'", 2, "Write it like [profiles.claims]"),
        ("[profiles.x]\nurl = 'http://x'\ntags = ['a']", 1, "the key says who you are"),
        ("[profiles.x]\ndata = 'x'\napi_key_file = 'k'", 1, "api_key_file goes with a url"),
        ("[profiles.x]\nurll = 'http://x'", 2, "Did you mean url?"),
        ("a = ", 1, "it is no TOML"),
        ("a = 1\n[b", 2, "it is no TOML"),
        ("a = 1\na = 2", 2, "it is no TOML"),
    ],
)
def test_what_can_not_be_meant_is_named_with_its_line(text: str, line: int, words: str) -> None:
    """File, line, what is wrong and what to write instead."""
    with pytest.raises(Failed) as told:
        usable(Path("/here/config.toml"), text.encode(), {})
    assert told.value.exit_code == 2
    assert f"/here/config.toml, line {line}: " in told.value.message
    assert words in told.value.message
