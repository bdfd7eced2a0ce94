"""Deciding in lines: an outcome, then `yes` and the word. Bound to the hash of what was printed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pumpup_tui.decisions.desk import FINAL, NEEDS_NOTE, Intent, Verb
from pumpup_tui.linear.confirmation import is_yes
from pumpup_tui.linear.plain_lines import Spoken, counted, said
from pumpup_tui.text.attachment_names import attachments_of
from pumpup_tui.text.firewall import line
from pumpup_tui.text.needs_words import refused_words
from pumpup_tui.text.outcomes import ACTS, OUTCOMES

if TYPE_CHECKING:
    from api_client.models import RequestDetail
    from pumpup_tui.decisions.desk import Confirmed
    from pumpup_tui.linear.line_session import LineSession

NOTE_QUESTIONS: dict[Verb, str] = {
    "EDIT_AND_APPROVE": "What do you change? One line; an empty one cancels.",
    "REQUEST_MORE_INFO": "What do you ask for? One line; an empty one cancels.",
    "WITHDRAW": "Why is it not answered? One line; an empty one cancels.",
    "NOTE": "What is the note? One line; an empty one cancels.",
}


_ON_TASKS: dict[Verb, str] = {"NOTE": "write a note on this task", "ASSIGN": "assign this task"}


async def decide(session: LineSession, verb: Verb, note: str) -> bool:
    """Settle the current approval; return whether it went."""
    detail = session.shown
    if refusal := _refusal(session, detail, verb):
        session.talk.say(refusal)
        return False
    assert detail is not None  # noqa: S101 - for mypy: it was refused
    intent = intent_of(session, verb, detail, note)
    if intent.lacks_note:
        note = await session.talk.ask(NOTE_QUESTIONS[verb])
        intent = intent_of(session, verb, detail, note)
    if intent.lacks_note:
        session.talk.say("Cancelled, nothing was sent.")
        return False
    return await confirm(session, [intent])


def _refusal(session: LineSession, detail: RequestDetail | None, verb: Verb) -> str:
    if detail is None:
        return "Nothing to decide here: 'show' prints the request first."
    if detail.event.event_type != "APPROVAL_REQUESTED":
        return "This request asks for answers: type 'answer', or 'skip'."
    return session.lacks("decide") or refused_by_policy(session, detail, verb)


def refused_by_policy(session: LineSession, detail: RequestDetail, verb: Verb) -> str:
    """Return why the project's policy lets the reader not settle a request, in words; empty where it does."""
    words = refused_words(detail.needs, verb, session.me.subject, session.stamp)
    return f"You may not decide this: {words} 'skip' goes on." if words else ""


def intent_of(session: LineSession, verb: Verb, detail: RequestDetail, note: str) -> Intent:
    """Return a decision on a request as it was printed, under the policy that it was printed with."""
    summary = str(detail.event.payload.get("summary") or "")
    intent = Intent(
        verb,
        detail.event.id,
        summary,
        request_hash=detail.hash,
        note=note.strip(),
        task_id=detail.task.id,
        task_name=detail.task.name,
        attachments=tuple(attachment.upload_id for attachment in attachments_of(detail)),
    )
    return intent.under(detail.needs, session.me.subject, blind=detail.blind)


async def decline(session: LineSession, reason: str) -> bool:
    """Decline to answer the current elicitation; return whether it went."""
    detail = session.shown
    if detail is None or detail.event.event_type != "ELICITATION_REQUESTED":
        session.talk.say("Only what asks for answers is declined: an approval is denied.")
        return False
    if refusal := session.lacks("answer"):
        session.talk.say(refusal)
        return False
    intent = intent_of(session, "WITHDRAW", detail, reason or await session.talk.ask(NOTE_QUESTIONS["WITHDRAW"]))
    if intent.lacks_note:
        session.talk.say("Cancelled, nothing was sent.")
        return False
    return await confirm(session, [intent])


