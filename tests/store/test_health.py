"""The health of a database: what is warned of, and what is published without a key."""

from __future__ import annotations

import json

import pytest

from store.core.health import Health

SOUND = Health("18.6", may_append=True, may_rewrite=False, standbys=1, synchronous_standbys=1, waits_for_standbys=True)


def changed(**fields: object) -> Health:
    """Return a sound database's health with some of it different."""
    return Health(**{**{name: getattr(SOUND, name) for name in Health.__slots__}, **fields})


def test_a_sound_database_is_warned_of_nothing() -> None:
    """An append-only role, migrations applied, a synchronous standby: no sentence."""
    assert SOUND.warnings == ()
    assert SOUND.wire()["replication"]["synchronousStandbys"] == 1


@pytest.mark.parametrize(
    ("health", "words"),
    [
        (changed(waits_for_standbys=False, synchronous_standbys=0), "No synchronous standby is set"),
        (changed(synchronous_standbys=0), "No synchronous standby is connected"),
        (changed(may_rewrite=True), "change or remove recorded events"),
        (changed(pending=("0002_more",)), "0002_more"),
        (changed(unknown=("0009_later",)), "A newer program applied"),
        (changed(listens=False), "polled"),
        (changed(is_standby=True, may_append=False, waits_for_standbys=False), "This is a standby"),
    ],
)
def test_each_risk_is_one_warning(health: Health, words: str) -> None:
    """Whatever may lose or hide events has its own sentence, and brings no other."""
    assert len(health.warnings) == 1
    assert words in health.warnings[0]
    assert health.wire()["warnings"] == list(health.warnings)


def test_what_is_published_is_json_without_a_standby_that_is_not_set() -> None:
    """The wire's form can be written as JSON; without a synchronous standby it says `none`, not 0."""
    wire = json.loads(json.dumps(changed(waits_for_standbys=False, lag_seconds=0.5).wire()))
    assert wire["replication"] == {
        "isStandby": False,
        "standbys": 1,
        "synchronousStandbys": "none",
        "lagSeconds": 0.5,
    }
