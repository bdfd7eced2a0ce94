"""The address of a database: read once, shown without its password, and given to the driver."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from api_client.errors import InvalidRequest

_NO_ADDRESS = "That is no address of a database: give it like postgresql://user@host:5432/name."
_SCHEMES = ("postgresql://", "postgres://")
_SECRET = ("password", "sslpassword")
_DEFAULTS = {
    "application_name": "pumpup-tui",
    "connect_timeout": "5",
    # A machine that is gone is noticed within seconds, also while a commit waits.
    "keepalives_idle": "5",
    "keepalives_interval": "2",
    "keepalives_count": "3",
    "tcp_user_timeout": "11000",
    "client_encoding": "UTF8",
}


_WORDS = (
    "That is no address of a database: give it like postgresql://user@host:5432/name. In a user's name or a password "
    "the characters @ : / ? # % are written as %40 %3A %2F %3F %23 %25."
)
_HOST = re.compile(r"[A-Za-z0-9._:%-]*|/[^@:]*")
_PORT = re.compile(r"[0-9]*")


@dataclass(frozen=True, slots=True)
class DatabaseAddress:
    """A PostgreSQL connection URI (several hosts may stand in it), checked."""

    conninfo: str = field(repr=False)
    """For the driver alone: it may hold a password."""
    shown: str
    """For messages: without secrets and parameters."""
    has_password: bool

    @classmethod
    def parse(cls, text: str) -> DatabaseAddress:
        """Return the address that a URI names.

        Raises:
            InvalidRequest: it is none; the message shows nothing of it.
        """
        if not text.startswith(_SCHEMES):
            raise InvalidRequest(_WORDS)
        try:
            parts = _plain_parts(text)
            conninfo = make_conninfo(**{**_DEFAULTS, **parts})
        except (ProgrammingError, ValueError):
            raise InvalidRequest(_WORDS) from None
        return cls(conninfo, _shown(parts), any(parts.get(name) for name in _SECRET))


def _plain_parts(text: str) -> dict[str, str]:
    """Return the parameters of a URI.

    Raises:
        ProgrammingError: it is none.
        ValueError: a host, a port or the name looks like the rest of a password that is not escaped.
    """
    parts = {name: str(value) for name, value in conninfo_to_dict(text).items() if value is not None}
    hosts, ports = parts.get("host", "").split(","), parts.get("port", "").split(",")
    is_plain = all(map(_HOST.fullmatch, hosts)) and all(map(_PORT.fullmatch, ports))
    if not is_plain or set("@/:") & set(parts.get("dbname", "")):
        raise ValueError
    return parts


def _shown(parts: dict[str, str]) -> str:
    hosts, ports = parts.get("host", "").split(","), parts.get("port", "").split(",")
    if len(ports) < len(hosts):
        ports = ports * len(hosts)
    places = ",".join(_place(host, port) for host, port in zip(hosts, ports, strict=False))
    user = f"{parts['user']}@" if "user" in parts else ""
    return f"postgresql://{user}{places}/{parts.get('dbname', '')}"


def _place(host: str, port: str) -> str:
    name = f"[{host}]" if ":" in host else host
    return f"{name}:{port}" if port and not host.startswith("/") else name
