"""The pages that people read (README, CONTRIBUTING, CHANGELOG and `docs/`), parsed as GitHub renders them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).parents[2]
README = "README.md"
_FILE = re.compile(r"save this as `([^`]+)`", re.IGNORECASE)
_START = re.compile(r"starts after\s+\[[^\]]+\]\(([^)#]*)#([^)]+)\)")
_NO_SLUG = re.compile(r"[^\w\- ]")


@dataclass(frozen=True)
class Block:
    """A block of code: the heading that it stands under, its language, its text, and the file that it is to be."""

    section: str
    language: str
    text: str
    file: str

    @property
    def commands(self) -> list[str]:
        """The commands of a shell block, without their comments."""
        lines = (re.sub(r"(^|\s+)#.*$", "", line).strip() for line in self.text.replace("\\\n", " ").splitlines())
        return [line for line in lines if line]


@dataclass(frozen=True)
class Page:
    """A page by its path from the repository's root."""

    path: str

    @cached_property
    def text(self) -> str:
        """The page as it is written."""
        return (ROOT / self.path).read_text(encoding="utf-8")

    @cached_property
    def tokens(self) -> Sequence[Token]:
        """The page as CommonMark with tables."""
        return MarkdownIt("commonmark").enable("table").parse(self.text)

    @cached_property
    def blocks(self) -> Sequence[Block]:
        """All blocks of code, fenced or indented, in order."""
        return list(self._blocks())

    @property
    def inline(self) -> Sequence[str]:
        """What stands in backticks within sentences and tables."""
        return [child.content for child in self._children() if child.type == "code_inline"]

    @property
    def links(self) -> Sequence[str]:
        """Where links and pictures lead."""
        targets = [child.attrGet("href") or child.attrGet("src") for child in self._children()]
        return [str(target) for target in targets if target]

    @property
    def anchors(self) -> Sequence[str]:
        """The headings as links name them: lowercase, blanks as hyphens, no punctuation, repeats counted."""
        seen: Counter[str] = Counter()
        anchors = []
        for heading in self.headings:
            slug = _NO_SLUG.sub("", heading.replace("`", "").lower()).replace(" ", "-")
            anchors.append(f"{slug}-{seen[slug]}" if seen[slug] else slug)
            seen[slug] += 1
        return anchors

    @property
    def headings(self) -> Sequence[str]:
        """The headings' texts."""
        pairs = zip(self.tokens, self.tokens[1:], strict=False)
        return [text.content for opening, text in pairs if opening.type == "heading_open"]

    @property
    def start(self) -> tuple[str, str] | None:
        """The page and the heading whose blocks come before this page's own, where it says "starts after [...]"."""
        found = _START.search(self.text)
        if found is None:
            return None
        page = Page(_joined(self.path, found[1])) if found[1] else self
        return page.path, page.headings[page.anchors.index(found[2])]

    def target(self, link: str) -> tuple[str, str]:
        """Return the path, from the repository's root, and the anchor that a relative link leads to."""
        path, _, anchor = link.partition("#")
        return (_joined(self.path, path) if path else self.path), anchor

    def _children(self) -> Iterator[Token]:
        for token in self.tokens:
            yield from token.children or ()

    def _blocks(self) -> Iterator[Block]:
        section = before = ""
        for number, token in enumerate(self.tokens):
            if token.type == "inline":
                if self.tokens[number - 1].type == "heading_open":
                    section = token.content
                before = token.content
            elif token.type in ("fence", "code_block"):
                named = _FILE.search(before) if self.tokens[number - 1].type == "paragraph_close" else None
                yield Block(section, token.info.strip(), token.content, named[1] if named else "")


def pages() -> Sequence[Page]:
    """Return every page, README first."""
    others = sorted(path.name for path in ROOT.glob("*.md") if path.name != README)
    docs = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").rglob("*.md"))
    return [Page(path) for path in (README, *others, *docs)]


def blocks() -> Sequence[Block]:
    """Return the blocks of all pages."""
    return [block for page in pages() for block in page.blocks]


def commands_under(path: str, section: str) -> Sequence[str]:
    """Return the shell commands under a heading of a page."""
    return [command for block in Page(path).blocks if block.section == section for command in block.commands]


def _joined(page: str, relative: str) -> str:
    path = (ROOT / page).parent.joinpath(relative).resolve()
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)
