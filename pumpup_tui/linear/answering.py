"""Answering an elicitation in lines: each field checked as it is typed, all read back before they are sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from api_client.fields import read_fields
from pumpup_tui.decisions.desk import Intent
from pumpup_tui.linear.deciding import confirm, intent_of, refused_by_policy
from pumpup_tui.linear.plain_lines import said
from pumpup_tui.linear.request_text_lines import field_lines, review_lines
from pumpup_tui.local_state.answer_draft import (
    NO,
    TEMPORAL,
    YES,
    AnyForm,
    Bid,
    Draft,
    bids_of,
    fill,
    options_of,
    required_left,
    take_bid,
    type_of,
    typed_of,
    why_sealed,
)
from pumpup_tui.local_state.typed_answers import check_typed, fix_meaning, settle_meaning, understand
from pumpup_tui.text.firewall import clean, line

if TYPE_CHECKING:
    from api_client.models import RequestDetail
    from pumpup_tui.linear.line_session import LineSession

HELP = (
    "An empty line keeps what is there. ':back' goes to the field before, ':empty' leaves a field out, ':suggestion' "
    "restores the agent's suggestion, ':stop' leaves; your answers are saved."
)
LINES_END = "."
"""Ends a text of several lines."""
_YES_NO = {"yes": YES, "y": YES, "true": YES, "no": NO, "n": NO, "false": NO}


class Stopped(Exception):
    """The person left the form."""


class UnknownOption(ValueError):
    """No option, or more than one, is what was typed; the message says which, raw."""


async def answer(session: LineSession) -> bool:
    """Have the current elicitation answered; return whether the answers went."""
    detail = session.shown
    if refusal := _refusal(session, detail):
        session.talk.say(refusal)
        return False
    assert detail is not None  # noqa: S101 - for mypy: it was refused
    fields = read_fields(detail.event.payload.get("fields") or ())
    draft = await session.drafts.open(detail.event.id, fields)
    form = FormWalk(session, fields, bids_of(detail.event.payload), draft, detail.event.id)
    try:
        answers = await form.walk(session.refused.get(detail.event.id, {}))
    except Stopped:
        await session.drafts.flush()
        session.talk.say("Left. Your answers are saved, nothing was sent.")
        return False
    return await confirm(session, [_intent(intent_of(session, "ANSWER", detail, ""), answers)])


def _refusal(session: LineSession, detail: RequestDetail | None) -> str:
    if detail is None:
        return "Nothing to answer here: 'show' prints the request first."
    if detail.event.event_type != "ELICITATION_REQUESTED":
        return "This request takes no answers: approve, deny, edit, ask or escalate."
    return session.lacks("answer") or refused_by_policy(session, detail, "ANSWER")


def _intent(intent: Intent, answers: Mapping[str, Any]) -> Intent:
    from dataclasses import replace

    return replace(intent, answers=answers)


class FormWalk:
    """The fields of one request, asked for one after the other."""

    def __init__(
        self, session: LineSession, fields: Sequence[AnyForm], bids: Mapping[str, Bid], draft: Draft, request_id: str
    ) -> None:
        fill(fields, bids, draft)
        self._session, self._talk = session, session.talk
        self._fields, self._bids, self._draft = fields, bids, draft
        self._request_id = request_id

    async def walk(self, faults: Mapping[str, str]) -> dict[str, Any]:
        """Return all answers as they would be sent.

        Args:
            faults: What was refused of the last answers, by field.

        Raises:
            Stopped: the person left.
        """
        self._talk.say(
            f"{required_left(self._fields, self._draft)} of {len(self._fields)} fields still need you.", HELP
        )
        while True:
            await self._each([field for field in self._fields if not faults or field.id in faults], faults)
            answers, faults = check_typed(self._fields, self._draft, *self._now)
            if not faults:
                break
            self._talk.say(f"{len(faults)} answer{'s need' if len(faults) != 1 else ' needs'} fixing.")
        suggested = [one for one in self._bids if one not in self._draft.touched]
        self._talk.say_all(review_lines(self._fields, answers, suggested))
        return answers

    async def _each(self, fields: Sequence[AnyForm], faults: Mapping[str, str]) -> None:
        at = 0
        while at < len(fields):
            if fault := faults.get(fields[at].id):
                self._talk.say(said("Needs fixing", fault))
            self._talk.say(f"Field {self._fields.index(fields[at]) + 1} of {len(self._fields)}:")
            at = max(0, at + await self._one(fields[at]))

    async def _one(self, field: AnyForm) -> int:
        """Have one field answered; return how many fields to go on, or back."""
        touched = field.id in self._draft.touched
        answer = self._answer_words(field) if touched else ""
        self._talk.say_all(field_lines(field, self._bids.get(field.id), answer))
        if sealed := why_sealed(field, self._draft.typed.get(field.id, "")):
            self._talk.say(f"Careful: {sealed} in what is there.")
        while True:
            typed = await self._ask(field)
            if typed == ":back":
                return -1
            if typed == "" or self._take(field, typed):
                return 1

    async def _ask(self, field: AnyForm) -> str:
        if type_of(field) != "TextArea":
            typed = await self._talk.ask_raw("Your answer?")
        else:
            typed = await self._ask_lines()
        if typed.strip() == ":stop":
            raise Stopped
        return typed.strip() if typed.strip() in ("", ":back") else typed

    async def _ask_lines(self) -> str:
        lines = [await self._talk.ask_raw(f"Your answer? A line with only '{LINES_END}' ends it.")]
        if lines[0].strip() in ("", ":back", ":empty", ":suggestion", ":stop"):
            return lines[0].strip()
        while lines[-1] != LINES_END:
            lines.append(await self._talk.ask_raw(""))
        return "\n".join(lines[:-1])

    def _take(self, field: AnyForm, typed: str) -> bool:
        """Take what was typed for a field; return whether it is an answer, else say why not."""
        command = typed.strip()
        if command == ":suggestion" and field.id in self._bids:
            take_bid(field, self._bids[field.id], self._draft)
        else:
            try:
                self._draft.typed[field.id] = typed_of(field, None) if command == ":empty" else held_as(field, typed)
            except UnknownOption as fault:
                self._talk.say(said("Not understood", fault))
                return False
            self._draft.touched.add(field.id)
            fix_meaning(field, self._draft, *self._now)
        self._session.drafts.save(self._request_id)
        return self._is_fit(field)

    def _is_fit(self, field: AnyForm) -> bool:
        fault = check_typed([field], self._draft, *self._now)[1].get(field.id)
        if fault is not None:
            self._talk.say(said("Needs fixing", fault))
            return False
        if type_of(field) in TEMPORAL or options_of(field):
            self._talk.say(said("Understood", self._answer_words(field)))
        settle_meaning(field, self._draft)
        return True

    def _answer_words(self, field: AnyForm) -> str:
        typed = self._draft.typed.get(field.id, "")
        if isinstance(typed, list):
            return ", ".join(line(part, 200) for part in typed)
        # cleaned again: a person's own text is in it
        return line(understand(field, typed, *self._now).words, 200) or clean(typed, one_line=True, limit=2_000)

    @property
    def _now(self) -> tuple[Any, Any]:
        return self._session.clock().astimezone(self._session.zone), self._session.zone


def held_as(field: AnyForm, typed: str) -> str | list[str]:
    """Return what was typed as a form would hold it.

    Raises:
        UnknownOption: it is none of the options.
    """
    kind = type_of(field)
    if kind == "Switch":
        if typed.strip().casefold() not in _YES_NO:
            raise UnknownOption("yes or no")
        return [_YES_NO[typed.strip().casefold()]]
    if kind == "Select":
        return [_option(options_of(field), typed)]
    if kind == "Multiselect":
        return list(dict.fromkeys(_option(options_of(field), part) for part in typed.split(",") if part.strip()))
    return typed


def _option(options: Sequence[str], typed: str) -> str:
    """Return the option that a name, a number or a part of a name stands for.

    Raises:
        UnknownOption: there is none, or more than one.
    """
    wanted = typed.strip()
    if wanted in options:
        return wanted
    if wanted.isascii() and wanted.isdigit() and 1 <= int(wanted[:9]) <= len(options):
        return options[int(wanted) - 1]
    found = [option for option in options if wanted.casefold() in option.casefold()]
    if len(found) == 1:
        return found[0]
    if not found:
        raise UnknownOption("no option has that name or number")
    numbers = {option: number for number, option in reversed(list(enumerate(options, 1)))}
    # not foreign: cleaned where the reason is said
    raise UnknownOption("several options have that: " + ", ".join(f"{numbers[name]} {name}" for name in found[:10]))
