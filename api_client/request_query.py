"""The query language for requests, in the inbox and in grants: its syntax, and the test that a text stands for.

    refund "lost parcel"       words and phrases that must be there: in the summary, task, project, step or assignee
    project:claims step:review parts of a name
    type:approval  type:e      the kind of request
    is:mine  is:free           assigned to the reader, or to no one
    is:overdue                 longer in its step than the step allows
    is:snoozed                 put off by the reader, on this machine
    is:may                     what the reader may decide, and has not agreed to already
    agent:deny                 the agent's recommendation
    confidence<.7              the agent's confidence; also > <= >= =
    @maria                     assigned to someone whose name contains this
    from:refund-agent          asked by someone whose name contains this
    context.Amount<500         an amount in the request's context; also > <= >= =
    context.Weight<"500 kg"    a quantity there, of this unit
    context.Region:EU          a whole text there
    "context.Net amount"<500   the same, where the key has blanks
    -project:claims            not this

Where the agent's recommendation is hidden from the reader (blind review), no `agent:` and no `confidence` finds it.
A word that is half typed already counts; any other word is searched as text. Where the context lacks the key, has it
several times, or has no certain number or text there, neither a comparison nor its opposite passes.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from api_client.outcome_words import LONG_OUTCOME_WORDS, OUTCOME_WORDS
from api_client.request_facts import (
    confidence_value,
    context_value,
    is_folded,
    looks_like,
    recommended_type,
    request_kind,
)

if TYPE_CHECKING:
    from api_client.needs import Needs

TEXT_SEARCHED = 4_000
"""Characters of a summary that are searched."""
WORD = re.compile(
    r"(?P<without>-?)(?:"
    r'(?:"context\.(?P<quoted_name>[^"]+)"|context\.(?P<name>[^\s<>=:"]+))'
    r'(?P<sign>[<>]=?|[=:])(?:"(?P<quoted_bound>[^"]*)"?|(?P<bound>\S*))'
    r'|(?P<key>[a-z]+:)?"(?P<quoted>[^"]*)"?|(?P<plain>\S+))'
)
CONFIDENCE = re.compile(r"confidence(<=|>=|<|>|=)(\d*\.?\d+)")
_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
    "=": operator.eq,
}


class QueriedRequest(Protocol):
    """A request, as far as a query reads it."""

    # Properties, for what is read is never set.

    @property
    def request_id(self) -> str:
        """Its id."""

    @property
    def event_type(self) -> str:
        """The type of the event that asked."""

    @property
    def summary(self) -> str:
        """Its text."""

    @property
    def task_name(self) -> str:
        """The name of its task."""

    @property
    def project_name(self) -> str:
        """The name that agents use for its project."""

    @property
    def step(self) -> str:
        """The step that its task is in."""

    @property
    def assignee_id(self) -> str | None:
        """The person that its task is assigned to."""

    @property
    def requested_by(self) -> str:
        """The subject that asked; empty where that is not known."""

    @property
    def recommendation(self) -> Any:
        """The agent's recommendation, raw."""

    @property
    def overdue_at(self) -> datetime | None:
        """The time from which on it is overdue."""

    @property
    def key_value_context(self) -> Mapping[str, str] | None:
        """Its context, None where it is not known."""

    @property
    def needs(self) -> Needs | None:
        """The demands of its project's policy on the reader; None where it makes none."""

    @property
    def blind(self) -> bool | None:
        """Whether its recommendation is hidden from the reader."""


Test = Callable[[QueriedRequest], bool]


@dataclass(frozen=True, slots=True)
class Reader:
    """The person and the time that filters and sections depend on."""

    name: str
    now: datetime
    capabilities: AbstractSet[str] = frozenset()
    """What the backend lets the person do."""
    snoozed: Mapping[str, datetime] = field(default_factory=dict)
    """The time until which the person put a request off, by its id."""

    def may_decide(self, item: QueriedRequest) -> bool:
        """Return whether the backend lets the person settle a request of this kind."""
        return ("answer" if item.event_type == "ELICITATION_REQUESTED" else "decide") in self.capabilities

    def waits_for_others(self, item: QueriedRequest) -> bool:
        """Return whether a request waits for other people: the person may not decide it, or has agreed to it."""
        needs = item.needs
        return needs is not None and (not needs.may or needs.agreement_of(self.name) is not None)

    def has_snoozed(self, item: QueriedRequest) -> bool:
        """Return whether the person put a request off, until a time that has not come yet."""
        until = self.snoozed.get(item.request_id)
        return until is not None and until > self.now


