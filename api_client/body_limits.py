"""The counted limits within a body: how many items, how much text, how deep (CONTRACT.md part 3, Limits).

Apart from the rules of the state machine, and checked only where a body comes in: a record that was written under
other limits stays readable. A walk over the parsed JSON, linear in its size, before anything is built of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import count
from typing import Any

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

    @property
    def short(self) -> int:
        """Return how many characters are within every limit, whatever they are."""
        return min(self.summary, self.text) // _BYTES_A_CHARACTER


def check_body(body: Mapping[str, Json], limits: BodyLimits) -> int:
    """Check a parsed body against the counted limits; return how many keys all its objects have together.

    Raises:
        InvalidRequest: it is over one; the message names the place, what it holds and the limit.
    """
    for keys, items, most, what in _counted(body, limits):
        if isinstance(items, (list, dict)) and len(items) > most:
            raise InvalidRequest(f"{_joined(keys)}: has {len(items):,} {what}, at most {most:,} are taken")
    count_of_keys, is_within = _look_through(body, limits)
    if not is_within:
        _find_fault(body, limits)
    return count_of_keys


def _counted(body: Mapping[str, Json], limits: BodyLimits) -> Iterator[tuple[tuple[_Key, ...], Json, int, str]]:
    """Give what is counted: where it stands, what stands there, how many items it may have, and what they are."""
    fields, bids, answers = body.get("fields"), body.get("recommendation"), body.get("answers")
    yield ("keyValueContext",), body.get("keyValueContext"), limits.context_entries, "entries"
    yield ("fields",), fields, limits.fields, "fields"
    yield ("recommendation",), bids, limits.fields, "bids"
    yield ("answers",), answers, limits.fields, "answers"
    for name, key, rows in (("fields", "options", fields), ("recommendation", "value", bids)):
        for number, row in enumerate(rows if isinstance(rows, list) else ()):
            if isinstance(row, dict):
                yield (name, number, key), row.get(key), limits.options, "options"
    for asked, answer in answers.items() if isinstance(answers, dict) else ():
        yield ("answers", asked), answer, limits.options, "options"


def _look_through(body: Mapping[str, Json], limits: BodyLimits) -> tuple[int, bool]:
    """Return how many keys there are, and whether no text is too long and nothing too deep; False: look closer.

    It knows no places, and so takes a tenth of the time that it takes to find them.
    """
    short, most = limits.short, min(limits.summary, limits.text)
    level: list[Any] = [body]
    keys, is_short = 0, True
    for _ in range(limits.nesting):
        inner: list[Any] = []
        for one in level:
            if one.__class__ is not list:
                keys += len(one)
                for name in one:
                    if len(name) > short and _size(name) > most:
                        is_short = False
            for value in one if one.__class__ is list else one.values():
                kind = value.__class__
                if kind is dict or kind is list:
                    inner.append(value)
                elif kind is str and len(value) > short and _size(value) > most:
                    is_short = False
        level = inner
    return keys, is_short and not level


def _find_fault(body: Mapping[str, Json], limits: BodyLimits) -> None:
    level: list[tuple[_Container, _Place]] = [(body, None)]
    for depth in count(1):
        if not level:
            return
        if depth > limits.nesting:
            raise InvalidRequest(f"{_told(level[0][1])}: the body is nested deeper than {limits.nesting} levels")
        is_last = depth == limits.nesting
        level = [inner for value, place in level for inner in _looked_at(value, place, limits, is_last=is_last)]


_Key = str | int
_Container = Mapping[str, Json] | list[Json]
_Place = tuple[Any, _Key] | None
"""Where a value stands: the place of what holds it and its key there; None is the body itself."""
_BYTES_A_CHARACTER = 4
_KEY_SHOWN = 60


def _looked_at(
    value: _Container, place: _Place, limits: BodyLimits, *, is_last: bool
) -> Iterator[tuple[_Container, _Place]]:
    """Check one object or list, and give those that it holds: empty ones only where they may not be."""
    short = limits.short
    if isinstance(value, dict):
        for name in value:
            if len(name) > short:
                _check_text(f"{_told(place)}: a key", name, limits.text)
    for key, one in value.items() if isinstance(value, Mapping) else enumerate(value):
        kind = one.__class__
        if kind is dict or kind is list:
            if one or is_last:
                yield one, (place, key)
        elif kind is str and len(one) > short:
            most = limits.summary if place is None and key == "summary" else limits.text
            _check_text(f"{_told((place, key))}: the text", one, most)


def _keys(place: _Place) -> list[_Key]:
    """Return the keys and indexes that lead from the body to a place."""
    keys: list[_Key] = []
    while place is not None:
        place, key = place
        keys.append(key)
    return keys[::-1]


def _told(place: _Place) -> str:
    return _joined(_keys(place))


def _joined(keys: Sequence[_Key]) -> str:
    return ".".join(str(key)[:_KEY_SHOWN] for key in keys) or "body"


def _check_text(where: str, text: str, most: int) -> None:
    if (size := _size(text)) > most:
        raise InvalidRequest(f"{where} has {size:,} bytes, at most {most:,} are taken")


def _size(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))
