"""Where a server is, and whether what it says of itself is believed: its URL and its certificate."""

from __future__ import annotations

import ssl
from ipaddress import ip_address
from pathlib import Path

import httpx

from api_client.errors import InvalidRequest, UnexpectedAnswer


def checked_url(base_url: str, *, allow_plain_http: bool) -> str:
    """Return `base_url` as it may be called.

    Raises:
        InvalidRequest: it is no http address (`INVALID_URL`), or its key would travel in the open (`INSECURE_URL`).
    """
    try:
        url = httpx.URL(base_url)
    except httpx.InvalidURL:
        raise InvalidRequest("The server's address is no URL.", code="INVALID_URL") from None
    if url.scheme not in ("http", "https") or not url.host:
        words = "The server's address must be like https://host or http://127.0.0.1:7867."
        raise InvalidRequest(words, code="INVALID_URL")
    if url.userinfo or url.query or url.fragment:
        raise InvalidRequest("The server's address must hold no user, query or fragment.", code="INVALID_URL")
    if url.scheme == "http" and not allow_plain_http and not is_loopback(url.host):
        raise InvalidRequest(
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


def same_origin(one: httpx.URL, other: httpx.URL) -> bool:
    """Return whether two addresses are the same server's."""
    return (one.scheme, one.host, one.port) == (other.scheme, other.host, other.port)


def content_url(url: str, base_url: str) -> str:
    """Return the address of an upload's content, as a server named it, where it may be asked there.

    Raises:
        UnexpectedAnswer: it is neither https nor the server's own.
    """
    try:
        named = httpx.URL(url)
    except httpx.InvalidURL:
        named = httpx.URL()
    if named.host and (named.scheme == "https" or same_origin(named, httpx.URL(base_url))):
        return url
    raise UnexpectedAnswer("The server names no address from which the content can be had safely.")


def trust(url: str, ca_file: Path | None) -> ssl.SSLContext | bool:
    """Return what checks the certificate of the server at `url`; False where plain http has none.

    Args:
        url: as `checked_url` gave it.
        ca_file: certificates, as PEM, that alone are trusted; without it those of the `SSL_CERT_FILE` that the
            environment names, else the well-known ones.

    Raises:
        InvalidRequest: the certificates can't be read (`INVALID_CA_FILE`).
    """
    if not url.startswith("https:"):
        return False
    try:
        if ca_file is not None:
            return ssl.create_default_context(cafile=str(ca_file))
        return httpx.create_ssl_context()
    except (OSError, ssl.SSLError) as fault:
        named = ca_file or "that SSL_CERT_FILE names"
        words = f"The CA file {named} can't be used: {fault.strerror or type(fault).__name__}. It must hold PEM."
        raise InvalidRequest(words, code="INVALID_CA_FILE") from None


def distrust(lost: BaseException) -> str:
    """Return why a server's certificate was refused, as OpenSSL words it; empty where that is not what went wrong."""
    cause: BaseException | None = lost
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return cause.verify_message
        cause = cause.__cause__ or cause.__context__
    return ""