async def confirm(session: LineSession, intents: Sequence[Intent]) -> bool:
    """Ask for `yes` and the word, and hold or send what is confirmed; return whether it went.

    Meanwhile `note TEXT` and `reason CODE` complete a decision; each changes the word.
    """
    while True:
        word = session.words.word_of(intents)
        session.talk.say(*_summary(session, intents))
        answer = await session.talk.ask(_question(intents, word))
        changed = _completed(intents, answer)
        if changed is None:
            break
        intents = changed
    if not is_yes(answer, word):
        session.talk.say("Cancelled, nothing was sent.")
        return False
    confirmed = await session.outbox.confirm(intents)
    for sent in confirmed:
        if sent.intent.verb in FINAL:
            session.queue.settle(sent.intent.target)
    await _say_where(session, confirmed)
    return bool(confirmed)


def _summary(session: LineSession, intents: Sequence[Intent]) -> list[Spoken]:
    first = intents[0]
    tags = f" with the tags {', '.join(line(tag, 30) for tag in session.me.tags)}" if session.me.tags else ""
    who = f"as {line(session.me.subject, 80)}{tags}"
    many = f" {counted(len(intents), 'request')}" if len(intents) > 1 else ""
    act = _ON_TASKS.get(first.verb) or ACTS[first.verb].long or ACTS[first.verb].word
    lines: list[Spoken] = [f"You are about to {act}{many}, {who}."]
    if agreements := sum(intent.agreement > 0 for intent in intents):
        alone = f"This is approval {first.agreement} of the {first.people} that it needs: it decides nothing yet."
        lines.append(
            alone if len(intents) == 1 else f"{agreements} of them need more people: this only agrees to these."
        )
    lines += [said("This", intent.title.strip().split("\n")[0], limit=200) for intent in intents]
    if first.verb == "ASSIGN":
        lines.append(said("To", first.assignee) if first.assignee else "To: no one.")
    if len(intents) == 1 and (opened := session.outbox.opened.words(first)):
        lines.append(f"{opened}.")
    lines += [said("Your note", first.note, limit=64_000)] if first.note else []
    return [*lines, said("Reason code", first.reason_code)] if first.reason_code else lines


def _question(intents: Sequence[Intent], word: str) -> str:
    more = ""
    if intents[0].verb in OUTCOMES:
        more = " 'note TEXT' adds a note, 'reason CODE' a reason code."
    return f"Send? Type 'yes {word}'; anything else cancels.{more}"


def _completed(intents: Sequence[Intent], answer: str) -> list[Intent] | None:
    """Return the acts with the note or reason code that was typed; None where none was."""
    from dataclasses import replace

    command, _, text = answer.partition(" ")
    if intents[0].verb not in OUTCOMES:
        return None
    if command.casefold() == "note" and (text.strip() or intents[0].verb not in NEEDS_NOTE):
        return [replace(intent, note=text.strip()) for intent in intents]
    if command.casefold() == "reason":
        return [replace(intent, reason_code=text.strip()) for intent in intents]
    return None


async def _say_where(session: LineSession, confirmed: Sequence[Confirmed]) -> None:
    if not confirmed:
        session.talk.say("That decision is in flight already.")
    elif any(sent.until is not None for sent in confirmed):
        session.talk.say(f"Held for {session.outbox.grace:g} seconds, then sent: 'undo' takes it back.")
    else:
        await session.outbox.settle_soon()
        session.talk.tell_news()


# On the task.


async def write_note(session: LineSession, text: str) -> None:
    """Write a note on the task of the current request."""
    detail = session.shown
    if detail is None or (refusal := session.lacks("note")):
        session.talk.say("No request is shown here." if detail is None else refusal)
        return
    note = text or await session.talk.ask(NOTE_QUESTIONS["NOTE"])
    if note.strip():
        await confirm(session, [Intent("NOTE", detail.task.id, detail.task.name, note=note.strip())])


async def assign(session: LineSession, assignee: str) -> None:
    """Assign the task of the current request; an empty name gives it back."""
    detail = session.shown
    if detail is None or (refusal := session.lacks("assign")):
        session.talk.say("No request is shown here." if detail is None else refusal)
        return
    await confirm(session, [Intent("ASSIGN", detail.task.id, detail.task.name, assignee=assignee)])
