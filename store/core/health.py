"""Health of the database behind a record: what `GET /healthz` and `doctor` report of it.

Names of hosts, databases and users are not part of it: `/healthz` needs no key.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Health:
    """A database as one of its sessions sees it."""

    version: str
    """The database's own version, like `18.6`."""
    may_append: bool
    """Whether this role may record events."""
    may_rewrite: bool
    """Whether this role could change or remove recorded events: one of an append-only role can't."""
    is_standby: bool = False
    """Whether it is a standby, which takes no writes."""
    standbys: int = 0
    """Standbys that are connected."""
    sees_standbys: bool = True
    """Whether this role may see which of them are synchronous, and how far they are behind (`pg_monitor` may)."""
    synchronous_standbys: int = 0
    """Of these, the ones that each commit waits for."""
    waits_for_standbys: bool = False
    """Whether a commit waits for a standby: one is named by `synchronous_standby_names`, and waited for."""
    lag_seconds: float | None = None
    """Of a standby: how far it is behind. Else of the standby that is furthest behind; None where none is known."""
    migrations: tuple[str, ...] = ()
    """Names of the migrations that were applied, in their order."""
    pending: tuple[str, ...] = ()
    """Names of those that were not applied yet."""
    unknown: tuple[str, ...] = ()
    """Names of applied migrations that this program does not know: a newer one applied them."""
    listens: bool = True
    """Whether notifications of commits come through; otherwise they are polled for."""

    @property
    def warnings(self) -> tuple[str, ...]:
        """Sentences about what may lose or hide events."""
        found = (
            (self.is_standby, "This is a standby: it takes no writes."),
            (
                not self.is_standby and not self.waits_for_standbys,
                "No synchronous standby is set: a commit that was acknowledged is lost with the primary's disk.",
            ),
            (
                self.waits_for_standbys and self.sees_standbys and not self.synchronous_standbys,
                "No synchronous standby is connected: each commit waits until one is.",
            ),
            (
                self.may_append and self.may_rewrite,
                "This role could change or remove recorded events: an append-only role can't.",
            ),
            (bool(self.pending), f"Migrations are pending: {', '.join(self.pending)}."),
            (bool(self.unknown), f"A newer program applied the migrations {', '.join(self.unknown)}."),
            (not self.listens, "Notifications don't come through: new events are polled for."),
        )
        return tuple(words for is_so, words in found if is_so)

    def _synchronous(self) -> int | str:
        if not self.waits_for_standbys:
            return "none"
        return self.synchronous_standbys if self.sees_standbys else "unknown"

    def wire(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {
            "version": self.version,
            "role": {"mayAppend": self.may_append, "mayRewrite": self.may_rewrite},
            "replication": {
                "isStandby": self.is_standby,
                "standbys": self.standbys,
                "synchronousStandbys": self._synchronous(),
                "lagSeconds": self.lag_seconds,
            },
            "migrations": {"applied": list(self.migrations), "pending": list(self.pending)},
            "notifications": "listen" if self.listens else "polling",
            "warnings": list(self.warnings),
        }
