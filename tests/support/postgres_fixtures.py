"""Fixtures of a PostgreSQL: one server a process of tests, started at first use, and a workspace of its own a test."""

from __future__ import annotations

import os
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from itertools import count
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.support.postgres import Cluster

_numbers = count(1)


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
    url = postgres.create_database("pumpup_tests")
    if find_spec("store.postgres") is not None:
        address = import_module("store.postgres.address").DatabaseAddress.parse(url)
        import_module("store.postgres.migrate").migrate(address)
    return url


@pytest.fixture
def workspace() -> str:
    """The name of a workspace that no other test of this process has."""
    return f"test-{next(_numbers)}"
