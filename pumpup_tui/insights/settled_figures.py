"""RangeFigures about settled requests, fed row by row without side effects: the same for the screen and for `stats`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, NamedTuple

from pumpup_tui.text.outcomes import ACTS, OUTCOMES

if TYPE_CHECKING:
    from api_client.settled import SettledRequest
    from pumpup_tui.insights.ranges import Range

ANSWER = ACTS["ANSWER"].word
"""The word under which an elicitation's answers count among the outcomes."""
OUTCOME_WORDS = (*(act.word for act in OUTCOMES.values()), ANSWER)
"""The words of all outcomes, in the order in which they are always listed; one that is unknown comes after them."""
BAND_STEPS = (90, 80, 70, 60, 50, 0)
"""The lower bounds of the bands of an agent's confidence, in percent."""
NO_CONFIDENCE = "not given"
SHOWN, HIDDEN = "shown", "hidden"
"""The captions of recommendations that whoever decided saw, and that were hidden until then (blind review)."""


class Band(NamedTuple):
    """The recommendations with a confidence of one band, and how many of them were followed."""

    caption: str
    given: int
    followed: int
    mean: float | None
    """Their mean confidence, from 0 to 1: where the share of those followed would be if the agents knew well."""

    @property
    def share(self) -> float | None:
        """The share that was followed, from 0 to 1; None where there was none."""
        return self.followed / self.given if self.given else None


def outcome_word(outcome: str | None) -> str:
    """Return the word of an outcome's wire name; of an unknown one, the name in small letters."""
    if outcome is None:
        return ANSWER
    act = OUTCOMES.get(outcome)
    return act.word if act else outcome.lower().replace("_", " ")


def percentile(ordered: Sequence[float], percent: int) -> float | None:
    """Return a percentile by nearest rank; None where there are no values."""
    return round(ordered[ceil(len(ordered) * percent / 100) - 1], 3) if ordered else None


def band_name(lower: int) -> str:
    """Return the name of the band of confidence with this lower bound, in percent."""
    index = BAND_STEPS.index(lower)
    return f"under {BAND_STEPS[-2]} %" if not lower else f"{lower}-{BAND_STEPS[index - 1] if index else 100} %"


@dataclass(slots=True)
class _Tally:
    given: int = 0
    followed: int = 0
    confidence: float = 0.0


class Group:
    """RangeFigures of the settled requests of a time, a project, a reviewer, an agent, or of all.

    What grants decided, and what the platform settled since it had expired, is counted by itself: all other figures are
    of what people settled.
    """

    __slots__ = ("_bands", "_blind", "_sorted", "_waits", "asked", "expired", "granted", "outcomes")

    def __init__(self) -> None:
        self.asked = 0
        """Requests that were asked in the range and are settled by now."""
        self.outcomes: Counter[str] = Counter()
        """By word; those with none are not listed."""
        self.granted = 0
        """Requests that grants decided."""
        self.expired = 0
        """Requests that expired undecided."""
        self._waits: list[float] = []
        self._sorted = True
        self._bands: dict[int | None, _Tally] = {}
        self._blind: dict[bool, _Tally] = {}

    @property
    def settled(self) -> int:
        """How many requests people settled."""
        return len(self._waits)

    @property
    def left(self) -> int:
        """How many requests are open no more, whoever settled them."""
        return self.settled + self.granted + self.expired

    def add(self, row: SettledRequest, word: str, waited: float, band: int | None) -> None:
        """Count a settled request: the word of its outcome, the seconds that it waited, its band's lower bound."""
        if row.by_platform:
            self.granted += row.grant is not None
            self.expired += row.grant is None
            return
        self._waits.append(waited)
        self._sorted = False
        self.outcomes[word] += 1
        if row.recommended is not None:
            for tally in (self._bands.setdefault(band, _Tally()), self._blind.setdefault(bool(row.blind), _Tally())):
                tally.given += 1
                tally.followed += row.recommended == row.outcome
                tally.confidence += row.confidence or 0.0

    def waited(self, percent: int) -> float | None:
        """Return a percentile of the seconds that requests waited; None where none was settled."""
        if not self._sorted:
            self._waits.sort()  # what was in order stays so: adding a page to many is as quick as copying them
            self._sorted = True
        return percentile(self._waits, percent)

    def bands(self) -> list[Band]:
        """Return the recommendations by confidence, the surest first; those without one come last."""
        tallies = [(lower, band_name(lower), self._bands.get(lower, _Tally())) for lower in BAND_STEPS]
        known = [Band(name, one.given, one.followed, _mean(one)) for _, name, one in tallies]
        without = self._bands.get(None, _Tally())
        return [*known, Band(NO_CONFIDENCE, without.given, without.followed, None)]

    def by_blindness(self) -> list[Band]:
        """Return the recommendations that were shown, then those that were hidden until the decision.

        By how much more often the shown ones are followed, so much do people follow the agent.
        """
        tallies = ((SHOWN, self._blind.get(False, _Tally())), (HIDDEN, self._blind.get(True, _Tally())))
        return [Band(name, one.given, one.followed, _mean(one)) for name, one in tallies]

    @property
    def recommended(self) -> Band:
        """All recommendations as one band."""
        given = sum(one.given for one in self._bands.values())
        return Band("all", given, sum(one.followed for one in self._bands.values()), None)

    def listed_outcomes(self) -> dict[str, int]:
        """Return how often each outcome came, by word: the known ones in their order, also where there was none."""
        unknown = sorted(self.outcomes.keys() - set(OUTCOME_WORDS))
        return {word: self.outcomes[word] for word in (*OUTCOME_WORDS, *unknown)}


