"""Inspection of a request's foreign texts: counts of misleading characters, and each text spelt out.

Mixed alphabets cost microseconds a character, and a request may hold a megabyte of them. So a request is inspected
once, when it is read, in a thread, and up to a limit that is shown beside the counts. All texts get the same share of
the limit: a long one leaves no less for a short one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pumpup_tui.text.attachment_names import attachments_of
from pumpup_tui.text.suspicion import Suspicion, inspect_text

if TYPE_CHECKING:
    from api_client.models import RequestDetail

MOST = 40_000
"""Characters that are inspected of all texts of a request together."""
RAW_MOST = 60_000
"""Characters of all texts spelt out; an escape takes up to ten."""
TEXTS_MOST = 2_000
"""Texts that are inspected; the others are counted."""


@dataclass(frozen=True, slots=True)
class Inspection:
    """The result of an inspection."""

    counts: Suspicion
    raw: tuple[str, ...]
    """Each text spelt out, in the order in which they are shown."""
    share: int
    """Characters of each text that were inspected, where that is not all of them; else 0."""
    unseen: int
    """Characters that were not inspected."""

    @property
    def words(self) -> str:
        """The counts and what they leave out, to show beside the texts; empty where there is neither."""
        parts = [self.counts.words] if self.counts else []
        if self.unseen:
            parts.append(f"only the first {self.share:,} characters of each text checked, {self.unseen:,} not")
        return " · ".join(parts)


def inspect(texts: Iterable[str], *, most: int = MOST) -> Inspection:
    """Inspect the first characters of `texts`, in time linear in `most`.

    Args:
        texts: Foreign texts, in the order in which they are shown.
        most: Characters that are inspected of all of them together.
    """
    whole = list(texts)
    shown = whole[:TEXTS_MOST]
    share = _share([len(text) for text in shown], most)
    counts, spelt, room = Suspicion(), [], RAW_MOST
    for text in shown:
        of_text, raw = inspect_text(text, limit=share)
        counts += of_text
        spelt.append(raw if len(raw) <= room else f"{raw[:room]}… +{len(raw) - room:,} characters")
        room = max(0, room - len(raw))
    unseen = sum(len(text) for text in whole) - sum(min(len(text), share) for text in shown)
    return Inspection(counts, tuple(spelt), share if unseen else 0, unseen)


def inspect_request(detail: RequestDetail) -> Inspection:
    """Inspect a request: task, summary, context, fields, bids, attachments and rationale."""
    return inspect(foreign_texts(detail))


def foreign_texts(detail: RequestDetail) -> list[str]:
    """Return the foreign texts of a request, in the order in which they are shown."""
    payload = detail.event.payload
    texts = [*filter(None, (detail.event.subject,)), detail.task.name, str(payload.get("summary") or "")]
    pairs = payload.get("keyValueContext")
    if isinstance(pairs, Mapping):
        # not foreign: inspected and spelt out, not drawn as it is
        texts += [f"{key}: {pairs[key]}" for key in sorted(pairs)]
    offered = payload.get("recommendation")
    if isinstance(offered, Mapping):
        outcome = offered.get("outcome")
        note = outcome.get("note") if isinstance(outcome, Mapping) else None
        texts += [str(text) for text in (offered.get("rationale"), note) if text]
    texts += _of_each(payload.get("fields"), "label", "description", "options")
    texts += _of_each(offered, "value", "rationale")
    return [*texts, *(one.label for one in attachments_of(detail))]


def _of_each(values: Any, *names: str) -> Iterator[str]:
    """Yield the texts, and the texts in the lists, that stand under `names` in each of `values`."""
    for value in values if isinstance(values, Sequence) else ():
        for name in names if isinstance(value, Mapping) else ():
            content = value.get(name)
            texts = content if isinstance(content, list) else [content]
            yield from (text for text in texts if isinstance(text, str) and text)


def _share(lengths: Sequence[int], most: int) -> int:
    """Return how many characters each text may have, so that all together have at most `most`."""
    left = most
    for index, length in enumerate(sorted(lengths)):
        share = left // (len(lengths) - index)
        if length > share:
            return share
        left -= length
    return most
