"""The idempotency key as a header's value."""

from __future__ import annotations

from api_client.commands import KEY_MAX
from api_client.errors import InvalidRequest


def header_key(key: str) -> bytes:
    """Return a key as it is sent.

    Raises:
        InvalidRequest: a header can't hold it as it is.
    """
    if not 1 <= len(key) <= KEY_MAX:
        raise InvalidRequest(f"Idempotency-Key: must have 1 to {KEY_MAX} characters")
    if not key.isprintable() or key != key.strip():
        raise InvalidRequest("Idempotency-Key: must hold no control characters and no space at its ends")
    return key.encode(errors="replace")
