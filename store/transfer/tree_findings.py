"""Findings on a record's Merkle tree: whether it begins with a checkpoint, and whether its stored nodes are right."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from api_client.errors import StoreDamaged, StoreFault
from store.core.signed_note import LogHead
from store.core.tree_audit import TreeAudit
from store.folder.files import Files, RecordFile
from store.folder.record_tree import last_signed, stored_key
from store.transfer.findings import Findings

_PIECE = 1 << 16


class TreeFindings:
    """The tree of a record that is read from its first event on, against what a checkpoint says of it."""

    def __init__(self, expected: LogHead | None, signed: LogHead | None = None) -> None:
        """Begin before the first event.

        Args:
            expected: the checkpoint that the record must begin with, handed in by who verifies.
            signed: the last one that the record itself holds.
        """
        self._expected, self._signed = expected, signed
        self._audit = TreeAudit(head.size for head in (expected, signed) if head is not None)

    def take(self, event_hash: str) -> bytes:
        """Take the next event; return the hashes of the subtrees that it completes."""
        return self._audit.take(event_hash)

    def report(self, findings: Findings) -> None:
        """Note where the record does not begin with a checkpoint."""
        if self._expected is not None:
            findings.wrong += self._faults(self._expected)
        if (head := self._signed) is not None and self._audit.roots.get(head.size) != head.root:
            findings.wrong.append(
                f"The record does not begin with the {head.size:,} events of the last checkpoint that it signed: some "
                "of them were changed, replaced or lost."
            )

    def _faults(self, head: LogHead) -> Iterator[str]:
        """Yield why the record does not begin with the checkpoint that was handed in."""
        if head.size > self._audit.size:
            yield (
                f"The checkpoint is of {head.size:,} events, and the record has {self._audit.size:,}: events were "
                "lost, or it is an older copy."
            )
        elif self._audit.roots[head.size] != head.root:
            yield (
                f"The record does not begin with the {head.size:,} events of the checkpoint: some of them were "
                "changed or replaced."
            )


class FolderTree:
    """The same for a folder, with its file `tree`."""

    def __init__(self, folder: Path, expected: LogHead | None) -> None:
        signed, fault = _last_signed(folder)
        self._faults = [fault] if fault else []
        self._file: RecordFile | None = None
        try:
            self._file = RecordFile(folder / "tree", Files())
        except StoreFault as refused:
            self._faults.append(str(refused))
        except OSError as refused:
            self._faults.append(f"The file tree can't be read: {refused.strerror or refused}.")
        self._tree = TreeFindings(expected, signed)
        self._expected: list[bytes] = []
        self._pending = self._checked = 0
        self._differs = False

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()

    def take(self, event_hash: str) -> None:
        """Take the next event."""
        nodes = self._tree.take(event_hash)
        self._expected.append(nodes)
        self._pending += len(nodes)
        if self._pending > _PIECE:
            self._compare()

    def report(self, findings: Findings) -> None:
        """Note what is wrong."""
        self._compare()
        self._tree.report(findings)
        findings.wrong += self._faults
        if self._differs:
            findings.wrong.append(
                "The file 'tree' does not match the events. No proof is made from it; the next checkpoint makes it "
                "anew."
            )

    def _compare(self) -> None:
        """Compare what is there of the next nodes: a file that is behind is no fault."""
        stored = b"" if self._file is None else self._file.read(self._checked, self._pending)
        self._differs |= not b"".join(self._expected).startswith(stored)
        self._checked += self._pending
        self._expected, self._pending = [], 0


def _last_signed(folder: Path) -> tuple[LogHead | None, str]:
    """Return the last checkpoint that a folder holds of itself, and in words what is wrong with it.

    None where it has none, or where its key is not here: a record may be handed on without it.
    """
    try:
        key = stored_key(folder)
        last = None if key is None else last_signed(folder, key)
    except StoreDamaged as fault:
        return None, fault.message
    except (OSError, StoreFault):
        return None, ""
    return None if last is None else last.head, ""
