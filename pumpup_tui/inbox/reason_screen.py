"""The choice of a reason code: by its number, from the list, or typed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from typing_extensions import override

from pumpup_tui.components.dialogs import Choice, ChoiceList, PickScreen
from pumpup_tui.components.prompt import Prompt, TextQuestion
from pumpup_tui.decisions.reason_codes import OfferedCode, configured_for, offered_codes, own_codes, with_code
from pumpup_tui.keys.bindings import bindings
from pumpup_tui.keys.key_names import hint_of, names_at
from pumpup_tui.text.firewall import line
from pumpup_tui.text.layout import Line, fit

if TYPE_CHECKING:
    from textual.binding import BindingType
    from textual.screen import Screen

    from pumpup_tui.context import Context
    from pumpup_tui.inbox.precedent_loader import PrecedentLoader

REMEMBERED = "reason_codes"
"""The name under which the reviewer's own codes are stored."""
WHY_CELLS = 14


@dataclass(frozen=True, slots=True)
class ReasonCode:
    """The choice of a reason code."""

    code: str | None
    """Empty for none, None for one that is typed."""


class ReasonScreen(PickScreen[ReasonCode]):
    """Return a reason code; the keys of numbers choose at once."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(("reason.number", "number"))

    def __init__(self, offered: Sequence[OfferedCode], present: str) -> None:
        """Take the codes to choose from, and the one that the decision has; empty where it has none."""
        choices = [(ReasonCode(one.code), one.code) for one in offered]
        choices.append((ReasonCode(None), "another…"))
        if present:
            choices.append((ReasonCode(""), "no reason code"))
        super().__init__("Reason code", choices, ReasonCode(present), typed=ReasonCode(None))
        self._offered = offered
        self._pressed = ""

    @override
    def choice_list(self) -> ChoiceList[ReasonCode]:
        return ChoiceList(empty="", draw=self._draw_code)

    @override
    def is_command(self, key: str) -> bool:
        self._pressed = key  # the action of a number does not get it
        return super().is_command(key) or key in names_at(self).keys("reason.number")

    def action_number(self) -> None:
        """Choose the code of the number that was pressed; the last of the keys types another one."""
        *numbers, another = names_at(self).keys("reason.number")
        number = numbers.index(self._pressed) if self._pressed in numbers else -1
        if self._pressed == another:
            self.dismiss(ReasonCode(None))
        elif 0 <= number < len(self._offered):
            self.dismiss(ReasonCode(self._offered[number].code))

    def _draw_code(self, choice: Choice[ReasonCode], width: int) -> Sequence[Line]:
        codes = [one.code for one in self._offered]
        code = choice.value.code
        *numbers, another = map(hint_of, names_at(self).keys("reason.number"))
        number = codes.index(code) if code in codes else -1
        key = another if code is None else numbers[number] if 0 <= number < len(numbers) else ""
        why = self._offered[number].why if number >= 0 else ""
        room = width - 4 - WHY_CELLS
        return [
            [(fit(key, 3), "accent"), (fit(line(choice.label, 200), room), ""), (fit(f" {why}", WHY_CELLS), "muted")]
        ]


class ReasonPicker:
    """Asks for a decision's reason code, and remembers what the reviewer used."""

    def __init__(self, screen: Screen[Any], context: Context, prompt: Prompt, precedents: PrecedentLoader) -> None:
        self._screen = screen
        self._context = context
        self._prompt = prompt
        self._precedents = precedents
        self._project_id = ""
        self._present = ""
        self._answered: Callable[[str], None] = lambda code: None

    def ask(self, project_id: str, present: str, answered: Callable[[str], None]) -> None:
        """Ask for the code of a decision in a project; `answered` gets it, empty for none, unless it is left."""
        self._project_id, self._present, self._answered = project_id, present, answered
        if offered := self._offered(project_id):
            screen = ReasonScreen(offered, present)
            self._screen.app.push_screen(screen, lambda choice: self._chosen(choice, screen.typed))
        else:
            self._type(self._present)

    def _offered(self, project_id: str) -> Sequence[OfferedCode]:
        project = next((one for one in self._context.status.projects if one.id == project_id), None)
        names = (project_id, project.project_name, project.name) if project is not None else (project_id,)
        return offered_codes(
            configured_for(self._context.preferences.reason_codes, *dict.fromkeys(names)),
            self._precedents.reason_codes(project_id),
            own_codes(self._context.last_view.recall(REMEMBERED), project_id),
        )

    def _chosen(self, choice: ReasonCode | None, typed: str) -> None:
        if choice is not None and choice.code is None:
            self._type(typed or self._present)
        elif choice is not None:
            self._give(choice.code or "")

    def _type(self, text: str) -> None:
        self._prompt.ask(TextQuestion("reason code", text), self._typed)

    def _typed(self, text: str | None) -> None:
        if text is not None:
            self._give(text.strip())

    def _give(self, code: str) -> None:
        remembered = self._context.last_view.recall(REMEMBERED)
        self._context.last_view.note(REMEMBERED, with_code(remembered, self._project_id, code))
        self._answered(code)
