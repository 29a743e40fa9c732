"""The listeners: what happens in Slack reaches the desk.

The rule it protects: a listener claims, hands over and returns; Slack is acknowledged only after
the desk has the message, and within 3 s whatever the desk is doing. One message delivered twice
(as `message` and `app_mention`, or again) is read once. No work is done here.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Protocol
from weakref import WeakValueDictionary

from slack_bolt.app.async_app import AsyncApp
from slack_sdk.errors import SlackApiError

from bullpen import messages
from bullpen.slack import ask, home, modal
from bullpen.slack.commands import Caller, Commands, Listening, Memory, place, question
from bullpen.slack.connect import Connection
from bullpen.slack.directory import Directory
from bullpen.slack.inbound import Reader, reachable
from bullpen.slack.manifest import ASK_SHORTCUT, OPEN_SHORTCUT, PROMPTS
from bullpen_agents.roster import Roster
from bullpen_memory.records import WORKSPACE, channel_scope, person_scope
from bullpen_tools.context import Receipt

Json = dict[str, Any]
Ack = Callable[..., Awaitable[Any]]
REMEMBERED = 2_000
log = logging.getLogger("bullpen.slack.app")


class ReceiptBook(Protocol):
    """What the receipts button needs of the receipts."""

    def get(self, receipt_id: str, scopes: frozenset[str] | None = None) -> Receipt | None: ...

    def by_run(self, run_id: str) -> list[Receipt]: ...


@dataclass(frozen=True, slots=True)
class Books:
    """What the desk has in writing, as Slack's side shows it."""

    roster: Roster
    receipts: ReceiptBook
    memory: Memory


