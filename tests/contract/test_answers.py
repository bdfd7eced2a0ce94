"""The table of answers through the store and over the server: what the form takes is what is kept, and no more."""

from __future__ import annotations

import json
from typing import Any

import pytest

from api_client.commands import Answer
from api_client.errors import InvalidAnswers
from tests.answers_table import REFUSED, TAKEN
from tests.contract.given import Given
from tests.support.backends import World


def can_be_sent(answer: Any) -> bool:
    """Return whether JSON can say it in UTF-8: no infinity, no half of a character."""
    try:
        json.dumps(answer, allow_nan=False, ensure_ascii=False).encode()
    except ValueError:
        return False
    return not isinstance(answer, int) or abs(answer) < 2**63


async def test_all_that_is_taken_is_kept_as_the_table_says(world: World, given: Given) -> None:
    """One request with a field a row; the result that the agent reads holds each answer as it is kept."""
    fields = [{**row.field, "id": f"f{number}"} for number, row in enumerate(TAKEN)]
    request = await given.elicitation(fields=fields)
    await given.answers(request, {f"f{number}": row.answer for number, row in enumerate(TAKEN)})
    result = await world.agent.elicitation_result(request.id)
    assert result is not None
    kept = {f"f{number}": row.kept for number, row in enumerate(TAKEN)}
    assert result.fields == kept
    assert [type(result.fields[name]) for name in kept] == [type(value) for value in kept.values()]


async def test_all_that_is_refused_is_told_at_once_by_field(world: World, given: Given) -> None:
    """Every fault by its field's id, in the table's words; nothing is written."""
    rows = [row for row in REFUSED if can_be_sent(row.answer)]
    fields = [{**row.field, "id": f"f{number}"} for number, row in enumerate(rows)]
    request = await given.elicitation(fields=fields)
    with pytest.raises(InvalidAnswers) as refused:
        answers = {f"f{number}": row.answer for number, row in enumerate(rows)}
        await world.reviewer.submit(Answer(request_id=request.id, answers=answers), key="once")
    unsaid = [
        (row.name, refused.value.fields.get(f"f{number}"))
        for number, row in enumerate(rows)
        if row.words not in refused.value.fields.get(f"f{number}", "")
    ]
    assert not unsaid
    assert await world.agent.elicitation_result(request.id) is None
