"""The attachments of a request or task: shown in the terminal, or saved where the user wants them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, ClassVar

from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.geometry import Size
from textual.message import Message
from textual.screen import ModalScreen
from textual.strip import Strip
from textual.widgets import Static
from typing_extensions import override

from pumpup_tui.attachments import previews
from pumpup_tui.attachments.attachment_files import AttachmentTooLarge, Saved, read_attachment, save
from pumpup_tui.attachments.previews import Cell, NoPreview
from pumpup_tui.backend.messages import CallFailed
from pumpup_tui.components.line_widgets import Document
from pumpup_tui.components.pause_line import PauseLine
from pumpup_tui.components.prompt import Prompt, TextQuestion
from pumpup_tui.components.virtual_list import VirtualList
from pumpup_tui.context import Context
from pumpup_tui.keys.bindings import bindings
from pumpup_tui.text.attachment_names import relabelled_words
from pumpup_tui.text.firewall import content, line
from pumpup_tui.text.labels import size_words
from pumpup_tui.text.layout import Line, columns, joined
from pumpup_tui.text.paragraphs import foreign
from styles.sheets import sheet

if TYPE_CHECKING:
    from api_client.backend import Backend
    from api_client.models import Attachment, Upload

SAVE = "attachment.save"


class PreviewMade(Message):
    """The preview of an attachment."""

    def __init__(
        self,
        upload_id: str,
        lines: Sequence[Line],
        picture: Sequence[Sequence[Cell]] = (),
        *,
        shows_content: bool = True,
    ) -> None:
        """Take its lines or its image, and whether they are of the content: there may be none to show."""
        super().__init__()
        self.upload_id = upload_id
        self.lines = lines
        self.picture = picture
        self.shows_content = shows_content


class AttachmentSaved(Message):
    """The outcome of saving an attachment."""

    def __init__(self, upload_id: str, saved: Saved) -> None:
        super().__init__()
        self.upload_id = upload_id
        self.saved = saved


class AttachmentList(VirtualList["Attachment"]):
    """Attachments with their types and sizes."""

    uploads: Mapping[str, Upload] = {}
    labels_since: Mapping[str, str] = {}
    opened: AbstractSet[str] = frozenset()
    """Those that the reader has opened."""

    @override
    def row_id(self, row: Attachment) -> str:
        return row.upload_id

    @override
    def draw_row(self, row: Attachment, width: int) -> Sequence[Line]:
        upload = self.uploads.get(row.upload_id)
        known = (line(upload.content_type, 40), size_words(upload.size)) if upload else ()
        about = joined((*known, "opened" if row.upload_id in self.opened else ""))
        since = self.labels_since.get(row.upload_id)
        label = "▪ " + line(row.label, 200) + ("" if since is None else f"  {relabelled_words(since)}")
        return [[(columns(label, f"{about} ", width), "" if since is None else "warn")]]


class Picture(Document):
    """A preview: lines to read, or an image in half blocks."""

    def __init__(self, *, id: str) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id)
        self._picture: Sequence[Sequence[Cell]] = ()

    def show(self, lines: Sequence[Line], picture: Sequence[Sequence[Cell]]) -> None:
        """Show lines, or an image."""
        self._picture = picture
        self.set_paragraphs([foreign(*runs) for runs in lines], object())
        self.refresh()

    @override
    def render_line(self, y: int) -> Strip:
        if not self._picture:
            return super().render_line(y)
        cells = self._picture[y] if y < len(self._picture) else ()
        return Strip([_segment(cell) for cell in cells]).adjust_cell_length(self.size.width, self.rich_style)


def _segment(cell: Cell) -> Segment:
    upper, lower = cell
    under = Color.from_rgb(*lower) if lower is not None else None
    return Segment("▀", Style(color=Color.from_rgb(*upper), bgcolor=under))


class AttachmentsScreen(ModalScreen[None]):
    """A list of attachments to look at, or to save. Nothing is opened by itself."""

    CSS_PATH = sheet("attachments")
    BINDINGS: ClassVar[list[BindingType]] = bindings(
        ("modal.close", "close"),
        ("attachment.save", "save"),
    )

    def __init__(
        self,
        context: Context,
        attachments: Sequence[Attachment],
        uploads: Mapping[str, Upload],
        labels_since: Mapping[str, str] | None = None,
        request: tuple[str, str] | None = None,
    ) -> None:
        """Take the labels as shown, and those since, by upload; and the id and hash of the request that they are of."""
        super().__init__()
        self._request = request
        self.context = context
        self._attachments = attachments
        self._uploads = uploads
        self._labels_since = labels_since or {}

    @override
    def compose(self) -> ComposeResult:
        key = self.context.key
        saves = f"{self._saves}, " if self._saves else ""
        keys = f"{key('move.enter')} shows, {saves}{key('modal.close')} closes"
        yield PauseLine(self.context)
        with Vertical(id="attachments"):
            yield Static(f"Attachments   {keys}", markup=False, id="title")
            yield AttachmentList(id="choices", empty="no attachments")
            yield Picture(id="preview")
            yield Static("", markup=False, id="state")
            yield Prompt()

    def on_mount(self) -> None:
        """List the attachments; none is fetched yet."""
        choices = self.query_one(AttachmentList)
        choices.uploads, choices.labels_since = self._uploads, self._labels_since
        self._show_opened()
        choices.styles.height = min(max(1, len(self._attachments)), 6)
        choices.show(self._attachments)
        choices.focus()

    @on(VirtualList.Moved)
    def _moved(self, event: VirtualList.Moved) -> None:
        event.stop()
        self.query_one(Picture).show([], ())
        self._show_state("")

    @on(VirtualList.Chosen)
    def _chosen(self, event: VirtualList.Chosen) -> None:
        event.stop()
        row = self.query_one(AttachmentList).row
        if row is None:
            return
        self._show_state("reading…")
        kind, room, saves = previews.kind_of(*self._about(row)), self.query_one(Picture).size, self._saves
        upload_id = row.upload_id

        async def call(backend: Backend) -> PreviewMade:
            return await _preview(backend, upload_id, kind, room, saves)

        self.context.calls.ask(self, "the attachment", call, group="attachment")

    @property
    def _saves(self) -> str:
        """The key that saves, in words; empty where nothing can be saved."""
        key = self.context.key
        return f"{key(SAVE)} saves" if key.has(SAVE) else ""

    @on(PreviewMade)
    def _previewed(self, event: PreviewMade) -> None:
        event.stop()
        row = self.query_one(AttachmentList).row
        if row is not None and row.upload_id == event.upload_id:
            self.query_one(Picture).show(event.lines, event.picture)
            self._show_state("")
            if event.shows_content:
                self._note_opened(event.upload_id)

    def _note_opened(self, upload_id: str) -> None:
        if self._request is not None:
            self.context.outbox.note_opened(*self._request, upload_id)
            self._show_opened()

    def _show_opened(self) -> None:
        if self._request is not None:
            choices = self.query_one(AttachmentList)
            choices.opened = self.context.outbox.opened.of(*self._request)
            choices.redraw()

    def action_save(self) -> None:
        """Ask for the folder."""
        if self.query_one(AttachmentList).row is not None:
            folder = self.context.preferences.saving.folder
            self.query_one(Prompt).ask(TextQuestion("save to the folder", str(folder)), self._folder_given)

    @override
    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return action != "save" or self.context.key.has(SAVE)

    def _folder_given(self, text: str | None) -> None:
        row = self.query_one(AttachmentList).row
        folder, saving = (text or "").strip(), self.context.preferences.saving
        if row is None or not folder:
            return
        name = previews.file_name(self._about(row)[1] or row.label)
        self._show_state("saving…")

        async def call(backend: Backend) -> AttachmentSaved:
            try:
                read = await read_attachment(backend, row.upload_id)
            except AttachmentTooLarge as fault:
                return AttachmentSaved(row.upload_id, Saved(f"✗ {line(fault)}"))
            return AttachmentSaved(row.upload_id, await asyncio.to_thread(save, saving, folder, name, read))

        self.context.calls.ask(self, "the attachment", call, group="save attachment")

    @on(AttachmentSaved)
    def _saved(self, event: AttachmentSaved) -> None:
        event.stop()
        self._show_state(event.saved.words)
        if event.saved.is_saved:
            self._note_opened(event.upload_id)

    @on(CallFailed)
    def _failed(self, event: CallFailed) -> None:
        event.stop()
        self._show_state(f"✗ {line(event.error, 300)}")

    def action_close(self) -> None:
        """Close, and cancel what is being fetched."""
        self.context.calls.cancel("attachment")
        self.dismiss(None)

    def _about(self, row: Attachment) -> tuple[str, str]:
        upload = self._uploads.get(row.upload_id)
        return (upload.content_type, upload.file_name or row.label) if upload else ("", row.label)

    def _show_state(self, words: str) -> None:
        self.query_one("#state", Static).update(content(words, one_line=True))


async def _preview(backend: Backend, upload_id: str, kind: str, room: Size, saves: str) -> PreviewMade:
    """Return the preview of an attachment, or the reason why there is none."""
    try:
        if not kind:
            raise NoPreview("This can't be shown here.")
        read = await read_attachment(backend, upload_id)
        if kind == "image":
            # Decoding takes as long as it takes: the keys don't wait for it.
            picture = await asyncio.to_thread(previews.image_rows, read, room.width, room.height)
            return PreviewMade(upload_id, (), picture)
        return PreviewMade(upload_id, await asyncio.to_thread(previews.text_lines, read, kind, saves))
    except AttachmentTooLarge as fault:
        return PreviewMade(upload_id, [[(line(fault), "warn")]], shows_content=False)
    except NoPreview as fault:
        tail = f" {saves} it." if saves else ""
        return PreviewMade(upload_id, [[(f"{line(fault)}{tail}", "warn")]], shows_content=False)
