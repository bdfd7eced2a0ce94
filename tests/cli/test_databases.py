"""Every command, the server and the screens over a real database, in a server's role, whose password is a canary."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest

from tests.cli.conftest import CLAIMS_STEPS, command, environment, run_in
from tests.cli.made import conforms
from tests.cli.terminal import terminal
from tests.cli.test_doctor import CHECKS
from tests.support.postgres import GUARDED, Cluster
from tests.support.postgres_fixtures import SERVER_ROLE
from tests.waiting import HANG_SECONDS, wait_until

CANARY = "Canary#7/3@5"
LOGIN = "reviewer"


@dataclass
class DatabaseUser:
    """Someone with a password and the rights of a server, who types commands."""

    home: Path
    url: str
    """With the password."""
    owner_url: str
    workspace: str
    seen: list[str] = field(default_factory=list)
    """All that was printed."""

    def run(self, *words: str | Path, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a command on the workspace."""
        return self.run_on(self.url, *words, **variables)

    def run_on(self, url: str, *words: str | Path, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a command on another address."""
        place = {"PUMPUP_DATABASE_URL": url, "PUMPUP_WORKSPACE": self.workspace, **variables}
        result = run_in(self.home, *words, **place)
        self.seen += [result.stdout, result.stderr]
        return result

    def states(self, url: str = "", **variables: str) -> dict[str, tuple[str, str]]:
        """Return state and words of each of the checks of `doctor`."""
        result = self.run_on(url or self.url, "doctor", "--json", **variables)
        checks = conforms(result.stdout, CHECKS)["checks"]
        assert result.returncode == any(check["state"] == "wrong" for check in checks)
        return {check["check"]: (check["state"], check["words"] + check.get("remedy", "")) for check in checks}

    @property
    def environment(self) -> dict[str, str]:
        """The variables of a command on the workspace."""
        return environment(self.home, PUMPUP_DATABASE_URL=self.url, PUMPUP_WORKSPACE=self.workspace)

    @contextmanager
    def serving(self, *more: str) -> Iterator[str]:
        """Serve the workspace, named by a file; give the server's address. Its command line and log are looked at."""
        file = self.home / "database"
        file.touch(mode=0o600)
        file.write_text(self.url, encoding="utf-8")
        words = command("serve", "--database-file", file, "--workspace", self.workspace, "--port", "0", *more)
        with subprocess.Popen(
            words, env=environment(self.home), stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, encoding="utf-8"
        ) as process:
            assert process.stderr is not None
            try:
                line = process.stderr.readline()
                assert " at http://" in line, line
                listing = subprocess.run(
                    ["ps", "-p", str(process.pid), "-o", "args="], capture_output=True, text=True, check=True
                )
                assert "serve" in listing.stdout
                self.seen += [line, listing.stdout]
                yield line.split(" at ")[1].split()[0]
            finally:
                process.terminate()
                self.seen.append(process.communicate(timeout=HANG_SECONDS)[1])


@pytest.fixture(scope="module")
def login_url(postgres: Cluster, database: str) -> str:
    """The address of the shared database with the password of a role that has a server's rights."""
    quoted = CANARY.replace("'", "''")
    postgres.execute(f"create role {LOGIN} login password '{quoted}' in role {GUARDED}, {SERVER_ROLE}")
    return database.replace("//postgres@", f"//{LOGIN}:{quote(CANARY, safe='')}@")


@pytest.fixture
def user(login_url: str, database: str, workspace: str, tmp_path: Path) -> Iterator[DatabaseUser]:
    """A user of a new workspace; at the end nothing that was printed may hold the password, as typed or escaped."""
    (tmp_path / "home").mkdir()
    user = DatabaseUser(tmp_path / "home", login_url, database, workspace)
    made = user.run_on(database, "workspaces", "create", workspace)
    assert made.stdout.strip() == workspace, made.stderr
    yield user
    for text in user.seen:
        assert CANARY not in text
        assert quote(CANARY, safe="") not in text
        assert "Canary" not in text
        assert "Traceback" not in text


def asked(url: str, key: str, number: int) -> str:
    """Ask for an approval as an agent does; return its id."""
    headers = {"Authorization": f"Bearer {key}", "X-API-Version": "0"}
    with httpx.Client(base_url=url, headers=headers) as client:
        body: dict[str, object] = {"projectName": "claims", "name": f"Claim {number}"}
        task = client.post("/api/tasks", json=body, headers={"Idempotency-Key": f"t{number}"}).json()
        body = {"projectName": "claims", "taskId": task["id"], "summary": f"Refund ${number}", "keyValueContext": {}}
        answer = client.post("/api/approval-requests", json=body, headers={"Idempotency-Key": f"a{number}"})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["eventId"])


