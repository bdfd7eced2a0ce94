"""The checks of `doctor` over a database."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pumpup_tui.commands.api_key_commands import keys_of, two_roles_remedy
from pumpup_tui.commands.check_results import Check
from pumpup_tui.commands.database_places import Database

if TYPE_CHECKING:
    from store.core.health import Health
    from store.postgres.examination import Examination

_CLOCK_SECONDS = 2.0
"""A difference of clocks that is noted: an event bears the time of the machine that records it."""
_LAG_SECONDS = 10.0
"""A standby that is further behind is noted."""


def database_checks(place: Database) -> Iterator[Check]:
    """Yield the result of each check; the first one that fails so that no other can be made is the last."""
    from api_client.errors import ApiError
    from api_client.times import utc_now
    from store.postgres.examination import examine

    try:
        seen = examine(place.address, utc_now)
    except ApiError as fault:
        yield Check("database", "wrong", fault.message)
        return
    yield Check("database", "ok", f"{place.address.shown} answers: PostgreSQL {seen.version}")
    yield _clock(seen.clock_ahead)
    if seen.health is None:
        yield _no_tables(place)
        return
    yield from _health(seen.health, place)
    if not seen.health.pending:
        yield from _workspace(seen, place)


def _health(health: Health, place: Database) -> Iterator[Check]:
    yield _migrations(health, place)
    yield _rights(health)
    yield _replication(health)
    if health.lag_seconds is not None:
        yield _lag(health.lag_seconds, is_standby=health.is_standby)
    yield _notifications(health)


def _no_tables(place: Database) -> Check:
    remedy = f"Run 'pumpup-tui workspaces create {place.workspace}{_named(place)}' as the owner of the database."
    return Check("tables", "wrong", "the database has none of this program yet", remedy)


def _named(place: Database) -> str:
    """Return the options that name the database again, without the workspace."""
    words = [word for word in place.arguments if word not in ("--workspace", place.workspace)]
    return "".join(f" {word}" for word in words)


def _clock(ahead: float) -> Check:
    if abs(ahead) < _CLOCK_SECONDS:
        return Check("clock", "ok", "the database's and this machine's agree")
    words = f"the database's is {abs(ahead):.0f} s {'ahead of' if ahead > 0 else 'behind'} this machine's"
    return Check("clock", "note", words, "Events bear the time of the machine that records them: set both by NTP.")


def _migrations(health: Health, place: Database) -> Check:
    if not health.pending:
        return Check("tables", "ok", f"migrations applied: {', '.join(health.migrations)}")
    remedy = f"Run 'pumpup-tui workspaces migrate{_named(place)}' as the owner of the tables."
    return Check("tables", "wrong", f"migrations are pending: {', '.join(health.pending)}", remedy)


def _rights(health: Health) -> Check:
    if health.is_standby:
        return Check("rights", "note", "a standby: this place is read-only")
    if not health.may_append:
        remedy = "'pumpup-tui workspaces roles' prints what to grant to the role of a server."
        return Check("rights", "wrong", "this role may not append events", remedy)
    if health.may_rewrite:
        remedy = "Serve with an append-only role: 'pumpup-tui workspaces roles' prints the SQL that makes one."
        return Check("rights", "note", "this role appends events, and could also change or remove them", remedy)
    return Check("rights", "ok", "this role appends events, and can't change or remove one")


def _replication(health: Health) -> Check:
    if health.is_standby:
        return Check("replication", "note", "this is a standby of another server")
    if not health.waits_for_standbys:
        words = "no synchronous standby is set: a commit that was acknowledged is lost with this server's disk"
        return Check("replication", "note", words, "Set synchronous_standby_names where that must not happen.")
    if not health.sees_standbys:
        words = "commits wait for a synchronous standby; which ones are connected this role may not see"
        return Check("replication", "ok", words)
    if not health.synchronous_standbys:
        words = "no synchronous standby is connected: each commit waits until one is"
        return Check("replication", "wrong", words, "Start the standby that synchronous_standby_names names.")
    words = f"{health.synchronous_standbys} of {health.standbys} connected standbys are synchronous"
    return Check("replication", "ok", words)


def _lag(seconds: float, *, is_standby: bool) -> Check:
    whose = "this standby is" if is_standby else "the standby that is furthest behind is"
    return Check("lag", "ok" if seconds < _LAG_SECONDS else "note", f"{whose} {seconds:.1f} s behind")


def _notifications(health: Health) -> Check:
    if health.listens or health.is_standby:
        return Check("notifications", "ok", "a commit is heard of at once" if health.listens else "none on a standby")
    words = "none come through, as behind PgBouncer in transaction mode: commits of others are polled for"
    remedy = "Name the database itself, or a pooler in session mode: a server needs sessions of its own."
    return Check("notifications", "note", words, remedy)


def _workspace(seen: Examination, place: Database) -> Iterator[Check]:
    info = next((info for info in seen.workspaces if info.name == place.workspace), None)
    if info is None:
        names = ", ".join(other.name for other in seen.workspaces[:10]) or "none"
        remedy = (
            f"Name one with --workspace NAME, or run 'pumpup-tui workspaces create {place.workspace}{_named(place)}'."
        )
        yield Check("workspace", "wrong", f"{place.workspace} is not there; there is {names}", remedy)
        return
    if info.state != "open":
        yield Check("workspace", "note", f"{info.name}: an import into it is not finished", "Run the import again.")
        return
    yield Check("workspace", "ok", f"{info.name}: {info.events:,} events; 'verify' reads all of it")
    yield from _keys(place)
    yield _signing_key(place)


def _signing_key(place: Database) -> Check:
    from api_client.errors import ApiError
    from store.core.signed_note import NoteFault, read_verifier_key
    from store.postgres.workspaces import public_key

    try:
        text = public_key(place.address, place.workspace)
        if not text:
            return Check("signing key", "note", "none yet", "'pumpup-tui checkpoint' makes it.")
        key = read_verifier_key(text)
    except ApiError as fault:
        return Check("signing key", "wrong", fault.message)
    except NoteFault as fault:
        return Check("signing key", "wrong", f"{fault}", "Put the row of pumpup.signing_key back from a backup.")
    return Check("signing key", "ok", f"{key.name}, public key {key.written()}")


def _keys(place: Database) -> Iterator[Check]:
    from api_client.errors import ApiError

    try:
        names = keys_of(place).of_two_roles()
    except ApiError as fault:
        yield Check("keys", "wrong", fault.message)
        return
    for name in names:
        words = f"{name} has keys of both roles, and a name has one: the agent's keys are not accepted"
        yield Check("keys", "wrong", words, two_roles_remedy(place, name))
