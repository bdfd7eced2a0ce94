"""`python -m tests.report` writes the stored Markdown again: read the printed difference before you commit it."""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.report.conftest import recorded
from tests.report.test_report_command import MARKDOWN, repeatable

with tempfile.TemporaryDirectory() as folder:
    MARKDOWN.write_text(repeatable(recorded(Path(folder) / "data").evidence), "utf-8")
