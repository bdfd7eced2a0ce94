"""The last view: the project, the theme and the order of lists that were shown last, apart from what is configured."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from api_client.models import Project
    from pumpup_tui.local_state.document_store import DocumentStore

DOCUMENT = "shown"
Run: TypeAlias = Callable[[Callable[[], Awaitable[None]]], object]
"""Runs the writing, as a worker."""


class LastViewDocument:
    """One document of what was shown last: read before the first frame, written behind what changes it."""

    def __init__(self, documents: DocumentStore, configured_theme: str) -> None:
        self._documents = documents
        self._configured = configured_theme
        self._document: dict[str, Any] = documents.read_now(DOCUMENT)

    @property
    def theme(self) -> str:
        """The theme to begin with: the one picked last, unless another one was configured since; empty is none."""
        if isinstance(picked := self._document.get("theme"), str) and self._document.get("over") == self._configured:
            return picked
        return self._configured

    @property
    def is_welcomed(self) -> bool:
        """Whether the user was shown where to begin."""
        return self._document.get("welcomed") is True

    @property
    def project(self) -> Mapping[str, Any] | None:
        """The project that was shown, as it stood on the wire; None where it was all of them."""
        project = self._document.get("project")
        return project if isinstance(project, dict) else None

    def of(self, name: str) -> Mapping[str, Any]:
        """Return what was noted of a screen; nothing where nothing was."""
        noted = self._document.get(name)
        return noted if isinstance(noted, dict) else {}

    def note(self, **changed: Any) -> bool:
        """Note what is shown now; return whether it differs from what was stored."""
        if all(self._document.get(name) == value for name, value in changed.items()):
            return False
        self._document = {**self._document, **changed}
        return True

    def note_theme(self, theme: str) -> bool:
        """Note the theme that is shown; return whether it was picked just now."""
        return theme != self.theme and self.note(theme=theme, over=self._configured)

    async def of_reviewer(self) -> LastViewDocument:
        """Return the document of the reviewer that is known by now."""
        return await asyncio.to_thread(LastViewDocument, self._documents, self._configured)

    async def write(self) -> None:
        """Store what was noted.

        Raises:
            OSError: it could not be written.
        """
        await self._documents.write(DOCUMENT, self._document)


class LastView:
    """Recalls how the screens were left, and stores how they are now."""

    def __init__(self, documents: DocumentStore, configured_theme: str, run: Run) -> None:
        self._documents = documents
        self._run = run
        self._document = LastViewDocument(documents, configured_theme)

    @property
    def theme(self) -> str:
        """The theme to begin with; empty is none."""
        return self._document.theme

    @property
    def needs_welcome(self) -> bool:
        """Whether the user is here for the first time, and a word about it could be remembered."""
        return self._documents.is_persistent and not self._document.is_welcomed

    @property
    def project(self) -> Project | None:
        """The project that was shown last, before it is known whether it is still there."""
        raw = self._document.project
        if raw is None:
            return None
        # Behind the first paint: the backend is open, and brought the models with it.
        from api_client.models import Project
        from api_client.wire import read

        try:
            return read(Project, raw)
        except ValueError:
            return None  # another version's, or damaged: a convenience, not the record

    async def switch_reviewer(self, reviewer: str) -> bool:
        """Go on with the reviewer that the backend named; return whether the view differs from before."""
        with suppress(OSError):  # it is asked again at the next start
            if await self._documents.switch_reviewer(reviewer):
                self._document = await self._document.of_reviewer()
                return True
        return False

    def recall(self, screen: str) -> Mapping[str, Any]:
        """Return what a screen noted when it was shown last."""
        return self._document.of(screen)

    def note(self, screen: str, view: Mapping[str, Any]) -> None:
        """Store what a screen shows, for the next start."""
        if self._document.note(**{screen: dict(view)}):
            self._write()

    def note_theme(self, theme: str) -> None:
        """Store the theme that is shown, where it was picked."""
        if self._document.note_theme(theme):
            self._write()

    def note_project(self, project: Project | None) -> None:
        """Store the project that is shown; None is all of them."""
        if self._document.note(project=project.wire() if project else None):
            self._write()

    def note_welcome(self) -> None:
        """Store that the user was shown where to begin."""
        self._document.note(welcomed=True)
        self._write()

    def _write(self) -> None:
        self._run(self._document.write)
