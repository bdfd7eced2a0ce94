"""The author of a command, apart from the commands: a process that only reads loads none of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from api_client.models import Role


@dataclass(frozen=True, slots=True)
class Actor:
    """The author of a command: the name of a key (or of a local reviewer), its role and its tags."""

    subject: str
    role: Role | Literal["platform"]
    tags: tuple[str, ...] = ()
