"""Reading in lines: a request, its attachments and timeline, and the list."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING

from api_client.request_facts import request_kind
from pumpup_tui.backend.blind_review import hidden_detail
from pumpup_tui.linear.plain_lines import Spoken, counted, quoted, said
from pumpup_tui.linear.request_text_lines import attachment_lines, event_lines, item_line, request_lines, standing_lines
from pumpup_tui.text.attachment_names import attachments_of
from pumpup_tui.text.firewall import line, without_controls
from pumpup_tui.text.inspection import inspect_request
from pumpup_tui.text.pause_words import pause_words

if TYPE_CHECKING:
    from api_client.authority import Paused
    from api_client.models import Attachment, RequestDetail, Upload
    from pumpup_tui.linear.line_session import LineSession

LISTED = 20
"""Requests that a list has where no other number is typed."""
EVENTS = 20
"""Events of a timeline, likewise."""
MOST = 500


async def show(session: LineSession) -> None:
    """Print all of the current request; what was printed is what a decision is bound to.

    Raises:
        ApiError: it could not be read.
    """
    item = session.queue.current
    if item is None:
        session.talk.say(nothing_words(session))
        return
    detail = await session.backend.request(item.request_id)
    here = f"Request {session.queue.number} of {len(session.queue.items)}"
    mark = session.queue.mark(item, session.zone)
    session.talk.say(f"{here}, {request_kind(detail.event.event_type)}{mark}, id {line(detail.event.id, 80)}.")
    await print_request(session, detail)


async def print_request(session: LineSession, detail: RequestDetail) -> RequestDetail:
    """Print all of a request that the reader may know of it, and return that; of one that asks again, what changed.

    Raises:
        ApiError: what the request follows up could not be read.
    """
    detail = hidden_detail(detail, session.me.subject)
    inspection = await asyncio.to_thread(inspect_request, detail)
    if detail.event.event_type == "APPROVAL_REQUESTED":
        await _print_changes(session, detail)
    session.talk.say_all(request_lines(detail, inspection, session.clock()))
    if detail.result is not None:
        session.queue.settle(detail.event.id)
        session.talk.say("It is settled already: it takes no more decisions.")
        return detail
    session.talk.say_all(standing_lines(detail, session.me.subject, session.stamp))
    session.printed[detail.event.id] = detail
    if detail.event.event_type == "ELICITATION_REQUESTED":
        fields = detail.event.payload.get("fields") or ()
        session.talk.say(f"It asks for {counted(len(fields), 'answer')}: 'answer' begins.")
    return detail


async def tell_pauses(session: LineSession) -> None:
    """Say what is paused, and what is no longer, where that has changed since it was said last.

    Raises:
        ApiError: it could not be read.
    """
    if "authority" not in session.me.capabilities:
        return
    pauses = (await session.backend.authority()).pauses
    if pauses == session.paused:
        return
    names = {project.id: project.project_name for project in await session.backend.projects()}
    for one in pauses:
        if one not in session.paused:
            words = pause_words(_name(one, names), one.at, one.by, one.reason, session.zone)
            session.talk.say(f"{words} Agents' writes are refused.")
    for one in session.paused:
        if one not in pauses:
            name = _name(one, names)
            session.talk.say(f"Resumed: {'project ' + line(name, 80) if name else 'all projects'}.")
    session.paused = pauses


def _name(paused: Paused, names: Mapping[str, str]) -> str:
    # not foreign: cleaned where it is said
    return names.get(paused.project_id, paused.project_id) if paused.project_id else ""


async def _print_changes(session: LineSession, detail: RequestDetail) -> None:
    from pumpup_tui.decisions.asked_before import asked_before
    from pumpup_tui.inbox.history_paragraphs import changed_title, changes_of
    from pumpup_tui.text.durations import stamp

    if (before := await asked_before(session.backend, detail)) is not None:
        now = session.clock()
        session.talk.say(f"{changed_title(before, lambda at: stamp(at, now, session.zone))}:")
        session.talk.say_all(changes_of(before))


def nothing_words(session: LineSession) -> str:
    """Return the sentence for an empty queue, with what to do next."""
    if session.queue.filter:
        return "No request passes the filter: 'filter' alone shows all."
    return "Nothing waits for you. 'refresh' looks again, 'quit' ends."


async def show_raw(session: LineSession) -> None:
    """Print each text of the current request spelt out."""
    if (detail := session.shown) is None:
        session.talk.say("No request is shown here.")
        return
    inspection = await asyncio.to_thread(inspect_request, detail)
    session.talk.say("The raw text, as it is stored:")
    for spelt in inspection.raw:
        session.talk.say_all(quoted(without_controls(spelt)))


def show_list(session: LineSession, count: int = LISTED) -> None:
    """Print some of the open requests by number, in the sections of the screens, from the current one on."""
    items = session.queue.items
    if not items:
        session.talk.say(nothing_words(session))
        return
    start = max(0, min(session.queue.number - 1, len(items) - count))
    shown = items[start : start + count]
    cut = ", the oldest of more" if session.queue.is_cut else ""
    part = f"; {start + 1:,} to {start + len(shown):,} are listed, 'list {len(items)}' lists all"
    lines: list[Spoken] = [f"{counted(len(items), 'request')}{cut}{part if len(shown) < len(items) else ''}."]
    now, section = session.clock(), ""
    for number, item in enumerate(shown, start + 1):
        if (name := session.queue.section(item)) != section:
            section = name
            lines.append(f"{name.capitalize()}:")
        lines.append(item_line(number, item, now, session.queue.mark(item, session.zone)))
    session.talk.say_all(lines)


async def show_timeline(session: LineSession, count: int = EVENTS) -> None:
    """Print the latest events of the current request's task, newest first.

    Raises:
        ApiError: they could not be read.
    """
    from pumpup_tui.text.truncation import short_event_page

    if (detail := session.shown) is None:
        session.talk.say("No request is shown here.")
        return
    page = await session.backend.events(task_id=detail.task.id, order="desc", limit=min(count, MOST))
    events = short_event_page(page).items
    session.talk.say(f"{counted(len(events), 'event')}, newest first:")
    session.talk.say_all(event_lines(events, session.clock(), session.zone))


async def show_attachments(session: LineSession) -> None:
    """Print the attachments of the current request by number, with type and size."""
    detail = session.shown
    attachments = attachments_of(detail) if detail is not None else []
    if detail is None or not attachments:
        session.talk.say("This request has no attachments.")
        return
    session.talk.say_all(attachment_lines(detail, await _uploads(session, attachments)))
    session.talk.say("'save' and a number saves one, 'read' and a number prints it.")


async def read_attachment_text(session: LineSession, number: str) -> None:
    """Print an attachment that is text.

    Raises:
        ApiError: it could not be read.
    """
    from pumpup_tui.attachments.attachment_files import read_attachment
    from pumpup_tui.attachments.previews import NoPreview, kind_of, text_lines

    detail = session.shown
    if (attachment := _numbered(session, number)) is None:
        return
    upload = (await _uploads(session, [attachment])).get(attachment.upload_id)
    kind = kind_of(upload.content_type, upload.file_name or attachment.label) if upload else ""
    if kind in ("", "image"):
        session.talk.say("That is no text: 'save' saves it.")
        return
    try:
        content = await read_attachment(session.backend, attachment.upload_id)
        lines = await asyncio.to_thread(text_lines, content, kind, "'save' saves")
    except NoPreview as fault:
        session.talk.say(said("Not read", fault))
        return
    for runs in lines:
        session.talk.say_all(quoted("".join(text for text, _ in runs)))
    _note_opened(session, detail, attachment)


async def save_attachment(session: LineSession, number: str, folder: str) -> None:
    """Save an attachment to a folder, as a new file.

    Raises:
        ApiError: it could not be read.
    """
    from pumpup_tui.attachments.attachment_files import AttachmentTooLarge, read_attachment, save
    from pumpup_tui.attachments.previews import file_name

    saving = session.preferences.saving
    if saving.is_off:
        session.talk.say("Saving is off here.")
        return
    detail = session.shown
    if (attachment := _numbered(session, number)) is None:
        return
    upload = (await _uploads(session, [attachment])).get(attachment.upload_id)
    name = file_name((upload.file_name if upload else "") or attachment.label)
    try:
        content = await read_attachment(session.backend, attachment.upload_id)
    except AttachmentTooLarge as fault:
        session.talk.say(said("Not saved", fault))
        return
    saved = await asyncio.to_thread(save, saving, folder or str(saving.folder), name, content)
    session.talk.say_all(quoted(saved.words.lstrip("✓✗ ")))
    if saved.is_saved:
        _note_opened(session, detail, attachment)


def _note_opened(session: LineSession, detail: RequestDetail | None, attachment: Attachment) -> None:
    if detail is not None:
        session.outbox.opened.add(detail.event.id, detail.hash, attachment.upload_id)


def _numbered(session: LineSession, number: str) -> Attachment | None:
    attachments = attachments_of(session.shown) if session.shown is not None else []
    if number.isascii() and number.isdigit() and 1 <= int(number[:9]) <= len(attachments):
        return attachments[int(number) - 1]
    session.talk.say("No attachment has that number: 'attachments' lists them.")
    return None


async def _uploads(session: LineSession, attachments: list[Attachment]) -> dict[str, Upload]:
    from api_client.errors import ApiError

    uploads: dict[str, Upload] = {}
    for attachment in attachments:
        try:
            uploads[attachment.upload_id] = await session.backend.upload(attachment.upload_id)
        except ApiError:
            continue  # type and size are optional: the attachment is named without them
    return uploads
