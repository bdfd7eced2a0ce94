"""Texts that an agent might write to reach the reviewer's terminal, and a backend that puts one of them everywhere.

The store refuses some of them (a lone surrogate can't be kept); a server that is not ours may not. So they are put in
behind the store, between the backend and the screens.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

from msgspec.structs import replace

from api_client.wire import Wire

ESCAPES = "\x1b]52;c;UFdORUQ=\x07\x1b]0;PWNED\x07\x1b[6n\x1b[2J\x1b[31;7777m\x9b6n\x07\x08\x7f\x1bcPWNED "
CORPUS: Mapping[str, str] = {
    "markup": "[@click=app.quit]PWNED[/] [/x] [bold [link=http://x]PWNED[/link] [b] [[/ \\[ $x {0} %s ",
    "escapes": ESCAPES,
    "hidden": "\u202ePWNED\u2066\u200b\u200d\ufeff\u3164 pаypаl ＰＷ \ufe0f\ufe0f one\ntwo\rthree\x0b\x85\u2028\t"  # noqa: RUF001
    + "\x00\ud800PWNED\udfff\ufffe\U000e0041\U0010ffff 山👩\u200d👧 e"
    + "\u0301" * 50
    + " ",
    "markdown": "# h\n[PWNED](http://x) ![i](y) <a href='z'>b</a> <script>1</script> <http://q>\n\n|a|b|\n|-|-|\n|1| ",
    "long line": "PWNED" * 200_000,
    "blocks": "# PWNED\n\n> - *a*\n\n" * 5_000,
}
"""By what each tries."""
FOREIGN = frozenset(
    (
        "name",
        "summary",
        "label",
        "description",
        "rationale",
        "note",
        "reason_code",
        "external_id",
        "external_trace_id",
        "subject",
        "tags",
        "step",
        "current_step",
        "initial_step",
        "exits",
        "task_name",
        "project_name",
        "assignee_id",
        "transition_from",
        "transition_to",
        "content_type",
        "file_name",
        "decided_by",
        "answered_by",
        "state",
        "by",
        "text",
    )
)
"""Fields of models that hold words of someone else's choice; ids, types and cursors hold a server's."""
STRUCTURE = frozenset(
    (
        "type",
        "fieldId",
        "id",
        "eventType",
        "attachments",
        "uploadId",
        "required",
        "format",
        "min",
        "max",
        "step",
        "minLength",
        "maxLength",
        "integerOnly",
        "confidence",
    )
)
"""Keys of payloads that a screen reads, and does not show as text."""


def poisoned(value: Any, text: str) -> Any:
    """Return a backend's answer with `text` before every word of someone else's."""
    if isinstance(value, Wire):
        found = {name: getattr(value, name) for name in value.__struct_fields__}
        changed = {name: _field(name, one, text) for name, one in found.items()}
        return replace(value, **changed)
    if isinstance(value, (list, tuple)):
        return type(value)(poisoned(one, text) for one in value)
    return value


def _field(name: str, value: Any, text: str) -> Any:
    if name == "metadata":
        return {text + key: _deep(one, text) for key, one in value.items()}
    if name in ("payload", "recommendation", "result"):
        return _deep(value, text)
    return _words(value, text) if name in FOREIGN else poisoned(value, text)


def _words(value: Any, text: str) -> Any:
    if isinstance(value, str):
        return text + value
    if isinstance(value, (list, tuple)):
        return type(value)(_words(one, text) for one in value)
    return poisoned(value, text)


def _deep(value: Any, text: str) -> Any:
    if isinstance(value, str):
        return text + value
    if isinstance(value, dict):
        keep = STRUCTURE & value.keys()
        return {
            key if key in keep or _is_key(key) else text + key: one if key in keep else _deep(one, text)
            for key, one in value.items()
        }
    return [_deep(one, text) for one in value] if isinstance(value, list) else value


def _is_key(key: str) -> bool:
    """Return whether a payload's key is one of the contract's own."""
    return key.isidentifier() and key[0].islower()


class Poisoned:
    """A backend whose every answer is hostile."""

    def __init__(self, backend: Any, text: str) -> None:
        self.backend = backend
        self._text = text

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.backend, name)
        if name in ("capabilities", "aclose", "download", "submit"):
            return found
        if name == "changes":
            return self._changes(found)
        if name == "notices":
            return tuple(self._text + one for one in (*found, "a notice"))
        if not callable(found):
            return found

        async def call(*args: Any, **keys: Any) -> Any:
            # A step that is asked for by its poisoned name is the one without.
            asked = [one.removeprefix(self._text) if isinstance(one, str) else one for one in args]
            return poisoned(await found(*asked, **keys), self._text)

        return call

    def _changes(self, found: Callable[..., AsyncIterator[Any]]) -> Callable[..., AsyncIterator[Any]]:
        async def changes(cursor: str | None = None) -> AsyncIterator[Any]:
            async for change in found(cursor):
                yield poisoned(change, self._text)

        return changes
