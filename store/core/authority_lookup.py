"""Lookups in the documents of authority (`authority_fold`): a project's, a grant, a pause."""

from __future__ import annotations

from store.core.state_view import Doc, DocumentLookup

ALL = "all"
"""The id of the document with the pause of all projects, and with the place of the last change of any authority."""
_NO_AUTHORITY: Doc = {}


def authority_of(docs: DocumentLookup, project_id: str) -> Doc:
    """Return the document of a project's authority (`authority_fold`); an empty one where it has none."""
    return docs.get("authority", project_id) or _NO_AUTHORITY


def grant_in(docs: DocumentLookup, grant_id: str | None) -> Doc | None:
    """Return the grant with this id, None where there is none."""
    doc = docs.get("authority", grant_id) if grant_id is not None else None
    return doc if doc is not None and "filter" in doc else None


def own_pause(docs: DocumentLookup, project_id: str | None) -> Doc | None:
    """Return the pause of a project itself, or of all; None where there is none."""
    paused: Doc | None = (docs.get("authority", ALL if project_id is None else project_id) or {}).get("pause")
    return paused


def pause_in(docs: DocumentLookup, project_id: str | None) -> Doc | None:
    """Return the pause that a project is under, its own or the one of all; None where it is under none."""
    return own_pause(docs, None) or (own_pause(docs, project_id) if project_id is not None else None)
