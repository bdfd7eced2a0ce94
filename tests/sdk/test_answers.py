"""What a reviewer answers in the form is what the official SDK reads back."""

from __future__ import annotations

from pathlib import Path

from pumpup import PumpUp

from api_client.commands import Answer, CreateTask, RequestElicitation, read_command
from api_client.fields import read_fields
from api_client.http import HttpBackend
from pumpup_tui.local_state.answer_draft import Draft, check, type_of, typed_of
from tests.answers_table import TAKEN
from tests.sdk.serving import ServedRecord


async def test_the_sdk_reads_what_was_typed(served: ServedRecord, client: PumpUp, tmp_path: Path) -> None:
    """Each row of the table: typed into the form, answered over HTTP, read by the SDK, equal."""
    rows = [row for row in TAKEN if row.answer not in ("", []) or row.field["type"] == "Select"]
    declared = [{**row.field, "id": f"f{number}"} for number, row in enumerate(rows)]
    agent = HttpBackend(served.url, served.agent_key)
    task = (await agent.submit(CreateTask(project_name="general", name="Answers"), key=str(tmp_path))).answer["id"]
    raw = {"projectName": "general", "taskId": task, "summary": "All answers", "fields": declared}
    request = (await agent.submit(read_command(RequestElicitation, raw), key=f"{tmp_path} asks")).event_id
    await agent.aclose()

    fields = read_fields(declared)
    typed = {one.id: typed_of(one, row.answer) for one, row in zip(fields, rows, strict=True)}
    answers, faults = check(fields, Draft(typed))
    assert not faults
    reviewer = HttpBackend(served.url, served.reviewer_key)
    await reviewer.submit(Answer(request_id=request, answers=answers), key=f"{tmp_path} answers")
    await reviewer.aclose()

    result = client.elicitations.get_result(request)
    assert result is not None
    assert result.fields == {one.id: row.kept for one, row in zip(fields, rows, strict=True)}
    assert {type_of(one) for one in fields} >= {"Text", "Slider", "DateTime", "Switch", "Multiselect"}
