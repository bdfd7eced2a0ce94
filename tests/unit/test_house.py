"""`make house` finds what it is there to find, in made-up trees."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.house import imports, names, privacy, prose
from tests.house.__main__ import main
from tests.house.classes import Family
from tests.house.figures import Figure, measure
from tests.house.lengths import Lengths
from tests.house.tree import Tree, read

DOC = '"""Things."""\n'


@pytest.fixture
def plant(tmp_path: Path) -> Plant:
    return Plant(tmp_path)


class Plant:
    """Makes a tree of files."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def __call__(self, **files: str) -> Tree:
        """Return the modules of these files, `a__b` standing for `a/b.py`, in the package of the screens."""
        for name, text in files.items():
            self.write(f"pumpup_tui/{name.replace('__', '/')}.py", text)
        return read(self.root)

    def write(self, path: str, text: str) -> None:
        """Write a file, and an empty `__init__.py` into each of its folders that has none."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        for folder in [file.parent, *file.parent.parents]:
            if folder == self.root:
                break
            (folder / "__init__.py").touch()
        file.write_text(text, encoding="utf-8")

    def figures(self) -> dict[str, Figure]:
        """Return the figures of the tree by their names."""
        return {figure.name: figure for figure in measure(self.root)}


@pytest.mark.parametrize(
    "back",
    [
        "from pumpup_tui.one.a import A\n",
        "from ..one.a import A\n",
        "from pumpup_tui.one import a\n",
        "import pumpup_tui.one.a as a\n",
        "if TYPE_CHECKING:\n    from pumpup_tui.one.a import A\n",
        "def late() -> None:\n    from pumpup_tui.one.a import A\n",
        "module = import_module('pumpup_tui.one.a')\n",
    ],
)
def test_a_circle_is_found_wherever_its_import_stands(plant: Plant, back: str) -> None:
    """At the top, relative, under TYPE_CHECKING, in a function or by its name as text: a circle is a circle."""
    graph = imports.graph(
        plant(one__a="from pumpup_tui.two.b import B\nclass A: ...\n", two__b=f"{back}class B: ...\n")
    )
    assert imports.circles(graph) == [["pumpup_tui.one.a", "pumpup_tui.two.b"]]
    assert imports.circles(imports.folders(graph, "pumpup_tui")) == [["pumpup_tui.one", "pumpup_tui.two"]]
    assert imports.edges(graph, ["pumpup_tui.one.a", "pumpup_tui.two.b"])[0] == ("pumpup_tui.one.a", "pumpup_tui.two.b")


def test_folders_may_form_a_circle_that_their_files_do_not(plant: Plant) -> None:
    """Two folders that import each other through different files are one circle of folders, and none of files."""
    tree = plant(one__a="import pumpup_tui.two.b\n", one__c="", two__b="", two__d="from pumpup_tui.one.c import x\n")
    graph = imports.graph(tree)
    assert imports.circles(graph) == []
    assert plant.figures()["import circles of pumpup_tui's folders"].places == [
        "2: pumpup_tui.one, pumpup_tui.two",
        "pumpup_tui.one.a -> pumpup_tui.two.b",
        "pumpup_tui.two.d -> pumpup_tui.one.c",
    ]


def test_floors_are_the_longest_chain(plant: Plant) -> None:
    """Each entry that imports another stands a floor above it; those of a circle share theirs."""
    tree = plant(
        top="import pumpup_tui.mid", mid="import pumpup_tui.low.a", low__a="", beside="import pumpup_tui.low.a"
    )
    assert imports.floors(imports.folders(imports.graph(tree), "pumpup_tui")) == 3
    plant.write("pumpup_tui/low/b.py", "import pumpup_tui.mid\n")
    assert imports.floors(imports.folders(imports.graph(read(plant.root)), "pumpup_tui")) == 2


TOWER = {
    "base": "from textual.screen import Screen\nclass Base(Screen[None]):\n    def one(self): ...\n",
    "handed_on": "from pumpup_tui.base import Base\n",
    "middle": "from pumpup_tui import handed_on\nclass Middle(handed_on.Base):\n    def two(self): ...\n",
    "top": "from .middle import Middle as M\nclass Mixin: ...\nclass Top(Mixin, M):\n    def one(self): ...\n",
}


def test_a_tower_of_screens_is_named(plant: Plant) -> None:
    """Whatever a base is called where it is inherited, and through whichever module it comes, it is one floor more."""
    family = Family(plant(**TOWER))
    top = next(one for one in family.classes if one.name == "Top")
    assert [one.name for one in family.own_line(top)] == ["Top", "Middle", "Base"]
    assert family.methods(top) == {"one", "two"}
    broken = plant.figures()["own inheritance of screens and the app"]
    assert (broken.now, broken.places) == (3, ["pumpup_tui/top.py:3 Top: Top < Middle < Base"])


def test_widgets_may_be_a_floor_higher(plant: Plant) -> None:
    """Three classes of ours above each other are within the limit where the last is no screen, four are not."""
    lines = ["from textual.widget import Widget", "class A(Widget): ...", "class B(A): ...", "class C(B): ..."]
    plant(widgets="\n".join(lines))
    name = "own inheritance of widgets and all else"
    assert not plant.figures()[name].is_broken
    plant(widgets="\n".join([*lines, "class D(C): ..."]))
    assert plant.figures()[name].is_broken


def test_inherited_methods_count(plant: Plant) -> None:
    """A class is as large as all that it has of ours, each method once, and nested classes are others."""
    methods = "\n".join(f"    def m{number}(self): ..." for number in range(40))
    plant(a=f"class A:\n{methods}\n    class Inner:\n{methods.replace('    ', '        ')}\nclass B(A):\n{methods}\n")
    figure = "methods of a class with those inherited from ours"
    assert plant.figures()[figure].now == 40
    more = methods.replace("m", "n")
    plant(a=f"class A:\n{methods}\nclass B(A):\n{more}\n")
    assert plant.figures()[figure].places == ["pumpup_tui/a.py:42 B: 80 methods"]


def test_a_name_has_one_home(plant: Plant) -> None:
    """Two modules or classes of one name are named with their places, unless the name is allowed to be parallel."""
    plant.write("store/answers.py", "class Told: ...\nclass List:\n    class Selected: ...\n")
    tree = plant(form__answers="class Told: ...\nclass Other:\n    class Selected: ...\n", form__app="", board__app="")
    assert names.shared_modules(tree) == ["answers: pumpup_tui.form.answers, store.answers"]
    assert names.shared_modules(tree, {"answers": "because", "app": "because"}) == []
    family = Family(tree)
    assert names.shared_classes(family) == ["Told: pumpup_tui.form.answers, store.answers"]
    assert names.shared_classes(family, {"Told": "because"}) == []


PRIVATE = {
    "import textual._xterm_parser\n": "imports textual._xterm_parser",
    "from textual._compositor import Compositor\n": "imports textual._compositor.Compositor",
    "from textual import _context\n": "imports textual._context",
    "from textual.app import App\nclass A(App[None]):\n    def f(self): return self._driver\n": "uses _driver",
    "def f(app): return app._driver\n": "uses _driver",
    "def f(app): return getattr(app, '_driver', None)\n": "uses _driver",
    "from textual.widget import Widget\ndef f(x): return Widget._nothing(x)\n": "uses _nothing",
    "class Mixin:\n    def f(self): return super()._check_bindings()\n": "uses _check_bindings",
    "from textual.app import App\nclass A(App[None]):\n    def _check_bindings(self): ...\n": "stands in for App's",
    "from textual.widgets import Input\nclass A(Input):\n    def f(self): self._size = 1\n": "A._size stands in for",
}


@pytest.mark.parametrize("text", PRIVATE, ids=PRIVATE.values())
def test_textuals_private_names_are_found(plant: Plant, text: str) -> None:
    """Imported, reached for, or defined over by a class that inherits them: each use is named, once."""
    tree = plant(a=text)
    found = privacy.uses(tree, Family(tree))
    assert len(found) == 1
    assert PRIVATE[text] in found[0].words
    patches = plant(a="", textual_patches__a=text)
    assert privacy.uses(patches, Family(patches)) == []


@pytest.mark.parametrize("use", ["self._compositor", "other._compositor"])
def test_a_private_name_stays_textuals_where_a_patch_stands_in_for_it(plant: Plant, use: str) -> None:
    """What a patch puts in the place of Textual's is for the patches alone: a screen that reaches for it is named."""
    patch = "from textual.screen import Screen\nclass Patched(Screen[None]):\n    def _compositor(self): ...\n"
    screen = f"from pumpup_tui.textual_patches.a import Patched\nclass A(Patched):\n    def f(self, other): {use}\n"
    tree = plant(textual_patches__a=patch, a=screen)
    assert [use.words for use in privacy.uses(tree, Family(tree))] == ["pumpup_tui/a.py:3 uses _compositor"]


