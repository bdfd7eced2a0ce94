"""No foreign text reaches a widget but through `text.py`: read off the code itself."""

from __future__ import annotations

import ast
import copy
from pathlib import Path

from msgspec.structs import fields as fields_of

import pumpup_tui
from api_client import fields, models
from api_client.wire import Wire
from pumpup_tui.backend.status import Status
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
        "_typed",
        "_filter_words",
        "only",
        "by_whom",
        "info",
        "content",
        "markup",
    ]
)
"""Where foreign text is kept on its way: an intent and what became of it, a query, a choice, a parser's tokens."""
ALLOWED = {
    ("attachments/previews.py", "free_names", "{name}"): "the name of a file that is written, not drawn",
    ("backend/status.py", "connected", "{status.why_read_only}"): "the banner cleans it",
    ("backend/status.py", "call_failed", "{event.error}"): "the banner cleans it",
    ("backend/status.py", "worker_failed", "{worker.name}"): "our own name of a worker",
    ("local_state/save_policy.py", "place", "{resolved}"): "cleaned where it is said why nothing was saved",
    ("textual_patches/stylesheets.py", "sheet", "{name}"): "the name of a file of ours",
    ("textual_patches/stylesheets.py", "update", "super().update(root, animate)"): "styles a widget, draws no text",
    ("palette.py", "_look", "{item.summary}"): "`_found` cleans what it shows",
    ("palette.py", "_look", "{item.task_name}"): "`_found` cleans what it shows",
    ("keys/key_names.py", "key_words", "'  '.join((_characters().get(key, key) for key in keys_of(keys)))"): "our keys",
    (
        "keys/key_names.py",
        "keys_of",
        "[_character_to_key(key) if len(key) == 1 else key for key in (part.strip() for part in text.split(','))]",
    ): "our keys",
    (
        "keys/key_names.py",
        "_own_keys",
        "_found.update(((one.id, one.key) for owner in owners() for one in bindings_of(owner) if one.id))",
    ): "our keys",
    (
        "keys/key_names.py",
        "_own_keys",
        "_found.update(((one.id, one.key) for one in FURTHER_KEYS if one.id))",
    ): "our keys",
    ("keys/rebinding.py", "check", "{', '.join(known)}"): "our names of bindings",
    ("keys/registry.py", "_title", "{short}"): "our own words",
    ("keys/rebinding.py", "_name", "{(binding.description or binding.action).lower()}"): "Textual's own words",
    ("keys/rebinding.py", "check", "key"): "our keys, or the user's own",
    ("decisions/recovery.py", "look_up", "{error}"): "cleaned where the list draws it",
    ("inbox/filtering.py", "_text", "{self._typed}"): "a filter as it is typed: read, not drawn",
    (
        "inbox/filtering.py",
        "_filter_words",
        "(WHOSE[self._whose] if self._whose else '', self._typed)",
    ): "cleaned by the line over the list and the hints",
    ("inbox/filtering.py", "_choose_filter", "{self._text}"): "the id of a choice, drawn nowhere",
    ("inbox/decision_controller.py", "action_reason", "{code}"): "the id of a choice, drawn nowhere",
    ("inbox/decision_controller.py", "action_reason", "{armed.reason_code}"): "the id of a choice, drawn nowhere",
    ("task/screen.py", "action_assign", "{me}"): "PickScreen cleans its choices",
    ("task/screen.py", "action_assign", "{loaded.assignee}"): "PickScreen cleans its choices",
    ("timeline/event_detail.py", "event_document", "fit(name, 8) + '  '"): "our own name of a row",
    ("timeline/event_detail.py", "event_document", "name"): "our own name of a row",
    ("timeline/event_detail.py", "event_document", "[(fit(name, 8) + '  ', 'muted')]"): "our own name of a row",
    ("timeline/event_detail.py", "event_document", "lines"): "made of what is looked at above",
    ("components/prompt.py", "ask", "self.query_one(Static).update(f' {label}: ')"): "made without markup",
    (
        "components/prompt.py",
        "action_edit",
        "self.query_one(Static).update(f' {line(error, 120)}: ')",
    ): "without markup",
    ("inbox/queue.py", "row_id_of", "{row.name}"): "an id, drawn nowhere",
    ("text/inspection.py", "foreign_texts", "{key}"): "inspected and spelt out, not drawn as it is",
    ("text/inspection.py", "foreign_texts", "{pairs[key]}"): "inspected and spelt out, not drawn as it is",
    ("components/prompt.py", "ask", "{label}"): "our own words, with what is foreign cleaned by who asks",
    ("task/step_graph.py", "_step_lines", "'final' if not step.exits else step.owner.lower()"): "one of three words",
    (
        "inbox/request_paragraphs.py",
        "field_lines",
        "(line(getattr(field, 'type', ''), 20), 'required' if field.required else 'optional', field.bounds())",
    ): "cleaned as a whole where it is drawn",
    ("task/step_graph.py", "_step_lines", "owner"): "one of three words",
}
"""What is no leak, and why."""
TWICE = {
    (
        "text/truncation.py",
        "clean(json_text(encoded), limit=PAYLOAD_KEPT, padding=INDENT)",
    ): "cleaned again where shown",
    (
        "timeline/event_detail.py",
        "clean(payload.shown, limit=len(payload.shown), padding=INDENT)",
    ): "cleaned where it was shortened",
    ("inbox/decision_controller.py", "line(code, 80)"): "PickScreen cleans its choices",
    ("inbox/filtering.py", "line(self._text, 60)"): "PickScreen cleans its choices",
    ("inbox/request_detail.py", "line(key, 40)"): "the width is measured",
    ("inbox/request_detail.py", "line(getattr(field, 'type', ''), 20)"): "cleaned again with what stands beside it",
    ("task/step_graph.py", "line(step.name, 80)"): "the width is measured",
    (
        "text/markdown.py",
        "clean(text, limit=limit, padding=len(text) * _TAB_CELLS)",
    ): "each run is cleaned again after the parser",
}
"""Cleaners that could go: another one follows, or only the width is measured."""


