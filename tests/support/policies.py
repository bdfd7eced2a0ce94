"""Policies for tests, as reviewers write them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from api_client.authority import Policy
from api_client.commands import SetPolicy
from api_client.wire import read

FOUR_EYES: Mapping[str, Any] = {
    "name": "large",
    "when": {"context": {"Amount": {"atLeast": 1000}}},
    "people": 2,
    "tags": ["claims-lead"],
}
"""Two leads for what is large."""
FINANCE: Mapping[str, Any] = {
    "name": "payouts",
    "when": {"context": {"Payout": {"equals": "yes"}}},
    "tags": ["finance"],
}
"""Somebody of finance for payouts."""
SHORT: Mapping[str, Any] = {
    "name": "short",
    "when": {"context": {"Short": {"equals": "yes"}}},
    "expire": {"afterSeconds": 7200, "outcome": "REJECT"},
}
"""Denied after two hours."""


def set_policy(project_id: str, *rules: Mapping[str, Any], replaces: str | None = None, **more: Any) -> SetPolicy:
    """Return the command that sets a project's policy; further keys are the policy's own."""
    policy = read(Policy, {"rules": [dict(rule) for rule in rules], **more})
    return SetPolicy.of(policy, project_id, replaces)
