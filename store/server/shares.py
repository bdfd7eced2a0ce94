"""Fair shares: what one caller may use of the server at a time (CONTRACT.md part 3, Limits).

A caller is a subject: all keys of a name are one. Its calls share a few turns, so that a caller who never stops
queues behind itself and not in front of others; lists and large bodies, which take memory, have fewer. Writes go at a
rate. What is over a limit is refused with 429 and the time after which it will be accepted; refusals that come too fast
are answered slowly, for a caller who does not wait would else cost as much as one who is served.

No limit is shared between subjects: what an agent does never delays a reviewer's decision.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from typing_extensions import override

from api_client.errors import ApiError, TooManyRequests

Now = Callable[[], float]
"""The seconds of a clock that never goes back."""

LONGEST_RETRY = 60.0
"""Seconds: the SDKs wait no longer, whatever `Retry-After` says."""
LARGE_IN_ALL = 32
"""Lists of all callers that are in memory at once: what is held of each is bounded in bytes."""
_REFUSALS_PER_SECOND = 20.0
_LONGEST_REFUSAL = 1.0
_MANY = 4_096


@dataclass(frozen=True, slots=True)
class Shares:
    """The share of one caller. The defaults are far above what a busy agent needs."""

    writes_per_second: int = 200
    """Sustained; 0 is no limit. A busy agent writes a few a second; the store takes some thousands from all."""
    burst: int = 1_000
    """Writes that may come at once after a rest: the backlog of an agent that was offline."""
    calls: int = 256
    """Calls in flight, those that wait for a decision not counted."""
    waiting: int = 1_000
    """Streams, and calls that wait for a decision."""
    at_once: int = 16
    """Writes that are worked on at the same time; the others wait for their turn."""
    reads: int = 4
    """Reads that are worked on at the same time: no more of them are done for being begun together."""
    large: int = 4
    """Lists that are worked on, or sent, at the same time."""
    bodies: int = 8
    """Uploads, and bodies over 64 kB, that come in at the same time."""


class WriteBucket:
    """Writes at a rate, with a burst: a token bucket that gives everyone it refuses a place of its own."""

    def __init__(self, rate: float, burst: int, now: Now = time.monotonic) -> None:
        self._rate, self._burst, self._now = rate, burst, now
        self._tokens, self._at = float(burst), now()
        self._promised = 0.0
        """When the last one that was refused may try again."""

    def take(self) -> float:
        """Admit a write and return 0, or return the seconds after which it may be tried again.

        Callers that are refused together are told different times, as many a second as there are writes to give:
        told the same one, they would all come back at once and most would be refused again.
        """
        now = self._now()
        self._tokens = min(self._burst, self._tokens + (now - self._at) * self._rate)
        self._at = now
        if self._tokens >= 1:
            self._tokens -= 1
            return 0.0
        place = max(now + (1 - self._tokens) / self._rate, self._promised + 1 / self._rate)
        self._promised = min(place, now + LONGEST_RETRY)
        return self._promised - now


class RefusalPace:
    """Refusals at a rate: each is held for its turn, a second at the most."""

    def __init__(self, now: Now = time.monotonic) -> None:
        self._now, self._next = now, 0.0

    def hold(self) -> float:
        """Return for how many seconds the next refusal is to be held; 0 for the first ones of a second."""
        now = self._now()
        self._next = max(now - 1, min(self._next, now + _LONGEST_REFUSAL)) + 1 / _REFUSALS_PER_SECOND
        return max(0.0, min(self._next - now, _LONGEST_REFUSAL))


class RefusalPaces:
    """The paces of refusals without a caller, by address."""

    def __init__(self) -> None:
        self._paces: dict[str, RefusalPace] = {}

    async def hold(self, address: str) -> None:
        """Return when a refusal to this address may be sent."""
        if len(self._paces) >= _MANY:
            self._paces.clear()  # each starts afresh: what counts is that they stay few
        seconds = self._paces.setdefault(address, RefusalPace()).hold()
        if seconds:
            await asyncio.sleep(seconds)


@dataclass(slots=True)
class _Share:
    """One caller's."""

    bucket: WriteBucket
    turns: asyncio.Semaphore
    reads: asyncio.Semaphore
    large: asyncio.Semaphore
    bodies: asyncio.Semaphore
    pace: RefusalPace = field(default_factory=RefusalPace)
    in_flight: int = 0
    waiting: int = 0


