"""What the pages name is there: links, pictures, keys, paths, targets, and the commands within their sentences."""

from __future__ import annotations

import json
import re

import pytest

from pumpup_tui.commands import serve_limits
from pumpup_tui.keys.key_names import KeyNames, key_words
from pumpup_tui.keys.table import TOUR_KEYS
from tests.cli.conftest import Run
from tests.cli.pages import README, ROOT, Page, pages

PAGES = pages()
EVERY_PAGE = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.path)
INLINE = [code for page in PAGES for code in page.inline]


def test_the_readme_is_short() -> None:
    """The README fits in 150 lines; what is longer is a page in `docs/`."""
    assert len(Page(README).text.splitlines()) <= 150


@EVERY_PAGE
def test_links_lead_somewhere(page: Page) -> None:
    """Each relative link and picture is a file of the repository, and each anchor a heading of its page."""
    for link in page.links:
        if re.match(r"[a-z]+:", link):
            continue
        path, anchor = page.target(link)
        assert (ROOT / path).exists(), link
        assert not anchor or anchor in Page(path).anchors, link


def test_every_page_is_reached() -> None:
    """The README and the index in `docs/` link to every page, and the README shows every picture."""
    for page in (Page(README), Page("docs/README.md")):
        linked = {page.target(link)[0] for link in page.links}
        assert {one.path for one in PAGES} - {README, "docs/README.md", "CHANGELOG.md"} <= linked
    shown = {Page(README).target(link)[0] for link in Page(README).links}
    assert {f"docs/{picture.name}" for picture in (ROOT / "docs").glob("*.svg")} <= shown


@EVERY_PAGE
def test_all_code_is_in_fenced_blocks(page: Page) -> None:
    """No block escapes the guides' tests: none is indented, in HTML, left open, or in a quote."""
    assert [token.content for token in page.tokens if token.type in ("code_block", "html_block")] == []
    fences = [token for token in page.tokens if token.type == "fence"]
    lines = page.text.splitlines()
    for fence in fences:
        assert fence.map is not None
        assert fence.markup == "```"
        assert lines[fence.map[1] - 1].strip() == "```", fence.content
    assert page.text.count("```") == 2 * len(fences)


@EVERY_PAGE
def test_a_saved_file_is_used(page: Page) -> None:
    """What a reader saves is named by a later command; in CommonMark only `sh` blocks are commands."""
    for number, block in enumerate(page.blocks):
        if block.file:
            later = [command for one in page.blocks[number:] if one.language == "sh" for command in one.commands]
            assert [command for command in later if block.file in command], block.file


def test_the_keys_of_the_readme_are_the_apps() -> None:
    """No key in the README's table does nothing, and none of those that decide or move is missing."""
    table = Page(README).text.partition("| where | keys |")[2].partition("\n\n")[0]
    named = set(re.findall(r"`([^`]+)`", table))
    bound = {key: row.id for row in KeyNames(without=TOUR_KEYS).table() for key in key_words(row.keys).split("  ")}
    assert named <= bound.keys()
    must = {key for key, name in bound.items() if name.startswith(("decide.", "board.move"))}
    assert must <= named


def test_the_pages_name_what_is_there() -> None:
    """Each path and make target that a page names exists."""
    targets = (ROOT / "Makefile").read_text(encoding="utf-8")
    commands = [*INLINE, *(command for page in PAGES for block in page.blocks for command in block.commands)]
    made = {found[1] for command in commands if (found := re.match(r"make ([a-z-]+)", command))}
    assert len(made) > 8
    assert [target for target in made if f"\n{target}:" not in targets] == []
    paths = [code for code in INLINE if re.fullmatch(r"[a-z_]+/[A-Za-z_./]*", code)]
    assert len(paths) > 50
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_a_name_in_the_code_stands_in_its_file() -> None:
    """Where a page sends someone to a name in a file, the file has the name."""
    text = Page("docs/extending.md").text
    named = re.findall(r"`([a-z_]+/[a-z_/]+\.py)`(?: |\n +)\(`(\w+)`", text)
    assert len(named) > 12
    assert [one for one in named if not re.search(rf"\b{one[1]}\b", (ROOT / one[0]).read_text(encoding="utf-8"))] == []


