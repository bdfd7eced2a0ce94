"""What the README names is there: keys, paths, targets, and the commands within its sentences."""

from __future__ import annotations

import re

import pytest

from pumpup_tui.app import PumpUpApp
from pumpup_tui.keys.key_names import key_words
from pumpup_tui.keys.registry import all_bindings
from tests.cli.conftest import Run
from tests.cli.readme import ROOT, inline, text


def test_the_keys_of_the_readme_are_the_apps() -> None:
    """No key in the README's table does nothing, and none of those that decide or move is missing."""
    table = text().partition("| where | keys |")[2].partition("\n\n")[0]
    told = set(re.findall(r"`([^`]+)`", table))
    bound = {key: binding for binding in all_bindings(PumpUpApp) for key in key_words(binding.key).split("  ")}
    assert told <= bound.keys()
    must = {key for key, binding in bound.items() if (binding.id or "").startswith(("decide.", "board.move"))}
    assert must <= told


def test_the_readme_names_what_is_there() -> None:
    """Each path, picture and make target that the README names exists."""
    whole = text()
    targets = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"(?:^|`)make ([a-z]+)", whole, re.MULTILINE):
        assert f"\n{target}:" in targets, target
    named = [one for one in inline() if re.fullmatch(r"[a-z_]+/[a-z_./]*", one)]
    assert len(named) > 20
    assert [one for one in [*named, *re.findall(r"\]\(([a-z/.]+)\)", whole)] if not (ROOT / one).exists()] == []


def test_a_name_in_the_code_stands_in_the_file_that_it_is_told_of() -> None:
    """Where the README sends someone to a name in a file, the file has the name."""
    adding = text().partition("## How to add")[2].partition("\n## ")[0]
    told = re.findall(r"`([a-z_]+/[a-z_/]+\.py)`(?: |\n +)\(`(\w+)`", adding)
    told += re.findall(r"`([a-z_]+/[a-z_/]+\.py)`: [^`]*? (?:in|from) `(\w+)`", adding)
    assert len(told) > 8
    assert [one for one in told if not re.search(rf"\b{one[1]}\b", (ROOT / one[0]).read_text(encoding="utf-8"))] == []


@pytest.mark.parametrize("command", sorted({one for one in inline() if one.startswith("pumpup-tui ")}))
def test_a_command_in_a_sentence_is_there(run: Run, command: str) -> None:
    """It exists, with the options that it is named with."""
    name = re.match(r"pumpup-tui((?: [a-z]+)*)", command)
    assert name is not None
    words = name[1].split()
    options = re.findall(r"--[a-z-]+", command)
    told = run(*(words[:2] if words[:1] in (["keys"], ["projects"]) else words[:1]), "--help")
    assert told.returncode == 0, told.stderr
    assert [one for one in options if one not in told.stdout] == []


def test_an_option_in_a_sentence_is_one(run: Run) -> None:
    """Each option that stands alone in the README is one of some command's."""
    named = {one.split()[0] for one in inline() if re.match(r"--[a-z]", one)}
    helps = [run(*words, "--help").stdout for words in ((), ("serve",), ("inbox",), ("approve",))]
    assert len(named) > 4
    assert [one for one in sorted(named) if one != "--snapshot-update" and not any(one in told for told in helps)] == []