class Ticket:
    """An admitted call, with what it holds of its caller's share until it is over."""

    __slots__ = ("_held", "_is_waiting", "_limits", "_share")

    def __init__(self, share: _Share, limits: Shares) -> None:
        self._share, self._limits = share, limits
        self._held: list[asyncio.Semaphore] = []
        self._is_waiting = False
        share.in_flight += 1

    async def acquire_turn(self) -> None:
        """Wait for the caller's turn: the body has come, which may have taken long, and can be worked on."""
        await self.take(self._share.turns)

    async def take(self, *turns: asyncio.Semaphore) -> None:
        """Wait for these turns, in this order."""
        for turn in turns:
            await turn.acquire()
            self._held.append(turn)

    def release_turn(self) -> None:
        """Release the turns: from now on the call only waits, for events or for a decision, or sends bytes.

        Raises:
            TooManyRequests: the caller waits for as many as it may already.
        """
        if self._is_waiting:
            return
        if self._share.waiting >= self._limits.waiting:
            raise TooManyRequests(f"This key waits for {self._limits.waiting} answers already.", retry_after=1)
        self._release()
        self._is_waiting = True
        self._share.in_flight -= 1
        self._share.waiting += 1

    def _release(self) -> None:
        for turn in self._held:
            turn.release()
        self._held.clear()

    def close(self) -> None:
        """Release all that the call holds: it is over."""
        self._release()
        if self._is_waiting:
            self._share.waiting -= 1
        else:
            self._share.in_flight -= 1


class AdmissionControl:
    """Admits calls, each against its caller's share."""

    def __init__(self, limits: Shares) -> None:
        self._limits = limits
        self._shares: dict[str, _Share] = {}
        self._large = asyncio.Semaphore(LARGE_IN_ALL)

    async def enter(self, subject: str, *, write: bool, large: bool) -> Ticket:
        """Return the call's ticket: of a read once it is its turn, of a write before its body is read.

        Args:
            subject: the caller.
            write: whether it writes.
            large: whether what is answered, or of a write what is sent, may be large.

        Raises:
            TooManyRequests: the caller is over its share; with the time after which it may try again.
        """
        share = self._share(subject)
        if fault := self._fault(share, write=write):
            await self._hold(share)
            raise fault
        ticket = Ticket(share, self._limits)
        try:
            if write:
                await ticket.take(*((share.bodies,) if large else ()))
            else:
                await ticket.take(*((share.large, self._large) if large else ()), share.reads)
        except BaseException:  # a client that disconnects while it waits leaves nothing behind
            ticket.close()
            raise
        return ticket

    def _fault(self, share: _Share, *, write: bool) -> ApiError | None:
        if share.in_flight >= self._limits.calls:
            words = f"This key has {self._limits.calls} calls in flight, and more are not accepted."
            return TooManyRequests(words, retry_after=1)
        if write and self._limits.writes_per_second and (wait := share.bucket.take()):
            words = f"This key writes more than {self._limits.writes_per_second} times a second."
            seconds = math.ceil(wait)
            return TooManyRequests(f"{words} Try again in {seconds} s.", retry_after=seconds)
        return None

    @staticmethod
    async def _hold(share: _Share) -> None:
        if seconds := share.pace.hold():
            await asyncio.sleep(seconds)

    def _share(self, subject: str) -> _Share:
        share = self._shares.get(subject)
        if share is None:
            limits = self._limits
            share = self._shares[subject] = _Share(
                WriteBucket(limits.writes_per_second or 1, limits.burst),
                asyncio.Semaphore(limits.at_once),
                asyncio.Semaphore(limits.reads),
                asyncio.Semaphore(limits.large),
                asyncio.Semaphore(limits.bodies),
            )
        return share


class TicketedResponse(Response):
    """A response that closes its call's ticket once it was sent."""

    def __init__(self, answer: Response, ticket: Ticket) -> None:
        self._answer, self._ticket = answer, ticket

    @override
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._answer(scope, receive, send)
        finally:
            self._ticket.close()