def sources() -> frozenset[str]:
    """Return the names of attributes that hold text of an agent, a customer or a server."""
    found = set(KEPT)
    for module in (models, fields):
        for one in vars(module).values():
            if isinstance(one, type) and issubclass(one, Wire):
                found |= {info.name for info in fields_of(one) if _may_be_text(str(info.type))}
    found |= {name for name, annotation in Status.__annotations__.items() if _may_be_text(str(annotation))} - OURS
    return frozenset(found - NO_TEXT)


def _may_be_text(annotation: str) -> bool:
    return "str" in annotation or "Any" in annotation


def _is_left_out(path: str) -> bool:
    return path.startswith("commands/") or path in NOT_DRAWN


def modules() -> list[Module]:
    paths = [path for path in sorted(ROOT.rglob("*.py")) if not _is_left_out(path.relative_to(ROOT).as_posix())]
    return [Module(str(path.relative_to(ROOT)), ast.parse(path.read_text(encoding="utf-8"))) for path in paths]


def unallowed(found: list[Leak]) -> list[Leak]:
    return [leak for leak in found if (leak.module, leak.function, leak.code) not in ALLOWED]


def test_no_foreign_text_is_drawn_uncleaned() -> None:
    """What an agent, a customer or a server wrote is drawn only as `text.py` gives it back."""
    found = unallowed(Code(modules(), sources()).leaks())
    assert not found, "\n".join(f"{leak.module}:{leak.line} {leak.function}: {leak.code}" for leak in found)


class Opened(ast.NodeTransformer):
    """Takes the `number`th call of a cleaner away, leaving what it cleaned."""

    def __init__(self, number: int) -> None:
        self._left = number
        self.taken = ""

    def visit_Call(self, node: ast.Call) -> ast.AST:
        if isinstance(node.func, ast.Name) and node.func.id in CLEANERS and node.args:
            self._left -= 1
            if self._left == -1:
                self.taken = ast.unparse(node)
                return node.args[0]
        return self.generic_visit(node)


def _leaks_elsewhere(code: Code, module: Module, function: ast.AST, number: int) -> bool:
    """Tell whether a function without its `number`th cleaner gives something to another of its file that leaks it."""
    tree = copy.deepcopy(module.tree)
    (same,) = [
        one
        for one in ast.walk(tree)
        if type(one) is type(function) and getattr(one, "lineno", 0) == getattr(function, "lineno", -1)
    ]
    Opened(number).visit(same)
    return len(unallowed(code.leaks(Module(module.name, tree)))) > len(unallowed(code.leaks(module)))


def test_a_cleaner_taken_away_is_a_leak() -> None:
    """The test above is worth something: it fails for each single cleaner that is left out."""
    whole = modules()
    code = Code(whole, sources())
    unnoticed = []
    count = 0
    for module in whole:
        for function in module.outermost:
            before = len(unallowed(code.leaks_in(module, function)))
            for number in range(1000):
                opened = Opened(number)
                changed = opened.visit(copy.deepcopy(function))
                if not opened.taken:
                    break
                count += 1
                if (module.name, opened.taken) in TWICE:
                    continue
                if len(unallowed(code.leaks_in(module, changed))) == before and not _leaks_elsewhere(
                    code, module, function, number
                ):
                    unnoticed.append(f"{module.name}: {opened.taken}")
    assert count > 80
    assert not unnoticed, "\n".join(unnoticed)
