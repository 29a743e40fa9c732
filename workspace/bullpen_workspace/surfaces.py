"""What apps show beside messages: App Home, modals, status lines and sessions.

The rule it protects: one App Home per person and app, one status per thread and app, and a
modal that is closed stays closed. It does not validate views; the API does.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import asdict, replace
from typing import Any, Literal

from bullpen_workspace.database import Database, new_id
from bullpen_workspace.types import Change, Json, ThreadStatus, View


class Surfaces:
    """Views and statuses."""

    def __init__(self, database: Database) -> None:
        self._db = database

    # -- views ---------------------------------------------------------------------------

    def publish_home(self, user: str, app_id: str, body: Json) -> View:
        """Set the App Home that `user` sees of the app."""
        with self._db.transaction():
            view = self.home(user, app_id) or self._new("home", user, app_id, body)
            view = replace(view, body=body, hash=_hash(self._db.clock()))
            self._put(view)
            self._db.emit(Change(kind="home", user=user, detail={"view": view.id, "app": app_id}))
        return view

    def home(self, user: str, app_id: str) -> View | None:
        row = self._db.row(
            "SELECT * FROM views WHERE kind = 'home' AND user = ? AND app_id = ?", (user, app_id)
        )
        return _view(row) if row else None

    def open_modal(
        self, user: str, app_id: str, body: Json, *, over: View | None = None, window: str = ""
    ) -> View:
        """Show a modal to `user`, on top of `over` when given, in one browser window."""
        view = self._new("modal", user, app_id, body)
        view = replace(
            view,
            root_id=over.root_id if over else view.id,
            previous_id=over.id if over else "",
            window=over.window if over else window,
        )
        return self._store_modal(view)

    def update_modal(self, view_id: str, body: Json) -> View:
        """Replace what a modal shows. KeyError when there is none."""
        view = self.require_view(view_id)
        return self._store_modal(
            replace(
                view,
                body=body,
                hash=_hash(self._db.clock()),
                external_id=str(body.get("external_id", "")),
            )
        )

    def close_modal(self, view_id: str, *, all_of_stack: bool = False) -> None:
        """Close a modal, or with `all_of_stack` every modal of its stack."""
        view = self.require_view(view_id)
        column = "root_id" if all_of_stack else "id"
        value = view.root_id if all_of_stack else view.id
        with self._db.transaction():
            self._db.run(f"UPDATE views SET closed = 1 WHERE {column} = ?", (value,))
            self._db.emit(Change(kind="modal", user=view.user, detail={"view": view_id}))

    def modals(self, user: str, *, window: str = "") -> list[View]:
        """The open modals of `user` in one browser window (in any for ""), the topmost last."""
        sql = """SELECT * FROM views WHERE kind = 'modal' AND closed = 0 AND user = ?1
            AND (?2 = '' OR window IN ('', ?2)) ORDER BY rowid"""
        return [_view(row) for row in self._db.rows(sql, (user, window))]

    def view(self, view_id: str) -> View | None:
        row = self._db.row("SELECT * FROM views WHERE id = ?", (view_id,))
        return _view(row) if row else None

    def view_by_external_id(self, external_id: str) -> View | None:
        sql = "SELECT * FROM views WHERE external_id = ? AND closed = 0"
        row = self._db.row(sql, (external_id,))
        return _view(row) if row else None

    def require_view(self, view_id: str) -> View:
        view = self.view(view_id)
        if view is None:
            raise KeyError(view_id)
        return view

    def _new(self, kind: Literal["home", "modal"], user: str, app_id: str, body: Json) -> View:
        view_id = new_id("V")
        return View(
            id=view_id,
            kind=kind,
            user=user,
            app_id=app_id,
            hash=_hash(self._db.clock()),
            body=body,
            root_id=view_id,
            external_id=str(body.get("external_id", "")),
        )

    def _store_modal(self, view: View) -> View:
        with self._db.transaction():
            self._put(view)
            self._db.emit(Change(kind="modal", user=view.user, detail={"view": view.id}))
        return view

    def _put(self, view: View) -> None:
        row = {**asdict(view), "body": json.dumps(view.body), "closed": int(view.closed)}
        known = self._db.row("SELECT 1 FROM views WHERE id = ?", (view.id,))
        if known is None:
            self._db.insert("views", row)
            return
        # An update keeps the row id, by which modals are stacked.
        self._db.run(
            "UPDATE views SET hash = ?, body = ?, external_id = ?, closed = ? WHERE id = ?",
            (view.hash, row["body"], view.external_id, row["closed"], view.id),
        )

    # -- statuses ------------------------------------------------------------------------

    def status(self, channel: str, thread_ts: str, app_id: str) -> ThreadStatus | None:
        row = self._db.row(
            "SELECT * FROM statuses WHERE channel = ? AND thread_ts = ? AND app_id = ?",
            (channel, thread_ts, app_id),
        )
        return _status(row) if row else None

    def statuses(self, channel: str) -> list[ThreadStatus]:
        """Every status line, session and set of prompts in a channel, latest first."""
        sql = "SELECT * FROM statuses WHERE channel = ? ORDER BY updated DESC"
        return [_status(row) for row in self._db.rows(sql, (channel,))]

    def set_status(self, status: ThreadStatus) -> ThreadStatus:
        """Store a status over the one of the same thread and app."""
        status = replace(status, updated=self._db.clock())
        row = {
            **asdict(status),
            "loading": json.dumps(status.loading),
            "prompts": json.dumps(status.prompts),
        }
        with self._db.transaction():
            self._db.insert("statuses", row, replace=True)
            self._db.emit(
                Change(
                    kind="status",
                    channel=status.channel,
                    thread_ts=status.thread_ts,
                    detail={"app": status.app_id},
                )
            )
        return status


def _hash(now: float) -> str:
    return f"{int(now)}.{secrets.token_hex(4)}"


def _view(row: dict[str, Any]) -> View:
    fields: dict[str, Any] = dict(row)
    fields["body"] = json.loads(row["body"])
    fields["closed"] = bool(row["closed"])
    return View(**fields)


def _status(row: dict[str, Any]) -> ThreadStatus:
    fields: dict[str, Any] = dict(row)
    fields["loading"] = tuple(json.loads(row["loading"]))
    fields["prompts"] = tuple(json.loads(row["prompts"]))
    return ThreadStatus(**fields)
