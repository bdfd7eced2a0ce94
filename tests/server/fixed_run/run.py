"""The run as its acts see it: who does what, a second apart, and a log of what each call returned."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable
from itertools import count
from operator import attrgetter
from typing import Any

import httpx
import orjson

from api_client.backend import Backend
from api_client.commands import Command, ReceiveUpload, read_command
from api_client.errors import ApiError, InvalidAnswers
from api_client.models import Receipt
from api_client.wire import Json, Wire
from tests.server.fixed_run.places import URL, Place
from tests.server.fixed_run.recording import OPENAPI, indented, shown


class Run:
    """Calls of a place's backends, and what they returned."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self._numbers = count(1)
        self._answers: list[str] = []
        self._begins: list[tuple[int, str]] = []
        """For each call its first exchange, and what was called."""
        self.openapi = b""

    def answers(self) -> bytes:
        """Return what every call of a backend returned."""
        return "\n".join(self._answers).encode()

    def wire(self) -> bytes:
        """Return what went over the wire, call by call."""
        texts: list[str] = []
        ends = [*(begin for begin, _ in self._begins[1:]), len(self.place.exchanges)]
        for (begin, title), end in zip(self._begins, ends, strict=True):
            texts.append(f"=== {title}\n")
            texts += [exchange.text() for exchange in self.place.exchanges[begin:end]]
        return "\n".join(texts).encode()

    async def submit(
        self, who: str, kind: type[Command], /, *, key: str | None = None, content: bytes | None = None, **raw: Any
    ) -> Json:
        """Submit the command that `raw` spells; return its answer, an empty object where it is refused."""
        command = read_command(kind, raw)
        key = key or f"key-{next(self._numbers)}"
        backend: Backend = self.place.platform if who == "platform" else self.place.backends[who]
        pieces = _in_pieces(content) if content is not None else None
        title = f"{who} submits {kind.__name__} under {key if kind is not ReceiveUpload else 'no key'}"
        receipt = await self._call(title, backend.submit(command, key=key, content=pieces))
        return receipt.answer if isinstance(receipt, Receipt) else {}

    async def read(self, who: str, name: str, /, *ids: Any, **filters: Any) -> Any:
        """Call what reads; return its answer, None where it is refused."""
        title = " ".join([who, "reads", name, *map(str, ids), *(f"{key}={value!r}" for key, value in filters.items())])
        return await self._call(title, attrgetter(name)(self.place.backends[who])(*ids, **filters))

    async def pages(self, who: str, name: str, /, *ids: str, limit: int, **filters: Any) -> None:
        """Read all pages of a list, and the empty one after the last."""
        cursor, items = None, True
        while items:
            page = await self.read(who, name, *ids, cursor=cursor, limit=limit, **filters)
            cursor, items = page.next_cursor, bool(page.items)

    async def download(self, who: str, upload_id: str) -> None:
        """Read an upload's content."""
        await self._call(f"{who} downloads {upload_id}", _joined(self.place.backends[who].download(upload_id)))

    async def follow(self, who: str, cursor: str, stored: int, write: Awaitable[object]) -> None:
        """Follow the timeline from a cursor: so many events that are stored, and the one that `write` makes."""
        changes = self.place.backends[who].changes(cursor)
        self._title(f"{who} follows from {cursor}")
        self._answers += [_text(await anext(changes)) for _ in range(stored)]
        self.place.falls_asleep()
        news = asyncio.ensure_future(_next(changes))
        await self.place.listening(who)
        await write
        self.place.wakes()
        self._answers += [f"and then {who} hears", _text(await news)]
        await changes.aclose()  # type: ignore[attr-defined]  # every backend's is a generator

    async def send(
        self, who: str | None, method: str, path: str, *, closed: bool = False, **parts: Any
    ) -> httpx.Response:
        """Send one request as it is; `closed` sends it to the server that accepts no call."""
        headers = {"Accept": "*/*", "Accept-Encoding": "identity", "X-API-Version": "0"}
        if who is not None:
            headers["Authorization"] = f"Bearer {self.place.secrets[who]}"
        headers |= parts.pop("headers", {})
        self._title(f"{who or 'nobody'} sends {method} {path[:100]}")
        transport = self.place.no_calls if closed else self.place.transport
        async with httpx.AsyncClient(transport=transport, base_url=URL, trust_env=False) as client:
            response = await client.request(method, path, headers=headers, **parts)
        if path == OPENAPI:
            self.openapi = indented(response.content) + b"\n"
        return response

    async def post(self, who: str | None, path: str, content: bytes, key: str | None = "raw", **parts: Any) -> None:
        """Send a POST with a JSON body as it is."""
        headers = {"Content-Type": "application/json", **({"Idempotency-Key": key} if key is not None else {})}
        await self.send(who, "POST", path, content=content, headers=headers, **parts)

    async def stream(self, who: str, pieces: int, query: str = "", **headers: str) -> None:
        """Read the first pieces of the stream of events, and leave."""
        self._title(f"{who} reads {pieces} pieces of the stream")
        key = {
            "Authorization": f"Bearer {self.place.secrets[who]}",
            "Accept": "text/event-stream",
            "Accept-Encoding": "identity",
        }
        async with (
            httpx.AsyncClient(transport=self.place.transport, base_url=URL, trust_env=False) as client,
            client.stream("GET", f"/api/events/stream{query}", headers={**key, **headers}) as response,
        ):
            read = response.aiter_raw()
            for _ in range(pieces):
                await anext(read)

    async def _call(self, title: str, call: Awaitable[object]) -> object:
        self._title(title)
        try:
            answer = await call
        except ApiError as fault:
            fields = f" {fault.fields}" if isinstance(fault, InvalidAnswers) else ""
            self._answers.append(f"{type(fault).__name__} {fault.code}: {fault.message}{fields}")
            return None
        self._answers.append(_text(answer))
        return answer

    def _title(self, title: str) -> None:
        self.place.pass_time()
        self._answers.append(f"=== {title}")
        self._begins.append((len(self.place.exchanges), title))


def _text(answer: object) -> str:
    if isinstance(answer, bytes):
        return repr(answer)
    wire = _wire(answer)
    return "\n".join(shown(orjson.dumps(wire)))


def _wire(answer: object) -> Json:
    if isinstance(answer, Wire):
        return answer.wire()
    return [_wire(one) for one in answer] if isinstance(answer, (list, tuple)) else answer


async def _next(changes: AsyncIterator[Wire]) -> Wire:
    return await anext(changes)


async def _joined(pieces: AsyncIterator[bytes]) -> bytes:
    return b"".join([piece async for piece in pieces])


async def _in_pieces(content: bytes) -> AsyncIterator[bytes]:
    yield content[: len(content) // 2]
    yield content[len(content) // 2 :]
