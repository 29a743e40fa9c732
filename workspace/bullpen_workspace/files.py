"""Uploaded files: rows in the database, bytes on disk by id.

The rule it protects: a file's bytes live at a path made from its id alone, never from the name
somebody gave it. It does not decide who may download; the server does.
"""

from __future__ import annotations

import mimetypes
import secrets
from dataclasses import replace
from pathlib import Path
from typing import Any

from bullpen_workspace.database import Database, new_id
from bullpen_workspace.types import Change, File

_SELECT = """
    SELECT f.*, (SELECT group_concat(channel) FROM file_channels x WHERE x.file = f.id) AS channels
    FROM files f"""


class Files:
    """Files and the tickets with which they are uploaded."""

    def __init__(self, database: Database, folder: Path) -> None:
        self._db = database
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def reserve(self, name: str, *, size: int, user: str, alt: str = "") -> tuple[File, str]:
        """A file to come and the single-use ticket with which its bytes may be sent."""
        filename = Path(name).name or "file"
        mimetype = mimetypes.guess_type(filename)[0] or "application/octet-stream"
        file = File(
            id=new_id("F"),
            name=filename,
            title=filename,
            mimetype=mimetype,
            filetype=Path(filename).suffix.lstrip(".").lower() or "binary",
            size=size,
            user=user,
            created=int(self._db.clock()),
            alt=alt,
        )
        ticket = secrets.token_urlsafe(24)
        with self._db.transaction():
            self._put(file)
            self._db.insert("uploads", {"ticket": ticket, "file": file.id})
        return file, ticket

    def receive(self, ticket: str, data: bytes) -> File | None:
        """Keep the bytes sent with `ticket`; None when the ticket is unknown or used."""
        row = self._db.row("SELECT file FROM uploads WHERE ticket = ?", (ticket,))
        file = self.get(str(row["file"])) if row else None
        if file is None:
            return None
        self.path(file.id).write_bytes(data)
        width, height = image_size(data)
        file = replace(file, size=len(data), width=width, height=height)
        with self._db.transaction():
            self._put(file)
            self._db.run("DELETE FROM uploads WHERE ticket = ?", (ticket,))
        return file

    def add(self, name: str, data: bytes, *, user: str) -> File:
        """Store a complete file in one step; it is not yet in any channel."""
        file, ticket = self.reserve(name, size=len(data), user=user)
        self.receive(ticket, data)
        return self.complete(file.id)

    def complete(self, file_id: str, *, title: str = "", username: str = "") -> File:
        """Make an uploaded file usable. KeyError when there is none."""
        file = self.require(file_id)
        file = replace(file, title=title or file.title, username=username, ready=True)
        self._put(file)
        return file

    def share(self, file_id: str, channel: str) -> None:
        """Remember that the file was posted in `channel` and announce it."""
        with self._db.transaction():
            self._db.insert("file_channels", {"file": file_id, "channel": channel}, replace=True)
            file = self.require(file_id)
            self._db.emit(
                Change(
                    kind="file_shared", channel=channel, user=file.user, detail={"file": file_id}
                )
            )

    def delete(self, file_id: str) -> None:
        with self._db.transaction():
            self._db.run("DELETE FROM files WHERE id = ?", (file_id,))
            self._db.run("DELETE FROM file_channels WHERE file = ?", (file_id,))
        self.path(file_id).unlink(missing_ok=True)

    def get(self, file_id: str) -> File | None:
        row = self._db.row(f"{_SELECT} WHERE f.id = ?", (file_id,))
        return _file(row) if row else None

    def require(self, file_id: str) -> File:
        """The file; KeyError when there is none."""
        file = self.get(file_id)
        if file is None:
            raise KeyError(file_id)
        return file

    def all(self) -> list[File]:
        """Every finished file, newest first."""
        sql = f"{_SELECT} WHERE f.ready = 1 ORDER BY f.created DESC, f.rowid DESC"
        return [_file(row) for row in self._db.rows(sql)]

    def path(self, file_id: str) -> Path:
        """Where the bytes of a file are."""
        return self._folder / file_id

    def has_bytes(self, file_id: str) -> bool:
        return self.path(file_id).is_file()

    def _put(self, file: File) -> None:
        self._db.insert(
            "files",
            {
                "id": file.id,
                "name": file.name,
                "title": file.title,
                "mimetype": file.mimetype,
                "filetype": file.filetype,
                "size": file.size,
                "user": file.user,
                "created": file.created,
                "ready": int(file.ready),
                "alt": file.alt,
                "username": file.username,
                "width": file.width,
                "height": file.height,
            },
            replace=True,
        )


def image_size(data: bytes) -> tuple[int, int]:
    """Width and height in pixels of PNG or GIF bytes, (0, 0) for anything else."""
    if data[:8] == b"\x89PNG\r\n\x1a\n" and len(data) >= 24:
        return int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")
    if data[:6] in (b"GIF87a", b"GIF89a") and len(data) >= 10:
        return int.from_bytes(data[6:8], "little"), int.from_bytes(data[8:10], "little")
    return 0, 0


def _file(row: dict[str, Any]) -> File:
    channels = str(row["channels"] or "")
    fields: dict[str, Any] = dict(row)
    fields["ready"] = bool(row["ready"])
    fields["channels"] = tuple(channels.split(",")) if channels else ()
    return File(**fields)
