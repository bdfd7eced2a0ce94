"""What a reviewer is shown of a request: all that a decision may hang on."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

from api_client.actor import Actor
from api_client.commands import Decide, ReceiveUpload, RequestApproval, read_command
from api_client.models import Outcome
from pumpup_tui.inbox.screen import InboxScreen
from pumpup_tui.local_state.preferences import Preferences
from tests.pilot.stage import Stage
from tests.support.actors import AGENT, ALICE, BOB

DENY = {"outcome": {"type": "REJECT"}, "confidence": 0.62, "rationale": "Outside the limits"}


async def test_context_is_sorted_and_long_values_unfold(tmp_path: Path) -> None:
    """Keys in order; a long value is cut and counted until z shows it whole."""
    stage = Stage(tmp_path)
    async with stage.run(120, 40) as pilot:
        await stage.sees(pilot, "live")
        story = "lost in the mail " * 200 + "THE END"
        await stage.approval("Refund $240", keyValueContext={"Zone": "EU", "Amount": "$240", "Story": story})
        await stage.ready(pilot, "Amount", "z unfolds")
        shown = stage.shown()
        assert shown.index("Amount") < shown.index("Story") < shown.index("Zone")
        assert "THE END" not in shown
        await pilot.press("z", "enter", "G")
        await stage.sees(pilot, "THE END", gone=("z unfolds",))


async def test_the_recommendation_has_a_number_and_a_bar(tmp_path: Path) -> None:
    """Outcome, confidence twice over, and the reason."""
    stage = Stage(tmp_path)
    async with stage.run() as pilot:
        await stage.sees(pilot, "live")
        await stage.approval("Release $4,100", recommendation=DENY)
        await stage.ready(pilot, "▼ DENY", "62 %  ██████▍░░░", "“Outside the limits”")


async def test_what_is_hidden_is_counted_and_v_spells_it_out(tmp_path: Path) -> None:
    """A reader is told that a text is not what it seems, and can see what it is."""
    stage = Stage(tmp_path)
    async with stage.run() as pilot:
        await stage.sees(pilot, "live")
        await stage.approval("Pay p\u0430ypal\u200b now", keyValueContext={"Bell": "\x07"})
        await stage.ready(pilot, "2 hidden", "looks like something else", "raw")
        await pilot.press("v")
        await stage.sees(pilot, "p\\u0430ypal\\u200b now", "Bell: \\x07", "v goes back")
        await pilot.press("v")
        await stage.sees(pilot, gone=("\\u0430",))


async def test_precedents_are_those_of_the_project_and_the_recommendation(tmp_path: Path) -> None:
    """The last five alike with outcome, who and note; others are not shown; one that is made now is the first."""
    stage = Stage(tmp_path)

    async def before(stage: Stage) -> None:
        await stage.project()
        for number in range(7):
            await _decided(stage, f"alike {number}", "claims", "REJECT")
        await _decided(stage, "other project", "general", "REJECT")
        await _decided(stage, "other outcome", "claims", "APPROVE")

    stage.before.append(before)
    async with stage.run(120, 50) as pilot:
        await stage.sees(pilot, "live")
        await stage.approval("Release $4,100", project="claims", recommendation=DENY)
        await stage.ready(pilot, "Similar decisions", "bob · policy · alike 6", "alike 2", "▲ approve")
        assert not any(word in stage.shown() for word in ("alike 1", "other project", "other outcome"))
        await pilot.press("d", "n", *"as ever", "enter", "y")
        await stage.sees(pilot, "RECORDED")
        await stage.approval("Release $4,200", "Claim 9", project="claims", recommendation=DENY)
        await stage.sees(pilot, "alice · as ever", "alike 3", gone=("alike 2",))


async def _decided(stage: Stage, note: str, project: str, recommended: str) -> None:
    asked = await stage.approval(
        "Release", f"Claim {note}", project, recommendation={"outcome": {"type": recommended}, "confidence": 0.5}
    )
    outcome = Outcome(type="APPROVE", note=note, reason_code="policy")
    await stage.write(Decide(request_id=asked, outcome=outcome), BOB)


async def test_a_reason_code_is_picked_or_typed(tmp_path: Path) -> None:
    """W offers the codes that were used in the project; one that is typed goes with the decision."""
    stage = Stage(tmp_path)

    async def before(stage: Stage) -> None:
        await _decided(stage, "alike", "general", "REJECT")

    stage.before.append(before)
    async with stage.run() as pilot:
        await stage.sees(pilot, "live")
        first = await stage.approval("Release $1", "Claim 1", recommendation=DENY)
        second = await stage.approval("Release $2", "Claim 2", recommendation=DENY)
        await stage.ready(pilot, "Release $2", "Similar decisions")
        await pilot.press("d", "w")
        await stage.sees(pilot, "Reason code", "policy", "another…")
        await pilot.press("enter")
        await stage.sees(pilot, "reason code: policy", "y send")
        await pilot.press("y")
        await stage.sees(pilot, "RECORDED")
        await stage.ready(pilot)
        await pilot.press("d", "w", "down", "enter", *"limit-2", "enter")
        await stage.sees(pilot, "reason code: limit-2")
        await pilot.press("y")
        await stage.sees(pilot, "RECORDED", gone=("Release $1",))
        assert stage.backend is not None
        for request, code in ((first, "policy"), (second, "limit-2")):
            result = await stage.backend.approval_result(request)
            assert result is not None
            assert result.outcome.reason_code == code


async def test_a_task_is_taken_and_given_back(tmp_path: Path) -> None:
    """T arms taking it, y sends; on one's own it arms giving it back."""
    stage = Stage(tmp_path)
    async with stage.run() as pilot:
        await stage.sees(pilot, "live")
        await stage.approval("Refund $240")
        await stage.ready(pilot, "Refund $240")
        await pilot.press("t")
        await stage.sees(pilot, "ASSIGN", "→ @alice", "y send")
        await pilot.press("y")
        await stage.sees(pilot, "RECORDED", "· @alice")
        await pilot.press("t")
        await stage.sees(pilot, "unassigned")
        stage.rest_hands()
        await pilot.press("y")
        await stage.sees(pilot, "RECORDED", gone=("· @alice",))


