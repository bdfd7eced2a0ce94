"""The approval that decided nothing yet: it is one person's agreement, where a policy asks for several people.

The receipt names the event that was written, not its kind. So the request is read after it: the same way at any
Backend, and at the price of one call for each approval where there are policies.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from api_client.needs import EDITED, Needs

if TYPE_CHECKING:
    from api_client.backend import Backend
    from api_client.commands import Decide
    from api_client.models import Me, Outcome, RequestDetail

APPROVING = frozenset(("APPROVE", EDITED))
"""The outcomes that take as many people as a policy asks for; any other decides at once."""


class AgreementOnly(NamedTuple):
    """An approval that decided nothing by itself."""

    needs: Needs | None = None
    """The demands on who decides the request, with all that agreed; None where that is not known any more."""
    is_decided: bool = False
    """Whether somebody has decided the request since."""


async def agreement_only(backend: Backend, command: Decide, me: Me) -> AgreementOnly | None:
    """Return that an approval which was just recorded is an agreement alone; None where it decided the request.

    Args:
        backend: The backend that recorded it; one without `authority` is not asked.
        command: The approval.
        me: Who sent it.

    Raises:
        ApiError: the request could not be read.
    """
    if command.outcome.type not in APPROVING or "authority" not in me.capabilities:
        return None
    detail = await backend.request(command.request_id)
    if detail.result is None:
        return AgreementOnly(detail.needs)
    return None if _is_theirs(detail, command.outcome, me.subject) else AgreementOnly(detail.needs, is_decided=True)


def _is_theirs(detail: RequestDetail, outcome: Outcome, subject: str) -> bool:
    """Return whether a request was settled by this person and outcome: nobody else's settles it as theirs."""
    result = detail.result or {}
    decided = result.get("outcome")
    settled = (decided.get("type"), decided.get("note")) if isinstance(decided, dict) else (None, None)
    return result.get("decidedBy") == subject and settled == (outcome.type, outcome.note)


def agreed_to(needs: Needs, outcome: Outcome) -> int:
    """Return how many people have agreed to this very outcome, an edit with its very note."""
    edit = outcome.note if outcome.type == EDITED else None
    return sum(
        one.outcome == outcome.type and (one.note if one.outcome == EDITED else None) == edit for one in needs.agreed
    )