# -- the whole way


def test_a_workspace_from_its_first_project_to_a_decision(user: DatabaseUser, steps: Path) -> None:
    """Projects, keys, a server for agents, deciding, reading, statistics: all that works on a folder works on it."""
    assert user.run("projects", "create", "Claims", "--steps", steps).stdout.strip() == "claims"
    key = user.run("keys", "add", "bot", "--role", "agent").stdout.strip()
    with user.serving() as url:
        request = asked(url, key, 1)
        assert "Refund $1" in user.run("inbox").stdout
        decided = user.run("approve", request, "--yes", "--reviewer", "alice")
        assert decided.returncode == 0, decided.stderr
        again = user.run("deny", request, "--yes", "--reviewer", "bob")
        assert again.returncode == 4
        assert "alice" in again.stderr
        headers = {"Authorization": f"Bearer {key}", "X-API-Version": "0"}
        result = httpx.get(f"{url}/api/approval-requests/{request}/result", headers=headers)
        assert result.json()["decidedBy"] == "alice", result.text
        assert "within a second" in user.run("keys", "revoke", "bot").stderr
        is_refused = lambda: httpx.get(f"{url}/api/projects", headers=headers).status_code == 401  # noqa: E731
        wait_until(is_refused, "the server refuses a revoked key")
    assert "No open requests" in user.run("inbox").stderr + user.run("inbox").stdout
    assert "alice" in user.run("timeline", "--project", "claims").stdout
    assert "alice" in user.run("stats").stdout
    assert "needs none" in user.run("compact").stderr


def test_keys_are_listed_with_their_last_use(user: DatabaseUser) -> None:
    """`keys list` names who has a key and never the key; a server that ends has saved when each was used."""
    assert "keys add NAME" in user.run("keys", "list").stderr
    key = user.run("keys", "add", "rita", "--role", "reviewer", "--tag", "lead").stdout.strip()
    user.run("keys", "add", "idle", "--role", "agent")
    with user.serving() as url:
        headers = {"Authorization": f"Bearer {key}", "X-API-Version": "0"}
        assert httpx.get(f"{url}/api/me", headers=headers).json()["subject"] == "rita"
    rows = user.run("keys", "list").stdout.splitlines()
    assert "never" not in rows[1]
    assert rows[1].endswith("lead")
    assert "never" in rows[2]
    assert key not in "".join(rows)


def test_a_server_over_a_database_says_how_it_is(user: DatabaseUser) -> None:
    """`/healthz` names version, rights and the missing standby, but no host or user; metrics count pool and commits."""
    key = user.run("keys", "add", "rita", "--role", "reviewer").stdout.strip()
    with user.serving("--metrics") as url:
        text = httpx.get(f"{url}/healthz").text
        headers = {"Authorization": f"Bearer {key}", "X-API-Version": "0"}
        metrics = httpx.get(f"{url}/metrics", headers=headers).text
    database = json.loads(text)["database"]
    assert database["role"] == {"mayAppend": True, "mayRewrite": False}
    assert database["replication"]["synchronousStandbys"] == "none"
    assert any("No synchronous standby" in words for words in database["warnings"])
    assert database["migrations"]["pending"] == []
    for name in ("127.0.0.1", LOGIN, user.workspace, "pumpup_tests"):
        assert name not in text
    assert "pumpup_commit_seconds_bucket" in metrics
    assert "pumpup_pool_waiting 0.0" in metrics