class Listeners:
    """Registers itself on the connection's Bolt app."""

    def __init__(
        self,
        connection: Connection,
        reader: Reader,
        directory: Directory,
        desk: Listening,
        books: Books,
    ) -> None:
        self._client = connection.client
        self._me = connection.identity
        self._reader = reader
        self._directory = directory
        self._desk = desk
        self._roster = books.roster
        self._receipts = books.receipts
        self._memory = books.memory
        self._commands = Commands(desk, books.roster, books.memory)
        self._handled: OrderedDict[tuple[str, str], asyncio.Task[None]] = OrderedDict()
        self._threads: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()
        self._register(connection.app)

    def _register(self, app: AsyncApp) -> None:
        app.event("message")(self.said)
        app.event("app_mention")(self.said)
        app.event("app_home_opened")(self.home_opened)
        app.event("agent_session_stopped")(self.session_stopped)
        app.event(re.compile(".*"))(self.ignored)
        app.command("/bullpen")(self.command)
        app.shortcut(ASK_SHORTCUT)(self.shortcut)
        app.shortcut(OPEN_SHORTCUT)(self.shortcut)
        app.view(ask.CALLBACK)(self.asked)
        app.action(re.compile(r"^receipts(:\d+)?$"))(self.receipts)
        app.action(re.compile(r"^stop(:\d+)?$"))(self.stop)
        app.action(re.compile(".*"))(self.acknowledged)
        app.view(re.compile(".*"))(self.acknowledged)

    async def said(self, body: Json) -> None:
        """A `message` or `app_mention` event."""
        event: Json = body["event"]
        message = (str(event.get("channel", "")), str(event.get("ts", "")))
        task = self._handled.get(message)
        if task is None:
            task = asyncio.create_task(self._take(body))
            self._handled[message] = task
            while len(self._handled) > REMEMBERED:
                self._handled.popitem(last=False)
        try:
            await asyncio.shield(task)
        except Exception:
            # Not claimed: the next delivery of the same message is a new attempt.
            self._handled.pop(message, None)
            raise

    async def _take(self, body: Json) -> None:
        event: Json = body["event"]
        message: Json = event.get("message") or event.get("previous_message") or event
        thread = (str(event.get("channel", "")), str(message.get("thread_ts") or message.get("ts")))
        lock = self._threads.setdefault(thread, asyncio.Lock())
        async with lock:
            claimed = await self._hand_over(body, str(event.get("subtype", "")), message)
            if claimed:
                log.info("message %s in %s: %s", event.get("ts"), event.get("channel"), claimed)

    async def _hand_over(self, body: Json, subtype: str, message: Json) -> str:
        """Give the desk what was said, corrected or taken back; "" where it is nobody's word."""
        # Slack leaves a tombstone where a deleted message has replies.
        if subtype == "message_deleted" or message.get("subtype") == "tombstone":
            gone = await self._reader.deletion(body)
            return (
                await self._desk.withdraw(gone.message_id, gone.event_id, gone.by) if gone else ""
            )
        if subtype == "message_changed":
            edited = await self._reader.edit(body)
            return await self._desk.correct(edited) if edited else ""
        inbound = await self._reader.read(body)
        return await self._desk.receive(inbound) if inbound else ""

    async def home_opened(self, event: Json) -> None:
        """Somebody looks at the app's home."""
        if event.get("tab") == "messages":
            await self._suggest(str(event.get("channel", "")))
        if event.get("tab") != "home":
            return
        user = str(event["user"])
        counts = self._memory.count(frozenset({WORKSPACE, person_scope(user)}))
        await self._client.views_publish(user_id=user, view=home.view(self._roster, counts))

    async def _suggest(self, channel: str) -> None:
        """What one may begin with in a direct message."""
        prompts = [{"title": title, "message": message} for title, message in PROMPTS]
        try:
            await self._client.assistant_threads_setSuggestedPrompts(
                channel_id=channel, title=messages.PROMPTS_TITLE, prompts=prompts
            )
        except SlackApiError as error:
            log.info("no suggested prompts: %s", error.response.get("error"))

    async def session_stopped(self, event: Json) -> None:
        """Slack's own stop button."""
        by = (await self._directory.person(str(event.get("user", "")))).name
        await self._desk.stop_thread(str(event["channel"]), str(event["thread_ts"]), by)

    async def stop(self, ack: Ack, body: Json) -> None:
        """Our stop button."""
        await ack()
        channel, thread_ts = place(body)
        by = (await self._directory.person(str(body["user"]["id"]))).name
        await self._desk.stop_thread(channel, thread_ts, by)

    async def receipts(self, ack: Ack, body: Json, action: Json) -> None:
        """The “Receipts” button under an answer."""
        await ack()
        channel, _ = place(body)
        user = str(body["user"]["id"])
        allowed = {WORKSPACE, channel_scope(channel), person_scope(user)}
        found = [r for r in self._cited(str(action.get("value", ""))) if r.scope in allowed]
        await self._client.views_open(trigger_id=body["trigger_id"], view=modal.view(found))

    def _cited(self, value: str) -> list[Receipt]:
        """Receipts by their ids ("r1,r2") or by the run that made them."""
        ids = [part.strip() for part in value.split(",") if part.strip()]
        if ids and all(re.fullmatch(r"r\d+", part) for part in ids):
            return [receipt for part in ids if (receipt := self._receipts.get(part))]
        return self._receipts.by_run(value)

    async def command(self, ack: Ack, body: Json) -> None:
        """`/bullpen …`."""
        verb, _, rest = str(body.get("text", "")).strip().partition(" ")
        verb, rest = verb.lower(), rest.strip()
        user, channel = str(body["user_id"]), str(body["channel_id"])
        if verb != "ask" or not rest:
            if verb == "ask":
                await ack(text=messages.slash_ask_what())
                return
            person = await self._directory.person(user)
            caller = Caller(user, person.name, await self._directory.channel(channel))
            await ack(text=reachable(await self._commands.answer(verb, rest, caller), self._me))
            return
        await ack()
        asked = ask.Question(
            user=user, channel=channel, text=question(self._roster, rest),
            event_id=f"slash:{body.get('trigger_id', '')}",
        )  # fmt: skip
        try:
            await self._post_question(asked)
        except SlackApiError as error:
            log.warning("question not posted in %s: %s", channel, error)
            await self._client.chat_postEphemeral(
                channel=channel, user=user, text=messages.SLASH_NOT_HERE
            )

    async def shortcut(self, ack: Ack, body: Json) -> None:
        """“Ask an agent about this” on a message, or “Ask the desk” anywhere."""
        await ack()
        view = ask.view(self._roster, body)
        await self._client.views_open(trigger_id=body["trigger_id"], view=view)

    async def asked(self, ack: Ack, body: Json, view: Json) -> None:
        """The form of a shortcut was sent; a place where the app may not post is told in the form."""
        asked = ask.submitted(view, str(body["user"]["id"]))
        wrong = ask.mistakes(asked)
        if not wrong:
            try:
                await self._post_question(asked)
            except SlackApiError as error:
                log.warning("question not posted in %s: %s", asked.channel, error)
                wrong = {ask.where(view): messages.SLASH_NOT_HERE}
        if wrong:
            await ack(response_action="errors", errors=wrong)
        else:
            await ack()

    async def _post_question(self, question: ask.Question) -> None:
        """Show the question in the channel, then hand it to the desk as that message."""
        person = await self._directory.person(question.user)
        shown = messages.asked_by(person.name, question.text)
        posted = await self._client.chat_postMessage(
            channel=question.channel, text=shown, thread_ts=question.thread_ts or None,
            unfurl_links=False, unfurl_media=False,
        )  # fmt: skip
        channel = await self._directory.channel(str(posted["channel"]))
        inbound = ask.inbound(question, person, channel, str(posted["ts"]), self._me)
        await self._desk.receive(inbound)

    async def acknowledged(self, ack: Ack) -> None:
        """A button or a form that needs no work (a link button, an old message)."""
        await ack()

    async def ignored(self, event: Json) -> None:
        """Events that the manifest asks for, and that change nothing here yet."""
        log.debug("event %s", event.get("type"))
