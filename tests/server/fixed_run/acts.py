"""What happens in the run: every command and every read, through whichever backends the place has."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, TypeAlias

from api_client.commands import (
    AddNote,
    Answer,
    Assign,
    Comment,
    CreateProject,
    CreateTask,
    Decide,
    FireTimeout,
    Move,
    RaiseException,
    ReceiveUpload,
    RecordAction,
    RequestApproval,
    RequestElicitation,
    Withdraw,
)
from api_client.event_filter import EventFilter
from api_client.settled import SettledQuery
from tests.server.fixed_run.run import Run

Raw: TypeAlias = dict[str, Any]
"""Keys of a command as they stand on the wire."""

STEPS: Raw = {
    "initialStep": "intake",
    "steps": [
        {"name": "intake", "owner": "AGENT", "exits": ["in_review", "paid"]},
        {"name": "in_review", "owner": "HUMAN", "exits": ["intake", "paid", "refused"], "timeoutSeconds": 3600},
        {"name": "paid", "owner": "PLATFORM", "exits": []},
        {"name": "refused", "owner": "PLATFORM", "exits": []},
    ],
    "stepSchemas": {"paid": {"type": "object", "properties": {"amount": {"type": "number", "maximum": 1000}}}},
}
ONE_STEP: Raw = {"initialStep": "done", "steps": [{"name": "done", "owner": "PLATFORM", "exits": []}]}
FIELDS: list[Raw] = [
    {"type": "Text", "id": "email", "label": "Mail", "required": True, "format": "EMAIL", "maxLength": 80},
    {"type": "TextArea", "id": "story", "label": "Story", "description": "In full", "required": False, "minLength": 3},
    {"type": "Number", "id": "count", "label": "Parcels", "required": True, "min": 1, "max": 9, "integerOnly": True},
    {"type": "Slider", "id": "care", "label": "Care", "required": False, "min": 0, "max": 1, "step": 0.1},
    {"type": "Select", "id": "carrier", "label": "Carrier", "required": True, "options": ["DHL", "UPS"]},
    {"type": "Multiselect", "id": "proofs", "label": "Proofs", "required": False, "options": ["photo", "scan"]},
    {"type": "DateField", "id": "day", "label": "Day", "required": False, "min": "2026-01-01", "max": "2026-12-31"},
    {"type": "Time", "id": "hour", "label": "Hour", "required": False, "min": "08:00", "max": "18:00"},
    {"type": "DateTime", "id": "at", "label": "At", "required": False, "min": "2026-01-01T00:00:00Z"},
    {"type": "Switch", "id": "insured", "label": "Insured", "required": False},
]
ANSWERS: Raw = {
    "email": "ann@example.com",
    "story": "It fell\noff the van. \u2028 Ünï\u202ecode ☂",
    "count": 2.0,
    "care": 0.3,
    "carrier": "DHL",
    "proofs": ["scan", "photo"],
    "day": "2026-02-28",
    "hour": "09:30",
    "at": "2026-02-28T09:30:00",
    "insured": False,
}
WRONG: Raw = {
    "email": "ann",
    "story": "x",
    "count": 2.5,
    "care": 0.35,
    "carrier": "Post",
    "proofs": ["scan", "scan"],
    "day": "2026-02-30",
    "hour": "7:00",
    "at": "2026-02-28",
    "insured": "yes",
    "colour": "red",
}
BIDS: list[Raw] = [
    {"fieldId": "email", "value": "ann@example.com", "confidence": 0.9, "rationale": "From the report"},
    {"fieldId": "count", "value": 2},
    {"fieldId": "insured"},
]
RECOMMENDED = {"outcome": {"type": "APPROVE"}, "confidence": 0.91, "rationale": "Within *limits*."}


class Acts:
    """The acts, in their order, and the ids that later ones name."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self.ids: dict[str, str] = {}

    async def all(self) -> None:
        """Play them."""
        await self._nothing_there()
        await self._projects()
        await self._tasks()
        await self._uploads()
        await self._work()
        await self._approvals()
        await self._elicitations()
        await self._reviewers_hand()
        await self._ends()
        await self._withdrawals()
        await self._following()
        await self._reads()

    async def _nothing_there(self) -> None:
        read = self._run.read
        for who in ("alice", "bob", "agent"):
            await read(who, "me")
        await read("alice", "projects")
        await read("alice", "inbox")
        await read("alice", "events")
        await read("alice", "tasks")

    async def _projects(self) -> None:
        submit = self._run.submit
        claims = await submit("alice", CreateProject, name="Claims Refund v1", steps=STEPS)
        self.ids["claims"] = claims["id"]
        await submit("alice", CreateProject, name="claims refund V1!", steps=STEPS)
        at_once = await submit("bob", CreateProject, name="早い", steps=ONE_STEP)
        self.ids["at_once"], self.ids["at_once_slug"] = at_once["id"], at_once["projectName"]
        await submit("alice", CreateProject, name="a\nb", steps=STEPS)
        await submit("agent", CreateProject, name="Mine", steps=STEPS)
        lost = {"initialStep": "a", "steps": [{"name": "a", "owner": "AGENT", "exits": ["b"]}]}
        await submit("alice", CreateProject, name="Lost", steps=lost)
        bad_schema = {**ONE_STEP, "stepSchemas": {"done": {"type": "nothing"}}}
        await submit("alice", CreateProject, name="Schema", steps=bad_schema)

    async def _tasks(self) -> None:
        submit = self._run.submit
        patch = {"set": {"amount": 240, "note": None}, "setOnce": {"seen": [1, 2.5, "x"]}, "unset": ["gone"]}
        more: Raw = {"externalId": "C-1029", "metadataPatch": patch}
        made = await submit(
            "agent", CreateTask, key="task", projectName="claims_refund_v1", name="Claim C-1029", **more
        )
        self.ids["task"] = made["id"]
        again: Raw = {"projectName": "claims_refund_v1", "name": "Another name"}
        await submit("agent", CreateTask, key="task", **again)  # the same key: answered as before
        self.ids["other"] = (await submit("bob", CreateTask, key="task", **again))["id"]  # another caller's key
        for number in range(3):
            made = await submit("agent", CreateTask, projectName="claims_refund_v1", name=f"Claim {number} ☂ \u202ex")
            self.ids[f"task {number}"] = made["id"]
        self.ids["general"] = (await submit("agent", CreateTask, projectName="general", name="Errand"))["id"]
        made = await submit("agent", CreateTask, projectName=self.ids["at_once_slug"], name="Done at once")
        self.ids["closed"] = made["id"]
        await submit("agent", CreateTask, projectName="nowhere", name="Lost")
        await submit("agent", CreateTask, projectName="general", name="")

    async def _uploads(self) -> None:
        submit = self._run.submit
        photo = await submit("agent", ReceiveUpload, content=b"a photo", fileName="photo.jpg", contentType="image/jpeg")
        self.ids["photo"] = photo["id"]
        odd = await submit("alice", ReceiveUpload, content=b"\x00\r\n--\xff", fileName='a "b"\\c/ü☂.txt')
        self.ids["odd"] = odd["id"]
        self.ids["empty"] = (await submit("agent", ReceiveUpload, content=b"", fileName=""))["id"]
        await submit("agent", ReceiveUpload, content=None, fileName="none.txt")

    def _on(self, task: str = "task", project: str = "claims_refund_v1", **raw: Any) -> Raw:
        return {"projectName": project, "taskId": self.ids.get(task, task), **raw}

    async def _work(self) -> None:
        submit, on = self._run.submit, self._on
        await submit("agent", RecordAction, **on(description="Read the report"))
        detail: Raw = {"model": "m-1", "tokens": 1200, "nested": {"a": [True, None, 1e-7]}}
        patch = {"set": {"risk": "low", "amount": 250.5}, "setOnce": {"seen": "no"}, "unset": ["note"]}
        added = [{"uploadId": self.ids["photo"], "label": "the photo"}, {"uploadId": self.ids["odd"], "label": ""}]
        full: Raw = {"detail": detail, "metadataPatch": patch, "addAttachments": added, "externalTraceId": "trace-1"}
        await submit("agent", RecordAction, **on(description="Classified", transitionsTo="in_review", **full))
        again = [{"uploadId": self.ids["photo"], "label": "the other label"}]
        await submit("agent", RecordAction, key="action", **on(description="Named anew", addAttachments=again))
        await submit("agent", RecordAction, key="action", **on(description="Named anew"))
        await submit("agent", RaiseException, **on(message="The price list timed out", externalTraceId="trace-2"))
        raised: Raw = {"message": "Back", "detail": {"tries": 3}, "transitionsTo": "in_review"}
        await submit("agent", RaiseException, **on("task 0", **raised))
        await submit("agent", AddNote, **on(message="The shop is asked\nfor the price", externalTraceId="trace-3"))
        await submit("agent", RecordAction, **on(description="x", transitionsTo="nowhere"))
        await submit("agent", RecordAction, **on("task 1", description="x", transitionsTo="refused"))
        unknown = [{"uploadId": "upl_none", "label": "none"}]
        await submit("agent", RecordAction, **on(description="x", addAttachments=unknown))
        too_much: Raw = {"metadataPatch": {"set": {"amount": 4100}}, "transitionsTo": "paid"}
        await submit("agent", RecordAction, **on("task 1", description="x", **too_much))
        await submit("agent", RecordAction, **on(project="general", description="x"))
        await submit("agent", RaiseException, **on("tsk_none", message="x"))
        await submit("agent", AddNote, **on("closed", self.ids["at_once_slug"], message="Still takes notes"))
        await submit("agent", RecordAction, **on("closed", self.ids["at_once_slug"], description="x"))

    async def _approvals(self) -> None:
        submit, on, ids = self._run.submit, self._on, self.ids
        plain = await submit("agent", RequestApproval, **on(summary="Refund **$240**?"))
        context = {"Amount": "$240", "Claim": "C-1029"}
        full: Raw = {
            "keyValueContext": context,
            "recommendation": RECOMMENDED,
            "attachments": [ids["photo"], ids["odd"]],
        }
        first = await submit("agent", RequestApproval, **on(summary="Refund?", externalTraceId="trace-4", **full))
        ids["plain"], ids["full"] = plain["eventId"], first["eventId"]
        await submit("agent", RequestApproval, **on(summary="Refund?", attachments=[ids["empty"]]))
        await submit("agent", RecordAction, **on(description="Pays too early", transitionsTo="paid"))
        await self._run.read("agent", "approval_result", ids["plain"])
        await self._run.read("alice", "elicitation_result", ids["plain"])
        shown = await self._run.read("alice", "request", ids["plain"])
        approve: Raw = {"requestId": ids["plain"], "outcome": {"type": "APPROVE"}}
        await submit("alice", Decide, requestHash="0" * 64, **approve)
        await submit("agent", Decide, **approve)
        await submit("alice", Decide, key="decide", requestHash=shown.hash, **approve)
        await submit("alice", Decide, key="decide", requestHash=shown.hash, **approve)
        await submit("bob", Decide, **approve)
        await submit("alice", Decide, requestId="evt_none", outcome={"type": "REJECT"})
        await submit("bob", Decide, requestId=ids["full"], outcome={"type": "EDIT_AND_APPROVE"})
        edited = {"type": "EDIT_AND_APPROVE", "note": "$200 alone", "reasonCode": "policy-7"}
        await submit("bob", Decide, requestId=ids["full"], outcome=edited)
        for number, outcome in enumerate(
            (
                {"type": "REJECT", "reasonCode": "receipt"},
                {"type": "ESCALATE"},
                {"type": "REQUEST_MORE_INFO", "note": "?"},
            )
        ):
            asked = await submit("agent", RequestApproval, **on(f"task {number}", summary=f"Ask {number}"))
            ids[f"asked {number}"] = asked["eventId"]
            await submit("alice", Decide, requestId=asked["eventId"], outcome=outcome)
        for number in range(3):
            await submit("agent", RequestApproval, **on(f"task {number}", summary=f"Open {number}"))

    async def _elicitations(self) -> None:
        submit, on, ids = self._run.submit, self._on, self.ids
        asked = await submit("agent", RequestElicitation, **on(summary="Details?", fields=FIELDS))
        more: Raw = {"recommendation": BIDS, "keyValueContext": {"a": "b"}, "attachments": [ids["photo"]]}
        bid = await submit("agent", RequestElicitation, **on(summary="Again?", fields=FIELDS, **more))
        ids["form"], ids["bid"] = asked["eventId"], bid["eventId"]
        await self._run.read("agent", "elicitation_result", ids["form"])
        await self._run.read("agent", "approval_result", ids["form"])
        await submit("alice", Answer, requestId=ids["form"], answers=WRONG)
        await submit("alice", Answer, requestId=ids["form"], answers={})
        await submit("alice", Answer, requestId=ids["full"], answers={})
        await submit("alice", Answer, requestId=ids["form"], answers=ANSWERS, requestHash="0" * 64)
        shown = await self._run.read("alice", "request", ids["form"])
        await submit("alice", Answer, key="answer", requestId=ids["form"], answers=ANSWERS, requestHash=shown.hash)
        await submit("alice", Answer, key="answer", requestId=ids["form"], answers={})
        await submit("bob", Answer, requestId=ids["form"], answers=ANSWERS)
        few = {"email": "b@example.org", "count": 1, "carrier": "UPS", "story": None}
        await submit("bob", Answer, requestId=ids["bid"], answers=few)
        open_: Raw = {"summary": "Left open", "fields": FIELDS[:1], "recommendation": BIDS[:1]}
        ids["open form"] = (await submit("agent", RequestElicitation, **on("other", **open_)))["eventId"]

    async def _reviewers_hand(self) -> None:
        submit, ids = self._run.submit, self.ids
        await submit("alice", Assign, taskId=ids["task"], assigneeId="bob")
        await submit("bob", Assign, taskId=ids["task"], assigneeId="")
        await submit("alice", Assign, taskId=ids["task 1"], assigneeId="alice")
        await submit("alice", Assign, taskId=ids["closed"], assigneeId="alice")
        await submit("alice", Comment, taskId=ids["task"], message="I have called them ☎")
        await submit("alice", Comment, taskId="tsk_none", message="x")
        await submit("alice", Move, taskId=ids["other"], transitionsTo="in_review", note="Mine now")
        await submit("alice", Move, taskId=ids["task"], transitionsTo="intake")
        await submit("alice", Move, taskId=ids["task"], transitionsTo="refused")
        await submit("agent", Move, taskId=ids["task"], transitionsTo="in_review")

    async def _ends(self) -> None:
        submit, on, ids = self._run.submit, self._on, self.ids
        await submit("platform", FireTimeout, taskId=ids["other"])
        self._run.place.clock.advance(hours=2)
        await submit("platform", FireTimeout, taskId=ids["other"])
        await submit("platform", FireTimeout, taskId=ids["other"])
        await submit("alice", FireTimeout, taskId=ids["task 0"])
        await submit("agent", RecordAction, **on(description="Paid", transitionsTo="paid"))
        await submit("alice", Move, taskId=ids["task"], transitionsTo="intake")

    async def _reads(self) -> None:
        run, ids = self._run, self.ids
        # At the folder an agent reads what a reviewer does; over the network its clients put it together.
        for who in ("alice", "agent") if run.place.transport else ("alice",):
            await run.read(who, "me")
            await run.read(who, "projects", name="CLAIMS")
            await run.read(who, "project", ids["claims"])
            await run.read(who, "project", "prj_none")
            await run.read(who, "board", ids["claims"])
            await run.read(who, "board", "prj_none")
            await run.pages(who, "cards", ids["claims"], "intake", limit=2)
            await run.read(who, "cards", ids["claims"], "nowhere")
            await run.read(who, "tasks", project_id=ids["claims"], name="claim")
            await run.read(who, "tasks")
            for task in ("task", "task 1", "other", "closed"):
                await run.read(who, "task", ids[task])
            await run.read(who, "task", "tsk/none ☂")
            await run.pages(who, "inbox", limit=2)
            await run.pages(who, "inbox", limit=3, project_id=ids["claims"])
            for request in ("plain", "full", "form", "open form", "asked 2"):
                await run.read(who, "request", ids[request])
            await run.read(who, "request", "evt_none")
            await self._timelines(who)
            await self._results(who)
            for upload in ("photo", "odd", "empty"):
                await run.read(who, "upload", ids[upload])
                await run.download(who, ids[upload])
            await run.read(who, "upload", "upl_none")

        await self._history("alice")

    async def _history(self, who: str) -> None:
        run, ids = self._run, self.ids
        for at in (ids["full"], "2000-01-01T00:00:00Z", "evt_none", "soon"):
            await run.read(who, "board", ids["claims"], at=at)
            await run.read(who, "task", ids["task"], at=at)
        await run.pages(who, "cards", ids["claims"], "intake", limit=2, at=ids["full"])
        await run.pages(who, "events", limit=20, only=EventFilter(decided_by="alice", outcome="APPROVE"))
        await run.pages(who, "events", limit=20, only=EventFilter(deed="UNLINKED"))
        await run.pages(who, "events", limit=20, only=EventFilter(since=datetime(2026, 1, 1, tzinfo=UTC)))
        settled = SettledQuery(ids["claims"], since=datetime(2026, 1, 1, tzinfo=UTC), order="desc", limit=5)
        for query in (settled, SettledQuery(until=datetime(2000, 1, 1, tzinfo=UTC)), SettledQuery("prj_none")):
            await run.read(who, "settled", query=query)

    async def _timelines(self, who: str) -> None:
        run, ids = self._run, self.ids
        await run.pages(who, "events", limit=20)
        await run.pages(who, "events", limit=30, order="desc")
        await run.pages(who, "events", limit=8, task_id=ids["task"])
        await run.read(who, "events", task_id=ids["task 0"], order="desc", limit=2)
        await run.read(who, "events", project_id=ids["at_once"])
        await run.read(who, "events", types=("APPROVAL_DECIDED", "TIMEOUT"), limit=4)
        await run.read(who, "events", project_id=ids["claims"], types=("NOTE",), order="desc")
        await run.read(who, "events", task_id="tsk_none")
        await run.read(who, "events", cursor="nonsense")
        await run.read(who, "events", limit=0)
        await run.read(who, "events", task_id=ids["closed"], limit=501)

    async def _results(self, who: str) -> None:
        run, ids = self._run, self.ids
        await run.read(who, "approval_result", ids["plain"])
        await run.read(who, "approval_result", ids["full"], wait=2.5)
        await run.read(who, "elicitation_result", ids["form"])
        await run.read(who, "elicitation_result", ids["bid"], wait=60)
        await run.read(who, "elicitation_result", ids["open form"])
        await run.read(who, "approval_result", "evt_none")

    async def _following(self) -> None:
        run, ids = self._run, self.ids
        page = await run.read("alice", "events", order="desc", limit=4)
        heard: Raw = {"taskId": ids["task 0"], "message": "Heard at once \u2028 ☂"}
        await run.follow("alice", page.next_cursor, 3, run.submit("bob", Comment, **heard))
        page = await run.read("agent", "events", order="desc", limit=1)
        # Where there is no stream, what is followed are the looks: nothing is stored that is news.
        at = page.items[0].id if run.place.exchanges else page.next_cursor
        await run.follow("agent", at, 0, run.submit("bob", Comment, **{**heard, "message": "Found by looking"}))

    async def _withdrawals(self) -> None:
        submit, on, ids = self._run.submit, self._on, self.ids
        asked = await submit("agent", RequestElicitation, **on("task 0", summary="Never mind", fields=FIELDS[:1]))
        await submit("alice", Withdraw, key="drop", requestId=asked["eventId"], reason="Not ours to say")
        await submit("alice", Withdraw, key="drop", requestId=asked["eventId"], reason="Not ours to say")
        await submit("bob", Withdraw, requestId=ids["form"], reason="Late")
        await self._run.read("agent", "elicitation_result", asked["eventId"])
        await self._run.read("alice", "request", asked["eventId"])
