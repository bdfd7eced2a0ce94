"""A real server on this machine that answers each path with the bytes that a test hands it, however hostile."""

from __future__ import annotations

import json
import socketserver
import threading
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from itertools import repeat
from typing import Any

Answer = Callable[[], Iterable[bytes]]
MEGABYTE = 1_000_000


class _Handler(socketserver.StreamRequestHandler):
    answers: dict[str, Answer]
    asked: list[tuple[str, str]]

    def handle(self) -> None:
        method, path, _ = self.rfile.readline().decode("latin-1").split(" ", 2)
        length = 0
        while (header := self.rfile.readline().strip()) != b"":
            name, _, value = header.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        self.rfile.read(length)
        self.asked.append((method, path))
        answer = self.answers.get(path.partition("?")[0], self.answers.get("*", lambda: plain(404, {"error": "no"})))
        with suppress(OSError):
            for piece in answer():
                self.wfile.write(piece)


@contextmanager
def scripted(answers: dict[str, Answer]) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Serve `answers` by path, `*` for all others; give the address, and the calls as they come."""
    asked: list[tuple[str, str]] = []
    handler = type("Handler", (_Handler,), {"answers": answers, "asked": asked})
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}", asked
        finally:
            server.shutdown()
            thread.join()


def head(status: int, **headers: str) -> bytes:
    """Return the head of an answer that ends with its connection."""
    lines = [f"HTTP/1.1 {status} x", "Connection: close", *(f"{k.replace('_', '-')}: {v}" for k, v in headers.items())]
    return "\r\n".join((*lines, "", "")).encode()


def plain(status: int, body: Any) -> list[bytes]:
    """Return a whole answer in JSON, or as HTML where `body` is text."""
    text = body if isinstance(body, str) else json.dumps(body)
    kind = "text/html" if isinstance(body, str) else "application/json"
    return [head(status, Content_Type=kind, Content_Length=str(len(text.encode()))), text.encode()]


def bomb(wbits: int, megabytes: int) -> Iterator[bytes]:
    """Yield `megabytes` of blanks, packed a thousandfold: the end is missing, but nobody should come to it."""
    packer = zlib.compressobj(9, zlib.DEFLATED, wbits)
    yield packer.compress(b" " * MEGABYTE) + packer.flush(zlib.Z_FULL_FLUSH)
    again = packer.compress(b" " * MEGABYTE) + packer.flush(zlib.Z_FULL_FLUSH)
    yield from repeat(again, megabytes - 1)
