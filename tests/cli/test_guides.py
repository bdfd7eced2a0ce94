"""Every block of every page is run as it stands: by real processes, in real terminals, on a real port."""

from __future__ import annotations

import getpass
import json
import re
import shutil
import signal
import ssl
import subprocess
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import httpx
import pytest

from tests import sample
from tests.cli import database_guide, witness_guide
from tests.cli.pages import README, ROOT, Page, commands_under, pages
from tests.cli.terminal import Terminal
from tests.cli.walk import DATABASE, Act, Walk, begun
from tests.waiting import HANG_SECONDS

Way = Callable[[Walk], None]
INSTALL = commands_under(README, "Install")
MOVED = "pumpup-tui timeline tsk_000000000027 --types ACTION --json --data ./work"
LEAVES = b"\x1b[?1049l"
"""What gives the terminal its own screen back."""


def leave(screen: Terminal) -> None:
    """Quit, and see the shell's own screen again."""
    screen.press("q")
    assert screen.end() == 0
    assert LEAVES in screen.raw


def see(screen: Terminal, keys: str, *words: str) -> None:
    """Press keys one after the other, and see the words that come of the last."""
    screen.rest()
    for key in keys[:-1]:
        screen.press(key)
        screen.rest()
    screen.raw = b""
    screen.press(keys[-1:])
    for one in words:
        screen.wait_for(one)


def serves(walk: Walk, command: str) -> None:
    walk.serve(command)


# -- the README, and what has no other test than that it is there


