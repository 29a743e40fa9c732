"""“Remember this” on a message, and editing a proposal in the app's home: both as a form.

The rule it protects: what is written carries the person who sent the form and the message it came
from, and is visible to nobody who could not read that message. It writes through the store alone.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from slack_bolt.app.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bullpen import messages as said
from bullpen.slack import home
from bullpen.slack.answers import brought
from bullpen.slack.aside import tell
from bullpen.slack.connect import Identity
from bullpen.slack.directory import Directory
from bullpen.slack.inbound import link, unwrap
from bullpen.slack.manifest import REMEMBER_SHORTCUT
from bullpen.slack.render import mrkdwn
from bullpen_memory import changes
from bullpen_memory.errors import BullpenError
from bullpen_memory.records import (
    WORKSPACE,
    Draft,
    Kind,
    Record,
    Source,
    channel_scope,
    person_scope,
)
from bullpen_memory.reviewing import restated

REMEMBER, EDIT = "remember_form", "edit_form"
KINDS: dict[str, Kind] = {"Note": "note", "Finding": "finding", "Fact": "fact", "Decision": "decision", "Task": "task"}  # fmt: skip
EMPTY = "Write what to remember."
LONGEST = 3_000
"""What Slack lets a text field hold."""
Json = dict[str, Any]
Ack = Callable[..., Awaitable[Any]]


class Keeping(Protocol):
    """What the forms need of the store."""

    def add(self, draft: Draft) -> Record: ...

    def get(self, record_id: str, *, scopes: frozenset[str] | None = None) -> Record | None: ...

    def supersede(self, record_id: str, draft: Draft, *, by: str, reason: str) -> Record: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Noting:
    """The two forms of one app. `show` draws a person's home again, with a note."""

    client: AsyncWebClient
    me: Identity
    directory: Directory
    memory: Keeping
    show: Callable[[str, str], Awaitable[None]]

    def register(self, app: AsyncApp) -> None:
        """Take the shortcut, the button and both forms."""
        app.shortcut(REMEMBER_SHORTCUT)(self.chosen)
        app.view(REMEMBER)(self.remembered)
        app.action(home.EDIT)(self.edit)
        app.view(EDIT)(self.edited)

    async def chosen(self, ack: Ack, body: Json) -> None:
        """“Remember this” was chosen on a message."""
        await ack()
        words = await unwrap(str((body.get("message") or {}).get("text", "")), (self.me,), self.directory)  # fmt: skip
        await self.client.views_open(trigger_id=body["trigger_id"], view=form(body, words.text))

    async def remembered(self, ack: Ack, body: Json, view: Json) -> None:
        """The form was sent: the person's words are kept, from the message's scope."""
        user = str(body["user"]["id"])
        text, title, kind = _given(view)
        if not text:
            await ack(response_action="errors", errors={"text": EMPTY})
            return
        # Slack waits three seconds; embedding a text may take longer on a busy machine.
        await ack()
        private: Json = json.loads(view["private_metadata"])
        channel = await self.directory.channel(str(private["channel"]))
        person = await self.directory.person(user)
        draft = Draft(
            kind=KINDS.get(kind, "note"), text=text, title=title, author=user,
            speaker=person.name, scope=channel.scope(user),
            source=Source(
                kind="message", ref=f"{self.me.team_id}:{channel.id}:{private['ts']}",
                permalink=link(self.me, channel.id, private["ts"], private["thread_ts"]),
                title=f"{private['who'] or person.name} in {channel.place}",
            ),
        )  # fmt: skip
        try:
            kept = _kept(await asyncio.to_thread(self.memory.add, draft))
        except BullpenError as error:
            kept = str(error)
        await tell(self.client, user, kept, channel=channel.id, thread_ts=private["thread_ts"])

    async def edit(self, ack: Ack, body: Json, action: Json) -> None:
        """“Edit” at a proposal in the home."""
        await ack()
        record_id, _, version = str(action["value"]).partition(":")
        record = await self._visible(record_id, str(body["user"]["id"]))
        if record is None or str(record.version) != version:
            await self.show(str(body["user"]["id"]), f"`{record_id}` changed meanwhile; it is shown as it is now.")  # fmt: skip
            return
        await self.client.views_open(trigger_id=body["trigger_id"], view=editor(record))

    async def edited(self, ack: Ack, body: Json, view: Json) -> None:
        """The proposal's form was sent: the person's own words hold in its place."""
        user = str(body["user"]["id"])
        private: Json = json.loads(view["private_metadata"])
        text, title, _ = _given(view)
        record_id = str(private["id"])
        if not text:
            await ack(response_action="errors", errors={"text": EMPTY})
            return
        await ack()
        try:
            record = await self._visible(record_id, user)
            if record is None:
                raise said.no_record(record_id)
            changes.refuse_stale(record, int(private["version"]))
            draft = restated(record, by=user, text=text, title=title)
            made = await asyncio.to_thread(
                lambda: self.memory.supersede(record_id, draft, by=user, reason="")
            )
            note = f"`{made.id}` holds in your words, in place of the proposal."
        except BullpenError as error:
            note = str(error)
        await self.show(user, note)

    async def _visible(self, record_id: str, user: str) -> Record | None:
        channels = await self.directory.channels_of(user)
        scopes = {WORKSPACE, person_scope(user), *(channel_scope(c.id) for c in channels)}
        return await asyncio.to_thread(lambda: self.memory.get(record_id, scopes=frozenset(scopes)))


