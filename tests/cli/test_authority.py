"""`projects policy`, `grants`, `pause`: who may decide what, on a folder and over a server alike."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from api_client.actor import Actor
from api_client.times import utc_now
from store.folder.api_keys import KeyRing
from store.folder.local_backend import open_local
from tests.cli.conftest import CLAIMS_STEPS, command, environment, run_in, serving
from tests.cli.terminal import terminal
from tests.support.actors import AGENT, ALICE, BOB
from tests.support.world_builder import WorldBuilder

As = Callable[..., Any]
LARGE = {"name": "large", "when": {"context": {"Amount": {"atLeast": 1000}}}, "people": 2, "tags": ["claims-lead"]}
APPROVES = {"outcome": {"type": "APPROVE"}, "confidence": 0.9}


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str], dict[str, str]]:
    """A folder with the project Claims, open refunds of $0, $1,000, $2,000, … there, and a key for each reviewer."""
    data = tmp_path_factory.mktemp("asked") / "data"

    async def make() -> list[str]:
        backend = await open_local(data, ALICE)
        world = WorldBuilder(backend.acting_as(AGENT), backend)
        await world.project(steps=json.loads(CLAIMS_STEPS))
        task = await world.task("Claim C-1", "claims")
        try:
            return [
                await world.approval(
                    task, f"Refund {n}", "claims", keyValueContext={"Amount": f"${n},000.00"}, recommendation=APPROVES
                )
                for n in range(8)
            ]
        finally:
            await backend.aclose()

    requests, ring = asyncio.run(make()), KeyRing(data, utc_now)
    keys = {
        who.subject: ring.add(who.subject, "reviewer", who.tags)
        for who in (ALICE, BOB, Actor("carol", "reviewer", ALICE.tags))
    }
    return data, requests, keys


@pytest.fixture(scope="module", params=["folder", "server"])
def as_(
    request: pytest.FixtureRequest,
    asked: tuple[Path, list[str], dict[str, str]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[As]:
    """Run a command as a reviewer, on the folder or over its server."""
    home, (data, _, keys) = tmp_path_factory.mktemp("home"), asked
    if request.param == "folder":
        tags = {"bob": ()}
        yield lambda who, *words, **more: run_in(
            home, *words, "--data", data, "--reviewer", who, *tags.get(who, ("--tag", "claims-lead")), **more
        )
        return
    with serving(home, data) as url:
        yield lambda who, *words, **more: run_in(home, *words, "--url", url, PUMPUP_API_KEY=keys[who], **more)


def test_a_policy_is_set_in_place_of_the_one_that_was_read(as_: As, tmp_path: Path) -> None:
    """What is set is shown in words and as JSON; a file of a hash that is no longer in force is a conflict."""
    file, shown = tmp_path / "policy.json", tmp_path / "shown.json"
    euros = {"name": "euros", "when": {"context": {"Sum": {"below": 50, "unit": "EUR"}}}}
    file.write_text(json.dumps({"rules": [LARGE, euros], "blind": 0.2, "escalate": ["finance"]}), encoding="utf-8")
    done = as_("alice", "projects", "policy", "set", "claims", file)
    assert done.returncode == 0, done.stderr
    hash_ = done.stdout.strip()
    words = as_("bob", "projects", "policy", "show", "Claims").stdout
    large = ("1. large", "Amount at least 1,000", "2 different people with the tag claims-lead")
    for part in (*large, "Sum under 50 EUR", "finance", "20%"):
        assert part in words
    assert hash_ in words
    shown.write_text(as_("bob", "projects", "policy", "show", "claims", "--json").stdout, encoding="utf-8")
    assert json.loads(shown.read_text(encoding="utf-8"))["hash"] == hash_
    again = json.loads(as_("alice", "projects", "policy", "set", "claims", shown, "--json").stdout)
    assert again["policy"]["rules"][0]["name"] == "large"
    stale = as_("alice", "projects", "policy", "set", "claims", shown)
    assert (stale.returncode, stale.stdout) == (4, "")
    assert again["hash"] in stale.stderr
    file.write_text('{"rules": [{"name": "x", "people": 9, "when": {"steps": ["nowhere"]}}]}', encoding="utf-8")
    refused = as_("alice", "projects", "policy", "set", "claims", file)
    assert refused.returncode == 1
    assert "rules.0.people" in refused.stderr


def test_who_may_not_decide_is_told_what_it_takes(
    as_: As, asked: tuple[Path, list[str], dict[str, str]], request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """Refused with exit code 6, the needs and the next step; the first of two agrees, and only the second decides."""
    file = tmp_path / "policy.json"
    file.write_text(json.dumps({"rules": [LARGE]}), encoding="utf-8")
    assert as_("alice", "projects", "policy", "set", "claims", file).returncode == 0
    large = asked[1][1 if "folder" in request.node.name else 2]
    refused = as_("bob", "approve", large, "--yes")
    assert (refused.returncode, refused.stdout) == (6, "")
    assert "Only claims-lead may decide this" in refused.stderr
    assert "Ask somebody with the tag claims-lead: 'pumpup-tui assign tsk_" in refused.stderr
    agreed = as_("alice", "approve", large, "--yes")
    assert agreed.returncode == 0, agreed.stderr
    assert "Agreed (1 of 2): it needs 1 more of claims-lead" in agreed.stdout
    listed = {who: as_(who, "inbox", "--project", "claims").stdout for who in ("alice", "bob", "carol")}
    assert "POLICY" in listed["alice"]
    assert "you agreed, needs 1" in listed["alice"]
    assert "others decide" in listed["bob"]
    assert "1 of 2 agreed" in listed["carol"]
    again = as_("alice", "approve", large, "--yes")
    assert again.returncode == 4
    assert "You agreed already" in again.stderr
    decided = as_("carol", "approve", large, "--yes")
    assert decided.stdout.startswith("recorded evt_")
    assert "Agreed" not in decided.stdout
    assert json.loads(as_("bob", "show", large, "--json").stdout)["result"]["decidedBy"] == "carol"
    assert re.search(rf"^Rule +{LARGE['name']}$", as_("bob", "show", large).stdout, re.MULTILINE)


def test_a_policy_is_held_against_the_past(tmp_path: Path) -> None:
    """Each decision that lacked a tag, people or another than the asker is listed with its rule; so they are counted.

    A rule for a step holds by where the task was when it was asked and when it was decided, and not by where it is now;
    one on the context for a key in any case, and for what may only look like it.
    """
    data, file = tmp_path / "data", tmp_path / "policy.json"

    async def make() -> list[str]:
        backend = await open_local(data, ALICE)
        world, asking = WorldBuilder(backend.acting_as(AGENT), backend), WorldBuilder(backend, backend)
        await world.project(steps=json.loads(CLAIMS_STEPS))
        task = await world.task("Claim C-1", "claims")
        early = await world.approval(task, "Before the move", "claims")
        moved = await world.approval(task, "Asked before it, decided after it", "claims")
        twice = ({"Amount": "$5", key: "$5"} for key in ("AMOUNT", "Am\u043eunt"))
        contexts = ({"amount": "$5"}, {"Amount": "$9k"}, *twice)
        try:
            await world.decision(early)
            await world.action(task, "on", "claims", transitionsTo="in_review")
            later = await world.approval(task, "After it", "claims")
            own = await asking.approval(task, "My own", "claims")
            sums = [await world.approval(task, "Pay", "claims", keyValueContext=one) for one in contexts]
            for request in (moved, later, own, *sums):
                await world.decision(request)
            await world.approval(task, "Open still", "claims")
        finally:
            await backend.aclose()
        return [early, moved, later, own, *sums]

    early, moved, later, own, _, *unclear = asyncio.run(make())
    rules = [{"name": "own", "when": {"context": {"Amount": {"below": 10}}}, "notAsker": False}]
    rules.insert(
        0, {"name": "sums", "when": {"context": {"Amount": {"atLeast": 10}}, "steps": ["in_review"]}, "people": 2}
    )
    rules.insert(0, {"name": "early", "when": {"steps": ["intake"]}, "tags": ["boss"]})
    file.write_text(json.dumps({"rules": rules}), encoding="utf-8")
    words = ("projects", "policy", "check", "claims", file, "--data", data)
    result = run_in(tmp_path, *words, "--json")
    assert result.returncode == 1
    *listed, counts = map(json.loads, result.stdout.splitlines())
    assert {one["requestId"]: (one["rule"], one["missing"]) for one in listed} == {
        early: ("early", ["TAGS"]),
        later: ("sums", ["PEOPLE"]),
        own: ("sums", ["OWN_REQUEST", "PEOPLE"]),
        moved: ("sums", ["TAGS", "PEOPLE"]),
        **dict.fromkeys(unclear, ("sums", ["PEOPLE"])),
    }
    assert (counts["decisions"], counts["short"]) == (8, 7)
    assert counts["missing"] == {"TAGS": 2, "PEOPLE": 6, "OWN_REQUEST": 1}
    told = run_in(tmp_path, *words).stdout
    assert "somebody with the tag boss" in told
    assert "7 of 8 decisions would have needed more" in told
    file.write_text('{"rules": []}', encoding="utf-8")
    assert run_in(tmp_path, *words).stdout == "0 of 8 decisions would have needed more.\n"


def test_a_terminal_shows_what_a_policy_changes(tmp_path: Path, asked: tuple[Path, list[str], dict[str, str]]) -> None:
    """Each line that comes or goes is marked; without a yes nothing is set."""
    data, file, home = asked[0], tmp_path / "policy.json", tmp_path / "home"
    show = ("projects", "policy", "show", "claims", "--data", data)
    file.write_text(json.dumps({"rules": [LARGE]}), encoding="utf-8")
    assert run_in(home, "projects", "policy", "set", "claims", file, "--data", data).returncode == 0
    before = run_in(home, *show).stdout
    file.write_text(json.dumps({"rules": [{**LARGE, "people": 3}]}), encoding="utf-8")
    words = command("projects", "policy", "set", "claims", file, "--data", data)
    for key, code in (("n", 1), ("y", 0)):
        with terminal(words, environment(home, NO_COLOR="1")) as screen:
            screen.wait_for("Set this policy?")
            assert "- takes: 2 different people with the tag claims-lead" in screen.text()
            assert "+ takes: 3 different people with the tag claims-lead" in screen.text()
            screen.press(f"{key}\r")
            assert screen.end() == code
        assert (run_in(home, *show).stdout == before) is (key == "n")


def test_a_grant_is_tried_given_and_ended(
    as_: As, asked: tuple[Path, list[str], dict[str, str]], request: pytest.FixtureRequest
) -> None:
    """The trial names each past decision that it would not have made; giving takes a yes; the list says what it did."""
    denied = asked[1][3 if "folder" in request.node.name else 4]
    terms = ("--project", "claims", "--filter", "context.Amount>=3000 context.Amount<5000", "--sample", "5%")
    assert as_("carol", "deny", denied, "--yes").returncode == 0
    assert "0 of" in as_("alice", "grants", "try", *terms).stdout, "two people decide these: nobody could alone"
    assert as_("alice", "projects", "policy", "set", "claims", "-", given='{"rules": []}').returncode == 0
    trial = as_("alice", "grants", "try", *terms)
    assert trial.returncode == 0, trial.stderr
    assert re.search(r"past approvals fit\b.*; \d would still have been asked", trial.stdout)
    assert re.search(rf"{denied}  denied +carol +\$[34],000\.00", trial.stdout)
    counts = json.loads(as_("alice", "grants", "try", *terms, "--json").stdout)
    assert counts["disagreed"] == len(counts["disagreements"]) >= 1
    give = ("grants", "give", "--name", "mid", *terms, "--until", "90d", "--most", "10")
    assert as_("alice", *give).returncode == 2
    given = as_("alice", *give, "--yes")
    assert given.returncode == 0, given.stderr
    assert "decided" in given.stderr
    grant_id = given.stdout.strip()
    assert re.search(rf"{grant_id}  mid +until 20\d\d.* 0 of 10 .*claims", as_("bob", "grants", "list").stdout)
    assert as_("bob", "grants", "end", grant_id[:12]).stdout == f"ended {grant_id}\n"
    assert as_("bob", "grants", "end", grant_id).returncode == 4
    (ended,) = [
        one for one in json.loads(as_("bob", "grants", "list", "--json").stdout)["items"] if one["id"] == grant_id
    ]
    assert (ended["ended"]["reason"], ended["ended"]["by"]) == ("REVOKED", "bob")
    assert "ended by bob" in as_("bob", "grants", "list", "--project", "claims").stdout
    refused = as_("alice", "grants", "try", "--project", "claims", "--filter", "is:mine")
    assert refused.returncode == 2
    assert "is:mine" in refused.stderr


def test_an_agents_key_is_told_that_it_reads_no_authority(
    tmp_path: Path, asked: tuple[Path, list[str], dict[str, str]]
) -> None:
    """Where the caller sees no policies, grants and escalations, no command says that there are none."""
    data, file = asked[0], tmp_path / "policy.json"
    file.write_text('{"rules": []}', encoding="utf-8")
    key, terms = KeyRing(data, utc_now).add("bot", "agent"), ("--project", "claims", "--filter", "x")
    limits = ("--name", "n", "--until", "next Tuesday", "--most", "1", "--yes")
    with serving(tmp_path, data) as url:
        for words in (
            ("grants", "list"),
            ("grants", "try", *terms),
            ("grants", "give", *terms, *limits),
            ("grants", "end", "grt_0"),
            ("projects", "policy", "show", "claims"),
            ("projects", "policy", "set", "claims", file),
            ("tasks", "--escalated"),
            ("resume",),
        ):
            refused = run_in(tmp_path, *words, "--url", url, PUMPUP_API_KEY=key)
            assert (refused.returncode, refused.stdout) == (6, ""), words
            assert "with an agent's key: use a reviewer's key" in refused.stderr


def test_a_pause_is_seen_until_it_is_over(as_: As) -> None:
    """What lists requests and figures says who paused and why, on stderr; other projects are not troubled by it."""
    paused = as_("carol", "pause", "--project", "claims", "--reason", "wrong \x1b[31mprices")
    assert (paused.returncode, paused.stdout) == (0, "paused Claims\n")
    assert as_("bob", "pause", "--project", "claims", "--reason", "again").returncode == 4
    for words in (("inbox",), ("stats", "--project", "claims")):
        told = as_("bob", *words).stderr
        assert "Paused (project claims) since" in told
        assert "by carol: wrong" in told
        assert "\x1b" not in told
        assert "pumpup-tui resume --project claims" in told
    checks = json.loads(as_("bob", "doctor", "--json").stdout)["checks"]
    assert [one["check"] for one in checks if "by carol" in one["words"]] == ["pause"]
    assert "Paused" not in as_("bob", "inbox", "--project", "general").stderr
    assert as_("bob", "resume", "--project", "claims").stdout == "resumed Claims\n"
    assert as_("bob", "resume").returncode == 4
    assert "Paused" not in as_("bob", "inbox").stderr


def test_a_hidden_recommendation_is_told_after_the_decision(
    tmp_path: Path, asked: tuple[Path, list[str], dict[str, str]]
) -> None:
    """In blind review nothing shows it before; the question says what a yes does; the decision says it was blind."""
    data, home, request = asked[0], tmp_path / "home", asked[1][6]
    on = ("--data", data, "--reviewer", "alice", "--tag", "claims-lead")
    policy = json.dumps({"rules": [LARGE], "blind": 1.0})
    assert run_in(home, "projects", "policy", "set", "claims", "-", *on, given=policy).returncode == 0
    shown = run_in(home, "show", request, *on).stdout
    assert "hidden until you decide (blind review)" in shown
    assert "needs 2 of claims-lead" in shown
    assert "approve 90" not in shown + run_in(home, "inbox", *on).stdout
    with terminal(command("approve", request, *on), environment(home, NO_COLOR="1")) as screen:
        screen.wait_for("Agree 1 of 2, to approve this, as alice [claims-lead]?")
        assert "approve 90" not in screen.text()
        screen.press("y\r")
        screen.wait_for("The agent recommended: ▲ approve 90 %")
        assert screen.end() == 0
    assert "approve 90" in run_in(home, "show", request, *on).stdout, "who has agreed knows it"
    carol = command("approve", request, "--data", data, "--reviewer", "carol", "--tag", "claims-lead")
    with terminal(carol, environment(home, NO_COLOR="1")) as screen:
        screen.wait_for("Approve this as carol [claims-lead]?")
        screen.press("y\r")
        screen.wait_for("The agent recommended: ▲ approve 90 %")
        assert screen.end() == 0
    events = run_in(home, "timeline", "--types", "APPROVAL_DECIDED", "--json", "--data", data).stdout.splitlines()
    assert [event["payload"]["blind"] for event in map(json.loads, events) if event["inResponseTo"] == request] == [
        True
    ]
