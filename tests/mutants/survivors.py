"""Survivors: changes that no test notices. Each is listed with the reason why it harms nobody, or is a missing test."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

LIST = Path(__file__).with_name("survivors.toml")
SHARE = 0.9
"""Of the changes to each module, those that must be noticed."""
NOTICED = ("killed", "not collected", "timeout", "segfault", "suspicious")
_SENTENCE = re.compile(r'"[^"]*[^"\s] [^"]*"')


@dataclass(frozen=True, order=True)
class Change:
    """A small change: the lines that it takes away and those that it puts there, without their indentation."""

    module: str
    function: str
    before: str
    after: str

    @classmethod
    def of(cls, module: str, name: str, diff: str) -> Change:
        """Return the change that mutmut calls `name`, out of its unified diff."""
        mangled = name.rpartition(".")[2].partition("__mutmut_")[0]
        function = ".".join(mangled.split("ǁ")[1:]) if "ǁ" in mangled else mangled.removeprefix("x_")
        lines = [line for line in diff.splitlines() if not line.startswith(("---", "+++", "@@"))]
        before = "\n".join(line[1:].strip() for line in lines if line.startswith("-"))
        after = "\n".join(line[1:].strip() for line in lines if line.startswith("+"))
        return cls(module, function, before, after)

    def is_wording(self) -> bool:
        """Return whether only the letters of a sentence differ: tests say what it names, not each letter of it."""
        plain = [_SENTENCE.sub('" "', text) for text in (self.before, self.after)]
        return plain[0] == plain[1]


@dataclass(frozen=True)
class Outcome:
    """What became of the changes to one module, by mutmut's word for it."""

    module: str
    changes: Mapping[str, Sequence[Change]]

    def noticed(self) -> list[Change]:
        """Return the changes that a test noticed."""
        return [change for word in NOTICED for change in self.changes.get(word, ()) if not change.is_wording()]

    def survivors(self) -> list[Change]:
        """Return the changes that no test noticed."""
        return sorted(
            change
            for word, changes in self.changes.items()
            if word not in NOTICED
            for change in changes
            if not change.is_wording()
        )


def load(path: Path = LIST) -> dict[Change, str]:
    """Return the listed survivors, each with the reason why it is harmless."""
    entries = tomllib.loads(path.read_text()).get("survivor", [])
    return {
        Change(module=entry["module"], function=entry["function"], before=entry["before"], after=after): entry[
            "harmless"
        ]
        for entry in entries
        for after in entry["after"]
    }


def report(outcomes: Sequence[Outcome], listed: Mapping[Change, str]) -> int:
    """Print the table, what is not listed and what is listed for nothing; return the exit code."""
    print(f"{'module':<28}{'mutants':>9}{'noticed':>9}{'timeout':>9}{'survivors':>11}{'unlisted':>10}{'share':>8}")
    code = 0
    everything = [0, 0, 0, 0, 0]
    for outcome in outcomes:
        noticed, survivors = outcome.noticed(), outcome.survivors()
        unlisted = [change for change in survivors if change not in listed]
        timeouts = len(outcome.changes.get("timeout", ()))
        row = [len(noticed) + len(survivors), len(noticed), timeouts, len(survivors), len(unlisted)]
        everything = [sum(pair) for pair in zip(everything, row, strict=True)]
        _print_row(outcome.module, row)
        if unlisted or row[1] < SHARE * row[0]:
            code = 1
    if len(outcomes) > 1:
        _print_row("all", everything)
    for outcome in outcomes:
        survivors = outcome.survivors()
        for change in survivors:
            if change not in listed:
                _print_change("Not noticed and not listed", change)
        gone = {change for change in listed if change.module == outcome.module} - set(survivors)
        for change in sorted(gone):
            _print_change("Listed, but noticed now or no longer made: take it out of survivors.toml", change)
    return code


def _print_row(name: str, row: Sequence[int]) -> None:
    share = row[1] / row[0] if row[0] else 1.0
    print(f"{name:<28}{row[0]:>9}{row[1]:>9}{row[2]:>9}{row[3]:>11}{row[4]:>10}{share:>8.1%}")


def _print_change(title: str, change: Change) -> None:
    print(f"\n{title}: {change.module}, {change.function}")
    for sign, text in (("-", change.before), ("+", change.after)):
        for line in text.splitlines():
            print(f"  {sign} {line}")
