"""The order and the groups that the inbox shows its requests in. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from pumpup_tui.inbox.filter import is_overdue
from pumpup_tui.text.labels import confidence_value, request_kind

if TYPE_CHECKING:
    from api_client.models import InboxItem

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
    "": "not grouped",
    "project": "grouped by project",
    "age": "grouped by age",
    "type": "grouped by type",
    "confidence": "grouped by confidence",
    "overdue": "grouped by what is overdue",
}
_AGES = ((timedelta(days=7), "over a week"), (timedelta(days=1), "over a day"), (timedelta(hours=1), "over an hour"))
_SURE = ((0.9, "confidence .90 and more"), (0.7, "confidence .70 to .89"), (float("-inf"), "confidence under .70"))

Group = tuple[Any, str]
"""A group's place among the groups, and its raw name."""


@dataclass(frozen=True, slots=True)
class Order:
    """A sort and a grouping; the default is the backend's own order."""

    sort: str = "age"
    group: str = ""

    @property
    def needs_all(self) -> bool:
        """Whether one page more may change which request is first."""
        return self.sort != "age" or bool(self.group)

    @property
    def words(self) -> str:
        """The order as people read it."""
        return SORTS[self.sort] + (f", {GROUPS[self.group]}" if self.group else "")

    def lasting(self) -> dict[str, str]:
        """Return the order as JSON, for the next start."""
        return {"sort": self.sort, "group": self.group}

    @classmethod
    def restored(cls, stored: Mapping[str, Any]) -> Order:
        """Return the order that `lasting` returned; an unknown name falls back to the default."""
        sort = next((name for name in SORTS if name == stored.get("sort")), "age")
        return cls(sort, next((name for name in GROUPS if name == stored.get("group")), ""))

    def choices(self) -> list[tuple[Order, str]]:
        """Return the orders that are one choice away, each with its words; the present sort and group are marked."""
        sorts = [(replace(self, sort=name), _marked(words, name == self.sort)) for name, words in SORTS.items()]
        groups = [(replace(self, group=name), _marked(words, name == self.group)) for name, words in GROUPS.items()]
        return [*sorts, *groups]

    def key(self, now: datetime) -> Callable[[InboxItem], Any]:
        """Return the sort key of a request; those with equal keys stay in the order of their age."""
        within = _SORT_KEYS[self.sort]
        group = self.group_of(now)
        return lambda item: (group(item)[0], within(item))

    def group_of(self, now: datetime) -> Callable[[InboxItem], Group]:
        """Return the function from a request to its group."""
        return lambda item: _GROUP_OF[self.group](item, now)


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


def _age_group(item: InboxItem, now: datetime) -> Group:
    waits = now - item.requested_at
    return next(
        ((place, words) for place, (least, words) in enumerate(_AGES) if waits >= least), (len(_AGES), "under an hour")
    )


def _sure_group(item: InboxItem, _: datetime) -> Group:
    value = confidence_value(item.recommendation)
    if value is None:
        return len(_SURE), "no confidence told"
    groups = ((place, words) for place, (least, words) in enumerate(_SURE) if value >= least)
    return next(groups, (len(_SURE), "no confidence told"))


def _late_group(item: InboxItem, now: datetime) -> Group:
    return (0, "overdue") if is_overdue(item, now) else (1, "not overdue")


_GROUP_OF: Mapping[str, Callable[[InboxItem, datetime], Group]] = {
    "": lambda _item, _now: (0, ""),
    "project": lambda item, _: (item.project_name, item.project_name),
    "age": _age_group,
    "type": lambda item, _: (item.event_type, f"{request_kind(item.event_type)}s"),
    "confidence": _sure_group,
    "overdue": _late_group,
}
