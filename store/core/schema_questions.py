"""Questions of the rules about schemas, and the verdicts on them: values only, so that the rules stay pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol

from api_client.errors import StoreBusy
from store.core.command_limits import CommandLimits


@dataclass(frozen=True, slots=True)
class Question:
    """A question about JSON texts, as bytes.

    With `metadata`: does it satisfy the JSON Schema `schema`? Without: may a project declare `schema`, which is then
    the whole `stepSchemas` object, step name to JSON Schema?
    """

    schema: bytes
    metadata: bytes | None = None


class Verdict(NamedTuple):
    """A refusal: the metadata does not fit, the schema can't be used, or the check takes too long; and its words."""

    kind: Literal["misfit", "unusable", "long"]
    words: str


Ask = Callable[[Question], Verdict | None]
"""Answers a question; None is yes. May raise `CheckNeeded` where the answer is not known yet."""
Verdicts = Mapping[Question, Verdict | None]
"""Questions that were answered."""


def unasked(_question: Question) -> None:
    """Answer yes: what is recorded already is not judged by the schemas of today."""


class CheckNeeded(StoreBusy):
    """A command can't be ruled on before `question` is answered, outside of the store's lock: submit it again then."""

    def __init__(self, question: Question) -> None:
        super().__init__("The metadata is still to be checked; try again.")
        self.question = question


class SchemaChecks(Protocol):
    """Answers the questions of one store's rules; `schemas.checks` does, in worker processes."""

    @property
    def limits(self) -> CommandLimits:
        """The limits that commands are held to."""
        ...

    def known(self, verdicts: Verdicts) -> Ask:
        """Return what answers from `verdicts` and from earlier answers, and raises `CheckNeeded` for others."""
        ...

    def at_once(self, subject: str) -> Ask:
        """Return what answers by waiting for the check, on behalf of `subject`."""
        ...