def is_a_target(walk: Walk, command: str) -> None:
    """Not run from within the tests: the target is there, and all that it would run can be started."""
    done = subprocess.run(
        ["sh", "-c", f"{walk.mine(command)} -n"], capture_output=True, encoding="utf-8", check=False, cwd=walk.folder
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()
    assert command != "make test" or "-m pytest" in done.stdout


def is_run_by_packaging(_walk: Walk, command: str) -> None:
    """`make packaging` runs the section, in an unpacked sdist and an empty environment."""
    assert command in INSTALL


def opens_the_demo(walk: Walk, command: str) -> None:
    with walk.screen(command) as screen:
        screen.wait_for("Open claim C-1030")
        leave(screen)


def start(walk: Walk) -> None:
    """Whoever begins has the commands of `.venv` and a record that is the sample's own."""
    walk.walk({"make demo": opens_the_demo, "make test": is_a_target, "pip install": is_run_by_packaging})
    assert json.loads(walk.run("pumpup-tui verify --json --data ./work"))["wrong"] == []
    assert sample.FILE.read_bytes() == sample.record()


def names_targets(walk: Walk) -> None:
    walk.walk({"make ": is_a_target})


# -- the reviewer


def decides(walk: Walk, command: str) -> None:
    with walk.screen(command) as screen:
        screen.wait_for("alice [claims-lead]")
        see(screen, "a", "APPROVE", "y send")
        see(screen, "y", "HELD", "u takes it back")
        see(screen, "u", "taken back")
        see(screen, "]]a", "Day of the accident", "field 1/3")
        see(screen, "2026-02-20\t\t ", "yes")
        see(screen, "\x12", "y sends")
        see(screen, "y", "HELD")
        screen.wait_for("RECORDED")
        see(screen, "2", "in_review")
        see(screen, "3", "alice ✓ answered Claim C-1031")
        see(screen, "@", "Task as it was ·", "after alice ✓ answered")
        see(screen, "<", "as it was ·")
        see(screen, "\x1b", "newest first")
        see(screen, "?", "esc closes")
        see(screen, "\x1b", "newest first")
        leave(screen)


def is_asked_once(walk: Walk, command: str) -> None:
    with walk.screen(command) as screen:
        screen.wait_for("Deny this as alice?")
        screen.press("y\r")
        screen.wait_for("recorded evt_")
        assert screen.end() == 0


def review(walk: Walk) -> None:
    walk.walk({"--tag claims-lead": decides, "pumpup-tui deny": is_asked_once})
    assert "Pay $610" in next(said for command, said in walk.said.items() if "tui inbox" in command)
    told = walk.run("pumpup-tui timeline --types APPROVAL_DECIDED,ELICITATION_PROVIDED --json --data ./work")
    settled = [json.loads(line) for line in told.splitlines()]
    assert [one["payload"].get("answers", {}).get("day") for one in settled if one["subject"] == "alice"] == [
        "2026-02-20",
        None,
    ]


# -- ops


def is_well(walk: Walk, command: str) -> None:
    assert json.loads(walk.run(command)) == {"status": "ok"}


def counts(walk: Walk, command: str) -> None:
    metrics = walk.run(command)
    assert 'pumpup_open_requests{age="older",project="claims"} 3.0' in metrics
    named = [code for code in walk.page.inline if code.startswith("pumpup_")]
    assert len(named) > 3
    assert [name for name in named if name not in metrics] == []


def moves_a_card(walk: Walk, command: str) -> None:
    with walk.screen(command) as screen:
        screen.wait_for("bob")
        screen.wait_for("live")
        see(screen, "2", "Claim C-1032")
        see(screen, "L", "y send")
        see(screen, "y", "RECORDED")
        leave(screen)


def is_reached_over_https(walk: Walk, command: str) -> None:
    with walk.screen(command) as screen:
        screen.wait_for("bob [claims-lead]")
        screen.wait_for("live")
        leave(screen)
    context = ssl.create_default_context(cafile=walk.folder / "client.pem")
    name = {"Host": "reviews.example.com"}, {"sni_hostname": "reviews.example.com"}
    with httpx.Client(verify=context) as client:
        url = walk.mine("https://localhost:7867/healthz")
        assert client.get(url, headers=name[0], extensions=name[1]).json() == {"status": "ok"}
        assert client.get(url, headers={"Host": "others.example.com"}).status_code == 403


def is_an_authorized_key(walk: Walk, block: str) -> None:
    """`tests/ssh` comes with such a key to a real sshd; here its form is read as sshd reads it."""
    keygen = shutil.which("ssh-keygen")
    if keygen is None:
        return
    made = walk.folder / "alice"
    subprocess.run([keygen, "-q", "-t", "ed25519", "-N", "", "-f", made], check=True, stdin=subprocess.DEVNULL)
    line = block.replace("AAAA…", made.with_suffix(".pub").read_text(encoding="utf-8").split()[1])
    (walk.folder / "authorized_keys").write_text(line, encoding="utf-8")
    told = walk.run("ssh-keygen -l -f authorized_keys")
    assert "alice@laptop (ED25519)" in told
    assert told.split()[1] == walk.run("ssh-keygen -l -f alice.pub").split()[1]


def operate(walk: Walk) -> None:
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed: apt-get install curl")
    acts: Mapping[str, Act] = {
        "pumpup-tui serve": serves,
        "/healthz": is_well,
        "/metrics": counts,
        "pumpup-tui --url http://": moves_a_card,
        "pumpup-tui --url https://": is_reached_over_https,
        "```": is_an_authorized_key,
    }
    walk.walk(acts)
    assert (walk.folder / "bob.key").stat().st_mode & 0o077 == 0
    assert "bob" in walk.said["pumpup-tui keys list --data ./work"]
    assert "bob" not in walk.run("pumpup-tui keys list --data ./work")
    moved = [json.loads(line) for line in walk.run(MOVED).splitlines()]
    assert [(one["subject"], one.get("transitionTo")) for one in moved][-2:] == [
        ("bob", "in_review"),
        (getpass.getuser(), "paid"),
    ]


# -- the auditor


def is_the_head(walk: Walk, command: str) -> None:
    head = walk.run(command).strip()
    assert f"head     {head}\n" in walk.said[next(one for one in walk.said if "tui verify" in one)]


def looks_at_the_timeline(walk: Walk, command: str) -> None:
    with walk.screen(command) as screen:
        screen.wait_for("live")
        see(screen, "3", "newest first", "The shop is asked for")
        see(screen, "}t", "all tasks", "Claim C-1029 · newest first")
        see(screen, "@", "as it was ·", "Read-only")
        see(screen, "<", "as it was ·")
        see(screen, "\x1b", "newest first")
        leave(screen)


def hears_what_comes(walk: Walk, command: str) -> None:
    process = walk.started(command, "followed")
    walk.written("followed", "evt_00000023", process)
    walk.run('pumpup-tui note tsk_000000000027 "looked at it" --data ./work')
    walk.written("followed", "looked at it", process)
    process.send_signal(signal.SIGINT)
    assert process.wait(HANG_SECONDS) in (0, 130)
    events = [json.loads(line) for line in (walk.folder / "followed").read_text(encoding="utf-8").splitlines()]
    assert events[-1]["eventType"] == "NOTE"


def audit(walk: Walk) -> None:
    walk.walk(
        {
            "python chain.py": is_the_head,
            "pumpup-tui --data ./audit": looks_at_the_timeline,
            "timeline --follow": hears_what_comes,
        }
    )
    assert "50%" in walk.told("tui stats")
    assert "Since     done · 1 action" in walk.told("show evt_00000005")
    assert [walk.told(f"--deed {kind}") for kind in ("none", "unlinked", "after-denial")] == [""] * 3
    shown = walk.told("tui show")
    assert all(words in shown for words in ("deny by maria", "The receipt is for another model.", "Tags      claims"))
    decision = json.loads(walk.told("APPROVAL_DECIDED --json"))
    assert f"Hash      {decision['payload']['requestHash']}\n" in shown
    (denial,) = walk.told("--outcome deny").splitlines()
    assert denial.startswith("2026-03-02 ") and "maria" in denial
    assert len((walk.folder / "timeline.csv").read_bytes().splitlines()) == 36
    hands_on_what_was_found(walk)


def hands_on_what_was_found(walk: Walk) -> None:
    proved = walk.told("tui check ")
    assert "▼ denied, human maria\n  │ deny by maria: The receipt is for another model." in proved
    assert "OK: These 2 events are in the record example.com/claims" in proved
    assert "OK: the record begins with the 36 events of the checkpoint" in walk.told("--checkpoint monday.note")
    assert "OK: the record begins with the 37 events of the checkpoint" in walk.told("--witness witness.pub")
    page, text = ((walk.folder / name).read_text(encoding="utf-8") for name in ("report.html", "claim.md"))
    assert "<script" in page and "The receipt is for another model." in page
    assert "### 1. ▼ denied: `Pay $4,100 on claim C-1028`" in text


def check_plainly(walk: Walk) -> None:
    walk.walk()
    told, checked = (said for command, said in walk.said.items() if command.startswith("python"))
    assert "'APPROVAL_DECIDED' 'maria' 'APPROVE'" in checked
    assert "had 35 events when it was signed" in told
    assert "17 '2026-03-02T13:20:00.000000Z' 'APPROVAL_DECIDED' 'maria' 'REJECT'" in told


# -- the developer of agents


def develop(walk: Walk) -> None:
    agents: list[subprocess.Popen[bytes]] = []

    def asks(walk: Walk, command: str) -> None:
        agents.append(walk.started(command, f"agent-{len(agents)}.log"))

    def answers_in_its_place(walk: Walk, command: str) -> None:
        walk.written("agent-1.log", r"evt_\w+\n", agents[1])
        walk.run(command)

    def approves(walk: Walk, command: str) -> None:
        walk.written("agent-3.log", r"evt_\w+\n", agents[3])
        walk.run(command)
        assert walk.ends("agent-3.log", agents[3]).splitlines()[1:] == ["Paid, by test"]

    def declines(walk: Walk, command: str) -> None:
        walk.written("agent-2.log", r"evt_\w+\n", agents[2])
        walk.run(command)

    walk.walk(
        {
            "pumpup-tui serve": serves,
            "python agent.py": asks,
            "pumpup-tui --data ./work": answers_the_agent,
            "python form.py": asks,
            "pumpup-tui answer": answers_in_its_place,
            "python photo.py": asks,
            "pumpup-tui decline": declines,
            "python pay.py": asks,
            "pumpup-tui approve": approves,
        }
    )
    assert "approve by test" in next(said for command, said in walk.said.items() if "tui check 1030" in command)
    declined = walk.ends("agent-2.log", agents[2])
    assert "The request was withdrawn by test" in declined
    assert "the file shows it" in declined
    assert walk.ends("agent-0.log", agents[0]) == f"APPROVE by {getpass.getuser()}\n"
    told = walk.ends("agent-1.log", agents[1])
    assert told.splitlines()[1:] == ["{'method': 'voucher', 'mail': True} by test"]


def answers_the_agent(walk: Walk, command: str) -> None:
    with walk.screen(command) as screen:
        screen.wait_for("Refund $240 on order 1029")
        see(screen, "/order\r", "only order", "order 1029")
        see(screen, "a", "APPROVE", "y send")
        see(screen, "y", "HELD")
        screen.wait_for("RECORDED")
        leave(screen)


# -- who may decide


def is_refused(code: int, words: str) -> Act:
    """Return what runs a command that is refused with this exit code and these words."""

    def runs(walk: Walk, command: str) -> None:
        walk.run(f"{command} 2> refused.log; test $? -eq {code}")
        assert words in " ".join((walk.folder / "refused.log").read_text(encoding="utf-8").split())

    return runs


def authorize(walk: Walk) -> None:
    walk.walk(
        {
            "pumpup-tui serve": serves,
            "--reviewer dave": is_refused(6, "Only finance may decide this"),
            "ask.py 25": is_refused(1, "The price list is wrong."),
        }
    )
    said = {command.partition(" --data")[0]: told for command, told in walk.said.items()}
    (first, second) = (told for command, told in said.items() if "sed -n 5p" in command and "finance" in command)
    assert "Agreed (1 of 2): it needs 1 more of finance" in first
    assert "Agreed" not in second
    assert "4 of 5 past approvals fit" in next(told for command, told in said.items() if "grants try" in command)
    listed = walk.run("pumpup-tui grants list --project refunds --json --data ./work")
    (grant,) = json.loads(listed)["items"]
    assert (grant["ended"]["reason"], grant["asked"] >= 3, grant["used"] > 0) == ("DISAGREEMENT", True, True)
    assert "ended itself: 3 disagreements in a row" in said["pumpup-tui grants list --project refunds"]
    assert "decided by grants" in said["pumpup-tui stats --project refunds"]
    assert "Order " in said["pumpup-tui tasks --escalated"]
    assert json.loads(walk.run("pumpup-tui verify --json --data ./work"))["wrong"] == []


# -- the reference


def opens_a_profile(walk: Walk, command: str) -> None:
    with walk.screen(command) as screen:
        screen.wait_for("Nothing waits for you")
        leave(screen)
    assert (walk.folder / "home" / "claims" / "journal.jsonl").exists()


def configure(walk: Walk) -> None:
    walk.walk({"--profile claims": opens_a_profile})
    assert "config.toml:" in walk.said["pumpup-tui config"]
    assert "decide.deny" in walk.said["pumpup-tui config --keys"]


def script(walk: Walk) -> None:
    walk.walk()
    assert len(json.loads(walk.said["pumpup-tui inbox --data ./work --json"])["items"]) == 3
    assert len(json.loads(walk.run("pumpup-tui inbox --data ./work --json"))["items"]) == 2
    if shutil.which("bash"):
        walk.run("bash -n completion.bash")


def back_up(walk: Walk) -> None:
    if shutil.which("flock") is None:
        pytest.skip("flock is not installed: apt-get install util-linux")
    walk.walk()
    assert (walk.folder / "backup" / "keys.json").exists() == (walk.folder / "broken" / "keys.json").exists()
    moved, returned = ((walk.folder / name / "record.jsonl").read_bytes() for name in ("moved", "returned"))
    assert moved == returned


def is_drawn_so(_walk: Walk, block: str) -> None:
    """The arrows are those that `make check` proves; a picture of layers holds all parts of its package, top down."""
    if "►" in block:
        assert all((ROOT / name).is_dir() for name in ("pumpup_tui", "api_client", "store"))
        assert block.split()[:5] == ["pumpup_tui", "──►", "api_client", "◄──", "store"]
        return
    rows = [re.findall(r"\w+", re.split(r"\s{3,}", line)[0]) for line in block.splitlines() if not line.startswith(" ")]
    drawn = [name for row in rows for name in row]
    package = "pumpup_tui" if "cli" in drawn else "store"
    parts = {path.parent.name for path in (ROOT / package).glob("*/__init__.py")}
    parts |= {path.stem for path in (ROOT / package).glob("*.py")}
    assert sorted(drawn) == sorted(parts - {"__init__", "__main__"})
    height = {name: number for number, row in enumerate(rows) for name in row}
    for layers in layers_of(package):
        heights = [height[name] for name in layers if name in height]
        assert heights == sorted(heights)


def layers_of(package: str) -> Iterator[Sequence[str]]:
    """Yield the layers of a package, top down, as each contract of the import-linter has them."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    for contract in project["tool"]["importlinter"]["contracts"]:
        layers = [layer.replace(f"{package}.", "") for layer in contract.get("layers", ())]
        if contract.get("containers", [package]) == [package]:
            yield [name for layer in layers for name in re.findall(r"\w+", layer)]


def built(walk: Walk) -> None:
    walk.walk({"```text": is_drawn_so})


WAYS: Mapping[str, Way] = {
    README: start,
    "CONTRIBUTING.md": names_targets,
    "docs/reviewer.md": review,
    "docs/ops.md": operate,
    "docs/auditor.md": audit,
    "docs/check-a-proof.md": check_plainly,
    "docs/witness.md": witness_guide.follow,
    "docs/agent-developer.md": develop,
    "docs/authority.md": authorize,
    "docs/command-line.md": script,
    "docs/configuration.md": configure,
    "docs/backup.md": back_up,
    "docs/figures.md": names_targets,
    "docs/architecture.md": built,
    "docs/postgres.md": database_guide.follow,
}
"""What runs the blocks of a page, by its path."""
WALKED = [page for page in pages() if page.blocks]


@pytest.mark.parametrize("page", WALKED, ids=lambda page: page.path)
def test_a_page_can_be_followed(page: Page, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """Typed as they stand, all commands of a page do what it says, in its order; none is left out."""
    assert page.path in WAYS, f"no test runs the blocks of {page.path}: give it a way in WAYS"
    with begun(page, tmp_path) as walk:
        if any(DATABASE in block.text for block in page.blocks):
            walk.replaced[DATABASE] = request.getfixturevalue("database")
        WAYS[page.path](walk)


def test_no_way_is_left_over() -> None:
    """Each way belongs to a page that has blocks, and each such page has one."""
    assert {page.path for page in WALKED} == set(WAYS)
