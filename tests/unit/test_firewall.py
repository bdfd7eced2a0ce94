"""No foreign text reaches a widget but through `text.py`: read off the code itself."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from functools import cache
from itertools import count
from pathlib import Path

from msgspec.structs import fields as fields_of

import pumpup_tui
from api_client import authority, fields, models, needs
from api_client.wire import Wire
from pumpup_tui.backend.status import Status
from tests.unit.firewall_markers import CLEANED_AGAIN, NOT_FOREIGN, Marker, markers_in
from tests.unit.foreign import CLEANERS, Code, Leak, Module

ROOT = Path(str(pumpup_tui.__file__)).parent
NOT_DRAWN = (
    "__main__.py",
    "text/firewall.py",
    "text/suspicion.py",
    "text/line_filter.py",
    "cli.py",
    "textual_patches/terminal_driver.py",
    "textual_patches/terminal_output.py",
    "textual_patches/bracketed_paste.py",
    "components/external_editor.py",
    "timeline/export.py",
    "insights/figure_tables.py",
    "local_state/document_store.py",
    "text/layout.py",
    "backend/calls.py",
    "board/calls.py",
    "backend/alerts.py",
    "__main__.py",
)
"""The firewall itself, and what writes to no screen of Textual's."""
OURS = frozenset(("live", "live_tone", "next_step", "inbox", "project", "projects", "capabilities", "connected"))
"""What the status holds in our own words."""
NO_TEXT = frozenset(
    ("cursor", "next_cursor", "min", "max", "set", "unset", "set_once", "overdue_at", "result", "fields")
)
"""Fields of models that share a name with what is no text."""
NO_TEXT_OF_AUTHORITY = frozenset(
    ("key", "context", "reason", "agreed", "disagreed", "steps", "until", "version", "policies")
)
"""The same, of policies and grants: what draws these is marked."""
KEPT = frozenset(
    [
        "title",
        "to_step",
        "assignee",
        "detail",
        "source_label",
        "types",
        "text",
        "path",
        "failed",
        "row",
        "now",
        "error",
        "_needle",
        "_choices",
        "_path",
        "_summary",
        "_about",
        "folder",
        "_text",
        "_note",
        "_code",
        "_codes",
        "times",
        "_typed",
        "raw_words",
        "only",
        "by_whom",
        "info",
        "content",
        "markup",
        "before",
        "after",
        "raw_total",
    ]
)
"""Where foreign text is kept on its way: an intent and what became of it, a query, a choice, a parser's tokens."""


def sources() -> frozenset[str]:
    """Return the names of attributes that hold text of an agent, a customer or a server."""
    names = set(KEPT)
    for module in (models, fields, authority, needs):
        for model in vars(module).values():
            if isinstance(model, type) and issubclass(model, Wire):
                names |= {info.name for info in fields_of(model) if _may_be_text(str(info.type))}
    names |= {name for name, annotation in Status.__annotations__.items() if _may_be_text(str(annotation))} - OURS
    return frozenset(names - NO_TEXT - NO_TEXT_OF_AUTHORITY)


def _may_be_text(annotation: str) -> bool:
    return "str" in annotation or "Any" in annotation


def _is_left_out(path: str) -> bool:
    return path.startswith("commands/") or path in NOT_DRAWN


@cache
def read_modules() -> tuple[list[Module], list[Marker]]:
    """Return the files that draw, parsed, and the markers in them: read where a test runs, not in each worker."""
    modules: list[Module] = []
    markers: list[Marker] = []
    for path in sorted(ROOT.rglob("*.py")):
        name, source = path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")
        if not _is_left_out(name):
            modules.append(Module(name, ast.parse(source)))
        markers += markers_in(name, source)
    return modules, markers


@cache
def code() -> Code:
    """Return the files that draw, followed as a whole."""
    return Code(read_modules()[0], sources())


def excused(leaks: list[Leak], markers: list[Marker]) -> frozenset[tuple[str, str, str]]:
    """Return the places of the leaks that a marker excuses."""
    excuses = [marker for marker in markers if marker.kind == NOT_FOREIGN]
    return frozenset(
        leak.place for leak in leaks if any(one.covers(leak.module, leak.line, leak.last_line) for one in excuses)
    )


@cache
def excused_places() -> frozenset[tuple[str, str, str]]:
    """Return the places that the program's own code excuses."""
    return excused(code().leaks(), read_modules()[1])


def unexcused(leaks: list[Leak]) -> list[Leak]:
    """Return the leaks that the program's own code does not excuse."""
    return [leak for leak in leaks if leak.place not in excused_places()]


def unneeded(markers: list[Marker], leaks: list[Leak]) -> list[Marker]:
    """Return the markers that excuse none of these leaks."""
    return [
        marker
        for marker in markers
        if marker.kind == NOT_FOREIGN
        and not any(marker.covers(leak.module, leak.line, leak.last_line) for leak in leaks)
    ]


