"""`doctor`: a check of the terminal, the configuration and the place, with a remedy for each fault."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from pumpup_tui.commands.options import PlaceOptions, writing_options
from pumpup_tui.commands.output import print_json, print_line, styled
from pumpup_tui.text.firewall import line

if TYPE_CHECKING:
    from pumpup_tui.commands.check_results import Check

_MARKS = {"ok": ("ok   ", "good"), "note": ("note ", "warn"), "wrong": ("WRONG", "bad")}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print each check as JSON.")
@writing_options
def doctor(options: PlaceOptions, as_json: bool) -> None:
    """Check the setup and suggest fixes; exit with 1 if anything is wrong.

    The terminal, the versions, the configuration, and the place: a data folder with its locks, a database with its
    rights and replication, or a server and your key for it.

    Example: pumpup-tui doctor --data ./work
    """
    from pumpup_tui.commands.doctor_checks import all_checks

    checks = all_checks(options, os.environ)
    if as_json:
        print_json({"checks": [check.wire() for check in checks]})
    else:
        _print_checks(checks)
    if any(check.state == "wrong" for check in checks):
        raise click.exceptions.Exit(1)


def _print_checks(checks: Sequence[Check]) -> None:
    for check in checks:
        word, tone = _MARKS[check.state]
        print_line(f"{styled(word, tone)}  {check.subject}: {line(check.words, 300)}")
        if check.remedy:
            print_line(f"       {line(check.remedy, 300)}")
