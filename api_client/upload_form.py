"""The form of an upload, as browsers and the official SDK send it."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterable, AsyncIterator

from api_client.commands import ReceiveUpload
from api_client.errors import InvalidRequest


def random_boundary() -> str:
    """Return 128 random bits in hex, which occur in no file."""
    return secrets.token_hex(16)


async def upload_form(command: ReceiveUpload, content: AsyncIterable[bytes], boundary: str) -> AsyncIterator[bytes]:
    """Yield the one part of an upload's form, with its file name escaped as browsers and the SDK do."""
    name = command.file_name.encode(errors="replace").replace(b"\\", b"\\\\")
    for plain, escaped in ((b'"', b"%22"), (b"\r", b"%0D"), (b"\n", b"%0A")):
        name = name.replace(plain, escaped)
    content_type = command.content_type
    if not (content_type.isascii() and content_type.isprintable()):
        raise InvalidRequest("contentType: must be like image/png")
    yield b'--%b\r\nContent-Disposition: form-data; name="file"; filename="%b"\r\n' % (boundary.encode(), name)
    yield b"Content-Type: %b\r\n\r\n" % content_type.encode()
    async for piece in content:
        yield piece
    yield b"\r\n--%b--\r\n" % boundary.encode()
