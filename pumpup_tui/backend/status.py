"""How things stand: what the workers tell of the backend, as the status that every screen shows."""

from __future__ import annotations

from dataclasses import replace

from textual import on
from textual.worker import Worker, WorkerState
from typing_extensions import override

from pumpup_tui.backend import messages
from pumpup_tui.backend.alerts import Alerts
from pumpup_tui.decisions.service import OutgoingApp
from pumpup_tui.text import durations
from pumpup_tui.text.firewall import line


class StandingApp(OutgoingApp):
    """An app that knows how things stand."""

    alerts: Alerts

    def action_refresh(self) -> None:
        """Read again what is shown."""
        raise NotImplementedError

    def _set_status(self, status: messages.Status) -> None:
        if status != self.context.status:
            self.context.status = status
            self.context.status_changed.publish(status)

    @override
    def tell_banner(self, banner: str, next_step: str) -> None:
        self._set_status(self.context.status.with_banner(banner, next_step))

    @on(messages.Connected)
    async def _connected(self, event: messages.Connected) -> None:
        await self.context.memory.become(event.me.subject)
        status = replace(
            self.context.status.with_banner(),
            connected=True,
            reviewer=event.me.subject,
            tags=event.me.tags,
            capabilities=frozenset(event.me.capabilities),
            why_read_only=event.why_read_only,
            notices=event.notices,
            project=self.context.memory.project(),
        )
        if status.why_read_only:
            status = status.with_banner(f"read-only: {status.why_read_only}")  # not foreign: the banner cleans it
        self._set_status(status.in_touch())
        self.context.memory.welcome()
        self.context.feed.projects(self)
        self.begin_outgoing()

    @on(messages.ProjectsLoaded)
    def _projects(self, event: messages.ProjectsLoaded) -> None:
        project = self.context.memory.among(self.context.status.project, event.projects)
        self._set_status(replace(self.context.status, projects=tuple(event.projects), project=project))

    @on(messages.InboxCount)
    def _inbox_count(self, event: messages.InboxCount) -> None:
        self._set_status(replace(self.context.status, inbox=event.words))
        self.alerts.count(event.words)

    @on(messages.Asked)
    def _asked(self, event: messages.Asked) -> None:
        self.alerts.asked(event.summaries)

    @on(messages.LiveState)
    def _live(self, event: messages.LiveState) -> None:
        status = self.context.status
        if event.live:
            status = status.in_touch()
            self._set_status(status.with_banner() if event.again else status)
            if event.again:
                self.action_refresh()
                self.context.feed.read_again()
        else:
            since = durations.stamp(event.since, self.context.clock(), self.context.zone) if event.since else ""
            status = replace(status, live=f"offline since {since}", live_tone="bad")
            self._set_status(status.with_banner(event.reason, "trying again; what is shown may be old"))

    @on(messages.CallFailed)
    def _failed(self, event: messages.CallFailed) -> None:
        if not self.context.status.connected:
            step = f"{self._next_step(passing=event.is_passing)}, {self.context.key('screens.quit')} quits"
            status = replace(self.context.status, live="not connected", live_tone="bad")
            self._set_status(status.with_banner(str(event.error), step))
        elif not (self.context.status.why_read_only and event.error.status in (403, 404)):
            words = f"{event.what} could not be read: {event.error}"  # not foreign: the banner cleans it
            self._set_status(self.context.status.with_banner(words, self._next_step(passing=event.is_passing)))

    def _next_step(self, *, passing: bool = False) -> str:
        again = f"{self.context.key('screens.refresh')} tries again"
        return f"trying again; {again} at once" if passing else again

    @on(Worker.StateChanged)
    def _worker_failed(self, event: Worker.StateChanged) -> None:
        # What a worker raises beside ApiError is our own fault: said, not hidden, and nothing shown is lost.
        if event.state is WorkerState.ERROR:
            # not foreign: our own name of a worker
            words = f"{event.worker.name} stopped: {type(event.worker.error).__name__}: {line(event.worker.error, 200)}"
            self._set_status(self.context.status.with_banner(words, self._next_step()))
