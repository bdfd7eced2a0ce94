"""The loop of linear mode: a request is printed, a command is asked for and carried out, until the end."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING

from api_client.errors import ApiError
from api_client.request_facts import request_kind
from api_client.request_query_faults import fault_of
from pumpup_tui.decisions.desk import NEEDS_NOTE, Verb
from pumpup_tui.linear import printing
from pumpup_tui.linear.conversation import EndOfInput
from pumpup_tui.linear.deciding import (
    NOTE_QUESTIONS,
    assign,
    confirm,
    decide,
    decline,
    intent_of,
    refused_by_policy,
    write_note,
)
from pumpup_tui.linear.plain_lines import Spoken, counted, said
from pumpup_tui.text.firewall import line
from pumpup_tui.text.outcomes import ACTS

if TYPE_CHECKING:
    from pumpup_tui.decisions.desk import Intent
    from pumpup_tui.linear.line_session import LineSession

Handler = Callable[[str], Awaitable[None]]

OUTCOME_COMMANDS: Mapping[str, Verb] = {
    "approve": "APPROVE",
    "deny": "REJECT",
    "reject": "REJECT",
    "edit": "EDIT_AND_APPROVE",
    "ask": "REQUEST_MORE_INFO",
    "escalate": "ESCALATE",
}
SHORT = {
    "a": "approve",
    "d": "deny",
    "e": "edit",
    "i": "ask",
    "!": "escalate",
    "u": "undo",
    "]": "skip",
    "next": "skip",
    "[": "back",
    "previous": "back",
    "c": "note",
    "t": "take",
    "release": "give back",
    "o": "attachments",
    "v": "raw",
    "r": "refresh",
    "?": "help",
    "q": "quit",
    "exit": "quit",
    "/": "find",
}
"""Other names of a command: the keys of the screens, and what other programs call it."""
HELP: Sequence[Spoken] = (
    "Deciding: approve, deny, edit, ask, escalate; a note may follow, as in: deny two claims for one parcel.",
    "answer: fill in what an elicitation asks for. decline REASON: do not answer it. undo: take back what is held.",
    "batch OUTCOME NUMBERS NOTE: decide several, as in: batch approve 2,4-6. Each is printed first.",
    "Tasks: note TEXT, take, give back, assign NAME.",
    "Going on: skip, back, open NUMBER, refresh. list COUNT: so many open requests from the current one on, or 20.",
    "Reading: show, raw, attachments, read NUMBER, save NUMBER FOLDER, timeline COUNT.",
    "Finding: find WORDS, filter QUERY as in: filter is:mine type:approval; filter alone shows all. project NAME.",
    "status: what is held or in flight. quit: end.",
    "Lines that begin with a bar were written by someone else: an agent, a customer, a colleague.",
)
BATCH_MOST = 50


class CommandLoop:
    """Carries out what is typed, line by line."""

    def __init__(self, session: LineSession) -> None:
        self._session, self._talk, self._queue = session, session.talk, session.queue
        self._is_over = False
        outcomes = {name: self._outcome(verb) for name, verb in OUTCOME_COMMANDS.items()}
        self._commands: dict[str, Handler] = {**outcomes, **self._acts(), **self._readings(), **self._moves()}

    def _acts(self) -> dict[str, Handler]:
        session = self._session
        return {
            "answer": self._answer,
            "decline": self._decline,
            "note": lambda text: write_note(session, text),
            "take": lambda _: assign(session, session.me.subject),
            "give back": lambda _: assign(session, ""),
            "assign": self._assign,
            "undo": self._undo,
            "batch": self._batch,
        }

    def _moves(self) -> dict[str, Handler]:
        return {
            "skip": lambda _: self._step(1),
            "back": lambda _: self._step(-1),
            "open": self._open,
            "list": self._list,
            "find": self._find,
            "filter": self._filter,
            "project": self._project,
            "status": self._status,
            "refresh": self._refresh,
            "help": self._help,
            "quit": self._quit,
        }

    def _readings(self) -> dict[str, Handler]:
        session = self._session
        return {
            "show": lambda _: printing.show(session),
            "raw": lambda _: printing.show_raw(session),
            "attachments": lambda _: printing.show_attachments(session),
            "read": lambda text: printing.read_attachment_text(session, text),
            "save": self._save,
            "timeline": lambda text: printing.show_timeline(session, _count(text, printing.EVENTS)),
        }

    async def run(self) -> None:
        """Print the first request, and go on until the person quits or no more lines come."""
        await self._guarded(self._refresh(""))
        while not self._is_over:
            try:
                typed = await self._talk.ask(self._prompt())
                if typed:
                    await self._guarded(self._carry_out(typed))
            except EndOfInput:
                return

    def _prompt(self) -> str:
        item = self._queue.current
        if item is None:
            return "What next? refresh, undo, help, quit."
        here = f"Request {self._queue.number} of {len(self._queue.items)}."
        if request_kind(item.event_type) == "elicitation":
            return f"{here} What next? answer, decline, skip, help."
        return f"{here} What next? approve, deny, edit, ask, escalate, skip, help."

    async def _guarded(self, work: Awaitable[None]) -> None:
        try:
            await work
        except ApiError as error:
            self._talk.say(said("That failed", error), "Try again, or 'refresh'.")

    async def _carry_out(self, typed: str) -> None:
        word, _, rest = typed.partition(" ")
        if word.casefold() == "give" and rest.casefold().strip() == "back":
            word, rest = "give back", ""
        if word.isascii() and word.isdigit() and not rest:
            word, rest = "open", word
        name = SHORT.get(word.casefold(), word.casefold())
        handler = self._commands.get(name)
        if handler is None:
            near = get_close_matches(name, self._commands, n=1)
            guess = f" Did you mean '{near[0]}'?" if near else ""
            self._talk.say(said("No such command", word, limit=60), f"'help' lists them.{guess}")
            return
        await handler(rest.strip())

    # Deciding.

    def _outcome(self, verb: Verb) -> Handler:
        async def handle(note: str) -> None:
            item = self._queue.current
            if item is not None and verb == "APPROVE" and request_kind(item.event_type) == "elicitation":
                await self._answer("")
            elif await decide(self._session, verb, note):
                await self._show_next()

        return handle

    async def _answer(self, _: str) -> None:
        # With the first form.
        from pumpup_tui.linear.answering import answer

        if await answer(self._session):
            await self._show_next()

    async def _decline(self, reason: str) -> None:
        if await decline(self._session, reason):
            await self._show_next()

    async def _assign(self, name: str) -> None:
        if name:
            await assign(self._session, name)
        else:
            self._talk.say("Assign to whom? Type 'assign NAME', 'take' or 'give back'.")

    async def _undo(self, _: str) -> None:
        held = self._session.outbox.desk.held()
        intent = await self._session.outbox.take_back()
        if intent is None:
            self._talk.say("Nothing is held: what was sent is on the record.")
            return
        still = {sent.intent.target for sent in self._session.outbox.desk.held()}
        for sent in held:
            if sent.intent.target not in still:
                self._queue.reopen(sent.intent.target)
        await self._queue.load()
        self._queue.go_to(intent.target)
        self._talk.say("Taken back, nothing was sent.")
        await printing.show(self._session)

    async def _batch(self, text: str) -> None:
        outcome, _, rest = text.partition(" ")
        numbers, _, note = rest.strip().partition(" ")
        verb = OUTCOME_COMMANDS.get(SHORT.get(outcome.casefold(), outcome.casefold()))
        items = [self._queue.at(number) for number in _numbers(numbers)]
        refusal = self._session.lacks("decide")
        if verb is None or not items or None in items or refusal:
            self._talk.say(refusal or "Type it like: batch approve 2,4-6. 'list' has the numbers.")
            return
        if verb in NEEDS_NOTE and not note.strip():
            note = await self._talk.ask(NOTE_QUESTIONS[verb])
        intents = await self._printed([item.request_id for item in items if item is not None], verb, note)
        if intents and not any(intent.lacks_note for intent in intents) and await confirm(self._session, intents):
            await self._show_next()

    async def _printed(self, request_ids: Sequence[str], verb: Verb, note: str) -> list[Intent]:
        """Print each request, and return the decision on each that takes one."""
        intents: list[Intent] = []
        for request_id in request_ids:
            detail = await self._session.backend.request(request_id)
            self._talk.say(f"{request_kind(detail.event.event_type).capitalize()}, id {line(detail.event.id, 80)}.")
            detail = await printing.print_request(self._session, detail)
            if detail.event.event_type != "APPROVAL_REQUESTED" or detail.result is not None:
                self._talk.say(f"Left out: it takes no '{ACTS[verb].word}'.")
            elif refusal := refused_by_policy(self._session, detail, verb):
                self._talk.say(f"Left out. {refusal}")
            else:
                intents.append(intent_of(self._session, verb, detail, note))
        return intents

    async def _show_next(self) -> None:
        await self._queue.load()
        await printing.tell_pauses(self._session)
        await printing.show(self._session)

    # Going on.

    async def _step(self, by: int) -> None:
        if not self._queue.step(by):
            self._talk.say("That was the last one." if by > 0 else "That was the first one.")
            if by > 0:
                await self._queue.load()
            return
        await printing.show(self._session)

    async def _open(self, text: str) -> None:
        item = self._queue.at(_count(text, 0))
        if item is None:
            self._talk.say("No request has that number: 'list' has the numbers.")
            return
        self._queue.go_to(item.request_id)
        await printing.show(self._session)

    async def _list(self, text: str) -> None:
        await self._queue.load()
        await printing.tell_pauses(self._session)
        printing.show_list(self._session, _count(text, printing.LISTED))

    async def _refresh(self, _: str) -> None:
        await self._queue.load()
        await printing.tell_pauses(self._session)
        await printing.show(self._session)

    async def _save(self, text: str) -> None:
        number, _, folder = text.partition(" ")
        await printing.save_attachment(self._session, number, folder.strip())

    # Finding.

    async def _find(self, text: str) -> None:
        await self._narrow(text, f"'{line(text, 60)}'" if text else "")

    async def _filter(self, text: str) -> None:
        chosen = self._session.preferences.filters.get(text, text)
        if chosen and (fault := fault_of(chosen)):
            self._talk.say(said("That filter", fault))
            return
        await self._narrow(chosen, "the filter" if text else "")

    async def _narrow(self, text: str, words: str) -> None:
        await self._queue.load()
        self._queue.narrow(text)
        count = counted(len(self._queue.items), "request")
        self._talk.say(f"{count} for {words}." if words else f"All {count}.")
        await printing.show(self._session)

    async def _project(self, name: str) -> None:
        chosen = None
        if name:
            projects = await self._session.backend.projects(name=name)
            exact = [one for one in projects if name.casefold() in (one.name.casefold(), one.project_name, one.id)]
            chosen = next(iter(exact or projects), None)
            if chosen is None:
                self._talk.say("No project has that name.")
                return
        self._queue.project_id = chosen.id if chosen else None
        await self._queue.load()
        self._talk.say(said("Project", chosen.name) if chosen else "All projects.")
        printing.show_list(self._session)

    # The rest.

    async def _status(self, _: str) -> None:
        sent = self._session.outbox.desk.sent
        lines: list[Spoken] = []
        for act in sent:
            lines.append(said(f"{act.word.capitalize()}: {ACTS[act.intent.verb].word}", act.intent.title, limit=100))
        self._talk.say(*lines or ["Nothing is held or in flight."])

    async def _help(self, _: str) -> None:
        self._talk.say(*HELP)

    async def _quit(self, _: str) -> None:
        held = self._session.outbox.desk.held()
        if held:
            question = f"{counted(len(held), 'decision')} still held. Type 'send' or 'undo'; anything else stays."
            answer = (await self._talk.ask(question)).casefold()
            if answer == "undo":
                while self._session.outbox.desk.held():
                    await self._session.outbox.take_back()
                self._talk.say("Taken back, nothing was sent.")
            elif answer == "send":
                self._session.outbox.send_now()
            else:
                return
        self._is_over = True


def _count(text: str, default: int) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else default


def _numbers(text: str) -> list[int]:
    """Return the numbers of `2,4-6`, each once; none where it is no such list, or a long one."""
    numbers: dict[int, None] = {}
    for part in text.split(","):
        match = re.fullmatch(r"([0-9]{1,6})(?:-([0-9]{1,6}))?", part.strip(), re.ASCII)
        if match is None:
            return []
        first, last = int(match[1]), int(match[2] or match[1])
        if last - first >= BATCH_MOST:
            return []
        numbers |= dict.fromkeys(range(first, last + 1))
    return list(numbers) if len(numbers) <= BATCH_MOST else []
