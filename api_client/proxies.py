"""The proxy of a call, by HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY of the environment.

httpx reads the same variables, but raises a ValueError of its own for a value that it does not know, and takes the
networks and bracketed addresses that other programs allow in NO_PROXY for names.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from functools import cached_property
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from urllib.request import getproxies

import httpx
from typing_extensions import override

from api_client.addresses import url_of
from api_client.errors import Misconfigured

SCHEMES = ("http", "https", "socks5", "socks5h")
_DEFAULT_PORTS = {"http": 80, "https": 443, "socks5": 1080, "socks5h": 1080}
_LIKE = "Write it like http://proxy.example:3128 or socks5://127.0.0.1:1080, or unset it."
_ESCAPED = "a special character of its user or password is written as % and two hex digits"


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy; `str()` names it without its user and password."""

    variable: str
    """The variable that names it, like `HTTPS_PROXY`."""
    url: httpx.URL = field(repr=False)

    @property
    def is_socks(self) -> bool:
        """Whether it speaks SOCKS5."""
        return self.url.scheme.startswith("socks")

    @override
    def __str__(self) -> str:
        host = f"[{self.url.host}]" if ":" in self.url.host else self.url.host
        port = self.url.port or _DEFAULT_PORTS[self.url.scheme]
        return f"proxy {self.url.scheme}://{host}:{port} that {self.variable} names"


@dataclass(frozen=True, slots=True)
class _Exempt:
    """An entry of NO_PROXY."""

    scheme: str
    host: str
    port: int | None
    network: IPv4Network | IPv6Network | None
    only_below: bool
    """Whether only the names below it are exempt, not the name itself."""

    def covers(self, url: httpx.URL) -> bool:
        port = url.port or _DEFAULT_PORTS.get(url.scheme)
        return self.scheme in ("", url.scheme) and self.port in (None, port) and self._is_host(url)

    def _is_host(self, url: httpx.URL) -> bool:
        if self.network is not None:
            try:
                return ip_address(url.host.partition("%")[0]) in self.network
            except ValueError:
                return False
        names = (url.host.lower().rstrip("."), url.raw_host.decode("ascii").lower().rstrip("."))
        return any(name.endswith(f".{self.host}") or (name == self.host and not self.only_below) for name in names)


class Proxies:
    """The proxies that an environment names."""

    def __init__(self, named: dict[str, tuple[str, str]], exempt: tuple[str, str] = ("", "")) -> None:
        """Take variable and value by the scheme of the calls that use it (`all` for any), and those of NO_PROXY.

        Nothing is checked yet: a variable that concerns no call may have any value.
        """
        self._named, self._no_proxy = named, exempt

    def of(self, url: httpx.URL) -> Proxy | None:
        """Return the proxy of a call to `url`; None for a direct call.

        Raises:
            Misconfigured: the variable for it can't be used (`INVALID_PROXY`); the message does not contain its value.
        """
        variable_and_value = self._named.get(url.scheme) or self._named.get("all")
        if not variable_and_value or self._is_exempt(url):
            return None
        return _proxy(*variable_and_value)

    def _is_exempt(self, url: httpx.URL) -> bool:
        return self._exempt is None or any(entry.covers(url) for entry in self._exempt)

    @cached_property
    def _exempt(self) -> tuple[_Exempt, ...] | None:
        """The entries of NO_PROXY; None if it exempts everything."""
        variable, text = self._no_proxy
        entries = [entry for entry in re.split(r"[,\s]+", text) if entry]
        return None if "*" in entries else tuple(_exempt(variable, entry) for entry in entries)


def proxies_of_environment() -> Proxies:
    """Return the proxies that the environment names, or the system's own settings where it has some."""
    # `getproxies` prefers lowercase names, ignores empty values, and ignores HTTP_PROXY under CGI.
    values = {scheme: value.strip() for scheme, value in getproxies().items()}
    named = {scheme: (_variable(scheme), values[scheme]) for scheme in ("http", "https", "all") if values.get(scheme)}
    return Proxies(named, (_variable("no"), values.get("no", "")))


def _variable(scheme: str) -> str:
    name = f"{scheme}_proxy"
    names = [name] if os.environ.get(name) else [key for key in os.environ if key.lower() == name and os.environ[key]]
    return names[0] if names else "the system"


def _proxy(variable: str, text: str) -> Proxy:
    value = text if "://" in text else f"http://{text}"
    scheme = value.partition("://")[0].lower()
    if scheme == "socks":  # as GNOME writes it
        scheme, value = "socks5", f"socks5{value[len('socks') :]}"
    why = ""
    url = url_of(value)
    if not re.fullmatch(r"[a-z][a-z0-9+.-]*", scheme):
        why = f"it is no URL ({_ESCAPED})"
    elif scheme not in SCHEMES:
        why = f"its scheme is {scheme:.20}, and there are {', '.join(SCHEMES[:-1])} and {SCHEMES[-1]}"
    elif url is None:
        why = f"it names no host and port that there can be ({_ESCAPED})"
    elif url.query or url.fragment or url.path not in ("", "/"):
        why = f"something follows its host and port ({_ESCAPED})"
    if why or url is None:
        raise Misconfigured(f"{variable} can't be used: {why}. {_LIKE}", code="INVALID_PROXY")
    return Proxy(variable, url)


def _exempt(variable: str, entry: str) -> _Exempt:
    scheme, _, rest = entry.rpartition("://")
    scheme = "" if scheme.lower() == "all" else scheme.lower()
    match = re.fullmatch(
        r"(?P<below>\*?\.)?(?:\[(?P<six>[0-9a-fA-F:.%\w]+)\](?P<bits>/\d+)?|(?P<name>[^:\[\]/@*]+))(?::(?P<port>\d{1,5}))?",
        rest,
    )
    if match is None:
        network = _network(rest)
        if network is None:
            raise _unreadable(variable, entry)
        return _Exempt(scheme, "", None, network, only_below=False)
    host = (match["six"] or match["name"]).lower().rstrip(".")
    network = _network(host + (match["bits"] or ""))
    if not host or (network is None and match["six"]):
        raise _unreadable(variable, entry)
    return _Exempt(
        scheme, host, int(match["port"]) if match["port"] else None, network, only_below=bool(match["below"])
    )


def _network(text: str) -> IPv4Network | IPv6Network | None:
    address, slash, bits = text.partition("/")
    try:
        return ip_network(f"{address.partition('%')[0]}{slash}{bits}", strict=False)
    except ValueError:
        return None


def _unreadable(variable: str, entry: str) -> Misconfigured:
    quoted = f"{entry!r:.60}" if "@" not in entry else "an entry with a user"
    words = (
        f"{variable} can't be used: it holds {quoted}, which is no host. Write names, .domains, addresses and networks"
    )
    return Misconfigured(f"{words} between commas, like localhost,.example.com,::1,10.0.0.0/8.", code="INVALID_PROXY")