async def test_what_is_given_to_others_is_followed(tmp_path: Path) -> None:
    """An assignment by someone else shows in the list without reading it again."""
    from api_client.commands import Assign

    stage = Stage(tmp_path)
    async with stage.run() as pilot:
        await stage.sees(pilot, "live")
        task = await stage.task("Claim 7")
        await stage.ask(task, "Refund $7")
        await stage.ready(pilot, "Refund $7")
        await stage.write(Assign(task_id=task, assignee_id="maria"), ALICE)
        await stage.sees(pilot, "· @maria")
        assert isinstance(stage.app.screen, InboxScreen)


async def test_o_looks_at_the_attachments(tmp_path: Path) -> None:
    """Those that the request names, and a word where there are none."""
    stage = Stage(tmp_path)
    async with stage.run() as pilot:
        await stage.sees(pilot, "live")
        task = await stage.task("Claim 7")
        assert stage.backend is not None
        agent = stage.backend.acting_as(AGENT)

        async def table() -> AsyncIterator[bytes]:
            yield b"item,price\nbox,240\n"

        upload = ReceiveUpload(file_name="items.csv", content_type="text/csv")
        found = (await agent.submit(upload, key="upload", content=table())).answer["id"]
        await stage.act(task, "attached", "general", addAttachments=[{"uploadId": found, "label": "items.csv"}])
        await stage.ask(task, "Refund $240", attachments=[found])
        await stage.approval("Refund $99", "Claim 8")
        await stage.ready(pilot, "Refund $240", "items.csv")
        await pilot.press("o")
        await stage.sees(pilot, "s saves", "items.csv")
        await pilot.press("escape", "j")
        await stage.ready(pilot)
        await pilot.press("o")
        await stage.sees(pilot, "this request has no attachments")


