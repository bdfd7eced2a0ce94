"""The modules that are changed, each with the tests that run for it: in process, quick, without a limit of time."""

from __future__ import annotations

from collections.abc import Mapping

_RULES = (
    "tests/unit/test_rules_events.py",
    "tests/unit/test_rules_projects.py",
    "tests/unit/test_rules_requests.py",
    "tests/unit/test_rules_several.py",
    "tests/unit/test_rules_tasks.py",
    "tests/unit/test_rules_uploads.py",
    "tests/unit/test_rules_words.py",
)
_FOLDERS = ("tests/store/test_journal.py", "tests/store/test_opening.py")
_ENGINE = ("tests/store/test_engine.py", "tests/store/test_killed_writers.py", "tests/store/test_opening.py")

MODULES: Mapping[str, tuple[str, ...]] = {
    "store/folder/journal.py": _FOLDERS,
    "store/folder/head.py": ("tests/store/test_head.py", "tests/store/test_opening.py"),
    "store/folder/journal_line.py": ("tests/unit/test_lines.py",),
    "store/folder/engine.py": _ENGINE,
    "store/folder/journal_follower.py": _ENGINE,
    "store/folder/writer_thread.py": _ENGINE,
    "store/core/rules.py": _RULES,
    "store/core/project_rules.py": _RULES,
    "store/core/task_rules.py": _RULES,
    "store/core/request_rules.py": _RULES,
    "store/core/upload_rules.py": _RULES,
    "store/core/rule_checks.py": _RULES,
    "store/core/fold.py": ("tests/unit/test_fold.py", *_RULES),
    "store/core/step_graphs.py": ("tests/unit/test_graphs.py", "tests/unit/test_rules_projects.py"),
    "store/core/witnessing.py": ("tests/store/test_witness.py",),
    "api_client/fields.py": ("tests/unit/test_fields.py", "tests/unit/test_fields_properties.py"),
    "api_client/field_values.py": ("tests/unit/test_fields.py", "tests/unit/test_fields_properties.py"),
    "pumpup_tui/decisions/desk.py": ("tests/unit/test_decision.py",),
    "pumpup_tui/text/firewall.py": ("tests/unit/test_text.py", "tests/unit/test_suspicion.py"),
    "pumpup_tui/text/suspicion.py": ("tests/unit/test_suspicion.py",),
}
"""Module to the test files, directories or ids that are run for it."""
LEFT_OUT = "not megabyte"
"""An expression of pytest's -k: what measures time would take a busy machine for a noticed change."""
