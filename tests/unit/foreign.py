"""Follows foreign text through `pumpup_tui`: where it becomes text on a screen without having been cleaned.

An approximation, on the safe side where it matters. A *source* is an attribute (or a parameter of that name) that a
model of `api_client`, a field, a bid or the status holds text in; what is taken out of a source is one too. A *text
place* is where text is made or drawn: a run of a line, an f-string, what `fit`, `crop` and their like are given, what a
widget or a hint is given, and what a function returns that is itself called in a text place. A source in a text place
is a leak, unless `line`, `clean`, `content` or their like stand between.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property

CLEANERS = frozenset(("line", "clean", "content", "raw", "without_controls", "markdown_lines"))
PASS_THROUGH = frozenset(
    [
        "str",
        "fit",
        "crop",
        "columns",
        "joined",
        "wrap",
        "join",
        "format",
        "sorted",
        "list",
        "tuple",
        "reversed",
        "set",
        "lower",
        "upper",
        "casefold",
        "capitalize",
        "strip",
        "rstrip",
        "lstrip",
        "removeprefix",
        "removesuffix",
        "replace",
        "rsplit",
        "split",
        "take",
        "splitlines",
        "get",
        "items",
        "values",
        "keys",
        "enumerate",
        "table_lines",
        "zip",
        "pop",
        "cell_len",
        "in_zone",
    ]
)
"""Functions and methods that give back what they are given, or a part of it."""
MAKERS = frozenset(
    (
        "fit",
        "crop",
        "columns",
        "joined",
        "wrap",
        "cell_len",
        "assemble",
        "control",
        "_filled",
        "_padded",
        "padded",
        "_told",
        "ours",
        "foreign",
        "led",
        "quoted",
    )
)
SHOWERS = frozenset(
    [
        "Static",
        "Label",
        "Button",
        "Option",
        "Content",
        "Text",
        "styled",
        "notify",
        "hint",
        "cancel",
        "show_state",
        "show_rows",
        "show_typing",
        "show_faults",
        "say",
        "say_when_empty",
        "show_none",
        "_hint",
        "Drawn",
        "PageRow",
        "PaletteEntry",
    ]
)
"""What draws the first thing that it is given."""
WIDGETS = frozenset(("Static", "Label", "Button", "Option", "update", "notify"))
"""Those among Textual's own that would read markup in a text."""
TITLES = frozenset(("border_title", "border_subtitle", "tooltip", "sub_title"))
GIVERS = frozenset(
    ("bounds", "type_of", "dumps", "json_text", "reason_codes", "reader", "difference_words", "total_of", "known_name")
)
"""Functions from elsewhere that return foreign text."""
UNDRAWN = frozenset(("searched", "row_id"))
"""What is called like something drawn, and is compared only."""


@dataclass(frozen=True, slots=True)
class Leak:
    """A foreign text in a text place."""

    module: str
    function: str
    line: int
    last_line: int
    code: str

    @property
    def place(self) -> tuple[str, str, str]:
        """The file, the function and the expression: they stay the same when lines move."""
        return self.module, self.function, self.code


