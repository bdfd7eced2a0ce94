"""Who acts. Apart from the commands: who only reads pays for none of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from api_client.models import Role


@dataclass(frozen=True, slots=True)
class Actor:
    """Who gives a command: a key's name (or a local reviewer's), role and tags."""

    subject: str
    role: Role | Literal["platform"]
    tags: tuple[str, ...] = ()
