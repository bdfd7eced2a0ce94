"""Checks of a server's address and of its certificate."""

from __future__ import annotations

import os
import re
import ssl
from ipaddress import ip_address
from pathlib import Path

import httpx

from api_client.errors import Misconfigured, UnexpectedAnswer

_LABEL = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?")
_LONGEST_HOST = 253


def url_of(text: str) -> httpx.URL | None:
    """Return the URL that a text spells, None where its host or port is not valid."""
    try:
        # An IPv6 zone is escaped in a URL (RFC 6874), but not where the system looks it up.
        url = httpx.URL(re.sub(r"(?<=%)25(?=[^\[\]]*\])", "", text, count=1))
    except (httpx.InvalidURL, ValueError):  # of a name that IDNA refuses, idna's own is a ValueError
        return None
    return url if _is_host(url.raw_host.decode("ascii")) and url.port != 0 and (url.port or 0) <= 0xFFFF else None


def _is_host(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return len(host) <= _LONGEST_HOST and all(_LABEL.fullmatch(part) for part in host.removesuffix(".").split("."))
    return True


def checked_url(base_url: str, *, allow_plain_http: bool) -> str:
    """Return `base_url` in the form in which it is called.

    Raises:
        Misconfigured: it is no http address (`INVALID_URL`), or its key would be sent unencrypted (`INSECURE_URL`). The
            message does not contain a user and password that are part of it.
    """
    url = url_of(base_url)
    if url is None or url.scheme not in ("http", "https"):
        words = "The server's address must be like https://host or http://127.0.0.1:7867."
        raise Misconfigured(words, code="INVALID_URL")
    if url.userinfo or "?" in base_url or "#" in base_url:
        raise Misconfigured("The server's address must hold no user, query or fragment.", code="INVALID_URL")
    if url.scheme == "http" and not allow_plain_http and not is_loopback(url.host):
        raise Misconfigured(
            f"{base_url} is plain http to another machine: the API key would travel in the open. Use https, or "
            "--insecure-http where nobody can listen.",
            code="INSECURE_URL",
        )
    return str(url).rstrip("/")


def is_loopback(host: str) -> bool:
    """Return whether a host's name or address is this machine's own."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def same_origin(first: httpx.URL, second: httpx.URL) -> bool:
    """Return whether two addresses are the same server's."""
    return (first.scheme, first.host, first.port) == (second.scheme, second.host, second.port)


def content_url(url: str, base_url: str) -> str:
    """Return the address of an upload's content, as a server named it, if it is safe to call.

    Raises:
        UnexpectedAnswer: it is neither https nor the server's own.
    """
    named = url_of(url)
    if named is not None and (named.scheme == "https" or same_origin(named, httpx.URL(base_url))):
        return url
    raise UnexpectedAnswer("The server names no address from which the content can be had safely.")


def trust(ca_file: Path | None) -> ssl.SSLContext:
    """Return the TLS context that checks the certificates of servers.

    Args:
        ca_file: the only certificates that are trusted, as PEM; without it those of the `SSL_CERT_FILE` or
            `SSL_CERT_DIR` that the environment names, else the well-known ones.

    Raises:
        Misconfigured: the certificates can't be read (`INVALID_CA_FILE`), or the environment has TLS write its keys
            to a file that can't be written (`INVALID_KEY_LOG`).
    """
    try:
        if ca_file is not None:
            return ssl.create_default_context(cafile=str(ca_file))
        return httpx.create_ssl_context()
    except (OSError, ssl.SSLError, ValueError) as fault:
        reason = getattr(fault, "strerror", None) or type(fault).__name__
        if (log := os.environ.get("SSLKEYLOGFILE")) and fault.args and getattr(fault, "filename", None) == log:
            words = f"The file that SSLKEYLOGFILE names can't be written: {reason}. Name another, or unset it."
            raise Misconfigured(words, code="INVALID_KEY_LOG") from None
        named = ca_file or "that SSL_CERT_FILE names"
        words = f"The CA file {named} can't be used: {reason}. It must hold PEM."
        raise Misconfigured(words, code="INVALID_CA_FILE") from None


def distrust(error: BaseException) -> str:
    """Return OpenSSL's reason for refusing a server's certificate; empty where an error has another cause."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return cause.verify_message
        cause = cause.__cause__ or cause.__context__
    return ""
