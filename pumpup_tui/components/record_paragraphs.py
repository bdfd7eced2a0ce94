"""Events and attachments as paragraphs: our words first, then what someone else wrote."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pumpup_tui.text.attachment_names import relabelled_words
from pumpup_tui.text.decision_evidence import opened_word
from pumpup_tui.text.firewall import line
from pumpup_tui.text.labels import actor_text, event_run, event_text, size_words, transition_text
from pumpup_tui.text.layout import Line, fit, joined
from pumpup_tui.text.paragraphs import Paragraph, led, ours

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from api_client.models import Attachment, Event, Upload
    from pumpup_tui.context import Context

WHO_CELLS = 15
"""Cells of who an event is by, in a column."""


def event_lines(events: Sequence[Event], context: Context) -> list[Paragraph]:
    """Return a paragraph an event: time, who, type, step change, text."""
    lines: list[Paragraph] = []
    for event in events:
        text = joined((transition_text(event), event_text(event)))
        head: Line = [
            (f"{context.stamp(event.timestamp)}  {fit(actor_text(event), WHO_CELLS)} ", "muted"),
            event_run(event),
        ]
        lines.append(led([*head, ("  ", "")], (text, "")) if text else ours(*head))
    return lines


def attachment_lines(
    attachments: Iterable[Attachment],
    uploads: Mapping[str, Upload],
    labels_since: Mapping[str, str] | None = None,
    opened: frozenset[str] | None = None,
) -> list[Paragraph]:
    """Return a paragraph an attachment: label, type and size, a label that it got since, and whether it was opened."""
    lines: list[Paragraph] = []
    for attachment in attachments:
        upload = uploads.get(attachment.upload_id)
        known = (line(upload.content_type, 60), size_words(upload.size)) if upload else ()
        about = joined((*known, opened_word(attachment.upload_id, opened)))
        mark = _relabelled((labels_since or {}).get(attachment.upload_id))
        lines.append(led([("▪ ", "muted")], (line(attachment.label, 200), ""), (f"  {about}", "muted"), *mark))
    return [ours(), ours(("Attachments", "muted")), *lines] if lines else []


def _relabelled(since: str | None) -> Line:
    return [(f"  {relabelled_words(since)}", "warn")] if since is not None else []