class RequestState(NamedTuple):
    """A state of a request, as `is:` names it."""

    test: Callable[[QueriedRequest, Reader], bool]
    depends_on_time: bool = False
    """Whether a request can come into this state while nothing but time passes."""


class SearchedText(NamedTuple):
    """A word that is searched as text."""

    word: str
    """Casefolded."""
    is_wanted: bool
    """Whether it must be there; else it must not."""


class ParsedFilter(NamedTuple):
    """A filter that was read, or one word of it."""

    test: Test | None
    """What a request must pass, None where every request passes."""
    depends_on_time: bool = False
    """Whether other requests may pass it a minute later: it is read again then, with the new time."""
    text: SearchedText | None = None
    """The word that is searched as text, where it is one."""


def searched(item: QueriedRequest) -> str:
    """Return the text that words are searched in, casefolded."""
    summary = item.summary[:TEXT_SEARCHED]
    return "\n".join((summary, item.task_name, item.project_name, item.step, item.assignee_id or "")).casefold()


def is_overdue(item: QueriedRequest, now: datetime) -> bool:
    """Return whether the task has been in its step for longer than the step allows."""
    return item.overdue_at is not None and item.overdue_at <= now


STATES: Mapping[str, RequestState] = {
    "mine": RequestState(lambda item, reader: item.assignee_id == reader.name),
    "free": RequestState(lambda item, _: not item.assignee_id),
    "overdue": RequestState(lambda item, reader: is_overdue(item, reader.now), depends_on_time=True),
    "snoozed": RequestState(lambda item, reader: reader.has_snoozed(item), depends_on_time=True),
    "may": RequestState(lambda item, reader: reader.may_decide(item) and not reader.waits_for_others(item)),
}
"""The values of `is:`; the first one that begins with what is typed is meant."""


_PARTS: Mapping[str, Callable[[QueriedRequest], str]] = {
    "project": lambda item: item.project_name,
    "step": lambda item: item.step,
    "from": lambda item: item.requested_by,
}
"""The keys whose value is a part of a name."""


def read_filter(
    text: str,
    reader: Reader,
    text_of: Callable[[QueriedRequest], str] = searched,
    looks_of: Callable[[QueriedRequest], Iterable[str]] | None = None,
) -> ParsedFilter:
    """Return the filter that a text stands for.

    Args:
        text: The filter as it was typed.
        reader: The person and the time.
        text_of: Returns the text that words are searched in; a caller with a cache passes its own.
        looks_of: Returns the looks of such a text: what must not be there is then not there in disguise either.
    """
    words = [_word(match, reader) for match in WORD.finditer(text)]
    searched_words = [word.text for word in words if word.text is not None]
    tests = [word.test for word in words if word.test is not None]
    if searched_words:
        tests.append(_has_words(searched_words, text_of, looks_of))
    if not tests:
        return ParsedFilter(None)
    return ParsedFilter(lambda item: all(test(item) for test in tests), any(word.depends_on_time for word in words))


def keyed_value(match: re.Match[str]) -> tuple[str, str]:
    """Return the key of a word like `step:review`, and its value; no key and the text of any other word."""
    plain, quoted = match["plain"], match["quoted"]
    if quoted is not None:
        return (match["key"] or "").removesuffix(":"), quoted
    if plain is not None:
        key, _, value = plain.partition(":") if re.match(r"[a-z]+:", plain) else ("", "", plain)
        return key, value
    return "", match.group().removeprefix("-")


def context_bound(match: re.Match[str]) -> str:
    """Return what a word on the context compares with."""
    return match["bound"] if match["quoted_bound"] is None else match["quoted_bound"]


