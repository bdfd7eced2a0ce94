"""What was shown last, and what the user configured."""

from __future__ import annotations

from pathlib import Path

from pumpup_tui.local_state.document_store import DocumentStore
from pumpup_tui.local_state.last_view import LastViewDocument


async def test_a_picked_theme_is_there_at_the_next_start(tmp_path: Path) -> None:
    """It counts over the configured one."""
    shown = LastViewDocument(DocumentStore(tmp_path), "nord")
    assert shown.theme == "nord"
    assert shown.note_theme("dracula")
    await shown.write()
    assert LastViewDocument(DocumentStore(tmp_path), "nord").theme == "dracula"


async def test_a_theme_that_is_configured_later_counts(tmp_path: Path) -> None:
    """Whoever writes another theme into the configuration sees it."""
    shown = LastViewDocument(DocumentStore(tmp_path), "nord")
    shown.note_theme("dracula")
    await shown.write()
    assert LastViewDocument(DocumentStore(tmp_path), "gruvbox").theme == "gruvbox"


async def test_only_what_changes_is_written(tmp_path: Path) -> None:
    """A theme that is shown already, and a project that stays, are no news."""
    shown = LastViewDocument(DocumentStore(tmp_path), "nord")
    assert not shown.note_theme("nord")
    assert shown.note(project={"id": "prj_1"})
    assert not shown.note(project={"id": "prj_1"})


def test_a_damaged_document_shows_nothing(tmp_path: Path) -> None:
    """What is not what was written is begun anew."""
    (tmp_path / "shown.json").write_text('{"project": 7, "theme": [], "over": "nord"}', encoding="utf-8")
    shown = LastViewDocument(DocumentStore(tmp_path), "nord")
    assert shown.project is None
    assert shown.theme == "nord"
