"""The demands of a policy on who decides one request (CONTRACT.md part 4)."""

from __future__ import annotations

from api_client.wire import Moment, Wire, keep_in_utc

EDITED = "EDIT_AND_APPROVE"
APPROVING = ("APPROVE", EDITED)
"""The outcomes that take as many people as a policy asks for: each agrees, and the last one decides."""


class Agreed(Wire):
    """An approval that counts towards a decision which takes several people."""

    subject: str
    at: Moment
    event_id: str
    outcome: str
    note: str | None = None

    def __post_init__(self) -> None:
        keep_in_utc(self, "at")

    @property
    def edit(self) -> str | None:
        """The edit that was agreed to; None where it is agreed to as it was asked."""
        return self.note if self.outcome == EDITED else None


class Needs(Wire):
    """The demands of a project's policy on who decides a request, and whether the caller may."""

    rule: str
    people: int = 1
    tags: tuple[str, ...] = ()
    """Whoever decides has one of them; anyone where there are none."""
    more_tags: tuple[tuple[str, ...], ...] = ()
    """Lists of which they have one each, too: where a request doesn't say which of several rules it is under."""
    agreed: tuple[Agreed, ...] = ()
    may: bool = True
    refusal: str | None = None
    """The reason why the caller may not, as a sentence."""

    @property
    def tag_lists(self) -> tuple[tuple[str, ...], ...]:
        """The lists of tags of each of which whoever decides has one."""
        return tuple(tags for tags in (self.tags, *self.more_tags) if tags)

    @property
    def missing(self) -> int:
        """How many people must still approve, for the outcome that most have agreed to."""
        outcomes = [(agreement.outcome, agreement.edit) for agreement in self.agreed]
        return self.people - max(map(outcomes.count, outcomes), default=0)

    def missing_for(self, outcome: str, edit: str | None = None) -> int:
        """Return how many people must still approve for one outcome, an edit with its very note."""
        return self.people - sum((agreement.outcome, agreement.edit) == (outcome, edit) for agreement in self.agreed)

    def agreement_of(self, subject: str) -> Agreed | None:
        """Return the latest agreement of somebody, None where they have not agreed."""
        return next((agreement for agreement in reversed(self.agreed) if agreement.subject == subject), None)