@pytest.mark.parametrize(
    "text",
    [
        "import os\ndef f(): os._exit(1)\n",
        "class Plain:\n    def __init__(self): self._driver = 1\n    def f(self, x): return self._driver, x._driver\n",
        "class Plain:\n    def _check_bindings(self): ...\n",
        "from textual.widget import Widget\nclass A(Widget):\n    def _ours_alone(self): return self._ours_alone\n",
        "from textual.app import App\nclass A(App[None]):\n    def __init__(self): super().__init__()\n",
    ],
)
def test_what_is_ours_is_no_private_name_of_textuals(plant: Plant, text: str) -> None:
    """A private name that a class of ours defines without inheriting it, or that another library has, is not named."""
    tree = plant(a=text)
    assert privacy.uses(tree, Family(tree)) == []


def test_what_is_public_is_documented(plant: Plant) -> None:
    """A public module, class, function or method without a docstring is named; what overrides or is private is not."""
    bare = "def f(): ...\nclass A:\n    def m(self): ...\n    @override\n    def o(self): ...\n    def _p(self): ...\n"
    tree = plant(a=f"{bare}class _B:\n    def m(self): ...\n", b=f"{DOC}def f():\n    {DOC}")
    assert [place for place in prose.undocumented(tree) if "__init__" not in place] == [
        *("pumpup_tui/a.py:1 the module", "pumpup_tui/a.py:1 f", "pumpup_tui/a.py:2 A", "pumpup_tui/a.py:3 A.m")
    ]


