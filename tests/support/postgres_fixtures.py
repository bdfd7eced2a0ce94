"""Fixtures of a PostgreSQL: one server a process of tests, started at first use, and a workspace of its own a test."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import count
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.support.postgres import Cluster

_numbers = count(1)
SERVER_ROLE = "pumpup_server"
"""The append-only role of `store/postgres/roles.sql`."""


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    """A server that all tests of this process share; what a test changes in it, it changes back."""
    from tests.support.postgres import Cluster
    from tests.support.postgres_programs import NoPostgres

    try:
        cluster = Cluster.create()
    except NoPostgres as reason:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(reason))
    with cluster:
        yield cluster


@pytest.fixture(scope="session")
def database(postgres: Cluster) -> str:
    """The address of a database with our tables in it, in which each test uses a workspace of its own."""
    from store.postgres.address import DatabaseAddress
    from store.postgres.migrate import migrate, roles_sql

    url = postgres.create_database("pumpup_tests")
    migrate(DatabaseAddress.parse(url))
    postgres.execute(f"create role {SERVER_ROLE} login")
    postgres.execute(roles_sql(), database="pumpup_tests")
    return url


@pytest.fixture
def workspace() -> str:
    """The name of a workspace that no other test of this process has."""
    return f"test-{next(_numbers)}"
