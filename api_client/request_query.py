"""The filter of the inbox: its syntax as it is typed, and the test that it stands for.

    refund "lost parcel"       words and phrases that must be there: in the summary, task, project, step or assignee
    project:claims step:review parts of a name
    type:approval  type:e      the kind of request
    is:mine  is:free           assigned to the reader, or to no one
    is:overdue                 longer in its step than the step allows
    is:snoozed                 put off by the reader, on this machine
    agent:deny                 the agent's recommendation
    confidence<.7              the agent's confidence; also > <= >= =
    @maria                     assigned to someone whose name contains this
    -project:claims            not this

A word that is half typed already counts; any other word is searched as text.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from api_client.outcome_words import LONG_OUTCOME_WORDS, OUTCOME_WORDS
from api_client.request_facts import confidence_value, recommended_type, request_kind

if TYPE_CHECKING:
    from api_client.models import InboxItem

Test = Callable[["InboxItem"], bool]
TEXT_SEARCHED = 4_000
"""Characters of a summary that are searched."""
WORD = re.compile(r'(-?)(?:([a-z]+:)?"([^"]*)"?|(\S+))')
CONFIDENCE = re.compile(r"confidence(<=|>=|<|>|=)(\d*\.?\d+)")
_COMPARE: Mapping[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
    "=": operator.eq,
}


@dataclass(frozen=True, slots=True)
class Reader:
    """The person and the time that filters and sections depend on."""

    name: str
    now: datetime
    capabilities: AbstractSet[str] = frozenset()
    """What the backend lets the person do."""
    snoozed: Mapping[str, datetime] = field(default_factory=dict)
    """The time until which the person put a request off, by its id."""

    def may_decide(self, item: InboxItem) -> bool:
        """Return whether the person may settle a request of this kind."""
        return ("answer" if item.event_type == "ELICITATION_REQUESTED" else "decide") in self.capabilities

    def has_snoozed(self, item: InboxItem) -> bool:
        """Return whether the person put a request off, until a time that has not come yet."""
        until = self.snoozed.get(item.request_id)
        return until is not None and until > self.now


class RequestState(NamedTuple):
    """A state of a request, as `is:` names it."""

    test: Callable[[InboxItem, Reader], bool]
    depends_on_time: bool = False
    """Whether a request can come into this state while nothing but time passes."""


class ParsedFilter(NamedTuple):
    """A filter that was read, or one word of it."""

    test: Test | None
    """What a request must pass, None where every request passes."""
    depends_on_time: bool = False
    """Whether other requests may pass it a minute later: it is read again then, with the new time."""


def searched(item: InboxItem) -> str:
    """Return the text that words are searched in, casefolded."""
    summary = item.summary[:TEXT_SEARCHED]
    return "\n".join((summary, item.task_name, item.project_name, item.step, item.assignee_id or "")).casefold()


def is_overdue(item: InboxItem, now: datetime) -> bool:
    """Return whether the task has been in its step for longer than the step allows."""
    return item.overdue_at is not None and item.overdue_at <= now


STATES: Mapping[str, RequestState] = {
    "mine": RequestState(lambda item, reader: item.assignee_id == reader.name),
    "free": RequestState(lambda item, _: not item.assignee_id),
    "overdue": RequestState(lambda item, reader: is_overdue(item, reader.now), depends_on_time=True),
    "snoozed": RequestState(lambda item, reader: reader.has_snoozed(item), depends_on_time=True),
}
"""The values of `is:`; the first one that begins with what is typed is meant."""


def read_filter(text: str, reader: Reader, text_of: Callable[[InboxItem], str] = searched) -> ParsedFilter:
    """Return the filter that a text stands for.

    Args:
        text: The filter as it was typed.
        reader: The person and the time.
        text_of: Returns the text that words are searched in; a caller with a cache passes its own.
    """
    words = [_word(match, reader, text_of) for match in WORD.finditer(text)]
    tests = [word.test for word in words if word.test is not None]
    if not tests:
        return ParsedFilter(None)
    return ParsedFilter(lambda item: all(test(item) for test in tests), any(word.depends_on_time for word in words))


def _word(match: re.Match[str], reader: Reader, text_of: Callable[[InboxItem], str]) -> ParsedFilter:
    without, key, quoted, plain = match.groups()
    if quoted is None and plain is not None:
        key, _, value = plain.partition(":") if re.match(r"[a-z]+:", plain) else ("", "", plain)
        read = _keyed(key, value, reader) if key else _plain(plain)
    else:
        value = quoted or ""
        read = _keyed((key or "").rstrip(":"), value, reader) if key else None
    if read is None:
        word = (plain if plain is not None else f"{key or ''}{value}").casefold()
        if not word:
            return ParsedFilter(None)

        def has_word(item: InboxItem) -> bool:
            return word in text_of(item)

        read = ParsedFilter(has_word)
    positive = read.test
    if without and positive is not None:
        return read._replace(test=lambda item: not positive(item))
    return read


def _plain(word: str) -> ParsedFilter | None:
    if word.startswith("@"):
        name = word[1:].casefold()
        return ParsedFilter(lambda item: name in (item.assignee_id or "").casefold() if name else True)
    if compared := CONFIDENCE.fullmatch(word):
        compare, bound = _COMPARE[compared[1]], float(compared[2])

        def within(item: InboxItem) -> bool:
            value = confidence_value(item.recommendation)
            return value is not None and compare(value, bound)

        return ParsedFilter(within)
    return None


def _keyed(key: str, value: str, reader: Reader) -> ParsedFilter | None:
    value = value.casefold()
    if key == "project":
        return ParsedFilter(lambda item: value in item.project_name.casefold())
    if key == "step":
        return ParsedFilter(lambda item: value in item.step.casefold())
    if key == "type":
        return ParsedFilter(lambda item: request_kind(item.event_type).startswith(value))
    if key == "agent":
        return ParsedFilter(lambda item: any(word.startswith(value) for word in _recommended(item)))
    if key == "is":
        return _state(value, reader)
    return None


def _state(value: str, reader: Reader) -> ParsedFilter | None:
    if not value:
        return ParsedFilter(lambda _: True)
    state = next((state for name, state in STATES.items() if name.startswith(value)), None)
    return None if state is None else ParsedFilter(lambda item: state.test(item, reader), state.depends_on_time)


def _recommended(item: InboxItem) -> Sequence[str]:
    """Return the words of the outcome that an agent recommends, the long one too; none where it recommends none."""
    kind = recommended_type(item.recommendation)
    word = OUTCOME_WORDS.get(kind)
    return (word, LONG_OUTCOME_WORDS.get(kind, word)) if word else (kind.casefold(),) if kind else ()