def form(body: Mapping[str, Any], said: str) -> Json:
    """The form for a message that a shortcut brought along; `said` are its words as people read them."""
    private = brought(body)
    options = [_option(label) for label in KINDS]
    kind = {
        "type": "input", "block_id": "kind", "label": _plain("What is it?"),
        "element": {"type": "static_select", "action_id": "value", "options": options, "initial_option": options[0]},
    }  # fmt: skip
    blocks = [_field("text", "What to remember", said, multiline=True), kind,
              _field("title", "Headline", "", optional=True)]  # fmt: skip
    return _modal(REMEMBER, "Remember this", "Remember", private, blocks)


def editor(record: Record) -> Json:
    """The form for a proposal."""
    who = mrkdwn(record.speaker or record.author)
    note: Json = {
        "type": "context",
        "elements": [{"type": "mrkdwn", "text": f"Proposed by {who}. What you send holds at once, in your name; the proposal is kept as replaced."}],
    }  # fmt: skip
    blocks = [note, _field("text", "What holds", record.text, multiline=True),
              _field("title", "Headline", record.title, optional=True)]  # fmt: skip
    private = {"id": record.id, "version": record.version}
    return _modal(EDIT, "Edit a proposal", "Put in force", private, blocks)


def _kept(record: Record) -> str:
    if record.status == "active":
        return f"Remembered as {record.kind} `{record.id}`, in your name."
    return f"It was {record.status} before, and stays so: `{record.id}`."


def _given(view: Mapping[str, Any]) -> tuple[str, str, str]:
    values: Mapping[str, Any] = view["state"]["values"]
    option: Mapping[str, Any] = values.get("kind", {}).get("value", {}).get("selected_option") or {}
    return (
        str(values["text"]["value"].get("value") or "").strip(),
        str(values["title"]["value"].get("value") or "").strip(),
        str(option.get("value", "")),
    )


def _modal(callback: str, title: str, submit: str, private: Json, blocks: list[Json]) -> Json:
    return {
        "type": "modal", "callback_id": callback, "private_metadata": json.dumps(private),
        "title": _plain(title), "submit": _plain(submit), "close": _plain("Cancel"), "blocks": blocks,
    }  # fmt: skip


def _field(
    block: str, label: str, value: str, *, multiline: bool = False, optional: bool = False
) -> Json:
    element: Json = {"type": "plain_text_input", "action_id": "value", "multiline": multiline}
    if value:
        element["initial_value"] = value[:LONGEST]
    return {"type": "input", "block_id": block, "optional": optional, "label": _plain(label), "element": element}  # fmt: skip


def _plain(text: str) -> Json:
    return {"type": "plain_text", "text": text, "emoji": True}


def _option(label: str) -> Json:
    return {"text": _plain(label), "value": label}
