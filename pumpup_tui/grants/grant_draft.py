"""The draft of a grant: its terms as they are typed, checked before they are sent. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from api_client.authority import GRANT_DAYS, GRANT_MOST, SAMPLE_LEAST, GrantTerms, check_terms
from api_client.errors import InvalidRequest
from api_client.request_query_faults import grant_fault
from api_client.times import wire_time
from pumpup_tui.text.typed_times import NotUnderstood, typed_moment

if TYPE_CHECKING:
    from datetime import tzinfo

DAYS = 14
"""Days that a grant lasts, where nothing else is typed."""
MOST = 500
"""Requests that it decides at the most, where nothing else is typed."""
NAME_MOST = 80
END_OF_DAY = time(23, 59)
"""The time at which a grant ends of which only the day is typed."""
_COUNT = re.compile(r"[0-9][0-9,]{0,9}")
_SHARE = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,4})?) ?(%?)")


class TermRefused(ValueError):
    """A typed term that no grant can have: says why, and what to type."""


@dataclass(frozen=True, slots=True)
class GrantDraft:
    """The terms of a grant that is not given yet."""

    project_id: str
    filter: str
    until: datetime
    name: str = ""
    most: int = MOST
    sample: float = SAMPLE_LEAST

    @classmethod
    def of(cls, project_id: str, text: str, now: datetime) -> GrantDraft:
        """Return the draft of a grant for a filter, with the terms to begin with."""
        name = " ".join(text.split())[:NAME_MOST]
        return cls(project_id, text, now.replace(second=0, microsecond=0) + timedelta(days=DAYS), name)

    def terms(self) -> GrantTerms:
        """Return the terms as they are sent."""
        return GrantTerms(**self.fields())

    def fields(self) -> dict[str, Any]:
        """Return the terms by the names of `GrantTerms`."""
        return {
            "project_id": self.project_id,
            "name": self.name,
            "filter": self.filter,
            "until": wire_time(self.until),
            "most": self.most,
            "sample": self.sample,
        }

    @property
    def tried(self) -> tuple[str, str, float]:
        """What a trial depends on: until when, how many and the name play no part in it."""
        return self.project_id, self.filter, self.sample

    def with_filter(self, text: str) -> GrantDraft:
        """Return the draft with another filter; its name follows where it was the filter's own.

        Raises:
            TermRefused: no grant can have this filter.
        """
        if fault := grant_fault(text):
            raise TermRefused(fault)
        is_own = self.name == GrantDraft.of("", self.filter, self.until).name
        name = GrantDraft.of("", text, self.until).name if is_own else self.name
        return replace(self, filter=text, name=name)

    def with_until(self, typed: str, now: datetime, zone: tzinfo | None) -> GrantDraft:
        """Return the draft with the time at which it ends.

        Raises:
            TermRefused: it is no time, or too late.
        """
        try:
            draft = replace(self, until=typed_moment(typed, now, zone, day_at=END_OF_DAY))
            check_terms(draft.terms(), now)
        except NotUnderstood as fault:
            raise TermRefused(f"{str(fault).partition(':')[0]}: try 2w") from None
        except InvalidRequest:
            raise TermRefused(f"from now on, within {GRANT_DAYS} days") from None
        return draft

    def with_most(self, typed: str) -> GrantDraft:
        """Return the draft with the number of requests that it decides at the most.

        Raises:
            TermRefused: it is no such number.
        """
        most = int(typed.replace(",", "")) if _COUNT.fullmatch(typed) else 0
        if not 1 <= most <= GRANT_MOST:
            raise TermRefused(f"a number from 1 to {GRANT_MOST:,}")
        return replace(self, most=most)

    def with_sample(self, typed: str) -> GrantDraft:
        """Return the draft with the share that is still asked: in percent, or as a fraction like 0.05.

        Raises:
            TermRefused: it is no share, or too small.
        """
        match = _SHARE.fullmatch(typed)
        number = float(match[1]) if match else 0.0
        is_fraction = match is not None and not match[2] and number < 1
        share = number if is_fraction else number / 100
        if not SAMPLE_LEAST <= share <= 1:
            raise TermRefused(f"from {share_words(SAMPLE_LEAST)} to {share_words(1)}")
        return replace(self, sample=round(share, 6))

    def with_name(self, typed: str) -> GrantDraft:
        """Return the draft with a name.

        Raises:
            TermRefused: no grant can be called so.
        """
        if not typed.isprintable() or not 1 <= len(typed.strip()) <= len(typed) <= NAME_MOST:
            raise TermRefused(f"1 to {NAME_MOST} characters")
        return replace(self, name=typed)


def share_words(share: float) -> str:
    """Return a share in percent, with as many digits as it needs."""
    return f"{share * 100:.4g} %"
