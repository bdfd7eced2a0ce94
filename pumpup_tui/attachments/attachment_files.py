"""The bytes of an attachment: read whole within a limit, and saved to a new file."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pumpup_tui.attachments import previews
from pumpup_tui.attachments.previews import NoPreview
from pumpup_tui.local_state.new_file import NotOverwritable
from pumpup_tui.text.firewall import line

if TYPE_CHECKING:
    from pathlib import Path

    from api_client.backend import Backend
    from pumpup_tui.local_state.save_policy import Saving

BIGGEST = 26_214_400
"""Bytes of an attachment that are held in memory at the most: as many as a server accepts."""


class Saved(NamedTuple):
    """The outcome of saving, in clean words."""

    words: str
    is_saved: bool = False


class AttachmentTooLarge(NoPreview):
    """The attachment can be neither shown nor saved."""


async def read_attachment(backend: Backend, upload_id: str) -> bytes:
    """Return an upload's content.

    Raises:
        AttachmentTooLarge: it is larger than any server of this kind takes.
    """
    read = bytearray()
    async for piece in backend.download(upload_id):
        read += piece
        if len(read) > BIGGEST:
            raise AttachmentTooLarge("It is larger than any attachment may be: nothing was saved.")
    return bytes(read)


def save(saving: Saving, typed: str, name: str, content_: bytes) -> Saved:
    """Write bytes to a new file of this name, or of one like it, in the folder that was typed; return the outcome.

    An existing file is never overwritten, nor what a symlink points to.
    """
    try:
        return _save_in(saving.place(typed), name, content_, saving)
    except OSError as error:
        return Saved(f"✗ not saved: {line(error.strerror or error, 300)}")


def _save_in(folder: Path, name: str, content_: bytes, saving: Saving) -> Saved:
    if not folder.is_dir():
        return Saved(f"✗ {line(folder, 200)} is not a folder: nothing was saved")
    for free in previews.free_names(name):
        path = folder / free
        try:
            with saving.open(str(path)) as file:
                file.write(content_)
        except (FileExistsError, NotOverwritable):
            continue
        return Saved(f"✓ saved as {line(path, 300)}", is_saved=True)
    return Saved(f"✗ too many files like {line(name, 100)} are there: nothing was saved")
