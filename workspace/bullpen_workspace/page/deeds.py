"""What the page asks the server to do for the person: one small JSON answer per deed.

The rule it protects: a deed either happens once or is refused in a sentence; a message or command
that is sent again with its `key`, after a lost answer or a restart, does not happen twice. It renders nothing: what changed
reaches every open page through `live.py`.
"""

import asyncio
import html
import re
from collections.abc import Awaitable, Callable, Mapping
from json import JSONDecodeError
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from bullpen_workspace.actions import Person
from bullpen_workspace.controls import Controls
from bullpen_workspace.downloads import MAX_UPLOAD, body_within, too_large
from bullpen_workspace.errors import Refusal
from bullpen_workspace.office import Office
from bullpen_workspace.page.mrkdwn import Names
from bullpen_workspace.wire import file_json

Asked = Mapping[str, Any]
Deed = Callable[[Asked], Awaitable[dict[str, Any]]]


def _word(asked: Asked, name: str) -> str:
    value = asked.get(name)
    return value if isinstance(value, str) else ""


def _strings(value: object) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def _mapping(value: object) -> dict[str, Any]:
    return dict(value) if isinstance(value, dict) else {}


class Deeds:
    """The deeds of one person, by name."""

    def __init__(self, person: Person, office: Office) -> None:
        self._person = person
        self._office = office
        self._sent = office.rooms.sent
        self._running: dict[str, asyncio.Task[None]] = {}
        self._named: dict[str, Deed] = {
            "send": self._send,
            "edit": self._edit,
            "delete": self._delete,
            "react": self._react,
            "block": self._block,
            "view": self._view,
            "close": self._close,
            "shortcut": self._shortcut,
            "stop": self._stop,
            "create": self._create,
            "join": self._join,
            "invite": self._invite,
            "leave": self._leave,
            "unread": self._unread,
            "suggest": self._suggest,
            "pin": self._pin,
            "bookmark": self._bookmark,
            "unbookmark": self._unbookmark,
            "describe": self._describe,
            "archive": self._archive,
            "read": self._read,
            "direct": self._direct,
        }

    async def answer(self, request: Request) -> Response:
        """POST /page/{deed} with a JSON object."""
        deed = self._named.get(request.path_params["deed"])
        if deed is None:
            return refused("The page asked for something unknown. Reload it.", 404)
        try:
            asked = await request.json()
        except (JSONDecodeError, UnicodeDecodeError):
            asked = None
        if not isinstance(asked, dict):
            return refused("The page sent something unreadable. Reload it and try again.", 400)
        window = request.headers.get("x-window", "")[:64]
        try:
            return JSONResponse(await deed({**asked, "window": window}))
        except Refusal as refusal:
            return refused(str(refusal), 409)

    async def upload(self, request: Request) -> Response:
        """POST /page/upload?name=… with the raw bytes of one file."""
        name = request.query_params.get("name", "")[:255] or "file"
        data = await body_within(request, MAX_UPLOAD)
        if data is None:
            return refused(too_large(name), 413)
        try:
            file = self._person.upload(name, data)
        except Refusal as refusal:
            return refused(str(refusal), 409)
        return JSONResponse({"id": file.id, "name": file.name})

    async def _send(self, asked: Asked) -> dict[str, Any]:
        key, text, channel = _word(asked, "key"), _word(asked, "text"), _word(asked, "channel")
        if re.match(r"/[a-z][\w-]*(\s|$)", text):
            await self._command(key, channel, text, self._apps(asked))
            return {"ts": ""}
        with self._office.rooms.transaction():
            known = self._sent.find(key) if key else None
            if known:
                return {"ts": known[0]}
            message = self._person.post(
                channel,
                text,
                thread_ts=_word(asked, "thread"),
                broadcast=asked.get("broadcast") is True,
                files=_strings(asked.get("files")),
            )
            if key:
                self._sent.keep(key, channel, message.ts)
        return {"ts": message.ts}

    async def _command(self, key: str, channel: str, line: str, apps: Controls) -> None:
        """Run a slash command, once for a key; a second asker waits for the first."""
        if running := self._running.get(key):
            await asyncio.shield(running)
            return
        known = self._sent.find(key) if key else None
        if known is not None:
            if not known[1]:
                raise Refusal(
                    f"Whether {line.split()[0]} ran is not known.",
                    "The workspace ended before the app had answered.",
                    "Look whether it did its work, and send it again if it did not.",
                )
            return
        if not key:
            await apps.slash(channel, line)
            return
        self._sent.keep(key, channel, done=False)
        self._running[key] = asyncio.create_task(self._run(key, channel, line, apps))
        await asyncio.shield(self._running[key])

    async def _run(self, key: str, channel: str, line: str, apps: Controls) -> None:
        try:
            await apps.slash(channel, line)
            self._sent.keep(key, channel)
        except Refusal:
            self._sent.drop(key)
            raise
        finally:
            self._running.pop(key, None)

    async def _edit(self, asked: Asked) -> dict[str, Any]:
        self._person.edit(_word(asked, "channel"), _word(asked, "ts"), _word(asked, "text"))
        return {}

    async def _delete(self, asked: Asked) -> dict[str, Any]:
        self._person.delete(_word(asked, "channel"), _word(asked, "ts"))
        return {}

    async def _react(self, asked: Asked) -> dict[str, Any]:
        name = _word(asked, "name")
        if not re.fullmatch(r"[a-z0-9_+'-]{1,100}", name):
            raise Refusal("The reaction was not given.", "It has no name.", "Choose another.")
        given = self._person.react(_word(asked, "channel"), _word(asked, "ts"), name)
        return {"given": given}

    async def _block(self, asked: Asked) -> dict[str, Any]:
        action = _mapping(asked.get("action"))
        action_id, block_id = _word(action, "action_id"), _word(action, "block_id")
        choice, values = _mapping(asked.get("choice")) or None, self._values(asked)
        apps = self._apps(asked)
        if view := _word(asked, "view"):
            apps.press_in_view(view, action_id, block_id=block_id, choice=choice, values=values)
        else:
            apps.press(
                _word(asked, "channel"),
                _word(asked, "ts"),
                action_id,
                block_id=block_id,
                choice=choice,
                values=values,
            )
        return {}

    def _apps(self, asked: Asked) -> Controls:
        return self._person.apps.at(_word(asked, "window"))

    async def _view(self, asked: Asked) -> dict[str, Any]:
        answer = await self._apps(asked).submit(_word(asked, "view"), self._values(asked))
        return {"errors": answer.errors, "open": answer.open}

    def _values(self, asked: Asked) -> dict[str, Any]:
        """What the inputs of a form or message hold, with their files as apps receive them."""
        values = _mapping(asked.get("values"))
        for held in (state for block in values.values() for state in _mapping(block).values()):
            if isinstance(held, dict) and held.get("type") == "file_input":
                held["files"] = self._files(held.get("files"))
        return values

    def _files(self, named: object) -> list[dict[str, Any]]:
        """The files of a file_input as apps receive them; one that is gone is left out."""
        ids = [_word(_mapping(one), "id") for one in named] if isinstance(named, list) else []
        found = (self._office.rooms.files.get(one) for one in ids)
        return [file_json(self._office, file) for file in found if file is not None]

    async def _close(self, asked: Asked) -> dict[str, Any]:
        self._person.apps.close(_word(asked, "view"))
        return {}

    async def _shortcut(self, asked: Asked) -> dict[str, Any]:
        app, callback, ts = _word(asked, "app"), _word(asked, "callback"), _word(asked, "ts")
        if ts:
            self._apps(asked).message_shortcut(app, callback, _word(asked, "channel"), ts)
        else:
            self._apps(asked).shortcut(app, callback)
        return {}

    async def _stop(self, asked: Asked) -> dict[str, Any]:
        self._person.apps.stop(_word(asked, "channel"), _word(asked, "thread"))
        return {}

    async def _create(self, asked: Asked) -> dict[str, Any]:
        private = asked.get("private") is True
        return {"channel": self._person.create_channel(_word(asked, "name"), private=private).id}

    async def _join(self, asked: Asked) -> dict[str, Any]:
        self._person.join(_word(asked, "channel"))
        return {}

    async def _invite(self, asked: Asked) -> dict[str, Any]:
        user = _word(asked, "user") or self._office.credentials.bot_user_id
        self._person.invite(_word(asked, "channel"), user)
        return {}

    async def _leave(self, asked: Asked) -> dict[str, Any]:
        self._person.leave(_word(asked, "channel"))
        return {}

    async def _unread(self, asked: Asked) -> dict[str, Any]:
        """Everything from a message on counts as unread again."""
        channel, ts = _word(asked, "channel"), _word(asked, "ts")
        rooms = self._office.rooms
        if not rooms.channels.is_member(channel, self._person.user):
            raise Refusal("Nothing was marked.", "You are not in that channel.", "Join it first.")
        before = rooms.messages.timeline(channel, viewer=self._person.user, before=ts, limit=1)
        seen = before[0].ts if before else "0000000000.000000"
        rooms.channels.mark_read(self._person.user, channel, seen)
        return {}

    async def _pin(self, asked: Asked) -> dict[str, Any]:
        pinned = self._person.pin(_word(asked, "channel"), _word(asked, "ts"))
        return {"pinned": pinned}

    async def _bookmark(self, asked: Asked) -> dict[str, Any]:
        self._person.bookmark(_word(asked, "channel"), _word(asked, "title"), _word(asked, "link"))
        return {}

    async def _unbookmark(self, asked: Asked) -> dict[str, Any]:
        self._person.unbookmark(_word(asked, "channel"), _word(asked, "bookmark"))
        return {}

    async def _describe(self, asked: Asked) -> dict[str, Any]:
        self._person.describe(_word(asked, "channel"), topic=_word(asked, "topic"))
        return {}

    async def _archive(self, asked: Asked) -> dict[str, Any]:
        self._person.archive(_word(asked, "channel"), archived=asked.get("archived") is not False)
        return {}

    async def _direct(self, asked: Asked) -> dict[str, Any]:
        return {"channel": self._person.open_direct([_word(asked, "user")]).id}

    async def _read(self, asked: Asked) -> dict[str, Any]:
        """All of a channel, or of every channel, counts as read; its threads with it."""
        rooms = self._office.rooms
        wanted = _word(asked, "channel")
        for channel in [wanted] if wanted else [c.id for c in rooms.channels.of(self._person.user)]:
            self._person.mark_read(channel)
            for root in rooms.channels.unread_replies(self._person.user, channel):
                self._person.mark_read(channel, thread_ts=root)
        return {}

    async def _suggest(self, asked: Asked) -> dict[str, Any]:
        view, block, action = (_word(asked, name) for name in ("view", "block_id", "action_id"))
        typed = _word(asked, "value")[:200]
        if view:
            return {"options": await self._person.apps.suggest(view, block, action, typed)}
        channel, ts = _word(asked, "channel"), _word(asked, "ts")
        found = await self._person.apps.suggest_in_message(channel, ts, block, action, typed)
        return {"options": found}


def refused(sentence: str, status: int) -> Response:
    """A refusal as the page's script expects it."""
    return JSONResponse({"error": sentence}, status)


def source(text: str, names: Names) -> str:
    """A stored message as the person typed it: mentions by name, nothing escaped."""

    def one(match: re.Match[str]) -> str:
        kind, body, label = match.groups()
        if kind == "@":
            return f"@{names.user(body) or body}"
        if kind == "#":
            return f"#{label or names.channel(body) or body}"
        return f"@{body}"

    return html.unescape(re.sub(r"<([@#!])([^|>]+)(?:\|([^>]*))?>", one, text))