def _mean(tally: _Tally) -> float | None:
    return tally.confidence / tally.given if tally.given else None


def band_of(confidence: float | None) -> int | None:
    """Return the lower bound of a confidence's band, in percent; None where there is no confidence."""
    if confidence is None:
        return None
    # A hundredth of a percent is the finest that anybody tells: 0.29 * 100 is a little less than 29.
    percent = round(confidence * 100, 2)
    return next((lower for lower in BAND_STEPS if percent >= lower), 0)


class SettledFigures:
    """All figures of the settled requests of one range."""

    def __init__(self, chosen: Range) -> None:
        self.range = chosen
        self.all = Group()
        self.periods: dict[str, Group] = {period: Group() for period in chosen.periods()}
        """By hour, day or week, the earliest first."""
        self.projects: dict[str, Group] = {}
        """By id."""
        self.reviewers: dict[str, Group] = {}
        self.agents: dict[str, Group] = {}
        self.settled_later = 0
        """Requests that were open at the range's end and are settled by now."""

    def add(self, rows: Iterable[SettledRequest]) -> None:
        """Count rows, in any order. Of one that was settled behind the range's end only the asking counts."""
        chosen = self.range
        for row in rows:
            if chosen.holds(row.requested_at):
                for group in self._asked_in(row):
                    group.asked += 1
            if chosen.until is not None and row.requested_at < chosen.until <= row.settled_at:
                self.settled_later += 1
            if chosen.holds(row.settled_at):
                word, waited, band = outcome_word(row.outcome), row.seconds_waited, band_of(row.confidence)
                for group in self._groups(row):
                    group.add(row, word, waited, band)
                if not row.by_platform:
                    _at(self.reviewers, row.settled_by).add(row, word, waited, band)

    def _asked_in(self, row: SettledRequest) -> tuple[Group, ...]:
        return (
            self.all,
            _at(self.periods, self.range.period_of(row.requested_at)),
            _at(self.projects, row.project_id),
            _at(self.agents, row.requested_by),
        )

    def _groups(self, row: SettledRequest) -> tuple[Group, ...]:
        return (
            self.all,
            _at(self.periods, self.range.period_of(row.settled_at)),
            _at(self.projects, row.project_id),
            _at(self.agents, row.requested_by),
        )


def _at(groups: dict[str, Group], key: str) -> Group:
    group = groups.get(key)
    if group is None:
        group = groups[key] = Group()
    return group
