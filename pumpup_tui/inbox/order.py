"""The order and the groups that the inbox shows its requests in. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from api_client.request_facts import confidence_value, request_kind
from api_client.request_query import is_overdue

if TYPE_CHECKING:
    from api_client.models import InboxItem
    from api_client.request_query import Reader

SORTS: Mapping[str, str] = {
    "age": "oldest first",
    "newest": "newest first",
    "overdue": "most overdue first",
    "doubtful": "least confident first",
    "confident": "most confident first",
    "project": "by project",
    "type": "by type",
}
"""The sorts that a reader may choose, with their words."""
GROUPS: Mapping[str, str] = {
    "sections": "in sections",
    "": "not grouped",
    "project": "grouped by project",
    "age": "grouped by age",
    "type": "grouped by type",
    "confidence": "grouped by confidence",
    "overdue": "grouped by what is overdue",
}
OVERDUE = "overdue"
OTHERS_DECIDE = "others must decide"
SECTIONS: Sequence[str] = (OVERDUE, "mine", "you may decide", "others", OTHERS_DECIDE)
"""The sections in their order."""
_SECTIONS = tuple(enumerate(SECTIONS))
PLAIN_SECTION = SECTIONS.index("you may decide")
"""The section that has no heading where there is no other."""
_AGES = ((timedelta(days=7), "over a week"), (timedelta(days=1), "over a day"), (timedelta(hours=1), "over an hour"))
_SURE = ((0.9, "confidence 90 % and more"), (0.7, "confidence 70 to 89 %"), (float("-inf"), "confidence under 70 %"))

Group = tuple[Any, str]
"""A group's place among the groups, and its raw name."""


@dataclass(frozen=True, slots=True)
class Order:
    """A sort and a grouping; the default is the backend's own order, in sections."""

    sort: str = "age"
    group: str = "sections"

    @property
    def needs_all(self) -> bool:
        """Whether the order says nothing before all requests are loaded."""
        return self.sort != "age" or self.group not in ("", "sections")

    @property
    def has_sections(self) -> bool:
        """Whether the requests stand in sections, as far as they are loaded."""
        return self.group == "sections"

    @property
    def depends_on_time(self) -> bool:
        """Whether a request may belong to another group a minute later."""
        return self.group in ("sections", "age", "overdue")

    @property
    def words(self) -> str:
        """The order as people read it."""
        # Sections show by themselves, with their headings.
        return SORTS[self.sort] + (f", {GROUPS[self.group]}" if self.group not in ("", "sections") else "")

    def lasting(self) -> dict[str, str]:
        """Return the order as JSON, for the next start."""
        return {"sort": self.sort, "group": self.group}

    @classmethod
    def restored(cls, stored: Mapping[str, Any]) -> Order:
        """Return the order that `lasting` returned; an unknown name falls back to the default."""
        sort = next((name for name in SORTS if name == stored.get("sort")), "age")
        return cls(sort, next((name for name in GROUPS if name == stored.get("group")), "sections"))

    def choices(self) -> list[tuple[Order, str]]:
        """Return the orders that are one choice away, each with its words; the present sort and group are marked."""
        sorts = [(replace(self, sort=name), _marked(words, name == self.sort)) for name, words in SORTS.items()]
        groups = [(replace(self, group=name), _marked(words, name == self.group)) for name, words in GROUPS.items()]
        return [*sorts, *groups]

    @property
    def key(self) -> Callable[[InboxItem], Any]:
        """The sort key of a request; those with equal keys stay in the order of their age."""
        return _SORT_KEYS[self.sort]

    @property
    def group_of(self) -> Callable[[InboxItem, Reader], Group]:
        """The function that returns a request's group."""
        return _GROUP_OF[self.group]


def _marked(words: str, is_present: bool) -> str:
    return f"{'●' if is_present else ' '} {words}"


def _late(item: InboxItem) -> tuple[bool, float]:
    return item.overdue_at is None, item.overdue_at.timestamp() if item.overdue_at else 0.0


def _doubt(item: InboxItem) -> tuple[bool, float]:
    value = confidence_value(item.recommendation)
    return value is None, value or 0.0


def _trust(item: InboxItem) -> tuple[bool, float]:
    nothing, value = _doubt(item)
    return nothing, -value


_SORT_KEYS: Mapping[str, Callable[[InboxItem], Any]] = {
    "age": lambda _: 0,
    "newest": lambda item: -item.requested_at.timestamp(),
    "overdue": _late,
    "doubtful": _doubt,
    "confident": _trust,
    "project": lambda item: item.project_name,
    "type": lambda item: item.event_type,
}


def _section(item: InboxItem, reader: Reader) -> Group:
    # Called for each of many requests whenever one comes or goes.
    if item.needs is not None and reader.waits_for_others(item):
        return _SECTIONS[4]
    overdue_at, assignee = item.overdue_at, item.assignee_id
    if overdue_at is not None and overdue_at <= reader.now:
        return _SECTIONS[0]
    if assignee:
        return _SECTIONS[1 if assignee == reader.name else 3]
    return _SECTIONS[2 if reader.may_decide(item) else 3]


def _age_group(item: InboxItem, reader: Reader) -> Group:
    waits = reader.now - item.requested_at
    return next(
        ((place, words) for place, (least, words) in enumerate(_AGES) if waits >= least), (len(_AGES), "under an hour")
    )


def _sure_group(item: InboxItem, _: Reader) -> Group:
    value = confidence_value(item.recommendation)
    if value is None:
        return len(_SURE), "no confidence given"
    groups = ((place, words) for place, (least, words) in enumerate(_SURE) if value >= least)
    return next(groups, (len(_SURE), "no confidence given"))


def _late_group(item: InboxItem, reader: Reader) -> Group:
    return (0, OVERDUE) if is_overdue(item, reader.now) else (1, "not overdue")


_GROUP_OF: Mapping[str, Callable[[InboxItem, Reader], Group]] = {
    "sections": _section,
    "": lambda _item, _reader: (0, ""),
    "project": lambda item, _: (item.project_name, item.project_name),
    "age": _age_group,
    "type": lambda item, _: (item.event_type, f"{request_kind(item.event_type)}s"),
    "confidence": _sure_group,
    "overdue": _late_group,
}