def test_the_screens_decide_in_a_workspace(user: DatabaseUser, steps: Path) -> None:
    """In a real terminal: the request, the place without a password in the title, the decision, its own local state."""
    user.run("projects", "create", "Claims", "--steps", steps)
    key = user.run("keys", "add", "bot", "--role", "agent").stdout.strip()
    with user.serving() as url:
        request = asked(url, key, 4)
    file = user.home / ".config" / "pumpup-tui" / "config.toml"
    file.parent.mkdir(parents=True)
    file.write_text("grace_seconds = 0\n", encoding="utf-8")
    with terminal(command("--reviewer", "alice"), user.environment, columns=140) as screen:
        screen.wait_for("task created Claim 4")  # all of the request is on the screen
        screen.wait_for(f"{user.workspace} · 127.0.0.1")
        screen.rest()
        screen.press("a")
        screen.wait_for("y send")
        screen.rest()
        screen.press("y")
        screen.wait_for("RECORDED")
        screen.press("q")
        assert screen.end() == 0
    user.seen.append(screen.text())
    assert user.run("approve", request, "--yes", "--reviewer", "bob").returncode == 4
    state = [path.name for path in (user.home / ".local" / "state" / "pumpup-tui").iterdir()]
    assert len([name for name in state if len(name) == 16]) == 1


# -- workspaces


def test_workspaces_are_listed_with_their_head(user: DatabaseUser, steps: Path) -> None:
    """Name, events, the last event's hash, state: as a table and as JSON; one that is there can't be made again."""
    user.run("projects", "create", "Claims", "--steps", steps)
    listed = json.loads(user.run("workspaces", "list", "--json").stdout)["items"]
    mine = next(item for item in listed if item["name"] == user.workspace)
    assert mine["events"] == 1
    assert mine["state"] == "open"
    assert len(mine["head"]) == 64
    assert user.workspace in user.run("workspaces", "list").stdout
    again = user.run_on(user.owner_url, "workspaces", "create", user.workspace)
    assert again.returncode == 4
    assert "already" in again.stderr


def test_a_server_s_role_makes_no_workspace(user: DatabaseUser) -> None:
    """It is told what its role may not, and where to read what is granted; nothing was made."""
    refused = user.run("workspaces", "create", f"{user.workspace}-more")
    assert refused.returncode == 6
    assert f"{user.workspace}-more" not in user.run("workspaces", "list").stdout


def test_migrating_what_is_up_to_date_says_so(user: DatabaseUser) -> None:
    """Also to a role that could migrate nothing."""
    assert "No pending migrations" in user.run("workspaces", "migrate").stderr


def test_the_printed_roles_are_sql_that_a_database_takes(user: DatabaseUser, postgres: Cluster) -> None:
    """`workspaces roles` needs no database; run as it stands it gives the role its rights, again too."""
    printed = user.run("workspaces", "roles", PUMPUP_DATABASE_URL="").stdout
    assert "grant insert" in printed
    postgres.execute(printed, database="pumpup_tests")


