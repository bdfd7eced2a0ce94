"""What holds for any declaration and any answer, however odd."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from api_client.fields import FIELD_TYPES, AnyField, FieldBase, check_answers, read_fields
from api_client.wire import Json, read
from tests.answers_table import REFUSED, TAKEN, Refused, Taken

TABLE: list[Taken | Refused] = [*TAKEN, *REFUSED]
ROWS = read(tuple[AnyField, ...], [row.field for row in TABLE])

scalars: st.SearchStrategy[Json] = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(min_value=10**300, max_value=10**330)
    | st.floats()
    | st.text(st.characters(codec=None, exclude_categories=()), max_size=12)
    | st.dates().map(str)
    | st.times().map(lambda moment: moment.isoformat("minutes"))
    | st.datetimes().map(lambda moment: moment.isoformat("T", "seconds"))
    | st.decimals(allow_nan=False, allow_infinity=False, places=1).map(float)
    | st.sampled_from([row.answer for row in TABLE])
)
json_values: st.SearchStrategy[Json] = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
declarations = st.fixed_dictionaries(
    {"type": st.sampled_from([*FIELD_TYPES, "Colour"])},
    optional={
        "id": json_values,
        "label": json_values,
        "description": json_values,
        "required": st.booleans() | json_values,
        "min": json_values,
        "max": json_values,
        "step": json_values,
        "integerOnly": st.booleans(),
        "options": st.lists(st.text(max_size=3), max_size=3) | json_values,
        "minLength": st.integers(0, 5) | json_values,
        "maxLength": st.integers(0, 5) | json_values,
        "format": st.sampled_from(["EMAIL", "PHONE", "URL"]) | json_values,
    },
)


@given(st.sampled_from(ROWS), json_values)
def test_a_check_takes_or_refuses(field: FieldBase, answer: Json) -> None:
    """Any answer is kept or refused in words, and what was kept is taken again unchanged."""
    try:
        kept = field.check(answer)
    except ValueError as fault:
        assert str(fault)
    else:
        again = field.check(kept)
        assert again == kept
        assert type(again) is type(kept)


@given(declarations, json_values)
def test_a_declaration_is_taken_or_refused(raw: dict[str, Json], answer: Json) -> None:
    """Whatever an agent declares either makes a field that can be asked and answered, or is refused."""
    try:
        (field,) = read(tuple[AnyField], [raw])
    except ValueError:
        return
    assert isinstance(field.bounds(), str)
    check_answers([field], {field.id: answer, "other": answer})


@given(st.lists(declarations | json_values, max_size=4), json_values)
def test_foreign_fields_never_stop_a_reader(raw: list[Json], answer: Json) -> None:
    """However a foreign server spells its fields, a reader gets something to show for each object."""
    read = read_fields(raw)
    assert len(read) == sum(isinstance(one, dict) for one in raw)
    for field in read:
        assert isinstance(field.bounds(), str)
    check_answers(read, {field.id: answer for field in read})


@given(st.lists(st.tuples(st.sampled_from(ROWS), json_values), max_size=5))
def test_every_declared_field_is_kept_refused_or_left_out(pairs: list[tuple[FieldBase, Json]]) -> None:
    """No answer gets lost between what is kept and what is refused."""
    fields = [replace(field, id=str(place)) for place, (field, _) in enumerate(pairs)]
    answers = {str(place): answer for place, (_, answer) in enumerate(pairs)}
    kept, faults = check_answers(fields, answers)
    assert not kept.keys() & faults.keys()
    left_out = {field.id for field in fields if not field.required and answers[field.id] is None}
    assert kept.keys() | faults.keys() == answers.keys() - left_out
