"""Projects and their step graphs: CONTRACT.md part 3, over memory alone."""

from __future__ import annotations

from typing import Any

import pytest

from api_client.commands import CreateProject
from api_client.errors import Conflict, InvalidRequest, NotAllowed
from api_client.models import Steps
from api_client.wire import read
from tests.support.actors import AGENT, ALICE
from tests.support.rules_world import CLAIMS, World
from tests.unit.test_rules_tasks import refused


@pytest.fixture
def world() -> World:
    return World()


def step(name: str, *exits: str, **keys: Any) -> dict[str, Any]:
    return {"name": name, "owner": "AGENT", "exits": list(exits), **keys}


def graph(*steps: dict[str, Any], initial: str = "a", **keys: Any) -> Steps:
    return read(Steps, {"initialStep": initial, "steps": list(steps), **keys})


def test_general_is_there_from_the_first(world: World) -> None:
    """An empty folder has the project General with two steps."""
    assert [doc["projectName"] for doc in world.state.documents("projects")] == ["general"]
    words = refused(world, CreateProject(name="General", steps=CLAIMS), Conflict, actor=ALICE)
    assert "general" in words


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Claims", "claims"),
        ("  Vendor -- Onboarding 2 ", "vendor_onboarding_2"),
        ("Ärger & Söhne", "rger_s_hne"),
        ("日本", "project_2"),
        ("A", "a"),
    ],
)
def test_the_slug_comes_from_the_name(world: World, name: str, slug: str) -> None:
    """A slug is lowercase a-z and 0-9 joined by single underscores; a name with none of them gets a number."""
    world.project(name)
    assert world.state.slugs[slug]


def test_a_second_project_of_the_same_slug_is_a_conflict(world: World) -> None:
    """Two names that make the same slug can't both exist."""
    world.project("Big Claims")
    refused(world, CreateProject(name="big-claims", steps=CLAIMS), Conflict, actor=ALICE)


def test_only_a_reviewer_makes_projects(world: World) -> None:
    """An agent can't make a project."""
    refused(world, CreateProject(name="x", steps=CLAIMS), NotAllowed, actor=AGENT)


@pytest.mark.parametrize("name", ["", "x" * 81, "a\nb", "a\x1b[31m", "\x9b"])
def test_names_have_1_to_80_characters_and_no_controls(world: World, name: str) -> None:
    """A project's and a step's name out of bounds or with a control character is refused."""
    refused(world, CreateProject(name=name, steps=CLAIMS), InvalidRequest, "INVALID_REQUEST", actor=ALICE)
    steps = graph(step(name), initial=name)
    refused(world, CreateProject(name="x", steps=steps), InvalidRequest, "INVALID_REQUEST", actor=ALICE)


@pytest.mark.parametrize(
    "steps",
    [
        graph(),
        graph(step("a"), step("a")),
        graph(step("a", "b")),
        graph(step("b")),
        graph(step("a"), step("b", "a")),
        graph(step("a", timeoutSeconds=0)),
        graph(step("a"), stepSchemas={"b": {}}),
        graph(step("a"), stepSchemas={"a": {"type": "no such type"}}),
    ],
    ids=["empty", "doubled", "exit", "initial", "unreachable", "timeout", "schema of no step", "no schema"],
)
def test_a_graph_that_makes_no_sense_is_refused(world: World, steps: Steps) -> None:
    """Each fault that the contract names is INVALID_STEPS."""
    refused(world, CreateProject(name="x", steps=steps), InvalidRequest, "INVALID_STEPS", actor=ALICE)


def test_a_graph_may_have_cycles_and_stands_in_order_from_its_initial_step(world: World) -> None:
    """A cycle is no fault; the board's order is breadth first from the initial step."""
    steps = graph(step("c", "a"), step("b", "c", "a"), step("a", "b"), step("end"), initial="a")
    refused(world, CreateProject(name="x", steps=steps), InvalidRequest, "INVALID_STEPS", actor=ALICE)
    steps = graph(step("c", "a", "end"), step("b", "c", "a"), step("a", "b"), step("end"), initial="a")
    world.project("x", steps)
    assert [one.name for one in steps.in_graph_order()] == ["a", "b", "c", "end"]


def test_a_number_that_is_taken_is_not_given_again(world: World) -> None:
    """A name without letters gets the next free number, also where somebody has called a project so."""
    world.project("Project 3")
    world.project("日本")
    assert {"project_3", "project_4"} <= set(world.state.slugs)
