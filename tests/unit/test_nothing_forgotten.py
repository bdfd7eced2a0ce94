"""What is declared in several places stands in all of them: these tests tell whoever adds one what is left to do."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args, get_origin

import pytest
from msgspec import Struct
from msgspec.structs import fields

from api_client.commands import HTTP_COMMANDS, Command, Expire, FireTimeout, ReceiveUpload
from api_client.fields import FIELD_TYPES, FieldBase, read_fields
from api_client.models import Event, Task
from api_client.wire import Json
from pumpup_tui.app import PumpUpApp
from pumpup_tui.commands import listings, table_columns
from pumpup_tui.commands.request_text import row_of
from pumpup_tui.components.frame import SCREENS
from pumpup_tui.form.controls import Area, Typed
from pumpup_tui.form.field_lines import what_keys_do
from pumpup_tui.form.field_row import FieldRow
from pumpup_tui.keys.key_names import KeyNames
from pumpup_tui.local_state.answer_draft import typed_of
from pumpup_tui.text.labels import EVENT_WORDS, event_text
from store.core import event_shapes, fold, rules
from store.core.event_types import OFF_TIMELINE_CODES, TYPES
from store.transfer import recorded_commands
from styles.sheets import sheet
from tests.answers_table import TAKEN
from tests.pilot.stage import Stage
from tests.unit.test_queue import NOW, item

WRITERS = ("ruling.on_task", "self.on_task", "_change", "_request")
CORE = Path(str(rules.__file__)).parent


def test_a_main_screen_has_mode_key_name_and_sheet(tmp_path: Path) -> None:
    """What a key goes to is a mode of the app, stands in the header and brings a style sheet."""
    modes = set(Stage(tmp_path).app._modes) - {PumpUpApp.DEFAULT_MODE}
    bound = {found[1] for one in PumpUpApp.BINDINGS if (found := re.search(r"mode\('(\w+)'\)", str(one)))}
    named = {mode for *_, mode, _name in SCREENS}
    assert modes == bound == named
    assert [mode for mode in sorted(modes) if not sheet(mode).is_file()] == []


def concrete(kind: type[Command]) -> Iterator[type[Command]]:
    """Yield the commands that can be given: those with a path of their own."""
    if "path" in kind.__dict__:
        yield kind
    for below in kind.__subclasses__():
        yield from concrete(below)


def test_a_command_has_a_rule_and_a_call() -> None:
    """Each command is ruled on; all but an upload and the platform's own are calls with a JSON body."""
    commands = set(concrete(Command))
    assert set(rules._RULES) == commands
    assert set(HTTP_COMMANDS) == commands - {ReceiveUpload, FireTimeout, Expire}


def types_written(file: Path) -> Iterator[str]:
    """Yield the event types that a module of the store hands to what writes events."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in WRITERS:
            yield from (str(one.value) for one in node.args if isinstance(one, ast.Constant))


def test_an_event_type_is_shaped_folded_checked_and_indexed() -> None:
    """Each type that a rule writes has a shape, adds up to something, conforms, has a code and words on the screens."""
    written = {kind for file in CORE.glob("*rul*.py") for kind in types_written(file)}
    on_no_task = {TYPES[code] for code in OFF_TIMELINE_CODES}
    assert len(written) > 8
    assert written | on_no_task == set(TYPES[1:])
    for table in (event_shapes._SHAPES, fold._CHANGES, recorded_commands._CALLS):
        assert set(table) == set(TYPES[1:])
    assert written == set(EVENT_WORDS)


def payload_of(kind: str) -> type[Struct]:
    """Return the shape of the payload of an event type."""
    (found,) = (field.type for field in fields(event_shapes._SHAPES[kind]) if field.name == "payload")
    assert isinstance(found, type)
    assert issubclass(found, Struct)
    return found


def test_a_payload_on_a_timeline_is_read_in_any_event() -> None:
    """An event of a type that a newer version added may have the payload of any type that stands on a timeline."""
    (union,) = (field.type for field in fields(event_shapes._Event) if field.name == "payload")
    assert set(get_args(union)) == {payload_of(kind) for kind in EVENT_WORDS}


def value_of(kind: object) -> Json:
    """Return a value of a payload's key: a text where it is one, else the least that there is."""
    if kind is str:
        return "words"
    return [] if get_origin(kind) is list else {}


def event_of(kind: str, payload: dict[str, Json]) -> Event:
    return Event(
        id="evt_1",
        task_id="tsk_1",
        project_id="prj_1",
        event_type=kind,
        source="AGENT",
        owner="AGENT",
        timestamp=NOW,
        payload=payload,
    )


@pytest.mark.parametrize("kind", EVENT_WORDS)
def test_an_event_of_each_type_has_a_text(kind: str) -> None:
    """Its row in a list says what happened, and not its type alone."""
    payload = {field.encode_name: value_of(field.type) for field in fields(payload_of(kind)) if field.required}
    assert event_text(event_of(kind, payload))


def test_a_column_of_a_table_is_filled() -> None:
    """Each column that a command's table can have is in its rows, and each that it has by default can be had."""
    task = Task(id="tsk_1", project_id="prj_1", name="Claim", current_step="review", status="RUNNING")
    rows = {
        "inbox": listings._inbox_row(item(), "evt_1", "alice", NOW),
        "tasks": listings._task_row(task, "tsk_1", {}),
        "timeline": row_of(event_of("NOTE", {"message": "seen"}), NOW),
    }
    for table in table_columns.ALL.keys() | rows.keys():
        names = {column.name for column in table_columns.ALL[table]}
        assert names == set(rows[table])
        assert set(table_columns.DEFAULT[table]) <= names


def example(kind: str) -> tuple[FieldBase, object]:
    row = next(row for row in TAKEN if row.field["type"] == kind)
    (field,) = read_fields([row.field])
    assert isinstance(field, FieldBase)
    return field, row.answer


@pytest.mark.parametrize("kind", FIELD_TYPES)
def test_a_field_type_has_a_control(kind: str) -> None:
    """Each type can be answered in the form, by typing or by choosing, and its hint says how."""
    field, answer = example(kind)
    typed = typed_of(field, answer)
    control = FieldRow._wanted(field, kind, typed)
    assert control is not None
    assert (control in (Typed, Area)) == isinstance(typed, str)
    assert what_keys_do(kind, KeyNames(), searched=False) or kind == "Text"
