"""What the rules ask about schemas, and what they hear: values only, so that the rules stay pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple

from api_client.errors import StoreBusy


@dataclass(frozen=True, slots=True)
class Question:
    """A question about JSON texts, as bytes.

    With `metadata`: does it satisfy the JSON Schema `schema`? Without: may a project declare `schema`, which is then
    the whole `stepSchemas` object, step name to JSON Schema?
    """

    schema: bytes
    metadata: bytes | None = None


class Verdict(NamedTuple):
    """Why the answer is no: the metadata misfits, the schema is unusable, or the check takes too long; and in words."""

    kind: Literal["misfit", "unusable", "long"]
    words: str


Ask = Callable[[Question], Verdict | None]
"""Answers a question: None is yes. It may raise `CheckNeeded`, where the answer has to come from elsewhere first."""


def unasked(_question: Question) -> None:
    """Say yes to everything: what stands on the record is not judged by the schemas of today."""


class CheckNeeded(StoreBusy):
    """A command can't be ruled on before `question` is answered, outside of the folder's lock: submit it again then."""

    def __init__(self, question: Question) -> None:
        super().__init__("The metadata is still to be checked; try again.")
        self.question = question
