"""What a caller may send, from where, and under which key: 401, 403, 413, 431."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.server.conftest import SMALL, Served
from tests.server.test_bad_input import assert_refused


@pytest.mark.parametrize("secret", [None, "", "Bearer", "Bearer ", "Bearer wrong", "Basic abc", "Bearer \u00e9"])
async def test_no_call_without_a_known_key(served: Served, secret: str | None) -> None:
    """A missing, misspelt or unknown key is 401 on every path, known or not."""
    header = {"Authorization": secret.encode() if secret is not None else None}
    for path in ("/api/projects", "/api/me", "/api/nothing"):
        answer = await served.agent("GET", path, headers=header)
        assert_refused(answer, 401)
        assert answer.headers["www-authenticate"] == "Bearer"


async def test_a_revoked_key_is_of_no_use_at_once(served: Served) -> None:
    """A key that was taken back does not work for the next call."""
    assert (await served.agent("GET", "/api/projects")).status_code == 200
    served.keys.revoke("agent-1")
    assert (await served.agent("GET", "/api/projects")).status_code == 401


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil", "", "[::2]", "[::1"])
async def test_a_foreign_host_is_refused(served: Served, host: str) -> None:
    """A page that made its own name resolve to this machine gets nothing."""
    assert_refused(await served.agent("GET", "/api/projects", headers={"Host": host}), 403)


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:1", "127.0.0.1:7867", "[::1]:7867", "reviews.example:443"])
async def test_its_own_names_are_known(served: Served, host: str) -> None:
    """The machine's own names, and those that its owner gave, are served on any port."""
    assert (await served.agent("GET", "/api/projects", headers={"Host": host})).status_code == 200


async def test_headers_over_the_cap_are_431(served: Served) -> None:
    """Too much in the headers, or in the address, is refused before the key is looked at."""
    assert_refused(await served.agent("GET", "/api/projects", headers={"X-Much": "x" * 4_000}), 431)
    assert_refused(await served.agent("GET", "/api/projects?name=" + "x" * 4_000), 431)


@pytest.mark.parametrize("declared", [True, False])
async def test_a_body_over_the_cap_is_413(served: Served, declared: bool) -> None:
    """A body over the cap is refused, whether its length was told or only found out."""
    journal = served.journal

    async def stream() -> AsyncIterator[bytes]:
        for _ in range(30):
            yield b" " * 1_000

    content = b" " * 30_000 if declared else stream()
    assert_refused(await served.agent("POST", "/api/tasks", content=content), 413)
    assert served.journal == journal


async def test_a_body_at_the_cap_is_taken(served: Served) -> None:
    """The cap itself is allowed."""
    body = b'{"projectName":"claims","name":"x"}'
    answer = await served.agent("POST", "/api/tasks", content=body.ljust(SMALL.body))
    assert answer.status_code == 201


async def test_an_upload_over_the_cap_is_413(served: Served) -> None:
    """A file over the cap is refused, and nothing of it is kept; at the cap it is taken."""
    journal = served.journal
    for size in (SMALL.upload + 1, SMALL.upload * 4):
        answer = await served.agent("POST", "/api/uploads", files={"file": ("a.bin", b"x" * size)})
        assert_refused(answer, 413)
    assert served.journal == journal
    assert list((served.folder / "uploads").glob("*")) == []
    answer = await served.agent("POST", "/api/uploads", files={"file": ("a.bin", b"x" * SMALL.upload)})
    assert answer.status_code == 201


async def test_an_upload_needs_one_file(served: Served) -> None:
    """No form, no file, a text for a file, two files or a stray part: 400 and nothing kept."""
    journal = served.journal
    stray = {"file": ("a", b"a"), "other": ("b", b"b")}
    two = [("file", ("a", b"a")), ("file", ("b", b"b"))]
    for keys in (
        {"content": b"x"},
        {"content": b"x", "headers": {"Content-Type": "multipart/form-data"}},
        {"content": b"x", "headers": {"Content-Type": "multipart/form-data; boundary=b"}},
        {"files": {"other": ("a", b"a")}},
        {"files": {"file": (None, b"a text")}},
        {"files": stray},
        {"files": two},
    ):
        answer = await served.agent("POST", "/api/uploads", **keys)
        assert_refused(answer, 400)
    assert served.journal == journal


HOSTILE_NAMES = [
    "photo.jpg",
    "ünï🎉.pdf",
    'a "quoted" name.txt',
    "../../etc/passwd",
    "..",
    "C:\\temp\\x.exe",
    "a\r\nSet-Cookie: x=1",
    "\u202egpj.exe",
    "x" * 500,
    "",
]


@pytest.mark.parametrize("name", HOSTILE_NAMES)
async def test_a_download_is_always_a_harmless_attachment(served: Served, name: str) -> None:
    """Content of any name and type is saved, never shown: no header and no path comes out of a name."""
    files = {"file": (name or "blank", b"<script>", "text/html")}
    upload = (await served.agent("POST", "/api/uploads", files=files)).json()
    assert upload == {"id": upload["id"], "status": "READY"}
    known = (await served.agent("GET", f"/api/uploads/{upload['id']}")).json()
    assert (known["contentType"], known["size"]) == ("text/html", 8)
    assert known["url"] == f"http://127.0.0.1:7867/api/uploads/{upload['id']}/content"
    answer = await served.agent("GET", f"/api/uploads/{upload['id']}/content")
    assert (answer.content, answer.headers["content-length"]) == (b"<script>", "8")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "set-cookie" not in answer.headers
    disposition = answer.headers["content-disposition"]
    assert disposition.startswith('attachment; filename="')
    plain = disposition.split('"')[1]
    assert not set(plain) & set("/\\\r\n")
    assert plain.strip(" .")


async def test_a_name_arrives_as_it_was_written(served: Served) -> None:
    """A file name keeps its letters, and a quote that the form had to escape."""
    files = {"file": ('naïve "x".pdf', b"a", "application/pdf")}
    upload_id = (await served.agent("POST", "/api/uploads", files=files)).json()["id"]
    assert (await served.local.upload(upload_id)).file_name == 'naïve "x".pdf'
    answer = await served.agent("GET", f"/api/uploads/{upload_id}/content")
    assert "filename*=UTF-8''na%C3%AFve%20_x_.pdf" in answer.headers["content-disposition"]
