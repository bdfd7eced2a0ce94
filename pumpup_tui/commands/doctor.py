"""`doctor`: what is wrong with the terminal, the configuration and the place, and what to do about it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from pumpup_tui.commands.options import Given, writing_options
from pumpup_tui.commands.output import tell, tell_json, toned
from pumpup_tui.text.firewall import line

if TYPE_CHECKING:
    from pumpup_tui.commands.doctor_checks import Check

_MARKS = {"ok": ("ok   ", "good"), "note": ("note ", "warn"), "wrong": ("WRONG", "bad")}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print each check as JSON.")
@writing_options
def doctor(given: Given, as_json: bool) -> None:
    """Look for what is wrong and say what to do; exit with 1 where anything is.

    The terminal, the versions, the configuration, the data folder with its locks, or the server and your key for it.

    Example: pumpup-tui doctor --data ./work
    """
    from pumpup_tui.commands.doctor_checks import all_checks

    found = all_checks(given, os.environ)
    if as_json:
        tell_json({"checks": [one.wire() for one in found]})
    else:
        _tell(found)
    if any(one.state == "wrong" for one in found):
        raise click.exceptions.Exit(1)


def _tell(found: Sequence[Check]) -> None:
    for one in found:
        word, tone = _MARKS[one.state]
        tell(f"{toned(word, tone)}  {one.what}: {line(one.words, 300)}")
        if one.remedy:
            tell(f"       {line(one.remedy, 300)}")