def test_no_foreign_text_is_drawn_uncleaned() -> None:
    """What an agent, a customer or a server wrote is drawn only as `text/firewall.py` gives it back."""
    leaks = unexcused(code().leaks())
    assert not leaks, "\n".join(f"{leak.module}:{leak.line} {leak.function}: {leak.code}" for leak in leaks)


def test_each_marker_has_a_reason() -> None:
    """A line is excused from the tests here only with a reason beside it."""
    markers = read_modules()[1]
    assert markers
    assert not [str(marker) for marker in markers if not marker.reason]


def test_no_marker_outlives_what_it_excuses() -> None:
    """A marker goes with the text that it was written for: it would excuse whatever comes to its line next."""
    assert not [str(marker) for marker in unneeded(read_modules()[1], code().leaks())]


_DRAWING = """
def draw(event: Event) -> Line:
    return [
        (event.message, ""),{at_its_end}
        {above}
        (event.subject, ""),
    ]
"""


def _leaks_and_markers(*, at_its_end: str = "", above: str = "# both are foreign") -> tuple[list[Leak], list[Marker]]:
    source = _DRAWING.format(at_its_end=at_its_end, above=above)
    drawing = Code([Module("drawing.py", ast.parse(source))], frozenset(("message", "subject")))
    return drawing.leaks(), list(markers_in("drawing.py", source))


def test_a_marker_excuses_its_own_line_alone() -> None:
    """A comment at a line's end excuses that line, one above a line excuses that one; the lines beside them leak."""
    leaks, markers = _leaks_and_markers()
    both = {leak.place for leak in leaks}
    assert {place[2] for place in both} == {"event.message", "event.subject"}
    assert not markers
    for comment in ({"at_its_end": "  # not foreign: ours"}, {"above": "# not foreign: ours"}):
        leaks, markers = _leaks_and_markers(**comment)
        (left,) = both - excused(leaks, markers)
        assert left[2] == ("event.subject" if "at_its_end" in comment else "event.message")
        assert not unneeded(markers, leaks)


def test_a_marker_without_a_reason_or_a_need_is_found() -> None:
    """A marker that gives no reason is read as one without; one that stands at clean code excuses nothing."""
    for comment in ("# not foreign", "# not foreign:", "# not foreign:  "):
        (marker,) = _leaks_and_markers(above=comment)[1]
        assert not marker.reason
    (marker,) = markers_in("drawing.py", 'title = "ours"  # not foreign: it is ours\n')
    assert unneeded([marker], _leaks_and_markers()[0]) == [marker]


class Opened(ast.NodeTransformer):
    """Takes the `number`th call of a cleaner away, leaving what it cleaned."""

    def __init__(self, number: int) -> None:
        self._left = number
        self.taken: ast.Call | None = None

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """Return what is left of a call."""
        if isinstance(node.func, ast.Name) and node.func.id in CLEANERS and node.args:
            self._left -= 1
            if self._left == -1:
                self.taken = node
                return node.args[0]
        return self.generic_visit(node)


def _leaks_elsewhere(module: Module, function: ast.AST, number: int) -> bool:
    """Return whether a function without its `number`th cleaner gives something to another of its file that leaks it."""
    tree = copy.deepcopy(module.tree)
    (same,) = [
        node
        for node in ast.walk(tree)
        if type(node) is type(function) and getattr(node, "lineno", 0) == getattr(function, "lineno", -1)
    ]
    Opened(number).visit(same)
    return len(unexcused(code().leaks(Module(module.name, tree)))) > len(unexcused(code().leaks(module)))


def _removals() -> Iterator[tuple[Module, ast.Call, bool]]:
    """Yield each call of a cleaner with whether a leak shows when it is taken away."""
    for module in read_modules()[0]:
        for function in module.outermost:
            before = len(unexcused(code().leaks_in(module, function)))
            for number in count():
                opened = Opened(number)
                changed = opened.visit(copy.deepcopy(function))
                if opened.taken is None:
                    break
                is_noticed = len(unexcused(code().leaks_in(module, changed))) != before
                yield module, opened.taken, is_noticed or _leaks_elsewhere(module, function, number)


def test_a_cleaner_taken_away_is_a_leak() -> None:
    """The tests above are worth something: they fail for each single cleaner that is left out, but those marked."""
    markers = {marker for marker in read_modules()[1] if marker.kind == CLEANED_AGAIN}
    needed: set[Marker] = set()
    unnoticed = []
    removals = list(_removals())
    for module, call, is_noticed in removals:
        if not is_noticed:
            covering = {one for one in markers if one.covers(module.name, call.lineno, call.end_lineno or call.lineno)}
            needed |= covering
            unnoticed += [] if covering else [f"{module.name}:{call.lineno} {ast.unparse(call)}"]
    assert len(removals) > 80
    assert not unnoticed, "\n".join(unnoticed)
    assert needed == markers, "\n".join(map(str, markers - needed))
