"""Documents that outlive the process."""

from __future__ import annotations

from pathlib import Path

from pumpup_tui.local_state.document_store import DocumentStore


async def test_a_document_is_there_for_the_next_process(tmp_path: Path) -> None:
    """What one process keeps, another reads."""
    await DocumentStore(tmp_path / "state").write("drafts", {"evt_1": {"name": "Ann"}})
    assert await DocumentStore(tmp_path / "state").read("drafts") == {"evt_1": {"name": "Ann"}}


async def test_only_the_user_may_read_it(tmp_path: Path) -> None:
    """Folder and file are closed to others."""
    await DocumentStore(tmp_path / "state").write("drafts", {})
    assert (tmp_path / "state").stat().st_mode & 0o077 == 0
    assert (tmp_path / "state" / "drafts.json").stat().st_mode & 0o077 == 0


async def test_a_damaged_document_is_begun_anew(tmp_path: Path) -> None:
    """A file that is no JSON object reads as an empty document."""
    (tmp_path / "drafts.json").write_text("[not json")
    assert await DocumentStore(tmp_path).read("drafts") == {}


async def test_without_a_folder_nothing_is_kept() -> None:
    """A demo or a test leaves nothing behind."""
    kept = DocumentStore(None)
    await kept.write("drafts", {"a": 1})
    assert await kept.read("drafts") == {}
