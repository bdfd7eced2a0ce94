"""The errors of a Backend, as its caller sees them.

    ApiError                    code (stable), message (for people), status (HTTP, 0 where there is none)
    ├── InvalidRequest          400  INVALID_REQUEST, or the code that the rule names
    │   ├── InvalidAnswers      400  INVALID_ANSWERS, with `fields`
    │   └── Misconfigured       an address, certificates or a proxy that can't be used: nothing was sent
    ├── NotAuthenticated        401
    ├── NotAllowed              403  with `needs` where a policy refuses it
    ├── NotFound                404
    ├── Conflict                409
    ├── TooLarge                413
    ├── TooManyRequests         429  with `retry_after`
    ├── HeadersTooLarge         431
    ├── ServerFault             500
    │   └── Unavailable         408, 502, 503, 504: the server does not answer at present, something before it does
    ├── Unreachable             there was no response; `maybe_done` says whether the write may have happened
    │   └── ProxyFailed         the proxy before the server did not pass the call on
    ├── UnexpectedAnswer        the response is none of this contract
    └── StoreError              the folder on this machine, or the database
        ├── StoreBusy           another process holds a lock for too long, or the database does not answer
        ├── StoreReadOnly       the store is read-only, with the reason
        ├── StoreFault          the disk or the database refused: nothing was recorded
        │   ├── StoreFull       the disk is so full that uploads are refused
        │   ├── StoreAbsent     there is no such database, or none with tables of this program
        │   └── StoreLogin      the database refuses this user or password, or grants the role too little
        └── StoreDamaged        the journal is not as it was written

Both sides translate at one point only: the server from a class to a status, `HttpBackend` back.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar


class ApiError(Exception):
    """Any failure of a Backend call; `str()` is a sentence for the user."""

    code: str = "API_ERROR"
    status: ClassVar[int] = 0

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        if code is not None:
            self.code = code


class InvalidRequest(ApiError):
    """The request breaks a rule; `code` names which (CONTRACT.md parts 1 and 3)."""

    code = "INVALID_REQUEST"
    status = 400


class InvalidAnswers(InvalidRequest):
    """Answers that their fields refuse: all faults at once."""

    code = "INVALID_ANSWERS"

    def __init__(self, fields: Mapping[str, str]) -> None:
        count = len(fields)
        super().__init__(f"{count} answer{'s' if count != 1 else ''} can't be taken: {', '.join(fields)}")
        self.fields = dict(fields)


class Misconfigured(InvalidRequest):
    """A part of the caller's environment or configuration that can't be used; `code` names which."""

    code = "MISCONFIGURED"


class NotAuthenticated(ApiError):
    """No key, or one that this server does not know."""

    code = "NOT_AUTHENTICATED"
    status = 401


class NotAllowed(ApiError):
    """The key is known, and its role or the project's policy does not let it do this."""

    code = "NOT_ALLOWED"
    status = 403

    def __init__(self, message: str, *, needs: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.needs = needs
        """A `Needs` as JSON: what the policy asks of who decides. None where no policy refused it."""


class NotFound(ApiError):
    """There is no such thing."""

    code = "NOT_FOUND"
    status = 404


class Conflict(ApiError):
    """The present state does not allow this write; someone else may have been first."""

    code = "CONFLICT"
    status = 409


class TooLarge(ApiError):
    """The body is over the cap."""

    code = "TOO_LARGE"
    status = 413


class TooManyRequests(ApiError):
    """The server asks for a pause."""

    code = "TOO_MANY_REQUESTS"
    status = 429

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        """Seconds to wait, where the server said."""


class HeadersTooLarge(ApiError):
    """The headers are over the cap."""

    code = "HEADERS_TOO_LARGE"
    status = 431


class ServerFault(ApiError):
    """The server failed; the request may or may not have been carried out."""

    code = "SERVER_FAULT"
    status = 500


class Unavailable(ServerFault):
    """The server is restarting or overloaded, or a gateway before it got no response: worth a retry."""

    code = "UNAVAILABLE"
    status = 503


class Unreachable(ApiError):
    """There was no response from the server."""

    code = "UNREACHABLE"

    def __init__(self, message: str, *, maybe_done: bool = False) -> None:
        super().__init__(message)
        self.maybe_done = maybe_done
        """True where the request may have reached the server before the connection was lost."""


class ProxyFailed(Unreachable):
    """The proxy that the environment names is down or refuses: the server itself was never asked."""

    code = "PROXY_FAILED"


class UnexpectedAnswer(ApiError):
    """The server's response is none of this contract."""

    code = "UNEXPECTED_ANSWER"


class StoreError(ApiError):
    """A failure of the data folder on this machine, or of the database."""

    code = "STORE_ERROR"
    status = 500


class StoreBusy(StoreError):
    """Another process holds a lock, or the database does not answer: the same call may go well a little later."""

    code = "STORE_BUSY"


class StoreReadOnly(StoreError):
    """The folder or the database is read-only."""

    code = "STORE_READ_ONLY"


class StoreFault(StoreError):
    """The disk or the database refused; the state is as it was."""

    code = "STORE_FAULT"


class StoreFull(StoreFault):
    """The disk is nearly full, and the rest is reserved for the journal."""

    code = "STORE_FULL"


class StoreAbsent(StoreFault):
    """There is no database of this name, or it has no tables of this program."""

    code = "STORE_ABSENT"


class StoreLogin(StoreFault):
    """The database refuses this user or password, or has granted the role too little."""

    code = "STORE_LOGIN"


class StoreDamaged(StoreError):
    """The journal is not what was written."""

    code = "STORE_DAMAGED"

    def __init__(self, message: str, *, line: int | None = None) -> None:
        super().__init__(message)
        self.line = line
        """The journal's line, from 1, where the damage was found."""


AFTER_THE_KEY = (InvalidRequest, NotFound, Conflict)
"""Responses to a write that come after the lookup of its key (the order of CONTRACT.md part 1): the key was not found,
so the write did not happen, whatever became of an earlier try. No other failure says so."""