@dataclass(frozen=True)
class Module:
    """A file of `pumpup_tui`, parsed."""

    name: str
    tree: ast.Module

    @cached_property
    def outermost(self) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
        """All functions and methods that are within no other."""
        inner = {id(one) for node in self.functions for one in ast.walk(node) if one is not node}
        return [node for node in self.functions if id(node) not in inner]

    @cached_property
    def functions(self) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
        """All functions and methods, those within others too."""
        return [node for node in ast.walk(self.tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]


def callee(call: ast.Call) -> str:
    """Return the last name of what is called."""
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


class Function:
    """One function: which of its names are foreign, and where they leak."""

    def __init__(
        self,
        module: str,
        node: ast.FunctionDef | ast.AsyncFunctionDef,
        sources: frozenset[str],
        givers: frozenset[str] = frozenset(),
    ) -> None:
        self._module = module
        self._givers = givers
        self._node = node
        self._sources = sources
        self._names: set[str] = {one.arg for one in self._parameters() if self._may_be_foreign(one)}
        self._names |= {one.name for one in ast.walk(node) if isinstance(one, ast.ExceptHandler) and one.name}
        for _ in range(3):  # names are bound before and after each other: until nothing is added
            for target, value in self._bindings():
                self._bind(target, value)

    def leaks(self, drawn: frozenset[str]) -> Iterator[Leak]:
        """Yield what is foreign in a text place; `drawn` are the functions whose results are drawn."""
        if self.name in UNDRAWN:
            return
        for place in self._places(drawn):
            if self.is_foreign(place):
                yield self._leak(place)
        for node in ast.walk(self._node):
            if isinstance(node, ast.Call) and callee(node) in WIDGETS and _reads_markup(node):
                yield self._leak(node)

    def _leak(self, node: ast.expr) -> Leak:
        return Leak(self._module, self.name, node.lineno, node.end_lineno or node.lineno, ast.unparse(node))

    def gives(self) -> bool:
        """Return whether what the function returns is foreign."""
        kinds = (ast.Return, ast.Yield, ast.YieldFrom)
        returned = [node.value for node in ast.walk(self._node) if isinstance(node, kinds) and node.value]
        return any(self.is_foreign(one) for one in returned)

    @property
    def name(self) -> str:
        """The function's name."""
        return self._node.name

    def called(self, drawn: frozenset[str]) -> Iterator[str]:
        """Yield the names of functions that are called within text places."""
        for place in self._places(drawn):
            for node in ast.walk(place):
                if isinstance(node, ast.Call):
                    yield callee(node)

    def is_foreign(self, node: ast.expr) -> bool:
        """Return whether an expression may be foreign text that was not cleaned."""
        match node:
            case ast.Name():
                return node.id in self._names
            case ast.Attribute():
                return node.attr in self._sources and not _is_own_word(node)
            case ast.Call():
                return self._call_is_foreign(node)
            case ast.ListComp() | ast.GeneratorExp() | ast.SetComp():
                with self._within(node):
                    return self.is_foreign(node.elt)
            case _:
                return any(self.is_foreign(part) for part in _parts(node))

    @contextmanager
    def _within(self, node: ast.expr) -> Iterator[None]:
        """Know the names that a comprehension binds, as long as one is within it."""
        before = set(self._names)
        for one in getattr(node, "generators", ()):
            self._bind(one.target, one.iter, anew=True)
        try:
            yield
        finally:
            self._names = before

    def _call_is_foreign(self, node: ast.Call) -> bool:
        name = callee(node)
        if name in CLEANERS or name not in PASS_THROUGH:
            return name in self._givers  # what a drawn function of ours returns is looked at there
        held = node.func.value if isinstance(node.func, ast.Attribute) else None
        if name == "get" and (isinstance(held, ast.Dict) or (isinstance(held, ast.Name) and held.id.isupper())):
            return any(self.is_foreign(one) for one in node.args[1:])  # a table of our own words
        return any(self.is_foreign(one) for one in (*node.args, *([held] if held is not None else ())))

    def _parameters(self) -> Iterable[ast.arg]:
        all_ = self._node.args
        return (*all_.posonlyargs, *all_.args, *all_.kwonlyargs)

    def _may_be_foreign(self, parameter: ast.arg) -> bool:
        written = ast.unparse(parameter.annotation) if parameter.annotation else ""
        if written.startswith(
            ("Any", "object", "Json", "str | int", "tuple[str", "Mapping[str, Any", "Mapping[str, Json")
        ):
            return True
        return parameter.arg in self._sources and written.startswith(("str", "Path", "Sequence[str", "Iterable[str"))

    def _bindings(self) -> Iterator[tuple[ast.expr, ast.expr]]:
        for node in ast.walk(self._node):
            match node:
                case ast.Assign():
                    yield from ((target, node.value) for target in node.targets)
                case ast.AnnAssign(value=ast.expr() as value):
                    yield node.target, value
                case ast.NamedExpr() | ast.AugAssign():
                    yield node.target, node.value
                case ast.For():
                    yield node.target, node.iter
                case ast.Call(func=ast.Attribute(value=ast.Name() as held, attr="append"), args=[added]):
                    yield held, added

    def _bind(self, target: ast.expr, value: ast.expr, *, anew: bool = False) -> None:
        if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple) and len(target.elts) == len(value.elts):
            for one, other in zip(target.elts, value.elts, strict=True):
                self._bind(one, other, anew=anew)
            return
        names = {node.id for node in ast.walk(target) if isinstance(node, ast.Name)}
        if self.is_foreign(value):
            self._names |= names
        elif anew:
            self._names -= names

    def _places(self, drawn: frozenset[str], node: ast.AST | None = None) -> Iterator[ast.expr]:
        """Yield the text places from `node` down, each while the names around it are known."""
        node = node or self._node
        if isinstance(node, (ast.ListComp, ast.GeneratorExp, ast.SetComp)):
            with self._within(node):
                yield from self._places_in(node, drawn)
        else:
            yield from self._places_in(node, drawn)

    def _places_in(self, node: ast.AST, drawn: frozenset[str]) -> Iterator[ast.expr]:
        if isinstance(node, ast.Call) and callee(node) in CLEANERS:
            return
        match node:
            case ast.Tuple(elts=[first, second]) if _is_tone(second):
                yield first
            case ast.Tuple(elts=[first, _, third]) if _is_tone(third):
                yield first
            case ast.JoinedStr():
                yield from node.values
            case ast.Call():
                yield from _drawn_arguments(node)
            case ast.Assign() if any(isinstance(one, ast.Attribute) and one.attr in TITLES for one in node.targets):
                yield node.value
            case ast.Return(value=ast.expr() as value) if self.name in drawn:
                yield from value.elts[:1] if isinstance(value, ast.Tuple) else (value,)
        for child in ast.iter_child_nodes(node):
            yield from self._places(drawn, child)


