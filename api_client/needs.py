"""The demands of a policy on who decides one request (CONTRACT.md part 4)."""

from __future__ import annotations

from api_client.wire import Moment, Wire, keep_in_utc


class Agreed(Wire):
    """An approval that counts towards a decision which takes several people."""

    subject: str
    at: Moment
    event_id: str
    outcome: str
    note: str | None = None

    def __post_init__(self) -> None:
        keep_in_utc(self, "at")


class Needs(Wire):
    """The demands of a project's policy on who decides a request, and whether the caller may."""

    rule: str
    people: int = 1
    tags: tuple[str, ...] = ()
    agreed: tuple[Agreed, ...] = ()
    may: bool = True
    refusal: str | None = None
    """The reason why the caller may not, as a sentence."""

    @property
    def missing(self) -> int:
        """How many people must still approve, for the outcome that most have agreed to."""
        outcomes = [(one.outcome, one.note if one.outcome == EDITED else None) for one in self.agreed]
        return self.people - max(map(outcomes.count, outcomes), default=0)


EDITED = "EDIT_AND_APPROVE"
