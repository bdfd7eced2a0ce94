"""The store's core over another kind of place: nothing of it needs the folder, its files or its libraries."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from api_client.commands import AddNote, Answer, CreateProject, CreateTask, Decide, RequestApproval, RequestElicitation
from api_client.errors import Conflict, InvalidRequest
from api_client.models import Outcome, Steps
from api_client.wire import read
from store.core import cursors
from store.core.batch import Job
from store.core.chain import NO_HASH, link_all
from store.core.fold import GENERAL, open_requests
from store.core.schema_questions import CheckNeeded
from store.core.wire_objects import card, inbox_item, result
from tests.conftest import FixedClock, counting_tokens
from tests.support.actors import AGENT, ALICE
from tests.support.memory_place import MemoryPlace, MemoryStore

FIELDS = [{"type": "Text", "id": "place", "label": "Where?", "required": True}]
SCHEMA: dict[str, Any] = {
    "initialStep": "intake",
    "steps": [{"name": "intake", "owner": "AGENT", "exits": ["done"]}, {"name": "done", "owner": "PLATFORM"}],
    "stepSchemas": {"intake": {"required": ["amount"]}},
}


@pytest.fixture
def store() -> MemoryStore:
    place = MemoryPlace()
    place.put("projects", "prj_general", GENERAL)
    return MemoryStore(place, FixedClock(), counting_tokens())


def task(store: MemoryStore, key: str | None = None) -> str:
    return str(store.give(CreateTask(project_name="general", name="C-1"), AGENT, key).answer["id"])


def approval(store: MemoryStore, task_id: str) -> str:
    return store.give(RequestApproval(project_name="general", task_id=task_id, summary="Pay?"), AGENT).event_id


def test_a_decision_goes_all_the_way_over_dictionaries(store: MemoryStore) -> None:
    """Asked, shown in the inbox, decided once and refused the second time, with the result and a sound chain."""
    place, task_id = store.place, task(store)
    request = approval(store, task_id)
    assert inbox_item(place, place.get("requests", request) or {})["taskName"] == "C-1"
    assert card(place, place.get("tasks", task_id) or {})["openRequestCount"] == 1
    decide = Decide(request_id=request, outcome=Outcome(type="APPROVE"))
    store.give(decide, ALICE)
    with pytest.raises(Conflict, match="alice"):
        store.give(decide, ALICE)
    assert result(request, place.settlement(request) or {})["decidedBy"] == "alice"
    assert open_requests(place.get("tasks", task_id) or {}) == []
    plain = [{key: value for key, value in event.items() if key != "hash"} for event in place.events]
    assert link_all(NO_HASH, plain).events == place.events


def test_the_commands_of_a_batch_meet_each_other(store: MemoryStore) -> None:
    """Of two answers in one batch the first wins; the loser leaves nothing, and what follows it is recorded."""
    task_id = task(store)
    asks = RequestElicitation(project_name="general", task_id=task_id, summary="Where?", fields=read_fields())
    request = store.give(asks, AGENT).event_id
    answer = Answer(request_id=request, answers={"place": "Kraków"})
    note = AddNote(project_name="general", task_id=task_id, message="n")
    first, second, third = store.carry_out(Job(answer, ALICE, None), Job(answer, ALICE, None), Job(note, AGENT, None))
    assert isinstance(second, Conflict)
    assert not isinstance(first, Exception)
    assert not isinstance(third, Exception)
    assert [event["eventType"] for event in store.place.events[-2:]] == ["ELICITATION_PROVIDED", "NOTE"]


def test_a_key_is_answered_once(store: MemoryStore) -> None:
    """The same key of the same caller on the same path is answered as before, in one batch and in a later one."""
    create = CreateTask(project_name="general", name="C-1")
    one, two = store.carry_out(Job(create, AGENT, "k"), Job(create, AGENT, "k"))
    assert not isinstance(one, Exception)
    assert not isinstance(two, Exception)
    later = store.give(create, AGENT, "k")
    assert one.answer == two.answer == later.answer
    assert (one.replayed, two.replayed, later.replayed) == (False, True, True)
    assert store.place.count("tasks") == 1


def test_a_schema_is_asked_about_and_not_evaluated(store: MemoryStore) -> None:
    """The rules hand the question out, and take the verdict with the next submission."""
    graph = CreateProject(name="Claims", steps=read(Steps, SCHEMA))
    with pytest.raises(CheckNeeded) as needed:
        store.give(graph, ALICE)
    job = Job(graph, ALICE, None, verdicts={}).with_verdict(needed.value.question, None)
    (outcome,) = store.carry_out(job)
    assert not isinstance(outcome, Exception)
    assert outcome.answer["projectName"] == "claims"


def test_a_cursor_is_sealed_by_the_event_it_stands_at(store: MemoryStore) -> None:
    """A cursor is read back as its place, and refused for another list, a made-up place or another record."""
    task(store)
    hashes = [str(event["hash"]) for event in store.place.events]
    cursor = cursors.cursor_at(("cards", "a"), 1, hashes[0])

    def seq_at(scope: cursors.Scope, text: str | None, hash_of: Any = lambda seq: hashes[seq - 1]) -> int:
        return cursors.seq_at(scope, text, last=len(hashes), hash_of=hash_of)

    assert (seq_at(("cards", "a"), cursor), seq_at(("cards", "a"), None)) == (1, 0)
    for scope, text in ((("cards", "b"), cursor), (("cards", "a"), f"2{cursor[1:]}"), (("cards", "a"), "x")):
        with pytest.raises(InvalidRequest):
            seq_at(scope, text)
    with pytest.raises(InvalidRequest):
        seq_at(("cards", "a"), cursor, lambda _: NO_HASH)


_LOADED = """
import pkgutil
import sys
from importlib import import_module
import store.core
import tests.support.memory_place
for module in pkgutil.iter_modules(store.core.__path__):
    import_module(f"store.core.{module.name}")
others = ("store.folder", "store.schemas", "store.server", "store.transfer", "store.demo", "pumpup_tui", "tinydb",
          "filelock", "jsonschema", "starlette", "httpx", "textual")
print(*sorted(name for name in sys.modules if name.startswith(others)))
"""


def test_the_core_loads_nothing_of_the_folder() -> None:
    """All of the core's modules, and a place over them, are loaded without one module of another part of the store."""
    loaded = subprocess.run([sys.executable, "-c", _LOADED], capture_output=True, text=True, check=True)
    assert loaded.stdout.split() == []


def read_fields() -> Any:
    from api_client.fields import read_fields as read_all

    return tuple(read_all(FIELDS))
