"""The options of `serve`, from the command line and the configuration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from pumpup_tui.commands import config_cache
from pumpup_tui.commands.failure import Failed
from pumpup_tui.commands.serve_limits import checked_url, parsed

WILDCARDS = ("0.0.0.0", "::", "")  # noqa: S104 - looked for, not bound to


@dataclass(frozen=True, slots=True)
class ServeOptions:
    """The options of `serve`."""

    host: str
    port: int
    allowed_hosts: Sequence[str] = ()
    max_upload: int = 25_000_000
    """Bytes."""
    certificate: Path | None = None
    key: Path | None = None
    metrics: bool = False
    quiet: bool = False
    public_url: str = ""
    limits: Mapping[str, int] = field(default_factory=dict)

    @property
    def is_open(self) -> bool:
        """Whether other machines can reach the server."""
        try:
            return not ip_address(self.host).is_loopback
        except ValueError:
            return self.host.lower() != "localhost"

    def check(self) -> None:
        """Raise `Failed` where options contradict each other."""
        if (self.certificate is None) != (self.key is None):
            raise Failed("TLS takes a certificate and its key: give both --tls-cert FILE and --tls-key FILE.")
        if self.host in WILDCARDS and not self.allowed_hosts:
            raise Failed(
                f"--host {self.host or repr('')} gives the record to every network that this machine is on, and calls "
                "are answered only under names that are known: add --allow-host NAME for each that callers will use."
            )


def configured_options(
    environment: Mapping[str, str], public_url: str | None, limits: Sequence[str], **options: Any
) -> ServeOptions:
    """Return the options of `serve`, with the configuration's values for those not given.

    Raises:
        Failed: a limit or the address is invalid.
    """
    chosen = config_cache.chosen(environment).get("serve", {})
    try:
        url = checked_url(public_url) if public_url else chosen.get("public_url") or ""
        return ServeOptions(**options, public_url=url, limits={**chosen.get("limits", {}), **parsed(limits)})
    except ValueError as fault:
        raise Failed(f"{fault}.", 2) from None
