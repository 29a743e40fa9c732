"""The buttons of a record under the message that wrote it: decided there, shown there.

The rule it protects: who presses sees the record, decides on the version they saw, and is named in
its history; whoever may not is told why. What is allowed is the store's decision, and the message
shows afterwards how the record stands.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import aiohttp
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bullpen.slack import decision_forms, messages, more_form, record_cards
from bullpen.slack.answers import Json, items
from bullpen.slack.aside import tell
from bullpen.slack.commands import place
from bullpen.slack.connect import Identity, is_loopback
from bullpen.slack.decision_forms import Spot
from bullpen.slack.directory import Directory
from bullpen.slack.prompt import prompt
from bullpen.wording import DID
from bullpen_agents.roster import Roster
from bullpen_memory.errors import BullpenError
from bullpen_memory.headlines import by_agent
from bullpen_memory.records import WORKSPACE, Change, Record, channel_scope, person_scope
from bullpen_memory.reviewing import Seen
from bullpen_orchestrator.written import as_written

Ack = Callable[..., Awaitable[Any]]
log = logging.getLogger("bullpen.slack.deciding")


class Records(Protocol):
    """What the buttons need of the store."""

    def get(self, record_id: str, *, scopes: frozenset[str] | None = None) -> Record | None: ...

    def changes(
        self, record_id: str, *, scopes: frozenset[str] | None = None
    ) -> Sequence[Change]: ...


class Acting(Protocol):
    """The changes that people make, by name; the same as on the memory page."""

    def do(self, action: str, seen: Seen, by: str, form: Mapping[str, str]) -> Record: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Deciding:
    """The cards of one app's messages."""

    client: AsyncWebClient
    me: Identity
    directory: Directory
    roster: Roster
    memory: Records
    acts: Acting
    _drawing: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)

    def register(self, app: AsyncApp) -> None:
        """Take the buttons, the menu and the forms."""
        app.action(re.compile(rf"^{record_cards.PREFIX}"))(prompt(self.pressed))
        app.view(decision_forms.CALLBACK)(prompt(self.sent))

    async def pressed(self, ack: Ack, body: Json, action: Json) -> None:
        """A button or an entry of the menu."""
        await ack()
        verb, record_id, version = record_cards.pressed(action)
        if verb == "open":
            return
        channel, thread_ts = place(body)
        ts = str((body.get("message") or {}).get("ts", ""))
        spot, user = Spot(record_id, version, channel, thread_ts, ts), str(body["user"]["id"])
        record = await self._visible(spot, user)
        if record is None:
            await self._tell(spot, user, messages.card_not_yours(record_id))
        elif record.version != version:
            await self._tell(spot, user, messages.card_too_late(record_id))
            await self._show(spot, record)
        elif verb == "more":
            lines = await self._history(record)
            blocks = more_form.blocks(record, lines, await self._places(spot, user))
            view = decision_forms.more(record, spot, blocks)
            await self.client.views_open(trigger_id=body["trigger_id"], view=view)
        elif verb in decision_forms.ASKING:
            view = decision_forms.view(verb, record, spot)
            await self.client.views_open(trigger_id=body["trigger_id"], view=view)
        else:
            await self._do(verb, spot, user, {})

    async def sent(self, ack: Ack, body: Json, view: Json) -> None:
        """A form was sent: new words, or why it is disputed, withdrawn or forgotten."""
        verb, spot, given = decision_forms.submitted(view)
        wrong = decision_forms.mistakes(verb, given)
        if wrong:
            await ack(response_action="errors", errors=wrong)
            return
        await ack()
        user = str(body["user"]["id"])
        if await self._visible(spot, user) is None:
            await self._tell(spot, user, messages.card_not_yours(spot.record_id))
            return
        if verb.startswith("more"):
            wanted = more_form.given(view["state"]["values"], verb.removeprefix("more").strip())
            await self._do_all(spot, user, wanted)
            return
        await self._do("reword" if verb == "edit" else verb, spot, user, given)

    async def _do_all(self, spot: Spot, user: str, wanted: dict[str, str]) -> None:
        """The rarer changes one after the other; the first that is refused ends them."""
        if "records" in wanted:
            ids = [part.strip() for part in wanted["records"].split(",") if part.strip()]
            seen = [await self._visible(replace(spot, record_id=one), user) for one in ids]
            for one, record in zip(ids, seen, strict=True):
                if record is None:
                    await self._tell(spot, user, messages.card_not_yours(one))
                    return
            wanted["records"] = ",".join(f"{one.id}:{one.version}" for one in seen if one)
        allowed = {scope for scope, _ in await self._places(spot, user)}
        for name, verb in (("until", "expire"), ("records", "merge"), ("scope", "share")):
            record = await self._visible(spot, user)
            if name not in wanted or record is None:
                continue
            if name == "scope" and wanted["scope"] not in allowed:
                await self._tell(spot, user, messages.card_not_yours(spot.record_id))
                return
            if not await self._do(verb, replace(spot, version=record.version), user, wanted):
                return

    async def _places(self, spot: Spot, user: str) -> list[tuple[str, str]]:
        """The scopes that a person may choose here, with their names."""
        places = [(WORKSPACE, "Everybody in this workspace"), (person_scope(user), "Only me")]
        channel = await self.directory.channel(spot.channel)
        if channel.audience == "private":
            places.insert(1, (channel_scope(channel.id), f"Only people in #{channel.name}"))
        return places

    async def _history(self, record: Record) -> list[str]:
        changes = await asyncio.to_thread(self.memory.changes, record.id)
        return [
            more_form.line(one, DID.get(one.action, one.action), await self._name(one.by))
            for one in changes
        ]

    async def _do(self, verb: str, spot: Spot, user: str, form: Mapping[str, str]) -> bool:
        """One change, and the card as it is then; False where it was refused."""
        seen = Seen(spot.record_id, spot.version)
        try:
            made = await asyncio.to_thread(self.acts.do, verb, seen, user, form)
        except BullpenError as error:
            await self._tell(spot, user, str(error))
            now = await self._visible(spot, user)
            if now is not None:
                await self._show(spot, now)
            return False
        except Exception:
            # The button was acknowledged: the person must hear that nothing came of it.
            log.exception("%s of %s failed", verb, spot.record_id)
            await self._tell(spot, user, messages.COMMAND_FAILED)
            return False
        await self._show(spot, made)
        return True

    async def _visible(self, spot: Spot, user: str) -> Record | None:
        scopes = frozenset({WORKSPACE, channel_scope(spot.channel), person_scope(user)})
        return await asyncio.to_thread(lambda: self.memory.get(spot.record_id, scopes=scopes))

    async def _show(self, spot: Spot, record: Record) -> None:
        """Draw the card again in its message; what replaced the record stands in its place."""
        if record.superseded_by:
            after = await asyncio.to_thread(self.memory.get, record.superseded_by)
            record = after if after is not None and after.scope == record.scope else record
        page = f"{self.me.url}memory/{record.id}" if is_loopback(self.me.url) else ""
        card = record_cards.card(as_written(record, page), await self._said(record))
        try:
            # A message has several cards: each is drawn into the message as the others left it.
            async with self._drawing:
                message = await self._message(spot)
                if message is not None:
                    blocks = record_cards.replaced(
                        message.get("blocks") or [], spot.record_id, card
                    )
                    await self.client.chat_update(
                        channel=spot.channel, ts=spot.ts, text=str(message.get("text", "")), blocks=blocks
                    )  # fmt: skip
        except (SlackApiError, aiohttp.ClientError, OSError, TimeoutError) as error:
            log.warning("the card of %s is not brought up to date: %s", spot.record_id, error)

    async def _message(self, spot: Spot) -> Json | None:
        found = await self.client.conversations_replies(
            channel=spot.channel, ts=spot.thread_ts or spot.ts, oldest=spot.ts, latest=spot.ts,
            inclusive=True, limit=5,
        )  # fmt: skip
        return next((one for one in items(found, "messages") if one.get("ts") == spot.ts), None)

    async def _said(self, record: Record) -> str:
        """What was done last, and by whom: `approved by Ada`."""
        changes = await asyncio.to_thread(self.memory.changes, record.id)
        told = [one for one in changes if one.action in messages.CARD_DID]
        if not told:
            return ""
        return f"{messages.CARD_DID[told[-1].action]} by {await self._name(told[-1].by)}"

    async def _name(self, by: str) -> str:
        known = self.roster.agents.get(by)
        if known is not None or by_agent(by):
            return known.name if known else by
        return (await self.directory.person(by)).name

    async def _tell(self, spot: Spot, user: str, text: str) -> None:
        await tell(self.client, user, text, channel=spot.channel, thread_ts=spot.thread_ts)
