"""Names, portraits and files as a person sees them.

The rule it protects: who wrote a message is shown the same way everywhere. It writes nothing.
"""

import csv
import io
import zlib
from pathlib import Path

from bullpen_workspace.page import emoji, mrkdwn
from bullpen_workspace.page.views import FileCard, Portrait
from bullpen_workspace.rooms import Rooms
from bullpen_workspace.types import Channel, Face, File

HUES = 8
SHOWN_IMAGES = {"image/png", "image/jpeg", "image/gif", "image/webp"}
_TEXTS = ("application/json", "application/javascript", "application/xml", "application/x-sh")
_TEXT_ENDS = ("log", "md", "yaml", "yml", "toml", "ini", "sql", "rs", "go", "ts", "tsx")
_TEXT_BYTES, _TEXT_LINES = 4096, 14
_PREVIEW_BYTES, _PREVIEW_ROWS, _PREVIEW_COLUMNS = 16_384, 6, 8


def portrait(name: str, *, icon: str = "", app: bool = False) -> Portrait:
    """A tile for `name`: its emoji or own-host picture when `icon` gives one, else its letter."""
    shown = mrkdwn.plain(name).strip() or "Someone"
    hue = zlib.crc32(shown.lower().encode()) % HUES
    if icon.startswith("/") and mrkdwn.safe_url(icon):
        return Portrait(name=shown, glyph=icon, kind="image", hue=hue, app=app)
    glyph = emoji.glyph(icon) if icon else None
    if glyph:
        return Portrait(name=shown, glyph=glyph, kind="emoji", hue=hue, app=app)
    return Portrait(name=shown, glyph=shown[0].upper(), kind="letter", hue=hue, app=app)


class Faces:
    """Looks people, apps and channels up by id; a None or an id stands where nothing is known."""

    def __init__(self, rooms: Rooms, me: str) -> None:
        self._rooms = rooms
        self.me = me

    def names(self) -> mrkdwn.Names:
        """How the texts of this workspace resolve their mentions."""
        return mrkdwn.Names(user=self.user_name, channel=self.channel_name, me=self.me)

    def user_name(self, user: str) -> str | None:
        found = self._rooms.people.get(user)
        return (found.real_name or found.name) if found else None

    def channel_name(self, channel: str) -> str | None:
        found = self._rooms.channels.get(channel)
        return (found.name or None) if found else None

    def of_user(self, user: str) -> Portrait:
        found = self._rooms.people.get(user)
        if found is None:
            return portrait(user or "Someone")
        return portrait(found.real_name or found.name, icon=found.image, app=found.is_bot)

    def of(self, face: Face, *, app: bool) -> Portrait:
        """The author a message shows: the app's chosen name and icon before the user's own."""
        known = self._rooms.people.get(face.user)
        icon = face.icon_emoji or face.icon_url
        if not icon and known and not face.username:
            icon = known.image
        name = face.username or (known.real_name or known.name if known else face.user)
        return portrait(name, icon=icon, app=app)

    def title(self, channel: Channel) -> str:
        """A channel's name, or the names of the others in a direct message."""
        if channel.name:
            return channel.name
        others = [self.user_name(user) or user for user in channel.members if user != self.me]
        return ", ".join(others) or self.user_name(self.me) or "yourself"

    def image_size(self, file_id: str) -> tuple[int, int]:
        """Width and height in pixels of a stored image, (0, 0) when unknown."""
        file = self._rooms.files.get(file_id)
        return (file.width, file.height) if file else (0, 0)

    def card(self, file_id: str) -> FileCard:
        """A file under a message; a sentence in its place when it has been deleted."""
        file = self._rooms.files.get(file_id)
        if file is None or not self._rooms.files.has_bytes(file.id):
            gone = "This file is gone. It was deleted after it was posted."
            return FileCard(name="", title=gone, size="", kind="gone", href="")
        image = file.mimetype in SHOWN_IMAGES
        return FileCard(
            name=mrkdwn.plain(file.name),
            title=mrkdwn.plain(file.title or file.name),
            size=human_size(file.size),
            kind="image" if image else (file.filetype[:4].upper() or "FILE"),
            href=f"/files/{file.id}",
            alt=mrkdwn.plain(file.alt),
            width=file.width if image else 0,
            height=file.height if image else 0,
            preview=() if image else _preview(file, self._rooms.files.path(file.id)),
            text="" if image else _lines(file, self._rooms.files.path(file.id)),
        )


def human_size(size: int) -> str:
    """Bytes as a person reads them: 812 B, 14 KB, 2.3 MB."""
    if size < 1000:
        return f"{size} B"
    if size < 1_000_000:
        return f"{size / 1000:.0f} KB"
    return f"{size / 1_000_000:.1f} MB"


def _lines(file: File, path: Path) -> str:
    """The first lines of a text file; "" for what is not text, or is shown as a table."""
    texts = file.mimetype.startswith("text/") or file.mimetype in _TEXTS
    if file.filetype in ("csv", "tsv") or not (texts or file.filetype in _TEXT_ENDS):
        return ""
    with path.open("rb") as handle:
        head = handle.read(_TEXT_BYTES)
    text = head.decode("utf-8-sig", errors="replace")
    if "\x00" in text:
        return ""
    return mrkdwn.plain("\n".join(text.splitlines()[:_TEXT_LINES]))


def _preview(file: File, path: Path) -> tuple[tuple[str, ...], ...]:
    """The first rows of a CSV; () when it is not one that reads as a table."""
    if file.filetype not in ("csv", "tsv"):
        return ()
    with path.open("rb") as handle:
        head = handle.read(_PREVIEW_BYTES)
    text = head.decode("utf-8-sig", errors="replace")
    if "\x00" in text:
        return ()
    if len(head) == _PREVIEW_BYTES:
        text = text.rpartition("\n")[0]
    try:
        rows = list(
            csv.reader(io.StringIO(text), delimiter="\t" if file.filetype == "tsv" else ",")
        )
    except csv.Error:
        return ()
    kept = [
        tuple(mrkdwn.plain(cell)[:80] for cell in row[:_PREVIEW_COLUMNS]) for row in rows if row
    ]
    return tuple(kept[:_PREVIEW_ROWS]) if len(kept) > 1 and len(kept[0]) > 1 else ()
