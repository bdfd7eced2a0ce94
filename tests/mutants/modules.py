"""The modules that are changed, each with the tests that run for it: in process, quick, without a limit of time."""

from __future__ import annotations

from collections.abc import Mapping

MODULES: Mapping[str, tuple[str, ...]] = {
    "store/lines.py": ("tests/unit/test_lines.py",),
    "store/head.py": ("tests/store/test_head.py",),
    "pumpup_tui/decision.py": ("tests/unit/test_decision.py",),
    "pumpup_tui/text.py": ("tests/unit/test_text.py", "tests/unit/test_suspicion.py"),
    "pumpup_tui/suspicion.py": ("tests/unit/test_suspicion.py",),
}
"""Module to the test files, directories or ids that are run for it."""
LEFT_OUT = "not megabyte"
"""An expression of pytest's -k: what measures time would take a busy machine for a noticed change."""
