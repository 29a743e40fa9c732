"""The listeners of one app: what happens in Slack reaches the desk.

The rule it protects: a listener claims, hands over and returns; Slack is acknowledged only after
the desk has the message, and within 3 s whatever the desk is doing. No work is done here, and what
was said is heard by `listening.py`, once for all apps.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Protocol

import aiohttp
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.errors import SlackApiError

from bullpen.slack import ask, messages, modal
from bullpen.slack.aside import tell
from bullpen.slack.calling import Calling, Calls
from bullpen.slack.commands import Caller, Commands, Listening, Memory, place, question
from bullpen.slack.connect import Connection
from bullpen.slack.deciding import Acting, Deciding
from bullpen.slack.directory import Directory
from bullpen.slack.inbound import Reader, reachable
from bullpen.slack.judging import Blaming, Judging
from bullpen.slack.limits import Pace, Unpaced
from bullpen.slack.listening import Ears
from bullpen.slack.manifest import ASK_SHORTCUT, OPEN_SHORTCUT
from bullpen.slack.manifest import prompts as suggestions
from bullpen.slack.noting import Noting
from bullpen.slack.prompt import prompt
from bullpen.slack.reception import Duties, Reception
from bullpen.slack.refusals import ABSENT, reason
from bullpen.wording import Rerun
from bullpen_agents.roster import Roster
from bullpen_memory.records import WORKSPACE, channel_scope, person_scope
from bullpen_tools.context import Receipt

Json = dict[str, Any]
Ack = Callable[..., Awaitable[Any]]
FORM_SECONDS = 2.0
log = logging.getLogger("bullpen.slack.app")


class ReceiptBook(Protocol):
    """What the receipts button needs of the receipts."""

    def get(self, receipt_id: str, scopes: frozenset[str] | None = None) -> Receipt | None: ...

    def by_run(self, run_id: str) -> list[Receipt]: ...


class Replaying(Protocol):
    """What the receipts form needs to run a receipt again; it raises nothing."""

    async def again(self, receipt: Receipt) -> Rerun: ...


@dataclass(frozen=True, slots=True)
class Books:
    """What the desk has in writing, as Slack's side shows it."""

    roster: Roster
    receipts: ReceiptBook
    memory: Memory
    blame: Blaming | None = None
    duties: Duties | None = None
    acts: Acting | None = None
    calls: Calls | None = None
    replays: Replaying | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a question: whether it stands in the channel, and what went wrong, in a sentence."""

    problem: str = ""
    posted: bool = False


class Listeners:
    """Registers itself on the connection's Bolt app. `ears` are shared by all apps of the desk."""

    def __init__(
        self,
        connection: Connection,
        reader: Reader,
        directory: Directory,
        desk: Listening,
        books: Books,
        ears: Ears | None = None,
        pace: Pace | None = None,
    ) -> None:
        self._client = connection.client
        self._me = connection.identity
        self._reader = reader
        self._directory = directory
        self._desk = desk
        self._roster = books.roster
        self._receipts = books.receipts
        self._memory = books.memory
        self._noting = Noting(
            client=connection.client, me=connection.identity, directory=directory,
            memory=books.memory, show=lambda user, note: self.reception.show(user, note=note),
        )  # fmt: skip
        self._replays = books.replays
        self._calling: Calling | None = None
        if books.calls is not None:
            self._calling = Calling(
                client=connection.client, me=connection.identity, directory=directory,
                calls=books.calls,
            )  # fmt: skip
        self._commands = Commands(desk, books.roster, books.memory)
        self.reception = Reception(
            client=connection.client, directory=directory, desk=desk, roster=books.roster,
            memory=books.memory, commands=self._commands, pace=pace or Unpaced(),
            duties=books.duties, calls=books.calls,
        )  # fmt: skip
        if books.acts is not None:
            Deciding(
                client=connection.client, me=connection.identity, directory=directory,
                roster=books.roster, memory=books.memory, acts=books.acts,
            ).register(connection.app)  # fmt: skip
        self._ears = ears or Ears(desk)
        self._judging = Judging(
            connection.client, connection.identity, directory, desk, books.blame
        )
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
        self._noting.register(app)
        if self._calling is not None:
            self._calling.register(app)
        app.view(ask.CALLBACK)(prompt(self.asked))
        app.action(re.compile(r"^receipts(:\d+)?$"))(self.receipts)
        app.action(re.compile(rf"^{modal.REPLAY}:"))(prompt(self.replay))
        app.action(re.compile(r"^stop(:\d+)?$"))(self.stop)
        self._judging.register(app)
        self.reception.register(app)
        app.action(re.compile(".*"))(self.acknowledged)
        app.view(re.compile(".*"))(self.acknowledged)

    async def said(self, body: Json) -> None:
        """A `message` or `app_mention` event."""
        await self._ears.said(body, self._reader)

    async def home_opened(self, event: Json) -> None:
        """Somebody looks at the app's home."""
        if event.get("tab") == "messages":
            await self._suggest(str(event.get("channel", "")))
        if event.get("tab") != "home":
            return
        await self.reception.show(str(event["user"]))

    async def _suggest(self, channel: str) -> None:
        """What one may begin with in a direct message."""
        prompts = [
            {"title": title, "message": message} for title, message in suggestions(self._me.agent)
        ]
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
        cited = str(action.get("value", ""))
        found = self._readable(cited, channel, user)
        private = json.dumps({"channel": channel, "cited": cited})
        view = modal.view(found, replays=self._replays is not None, private=private)
        await self._client.views_open(trigger_id=body["trigger_id"], view=view)

    async def replay(self, ack: Ack, body: Json, action: Json) -> None:
        """“Run it again” at a receipt."""
        await ack()
        if self._replays is None:
            return
        private: Json = json.loads(body["view"]["private_metadata"])
        user = str(body["user"]["id"])
        found = self._readable(str(private["cited"]), str(private["channel"]), user)
        again: dict[str, str] = dict(private.get("again") or {})
        for receipt in found:
            if receipt.id == str(action["value"]):
                again[receipt.id] = messages.replayed(await self._replays.again(receipt))
        kept = json.dumps({**private, "again": again})
        if len(kept) > modal.PRIVATE:
            kept = json.dumps({**private, "again": {}})  # what was run before is offered again
        view = modal.view(found, replays=True, again=again, private=kept)
        await self._client.views_update(view_id=body["view"]["id"], view=view)

    def _readable(self, cited: str, channel: str, user: str) -> list[Receipt]:
        allowed = {WORKSPACE, channel_scope(channel), person_scope(user)}
        return [receipt for receipt in self._cited(cited) if receipt.scope in allowed]

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
            await ack(text=await self._told(verb, rest, user, channel))
            return
        await ack()
        asked = ask.Question(
            user=user, channel=channel, text=question(self._roster, rest),
            event_id=f"slash:{body.get('trigger_id', '')}",
        )  # fmt: skip
        outcome = await self._put(asked)
        if outcome.problem:
            url = str(body.get("response_url", ""))
            await tell(self._client, user, outcome.problem, channel=channel, response_url=url)

    async def _told(self, verb: str, rest: str, user: str, channel: str) -> str:
        """The answer to a command that starts no work; a sentence where the desk fails over it."""
        try:
            person = await self._directory.person(user)
            caller = Caller(user, person.name, await self._directory.channel(channel))
            return reachable(await self._commands.answer(verb, rest, caller), self._me)
        except Exception:
            # Slack would tell the person no more than that the app failed.
            log.exception("/bullpen %s failed", verb)
            return messages.COMMAND_FAILED

    async def shortcut(self, ack: Ack, body: Json) -> None:
        """“Ask an agent about this” on a message, or “Ask the desk” anywhere."""
        await ack()
        view = ask.view(self._roster, body, self._me.agent)
        await self._client.views_open(trigger_id=body["trigger_id"], view=view)

    async def asked(self, ack: Ack, body: Json, view: Json) -> None:
        """The form of a shortcut was sent; a place where the app may not post is told in the form."""
        asked = ask.submitted(view, str(body["user"]["id"]))
        wrong = ask.mistakes(asked)
        if wrong:
            await ack(response_action="errors", errors=wrong)
            return
        putting = asyncio.create_task(self._put(asked))
        # Slack waits three seconds for a form; a slow post goes on behind it.
        done, _ = await asyncio.wait({putting}, timeout=FORM_SECONDS)
        if done and putting.result().problem and not putting.result().posted:
            await ack(response_action="errors", errors={ask.where(view): putting.result().problem})
            return
        await ack()
        problem = (await putting).problem
        if problem:
            await tell(
                self._client, asked.user, problem, channel=asked.channel,
                thread_ts=asked.thread_ts,
            )  # fmt: skip

    async def _put(self, question: ask.Question) -> Outcome:
        """Show the question in the channel and hand it to the desk."""
        try:
            ts, place = await self._shown(question)
        except SlackApiError as error:
            log.warning("question not posted in %s: %s", question.channel, error)
            absent = reason(error) in ABSENT
            return Outcome(messages.SLASH_NOT_HERE if absent else messages.QUESTION_NOT_POSTED)
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            log.warning("question not posted in %s: %s", question.channel, error)
            return Outcome(messages.QUESTION_NOT_POSTED)
        try:
            person = await self._directory.person(question.user)
            channel = await self._directory.channel(place)
            await self._desk.receive(ask.inbound(question, person, channel, ts, self._me))
        except Exception:
            # It was acknowledged already: Slack delivers it no second time, so the person must know.
            log.exception("the question %s in %s was not taken", ts, place)
            return Outcome(messages.QUESTION_NOT_TAKEN, posted=True)
        return Outcome(posted=True)

    async def _shown(self, question: ask.Question) -> tuple[str, str]:
        """Post the question under the person's name; its ts and channel."""
        person = await self._directory.person(question.user)
        shown = messages.asked_by(person.name, question.text)
        posted = await self._client.chat_postMessage(
            channel=question.channel, text=shown, thread_ts=question.thread_ts or None,
            unfurl_links=False, unfurl_media=False,
        )  # fmt: skip
        return str(posted["ts"]), str(posted["channel"])

    async def acknowledged(self, ack: Ack) -> None:
        """A button or a form that needs no work (a link button, an old message)."""
        await ack()

    async def ignored(self, event: Json) -> None:
        """Events that the manifest asks for, and that change nothing here yet."""
        log.debug("event %s", event.get("type"))