def test_completion_offers_the_group_and_its_options(user: DatabaseUser) -> None:
    """A shell completes `workspaces`, its commands, and --database for those that take a place."""

    def offered(words: str, number: int) -> str:
        variables = {"_PUMPUP_TUI_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(number)}
        done = subprocess.run(
            command(), env={**user.environment, **variables}, capture_output=True, text=True, check=False
        )
        return done.stdout

    assert "workspaces" in offered("pumpup-tui work", 1)
    assert all(name in offered("pumpup-tui workspaces ", 2) for name in ("list", "create", "migrate", "roles"))
    assert "--database-file" in offered("pumpup-tui inbox --data", 2)
    assert "--workspace" in offered("pumpup-tui serve --work", 2)


# -- what is wrong, and what to do

Change = Callable[[str], str]
MISTAKES: list[tuple[str, Change, int, str]] = [
    ("a wrong password", lambda url: url.replace("Canary", "Canary-wrong"), 6, "refuses the login"),
    ("no password", lambda url: url.replace(f":{quote(CANARY, safe='')}@", "@"), 6, "~/.pgpass"),
    ("an unknown user", lambda url: url.replace(LOGIN, "nobody"), 6, "refuses the login"),
    ("an unknown database", lambda url: url.replace("pumpup_tests", "elsewhere"), 3, "createdb"),
    ("an unknown machine", lambda url: url.replace("127.0.0.1", "db.invalid"), 5, "no machine of that name"),
    ("nobody there", lambda url: url.rpartition(":")[0] + ":1/pumpup_tests", 5, "nothing listens there"),
    ("nobody at a socket", lambda _: "postgresql:///x?host=/nonexistent", 5, "nothing listens there"),
    ("TLS where there is none", lambda url: f"{url}?sslmode=require", 1, "over TLS"),
    ("no CA", lambda url: f"{url}?sslmode=verify-full&sslrootcert=/nonexistent", 1, "sslrootcert"),
]


@pytest.mark.parametrize(("change", "code", "words"), [row[1:] for row in MISTAKES], ids=[row[0] for row in MISTAKES])
def test_a_database_that_can_not_be_used_is_told_with_the_next_step(
    user: DatabaseUser, change: Change, code: int, words: str
) -> None:
    """By every way in: reading, writing, keys, workspaces, a server and `doctor`; the address is named, no password."""
    url = change(user.url)
    for command_words in (
        ("inbox",),
        ("note", "tsk_1", "hello", "--reviewer", "alice"),
        ("keys", "list"),
        ("workspaces", "list"),
        ("serve", "--port", "0"),
        ("verify",),
        ("export",),
    ):
        result = user.run_on(url, *command_words)
        assert result.returncode == code, (command_words, result.stderr)
        assert words in result.stderr, command_words
        assert result.stderr.startswith("Error: ")
        assert "postgresql://" in result.stderr
    state, told = user.states(url)["database"]
    assert state == "wrong"
    assert words in told


def test_the_screens_say_what_is_wrong_and_stay(user: DatabaseUser) -> None:
    """A wrong password is a banner with the key that tries again: as over a server, and without the password."""
    wrong = {**user.environment, "PUMPUP_DATABASE_URL": user.url.replace("Canary", "Canary-wrong")}
    with terminal(command("--reviewer", "alice"), wrong) as screen:
        screen.wait_for("refuses the login")
        screen.wait_for("r tries again")
        screen.press("q")
        assert screen.end() == 0
    user.seen.append(screen.text())


def test_a_missing_workspace_names_those_that_are_there(user: DatabaseUser) -> None:
    """With both ways on: naming one, or making it."""
    result = user.run("inbox", "--workspace", "nowhere")
    assert result.returncode == 3
    assert "workspaces create nowhere" in result.stderr
    assert "--workspace NAME" in result.stderr
    state, words = user.states(PUMPUP_WORKSPACE="nowhere")["workspace"]
    assert state == "wrong"
    assert "workspaces create nowhere" in words


def test_a_database_without_tables_says_who_makes_them(user: DatabaseUser, postgres: Cluster) -> None:
    """Reading makes nothing; neither does a server: it names the command that does."""
    url = postgres.create_database(f"empty_{user.workspace}".replace("-", "_"))
    for words in (("inbox",), ("keys", "list"), ("serve", "--port", "0")):
        result = user.run_on(url, *words)
        assert result.returncode == 3, result.stderr
        assert f"workspaces create {user.workspace}" in result.stderr
    assert "workspaces create NAME" in user.run_on(url, "workspaces", "list").stderr
    assert user.states(url)["tables"][0] == "wrong"
    assert postgres.execute("select to_regnamespace('pumpup')", database=url.rpartition("/")[2]) == [(None,)]


def test_a_role_without_rights_is_told_where_to_read_them(user: DatabaseUser, postgres: Cluster) -> None:
    """Exit code 6, and the command that prints what the owner grants."""
    postgres.execute(f'create role "stranger-{user.workspace}" login')
    url = user.owner_url.replace("//postgres@", f"//stranger-{user.workspace}@")
    result = user.run_on(url, "inbox")
    assert result.returncode == 6
    assert "workspaces roles" in result.stderr


def test_create_names_the_command_for_a_workspace(user: DatabaseUser) -> None:
    """--create makes folders; verify's kin that work on the record name what they take."""
    result = user.run("--create")
    assert result.returncode == 2
    assert f"workspaces create {user.workspace}" in result.stderr
    unnamed = user.run("workspaces", "list", PUMPUP_DATABASE_URL="")
    assert unnamed.returncode == 2
    assert "--database URL" in unnamed.stderr


# -- checkpoints and proofs


def test_a_record_in_a_database_proves_itself(user: DatabaseUser, steps: Path) -> None:
    """A checkpoint, growth since then, a decision that is proved, and the public key, by the role of a server."""
    assert user.states()["signing key"] == ("note", "none yet'pumpup-tui checkpoint' makes it.")
    note, proof = user.home / "monday.note", user.home / "one.proof"
    unsigned = user.run("verify", "--checkpoint", note)
    assert unsigned.returncode == 2
    assert "has no signing key" in unsigned.stderr
    user.run("projects", "create", "Claims", "--steps", steps)
    agent = user.run("keys", "add", "bot", "--role", "agent").stdout.strip()
    with user.serving() as url:
        request = asked(url, agent, 1)
    assert user.run("checkpoint", "--name", "example.com/claims", "-o", note).returncode == 0
    assert note.read_text().startswith("example.com/claims\n3\n")
    assert user.run("approve", request, "--yes", "--reviewer", "alice").returncode == 0
    grown = user.run("verify", "--checkpoint", note)
    assert grown.stdout.endswith("OK: the record begins with the 3 events of the checkpoint\n"), grown.stderr
    state, words = user.states()["signing key"]
    key = words.rpartition(" ")[2]
    assert (state, words) == ("ok", f"example.com/claims, public key {key}")
    assert user.run("prove", request, "-o", proof).returncode == 0
    checked = user.run("check", proof, "--key", key)
    assert "OK: These 2 events are in the record" in checked.stdout, checked.stdout
    named = user.run("checkpoint", "--name", "example.com/other")
    assert named.returncode != 0
    assert "named example.com/claims already" in named.stderr


# -- doctor


def test_doctor_finds_a_sound_database_sound_but_for_the_standby(user: DatabaseUser) -> None:
    """Version, clock, tables, rights, notifications, workspace; without a synchronous standby a note that says why."""
    states = user.states()
    for check in ("database", "clock", "tables", "rights", "notifications", "workspace"):
        assert states[check][0] == "ok", states[check]
    assert "PostgreSQL" in states["database"][1]
    assert states["replication"][0] == "note"
    assert "synchronous_standby_names" in states["replication"][1]


def test_doctor_warns_of_a_role_that_could_rewrite_events(user: DatabaseUser) -> None:
    """The owner's own login works, and is no role to serve with."""
    state, words = user.states(user.owner_url)["rights"]
    assert state == "note"
    assert "workspaces roles" in words


def test_a_name_with_keys_of_both_roles_is_found(user: DatabaseUser, postgres: Cluster) -> None:
    """As an older or another program may have left it: `doctor` and `serve` name it with the remedy."""
    for role in ("agent", "reviewer"):
        postgres.execute(
            "insert into pumpup.api_key (ws, sha256, name, role, tags, added_at)"
            " select id, sha256(%s::bytea), 'max', %s, '{}', '2026-01-01T00:00:00.000Z'"
            " from pumpup.workspace where name = %s",
            role + user.workspace,
            role,
            user.workspace,
            database="pumpup_tests",
        )
    state, words = user.states()["keys"]
    assert state == "wrong"
    assert "keys revoke max --id ID" in words


@pytest.fixture
def steps(tmp_path: Path) -> Path:
    """A file of steps that can be used."""
    file = tmp_path / "claims.json"
    file.write_text(CLAIMS_STEPS, encoding="utf-8")
    return file