async def test_who_asks_is_told_everywhere(tmp_path: Path) -> None:
    """Another agent's request on an agent's task bears its name: in the list, in full, raw and in the timeline."""
    stage = Stage(tmp_path)

    async def ask(stage: Stage) -> None:
        task = await stage.task("Claim C-1029")
        raw = {"projectName": "general", "taskId": task, "summary": "Refund $240"}
        await stage.write(read_command(RequestApproval, raw), Actor("mallory", "agent"))

    stage.before.append(ask)
    async with stage.run() as pilot:
        await stage.ready(pilot, "by mallory", "asked by mallory (agent)", "agent mallory   ◌ approval requested")
        await pilot.press("v")
        await stage.sees(pilot, "The raw text", "asked by mallory (agent)", "▎mallory")
        await pilot.press("3")
        await stage.sees(pilot, "mallory    ◌ requests")
        await stage.sees(pilot, "said        Refund $240")


async def test_a_request_that_no_screen_shows_whole_is_not_approved(tmp_path: Path) -> None:
    """Over the limit of what is shown, approving names the command that prints all of it; denying works."""
    stage = Stage(tmp_path)

    async def ask(stage: Stage) -> None:
        await stage.approval("Refund $240", keyValueContext={f"{n}": "x" * 40_000 for n in range(2)})

    stage.before.append(ask)
    async with stage.run() as pilot:
        await stage.ready(pilot, "Refund $240")
        await pilot.press("a")
        await stage.sees(pilot, "too long to be approved", "pumpup-tui approve evt_", gone=("APPROVE",))
        await pilot.press("d")
        await stage.sees(pilot, "DENY", "lines not seen yet")
        assert await stage.decisions() == 0


async def test_a_request_that_asks_again_is_followed_up_with_a_template_and_a_code(tmp_path: Path) -> None:
    """Asked for more, and asked again: what changed stands there; a template and a number make the next decision."""
    stage = Stage(tmp_path)
    preferences = Preferences(
        grace_seconds=0, reason_codes={"claims": ["no-proof", "limit"]}, note_templates={"again": "Still open: {task}"}
    )

    async def before(stage: Stage) -> None:
        stage.app.context.preferences = preferences
        await stage.project()
        task = await stage.task("Claim C-1029", "claims")
        first = await stage.ask(task, "Refund $240", "claims", keyValueContext={"Amount": "$240"}, recommendation=DENY)
        outcome = Outcome(type="REQUEST_MORE_INFO", note="the tracking number")
        await stage.write(Decide(request_id=first, outcome=outcome), BOB)
        again = {"Amount": "$180", "Tracking": "1Z999"}
        await stage.ask(task, "Refund $240", "claims", keyValueContext=again, recommendation=DENY)

    stage.before.append(before)
    async with stage.run(120, 40) as pilot:
        await stage.ready(pilot, "Changed since bob asked for more", "“the tracking number”", "$60 lower", "+ Tracking")
        await stage.sees(pilot, "“tracking” → Tracking", "not found in what is new  “number”")
        await pilot.press("i")
        await stage.sees(pilot, "? ASK", "nothing is sent while you type", "ctrl+t template", gone=("y send",))
        await pilot.press("ctrl+t")
        await stage.sees(pilot, "Note templates", "Still open: Claim C-1029")
        await pilot.press("enter", "enter")
        await stage.sees(pilot, "note: Still open: Claim C-1029", "y send")
        await pilot.press("w")
        await stage.sees(pilot, "1  no-proof", "2  limit", "0  another…")
        await pilot.press("2")
        await stage.sees(pilot, "reason code: limit", "y send")
        await pilot.press("y")
        await stage.sees(pilot, "RECORDED")
        assert stage.backend is not None
        (event, *_) = (await stage.backend.events(types=("APPROVAL_DECIDED",), order="desc")).items
        sent = {"type": "REQUEST_MORE_INFO", "note": "Still open: Claim C-1029", "reasonCode": "limit"}
        assert event.payload["outcome"] == sent
