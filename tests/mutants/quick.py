"""A pytest plugin for the runs of one mutant: the quickest tests first, and the same examples in each run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings

settings.register_profile(
    "mutants",
    max_examples=25,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],  # an example that fails need not be made small
    suppress_health_check=list(HealthCheck),
)
settings.load_profile("mutants")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the tests that took least time when they were counted first: most mutants are noticed by them."""
    measured = Path("mutmut-stats.json")
    if measured.exists():
        seconds: dict[str, float] = json.loads(measured.read_text())["duration_by_test"]
        items.sort(key=lambda item: seconds.get(item.nodeid, 0.0))
