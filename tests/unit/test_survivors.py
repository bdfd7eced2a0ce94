"""The report of `make mutants`: what survives must be listed with its reason, and the list must be true."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from tests.mutants.modules import MODULES
from tests.mutants.survivors import LIST, Change, Outcome, load, report

DIFF = "--- a.py\n+++ a.py\n@@ -1,2 +1,2 @@\n def f():\n-    return 1 < 2\n+    return 1 <= 2"
CHANGE = Change("a.py", "C.f", "return 1 < 2", "return 1 <= 2")
OTHERS = [Change("a.py", "g", "x = 1", f"x = {number}") for number in range(2, 20)]


def outcome(changes: Mapping[str, Sequence[Change]]) -> Outcome:
    return Outcome("a.py", changes)


def test_a_change_is_its_lines() -> None:
    """A change is told by its module, its function and the lines that differ, which outlast mutmut's numbers."""
    assert Change.of("a.py", "a.xǁCǁf__mutmut_3", DIFF) == CHANGE
    assert Change.of("a.py", "a.x_f__mutmut_12", DIFF).function == "f"


@pytest.mark.parametrize(
    ("before", "after", "is_wording"),
    [
        ('raise E("It was cut.")', 'raise E("XXIt was cut.XX")', True),
        ('raise E("It was cut.")', 'raise E("IT WAS CUT.")', True),
        ('raise E("It was cut.")', "raise E(None)", False),
        ('x["name"]', 'x["NAME"]', False),
    ],
)
def test_the_letters_of_a_sentence_are_wording(before: str, after: str, is_wording: bool) -> None:
    """Only where nothing but a sentence's letters differs a change is not counted; a key's letters are counted."""
    assert Change("a.py", "f", before, after).is_wording() is is_wording


def test_a_survivor_that_is_not_listed_fails(capsys: pytest.CaptureFixture[str]) -> None:
    """A survivor without a reason is named and fails, one with a reason does not."""
    result = outcome({"killed": OTHERS, "survived": [CHANGE]})
    assert report([result], {}) == 1
    assert "Not noticed and not listed: a.py, C.f\n  - return 1 < 2\n  + return 1 <= 2" in capsys.readouterr().out
    assert report([result], {CHANGE: "why"}) == 0
    assert "Not noticed" not in capsys.readouterr().out


def test_less_than_nine_of_ten_noticed_fails() -> None:
    """Reasons do not help where too little is noticed; what no test reaches is not noticed either."""
    result = outcome({"killed": [CHANGE, CHANGE], "no tests": OTHERS})
    assert report([result], dict.fromkeys(OTHERS, "why")) == 1
    assert report([outcome({"killed": OTHERS, "timeout": OTHERS, "survived": [CHANGE]})], {CHANGE: "why"}) == 0


def test_what_is_listed_for_nothing_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    """An entry whose change a test notices now is to be taken out, and fails nothing."""
    assert report([outcome({"killed": [CHANGE]})], {CHANGE: "why"}) == 0
    assert "noticed now" in capsys.readouterr().out


def test_each_entry_of_the_list_has_a_module_and_a_reason() -> None:
    """The list itself reads as it is meant to."""
    for change, harmless in load(LIST).items():
        assert change.module in MODULES
        assert change.before != change.after
        assert len(harmless) > 10
