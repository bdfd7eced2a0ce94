"""The demands of a policy on who decides a request, in clean words: what it needs, who has agreed, why one may not.

Names and tags are cleaned and counted here: a server may send any number of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from pumpup_tui.text.firewall import line
from pumpup_tui.text.layout import joined

if TYPE_CHECKING:
    from datetime import datetime

    from api_client.needs import Agreed, Needs

TAGS, TAG_CELLS = 3, 30
"""Tags that are named, and the characters of each."""
AGREED, NAME_CELLS = 5, 40
"""People who have agreed that are named, and the characters of each name."""
REFUSAL = 300
"""Characters of a refusal."""
HIDDEN = "hidden until you decide (blind review)"
"""In place of an agent's recommendation, in blind review."""
HIDDEN_SHORT = "hidden (blind)"
"""The same in a list."""


def standing_words(needs: Needs, reviewer: str) -> str:
    """Return how a request stands for a reviewer, in a word or two for a list; empty where they decide it alone."""
    if not needs.may:
        return "others decide"
    if needs.agreement_of(reviewer) is not None:
        return f"you agreed, needs {needs.missing}"
    return f"{needs.people - needs.missing} of {needs.people} agreed" if needs.people > 1 else ""


def refused_words(needs: Needs | None, verb: str, reviewer: str, stamp: Callable[[datetime], str]) -> str:
    """Return why an outcome is not armed for a request; empty where it may be.

    Args:
        needs: The demands; None where there are none.
        verb: The outcome.
        reviewer: The reader.
        stamp: Returns a time as the reader's clocks show it.
    """
    if needs is None:
        return ""
    if not needs.may:
        return refusal_words(needs)
    mine = needs.agreement_of(reviewer)
    is_again = verb == "APPROVE" and mine is not None and mine.outcome == verb
    return demand_words(needs, reviewer, stamp) if is_again else ""


def refusal_words(needs: Needs) -> str:
    """Return why the reader may not decide a request, as a sentence."""
    return line(needs.refusal or "The project's policy does not let you decide this.", REFUSAL)


def demand_words(needs: Needs, reviewer: str, stamp: Callable[[datetime], str]) -> str:
    """Return what a request still needs, and who has agreed: `needs 1 more of claims-lead · alice agreed 12:01`.

    Args:
        needs: The demands.
        reviewer: The reader, who is called `you` and comes first.
        stamp: Returns a time as the reader's clocks show it.
    """
    mine = needs.agreement_of(reviewer)
    others = [agreement for agreement in needs.agreed if agreement is not mine]
    said = [f"{line(agreement.subject, NAME_CELLS)} {_agreed_words(agreement, stamp)}" for agreement in others]
    counted = [*said[:AGREED], *([f"{len(said) - AGREED:,} more agreed"] if len(said) > AGREED else [])]
    first = [f"you {_agreed_words(mine, stamp)}"] if mine is not None else []
    return joined((*first, missing_words(needs), *counted))


def missing_words(needs: Needs) -> str:
    """Return how many people a request still needs: `needs 1 more of claims-lead`."""
    more = " more" if needs.agreed else ""
    of = f" of {tag_words(needs)}" if needs.tag_lists else " person" if needs.missing == 1 else " people"
    return f"needs {max(0, needs.missing)}{more}{of}"


def tag_words(needs: Needs) -> str:
    """Return the tags that whoever decides has: `claims-lead or finance`, and where it takes more `eu, and lead`."""
    lists = needs.tag_lists
    more = [f"{len(lists) - TAGS} more"] if len(lists) > TAGS else []
    return ", and ".join([*map(_either, lists[:TAGS]), *more])


def _either(tags: Sequence[str]) -> str:
    named = [line(tag, TAG_CELLS) for tag in tags[:TAGS]]
    more = [f"{len(tags) - TAGS} more tags"] if len(tags) > TAGS else []
    *before, last = [*named, *more]
    return f"{', '.join(before)} or {last}" if before else last


def _agreed_words(one: Agreed, stamp: Callable[[datetime], str]) -> str:
    return f"agreed {stamp(one.at)}{' with an edit' if one.edit is not None else ''}"
