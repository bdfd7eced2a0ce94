"""The health of a database, as one of its sessions sees it."""

from __future__ import annotations

from typing import Any

from store.core.health import Health
from store.postgres.migrate import migrations

STANDBY = "The database is a standby, which takes no writes: name its primary to write."
"""Why a workspace is read-only there."""
HEALTH = b"""
    select current_setting('server_version'), pg_is_in_recovery(),
        has_table_privilege('pumpup.event', 'insert'),
        has_table_privilege('pumpup.event', 'update') or has_table_privilege('pumpup.event', 'delete')
            or has_table_privilege('pumpup.event', 'truncate'),
        current_setting('synchronous_standby_names') <> ''
            and current_setting('synchronous_commit') not in ('off', 'local'),
        pg_has_role('pg_read_all_stats', 'usage'), (select count(*) from pg_stat_replication),
        (select count(*) from pg_stat_replication where sync_state in ('sync', 'quorum')),
        case
            -- While nothing is committed the last replay is long ago, and nothing is behind. A standby that has
            -- just begun to stream has replayed past the place that it streams from.
            when pg_is_in_recovery() and pg_last_wal_replay_lsn() >= pg_last_wal_receive_lsn() then 0
            when pg_is_in_recovery() then extract(epoch from now() - pg_last_xact_replay_timestamp())::float8
            when pg_has_role('pg_read_all_stats', 'usage') then
                (select extract(epoch from max(coalesce(replay_lag, interval '0')))::float8 from pg_stat_replication)
        end,
        array(select no from pumpup.migration order by no), array(select name from pumpup.migration order by no)
"""
"""Returns one row, of which `health_of` makes a `Health`."""


def health_of(row: tuple[Any, ...], *, listens: bool) -> Health:
    """Return the health that a row of `HEALTH` tells."""
    version, is_standby, may_append, may_rewrite, waits, sees, standbys, synchronous, lag, numbers, names = row
    known = {number: name for number, name, _ in migrations()}
    applied = dict(zip(numbers, names, strict=True))
    return Health(
        version=version.partition(" ")[0],
        may_append=may_append and not is_standby,
        may_rewrite=may_rewrite,
        is_standby=is_standby,
        standbys=standbys,
        sees_standbys=sees,
        synchronous_standbys=synchronous,
        waits_for_standbys=waits,
        lag_seconds=lag,
        migrations=tuple(names),
        pending=tuple(name for number, name in known.items() if number not in applied),
        unknown=tuple(name for number, name in applied.items() if number not in known),
        listens=listens,
    )