def _drawn_arguments(call: ast.Call) -> Iterator[ast.expr]:
    """Yield the arguments that a call draws."""
    name = callee(call)
    if name in MAKERS:
        yield from (one.value if isinstance(one, ast.Starred) else one for one in call.args)
    elif name in SHOWERS:
        yield from call.args[:1]
    elif name == "set_title":  # the first is the pane
        yield from call.args[1:]


def _is_own_word(node: ast.Attribute) -> bool:
    """Return whether it is an enumeration's word."""
    return node.attr == "value" and isinstance(node.value, ast.Attribute) and node.value.attr == "phase"


def _parts(node: ast.expr) -> list[ast.expr]:
    """Return the parts of an expression whose text its value may hold."""
    match node:
        case ast.Constant() | ast.Compare() | ast.UnaryOp() | ast.Lambda() | ast.BinOp(right=ast.Constant(value=int())):
            return []
        case ast.FormattedValue(format_spec=ast.expr()):
            return []  # a number
        case ast.IfExp():
            return [node.body, node.orelse]
        case ast.Subscript():
            return [node.value]
        case _:
            return [child for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)]


def _is_tone(node: ast.expr) -> bool:
    tones = ("", "muted", "strong", "accent", "good", "bad", "warn", "cursor", "armed", "foreign")
    if isinstance(node, ast.Constant):
        return node.value in tones
    if isinstance(node, ast.IfExp):
        return _is_tone(node.body) and _is_tone(node.orelse)
    return isinstance(node, ast.Name) and node.id in ("tone", "over", "now")


def _reads_markup(call: ast.Call) -> bool:
    """Return whether one of Textual's widgets is given a text that it would read markup in."""
    if not call.args or isinstance(call.args[0], (ast.Constant, ast.Dict, ast.DictComp, ast.Set)):
        return False
    if any(one.arg == "markup" for one in call.keywords):
        return False
    first = call.args[0]
    return not (isinstance(first, ast.Call) and callee(first) in ("content", "assemble", "styled", "Content"))


class Code:
    """Some files, followed as a whole."""

    def __init__(self, modules: Iterable[Module], sources: frozenset[str]) -> None:
        self._sources = sources
        self._givers: dict[str, frozenset[str]] = {}
        self._functions = [one for module in modules for one in self._read(module)]
        self._drawn: frozenset[str] = frozenset()
        while more := {name for one in self._functions for name in one.called(self._drawn)} - self._drawn:
            self._drawn |= more
        self._drawn -= PASS_THROUGH | CLEANERS

    def leaks(self, module: Module | None = None) -> list[Leak]:
        """Return all leaks; those of one file, read anew, where it is given."""
        functions = self._functions if module is None else self._read(module)
        return [leak for one in functions for leak in one.leaks(self._drawn)]

    def leaks_in(self, module: Module, node: ast.FunctionDef | ast.AsyncFunctionDef) -> list[Leak]:
        """Return the leaks of one function of a file and of those within it, read anew."""
        inner = Module(module.name, ast.Module([node], [])).functions
        first = [Function(module.name, one, self._sources, GIVERS) for one in inner]
        names = {one.name for one in inner}
        givers = (self._givers[module.name] - names) | GIVERS | {one.name for one in first if one.gives()}
        functions = [Function(module.name, one, self._sources, givers) for one in inner]
        return [leak for one in functions for leak in one.leaks(self._drawn)]

    def _read(self, module: Module) -> list[Function]:
        first = [Function(module.name, node, self._sources, GIVERS) for node in module.functions]
        givers = GIVERS | {one.name for one in first if one.gives()}
        self._givers[module.name] = givers
        return [Function(module.name, node, self._sources, givers) for node in module.functions]
