"""What was shown last: the project, the theme picked in the palette. Kept apart from what the user configured."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from textual.app import App
    from textual.theme import Theme

    from api_client.models import Project
    from pumpup_tui.backend.messages import Status
    from pumpup_tui.context import Context
    from pumpup_tui.local_state.document_store import Kept

DOCUMENT = "shown"


class Shown:
    """One document of what was shown last: read before the first frame, written behind what changes it."""

    def __init__(self, kept: Kept, configured_theme: str) -> None:
        self._kept = kept
        self._configured = configured_theme
        self._document: dict[str, Any] = kept.read_now(DOCUMENT)

    @property
    def theme(self) -> str:
        """The theme to begin with: the one picked last, unless another one was configured since; empty is none."""
        if isinstance(picked := self._document.get("theme"), str) and self._document.get("over") == self._configured:
            return picked
        return self._configured

    @property
    def is_known(self) -> bool:
        """Whether the user has been told where to begin."""
        return self._document.get("welcomed") is True

    @property
    def project(self) -> Mapping[str, Any] | None:
        """The project that was shown, as it stood on the wire; None where it was all of them."""
        found = self._document.get("project")
        return found if isinstance(found, dict) else None

    def of(self, name: str) -> Mapping[str, Any]:
        """Return what was noted of a screen; nothing where nothing was."""
        found = self._document.get(name)
        return found if isinstance(found, dict) else {}

    def notes(self, **changed: Any) -> bool:
        """Note what is shown now; return whether it is another than was kept."""
        if all(self._document.get(name) == value for name, value in changed.items()):
            return False
        self._document = {**self._document, **changed}
        return True

    def picked(self, theme: str) -> bool:
        """Note the theme that is shown; return whether it was picked just now."""
        return theme != self.theme and self.notes(theme=theme, over=self._configured)

    async def of_reviewer(self) -> Shown:
        """Return what the reviewer that is known by now was shown last."""
        return await asyncio.to_thread(Shown, self._kept, self._configured)

    async def keep(self) -> None:
        """Keep what was noted.

        Raises:
            OSError: it could not be written.
        """
        await self._kept.write(DOCUMENT, self._document)


class Memory:
    """Begins an app where it was left, and notes where it is."""

    def __init__(self, app: App[None], context: Context) -> None:
        """Give the app its theme and keys, before its first frame."""
        self._app = app
        self._context = context
        self._shown = Shown(context.kept, context.preferences.theme)
        self._show_theme()
        if context.preferences.keymap:
            app.set_keymap(dict(context.preferences.keymap))

    def begin(self) -> None:
        """Note from now on what is shown."""
        self._app.theme_changed_signal.subscribe(self._app, self._theme)
        self._context.status_changed.subscribe(self._app, self._status)

    async def become(self, reviewer: str) -> None:
        """Go on as the reviewer that the backend named, where that was not known yet."""
        with suppress(OSError):  # it is asked again at the next start
            if await self._context.kept.become(reviewer):
                self._shown = await self._shown.of_reviewer()
                self._show_theme()

    def _show_theme(self) -> None:
        if self._shown.theme in self._app.available_themes:
            self._app.theme = self._shown.theme

    def recall(self, screen: str) -> Mapping[str, Any]:
        """Return what a screen noted when it was shown last."""
        return self._shown.of(screen)

    def note(self, screen: str, what: Mapping[str, Any]) -> None:
        """Keep what a screen shows, for the next start."""
        if self._shown.notes(**{screen: dict(what)}):
            self._keep()

    def welcome(self) -> None:
        """Say, the first time that anything is shown here, where to begin."""
        if not self._context.kept.lasts or self._shown.is_known:
            return
        from pumpup_tui.inbox import decision_controller  # noqa: F401 - names the keys of a decision; the inbox brings it

        key = self._context.key
        self._context.outbox.hint(
            f"new here?  {key('screens.help')} lists the keys  ·  {key('screens.commands')} finds everything  ·  "
            f"a decision takes two keys, as {key('decide.approve')} then {key('decide.send')}"
        )
        self._shown.notes(welcomed=True)
        self._keep()

    def project(self) -> Project | None:
        """Return the project that was shown last, before it is known whether it is still there."""
        raw = self._shown.project
        if raw is None or self._context.status.project is not None:
            return self._context.status.project
        # Behind the first paint: the backend is open, and brought the models with it.
        from api_client.models import Project
        from api_client.wire import read

        try:
            return read(Project, raw)
        except ValueError:
            return None  # another version's, or damaged: a courtesy, not the record

    @staticmethod
    def among(project: Project | None, projects: Sequence[Project]) -> Project | None:
        """Return the project as it is now; None where it is no more."""
        return next((one for one in projects if project is not None and one.id == project.id), None)

    def _theme(self, theme: Theme) -> None:
        if self._shown.picked(theme.name):
            self._keep()

    def _status(self, status: Status) -> None:
        # Until the backend is open no project is chosen: that is no choice of all of them.
        if status.connected and self._shown.notes(project=status.project.wire() if status.project else None):
            self._keep()

    def _keep(self) -> None:
        self._app.run_worker(
            self._shown.keep(), name="what is shown", group="shown", exclusive=False, exit_on_error=False
        )
