"""`GET /metrics`: what a Prometheus server collects. Opt-in; nothing of it is loaded or counted otherwise."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator

from prometheus_client import CollectorRegistry, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.responses import Response
from typing_extensions import override

from store.core.figures import Figures, PoolFigures
from store.server.call_context import REVIEWERS, IncomingCall, Row, Served
from store.server.observers import CallRecord

MEDIA = "text/plain; version=1.0.0; charset=utf-8"
_CALL_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
_STORE_SECONDS = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1.0)


class _Record(Collector):
    """The record's figures, as they were looked up for this scrape."""

    def __init__(self) -> None:
        self.figures: Figures | None = None
        self.outcomes: dict[str, int] = {}

    @override
    def collect(self) -> Iterator[Metric]:
        if self.figures is None:
            return
        waiting = GaugeMetricFamily(
            "pumpup_open_requests", "Requests that wait for a person, by how long they have.", labels=["project", "age"]
        )
        for (project, age), count in sorted(self.figures.open_requests.items()):
            waiting.add_metric([project, age], count)
        yield waiting
        decided = CounterMetricFamily("pumpup_decisions", "Decisions since the server started.", labels=["outcome"])
        for outcome, count in sorted(self.outcomes.items()):
            decided.add_metric([outcome], count)
        yield decided
        yield CounterMetricFamily("pumpup_journal_commits", "Commits in the journal.", self.figures.commits)


class _Pool(Collector):
    """A database's connections, now."""

    def __init__(self, figures: Callable[[], PoolFigures]) -> None:
        self._figures = figures

    @override
    def collect(self) -> Iterator[Metric]:
        pool = self._figures()
        yield GaugeMetricFamily("pumpup_pool_connections", "Connections to the database that are open.", pool.size)
        yield GaugeMetricFamily("pumpup_pool_idle", "Connections to the database that nobody uses.", pool.idle)
        yield GaugeMetricFamily("pumpup_pool_waiting", "Calls that wait for such a connection.", pool.waiting)


class Metrics:
    """The counters of one server."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._record = _Record()
        self._registry.register(self._record)
        self._since: int | None = None
        self._scraping = asyncio.Lock()
        self._calls = Histogram(
            "pumpup_call_seconds",
            "From a call's head to its answer's end.",
            ["call", "status"],
            buckets=_CALL_SECONDS,
            registry=self._registry,
        )

    def durations(self, name: str, description: str) -> Callable[[float], None]:
        """Add a histogram of the store's own, and return a function that counts one duration, in seconds.

        It may be called from any thread.
        """
        return Histogram(name, description, buckets=_STORE_SECONDS, registry=self._registry).observe

    def add_pool(self, figures: Callable[[], PoolFigures]) -> None:
        """Add the gauges of a database's connections, which `figures` returns at each scrape."""
        self._registry.register(_Pool(figures))

    def row(self) -> Row:
        """Return the call that answers them: a reviewer's, for it names projects."""
        return Row("GET", "/metrics", self.metrics, REVIEWERS, {200: None}, media=MEDIA)

    def on_call(self, record: CallRecord) -> None:
        """Count one call. Streams end when their reader goes: how long they took says nothing."""
        if record.call != "event_stream":
            self._calls.labels(record.call or "other", str(record.status)).observe(record.seconds)

    async def begin(self, backend: Served) -> None:
        """Count decisions from now on."""
        self._since = (await backend.figures(0)).seq if self._since is None else self._since

    async def metrics(self, call: IncomingCall) -> Response:
        """Answer the figures of the server and of its store, as Prometheus reads them."""
        async with self._scraping:
            figures = await call.backend.figures(self._since or 0)
            self._since = figures.seq
            self._record.figures = figures
            for outcome, count in figures.outcomes.items():
                self._record.outcomes[outcome] = self._record.outcomes.get(outcome, 0) + count
            return Response(generate_latest(self._registry), media_type=MEDIA)
