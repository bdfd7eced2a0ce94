"""The counted limits within a body: how many items, how much text, how deep (CONTRACT.md part 3, Limits).

Apart from the rules of the state machine, and checked only where a body comes in: a record that was written under
other limits stays readable. One walk over the parsed JSON, linear in its size, before anything is built of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass

from typing_extensions import override

from api_client.errors import InvalidRequest
from api_client.wire import Json

DEEPEST = 100
"""Levels that a limit may allow: the journal's writer and every reader's parser take more."""


@dataclass(frozen=True, slots=True)
class BodyLimits:
    """The most that one body may hold, by what is counted; a body at a limit passes."""

    fields: int = 500
    """Fields of a form; its bids and its answers too."""
    options: int = 1_000
    """Options of a field, and options in one answer or bid."""
    context_entries: int = 200
    summary: int = 16_000
    """Bytes of a summary, in UTF-8."""
    text: int = 64_000
    """Bytes of any other text or key, in UTF-8."""
    nesting: int = 32
    """Levels of objects and lists; the body itself is the first."""

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            if value < 1:
                raise ValueError(f"{name} must be 1 or more")
        if self.nesting > DEEPEST:
            raise ValueError(f"nesting must be {DEEPEST} or less")


def check_body(body: Mapping[str, Json], limits: BodyLimits) -> None:
    """Check a parsed body against the counted limits.

    Raises:
        InvalidRequest: it is over one; the message names the place, what it holds and the limit.
    """
    few = min(limits.fields, limits.options, limits.context_entries)
    short = min(limits.summary, limits.text) // _BYTES_A_CHARACTER
    for place, value in _containers(body, limits.nesting):
        if len(value) > few:
            _check_count(place, len(value), limits)
        if isinstance(value, Mapping):
            for name in value:
                if len(name) > short:
                    _check_text(f"{place}: a key", name, limits.text)
        for key, one in _items(value):
            if isinstance(one, str) and len(one) > short:
                is_summary = place.above is None and key == "summary"
                _check_text(f"{_Place(place, key)}: the text", one, limits.summary if is_summary else limits.text)


_Key = str | int
_Container = Mapping[str, Json] | list[Json]
_BYTES_A_CHARACTER = 4
_KEY_SHOWN = 60


class _Place:
    """Where a value stands in the body, as a link to what holds it: written out only where something is refused."""

    __slots__ = ("above", "depth", "key")

    def __init__(self, above: _Place | None, key: _Key) -> None:
        self.above, self.key = above, key
        self.depth: int = above.depth + 1 if above is not None else 1

    def keys(self) -> list[_Key]:
        """Return the keys and indexes that lead here from the body."""
        keys: list[_Key] = []
        place: _Place | None = self
        while place is not None and place.above is not None:
            keys.append(place.key)
            place = place.above
        return keys[::-1]

    @override
    def __str__(self) -> str:
        return ".".join(str(key)[:_KEY_SHOWN] for key in self.keys()) or "body"


def _containers(body: Mapping[str, Json], nesting: int) -> Iterator[tuple[_Place, _Container]]:
    """Give each object and list of the body with its place, outer ones before inner ones."""
    waiting: list[tuple[_Place, _Container]] = [(_Place(None, ""), body)]
    while waiting:
        place, value = waiting.pop()
        if place.depth > nesting:
            raise InvalidRequest(f"{place}: the body is nested deeper than {nesting} levels")
        yield place, value
        waiting.extend((_Place(place, key), one) for key, one in _items(value) if isinstance(one, (dict, list)))


def _items(value: _Container) -> Iterable[tuple[_Key, Json]]:
    return value.items() if isinstance(value, Mapping) else enumerate(value)


def _check_count(place: _Place, count: int, limits: BodyLimits) -> None:
    most, what = _most(place.keys(), limits)
    if most and count > most:
        raise InvalidRequest(f"{place}: has {count:,} {what}, at most {most:,} are taken")


def _most(keys: list[_Key], limits: BodyLimits) -> tuple[int, str]:
    """Return how many items may stand at a place (0: they are not counted), and what they are."""
    match keys:
        case ["fields"]:
            return limits.fields, "fields"
        case ["recommendation"]:
            return limits.fields, "bids"
        case ["answers"]:
            return limits.fields, "answers"
        case ["fields", int(), "options"] | ["answers", str()] | ["recommendation", int(), "value"]:
            return limits.options, "options"
        case ["keyValueContext"]:
            return limits.context_entries, "entries"
        case _:
            return 0, ""


def _check_text(where: str, text: str, most: int) -> None:
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > most:
        raise InvalidRequest(f"{where} has {size:,} bytes, at most {most:,} are taken")