def test_every_folder_of_tests_is_described() -> None:
    """CONTRIBUTING says what each folder of tests is for."""
    table = Page("CONTRIBUTING.md").text.partition("| folder of `tests/` |")[2].partition("\n\n")[0]
    named = set(re.findall(r"`(\w+)`", table))
    folders = {path.parent.name for path in (ROOT / "tests").glob("*/__init__.py")}
    assert folders <= named
    assert [name for name in named if "_" not in name and not (ROOT / "tests" / name).is_dir()] == []


def test_the_limits_of_a_server_are_listed() -> None:
    """The security page has every limit that `serve --limit` takes, and no other."""
    table = Page("docs/security.md").text.partition("| limit | default | of |")[2].partition("\n\n")[0]
    named = {name.replace("-", "_") for name in re.findall(r"^\| `([a-z-]+)`", table, re.MULTILINE)}
    assert named == set(serve_limits.names())


def test_the_settings_are_listed(run: Run) -> None:
    """The configuration page has every setting that `config` shows, and no other."""
    table = Page("docs/configuration.md").text.partition("| setting | what it is |")[2].partition("\n\n")[0]
    cells = [row.split(" | ")[0] for row in table.splitlines()[1:]]
    named = {name.partition(".")[0] for cell in cells for name in re.findall(r"`\[?([a-z_.]+)", cell)}
    settings = json.loads(run("config", "--json").stdout)["settings"]
    assert named == {one["setting"].partition(".")[0] for one in settings}


def test_the_commands_and_exit_codes_are_listed(run: Run) -> None:
    """The page on the command line has every command and every exit code of `--help`, and no other."""
    text = Page("docs/command-line.md").text
    sections, _, codes = run("--help").stdout.partition("\nExit codes:\n")
    table = text.partition("| for | commands |")[2].partition("\n\n")[0]
    commands = re.findall(r"^  ([a-z]+)  ", sections.partition("\nDecide:\n")[2], re.MULTILINE)
    assert sorted(re.findall(r"`([a-z]+)`", table)) == sorted(commands)
    listed = text.partition("| exit code | meaning |")[2].partition("\n\n")[0]
    assert re.findall(r"^\| (\d)", listed, re.MULTILINE) == re.findall(r"^  (\d)  ", codes, re.MULTILINE)


@pytest.mark.parametrize("command", sorted({code for code in INLINE if code.startswith("pumpup-tui ")}))
def test_a_command_in_a_sentence_is_there(run: Run, command: str) -> None:
    """It exists, with the options that it is named with."""
    name = re.match(r"pumpup-tui((?: [a-z]+)*)", command)
    assert name is not None
    words = name[1].split()
    options = re.findall(r"--[a-z-]+", command)
    depth = 3 if words[:2] == ["projects", "policy"] else 2 if words[:1] in (["keys"], ["projects"], ["grants"]) else 1
    shown = run(*words[:depth], "--help")
    assert shown.returncode == 0, shown.stderr
    assert [option for option in options if option not in shown.stdout] == []


def test_an_option_in_a_sentence_is_one(run: Run) -> None:
    """Each option that stands alone on a page is one of some command's."""
    named = {code.split()[0] for code in INLINE if re.match(r"--[a-z]", code)}
    commands = (
        (),
        ("serve",),
        ("inbox",),
        ("approve",),
        ("export",),
        ("stats",),
        ("prove",),
        ("witness",),
        ("grants", "give"),
    )
    helps = [run(*words, "--help").stdout for words in commands]
    helps.append("pytest --snapshot-update")
    assert len(named) > 4
    assert [option for option in sorted(named) if not any(option in text for text in helps)] == []