@pytest.mark.parametrize("word", ["What", "How", "Who", "Where", "Whether", "Which"])
def test_a_docstring_opens_with_the_thing(plant: Plant, word: str) -> None:
    """A module or class whose docstring opens with a question word is named; words that only begin so are not."""
    tree = plant(a=f'"""{word} is kept."""\nclass A:\n    """{word}, then."""\nclass B:\n    """{word}ever."""\n')
    assert [place.split(" ")[0] for place in prose.questions(tree)] == ["pumpup_tui/a.py:1", "pumpup_tui/a.py:2"]


def test_lengths_count_every_line_of_a_function(plant: Plant) -> None:
    """From `def` to the last line, docstrings and inner functions too."""
    one = f"def f():\n    {DOC}    return 1\n"
    lengths = Lengths(plant(a=one * 9 + "def g():\n" + "    pass\n" * 30))
    assert (lengths.median, lengths.p90) == (3, 3)
    assert [length.place for length in lengths.over(3)] == ["pumpup_tui/a.py:28 g: 31 lines"]


def test_a_broken_limit_ends_with_one_and_names_the_place(plant: Plant, capsys: pytest.CaptureFixture[str]) -> None:
    """Enforced, a broken limit fails and says where; reported, the same is printed and passes."""
    plant.write("pumpup_tui/__init__.py", DOC)
    plant(a=f"{DOC}import pumpup_tui.b\n", b=DOC)
    assert main([], plant.root) == 0
    plant(b=f"{DOC}import pumpup_tui.a\n")
    capsys.readouterr()
    assert main([], plant.root) == 1
    enforced = capsys.readouterr()
    assert "2: pumpup_tui.a, pumpup_tui.b" in enforced.out
    assert "2 limits are broken: import circles of files" in enforced.err
    assert main(["--report"], plant.root) == 0
    assert capsys.readouterr().out == enforced.out


def test_all_places_are_printed_only_where_they_are_asked_for(plant: Plant, capsys: pytest.CaptureFixture[str]) -> None:
    """A figure shows its first places and how many more there are; with `--all` every one."""
    plant(**dict.fromkeys("abcdefgh", ""))
    main(["--report"], plant.root)
    short = capsys.readouterr().out
    main(["--report", "--all"], plant.root)
    long = capsys.readouterr().out
    assert "pumpup_tui/h.py:1 the module" not in short
    assert "more (--all)" in short
    assert "pumpup_tui/h.py:1 the module" in long
    assert "more (--all)" not in long