def _has_words(
    words: Sequence[SearchedText],
    text_of: Callable[[QueriedRequest], str],
    looks_of: Callable[[QueriedRequest], Iterable[str]] | None,
) -> Test:
    """Return the test of all words that are searched as text: the text of a request is made once for all of them."""
    disguised: list[str] = []
    if looks_of is not None:
        from api_client.unicode_scripts import looks  # for grants alone

        disguised = [look for word, is_wanted in words if not is_wanted for look in looks(word)]

    def has_words(item: QueriedRequest) -> bool:
        text = text_of(item)
        if not all((word in text) is is_wanted for word, is_wanted in words):
            return False
        found = looks_of(item) if looks_of is not None and disguised else ()
        return not any(one in look for look in found for one in disguised)

    return has_words


def _word(match: re.Match[str], reader: Reader) -> ParsedFilter:
    if match["sign"] and (of_context := _in_context(match)) is not None:
        return of_context
    key, value = keyed_value(match)
    plain = match["plain"]
    read = _keyed(key, value, reader) if key else _plain(plain) if plain is not None else None
    if read is None:
        word = (plain if plain is not None else f"{match['key'] or ''}{value}").casefold()
        return ParsedFilter(None, text=SearchedText(word, not match["without"]) if word else None)
    positive = read.test
    if match["without"] and positive is not None:
        return read._replace(test=lambda item: not positive(item))
    return read


def _in_context(match: re.Match[str]) -> ParsedFilter | None:
    """Return the test of a word on the context; None where it compares with no certain number."""
    key, sign, bound = match["quoted_name"] or match["name"], match["sign"], context_bound(match)
    fits = _equals(bound) if sign == ":" else _compares(sign, bound)
    if fits is None:
        return None
    is_wanted = not match["without"]

    def passes(item: QueriedRequest) -> bool:
        value = context_value(item.key_value_context, key)
        return value is not None and fits(value) is is_wanted

    return ParsedFilter(passes)


def _equals(text: str) -> Callable[[str], bool | None]:
    """Return the comparison with a text, whatever its case; its result is None for a value that only looks like it."""
    wanted = text.strip().casefold()

    def is_it(value: str) -> bool | None:
        if is_folded(value, wanted):
            return True
        return None if looks_like(value, wanted) else False

    return is_it


def _compares(sign: str, text: str) -> Callable[[str], bool | None] | None:
    """Return a comparison, whose result is None for a value that is not certain; None where the bound is not."""
    from api_client.quantities import amount_of, quantity_of

    bound, compare = quantity_of(text), _COMPARE[sign]
    if bound is None:
        return None
    number, unit = bound.number, bound.unit

    def is_below_nothing(amount: Decimal) -> bool:
        # Who writes a refund as -5,000 is not under a limit of 500: a policy has it so, too.
        return amount < 0 < number

    def fits(value: str) -> bool | None:
        if unit == ("", ""):
            amount = amount_of(value)
            return compare(amount, number) if amount is not None and not is_below_nothing(amount) else None
        quantity = quantity_of(value)
        if quantity is None or quantity.unit != unit or is_below_nothing(quantity.number):
            return None
        return compare(quantity.number, number)

    return fits


def _plain(word: str) -> ParsedFilter | None:
    if word.startswith("@"):
        name = word[1:].casefold()
        return ParsedFilter(lambda item: name in (item.assignee_id or "").casefold() if name else True)
    if compared := CONFIDENCE.fullmatch(word):
        compare, bound = _COMPARE[compared[1]], float(compared[2])

        def within(item: QueriedRequest) -> bool:
            value = None if item.blind else confidence_value(item.recommendation)
            return value is not None and compare(value, bound)

        return ParsedFilter(within)
    return None


def _keyed(key: str, value: str, reader: Reader) -> ParsedFilter | None:
    value = value.casefold()
    if part := _PARTS.get(key):
        return ParsedFilter(lambda item: value in part(item).casefold())
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


def _recommended(item: QueriedRequest) -> Sequence[str]:
    """Return the words of the outcome that an agent recommends, the long one too; none where it recommends none."""
    kind = "" if item.blind else recommended_type(item.recommendation)
    word = OUTCOME_WORDS.get(kind)
    return (word, LONG_OUTCOME_WORDS.get(kind, word)) if word else (kind.casefold(),) if kind else ()
