"""Slack's events as the desk's `Inbound`.

The rule it protects: only people start work. Who spoke is decided in a fixed order: our own bots,
another bot, a person; a person who posts through some app's token stays a person. Slack's mark-up
is unwrapped here, and nowhere else; who mentions an agent's own app, or writes to it directly,
addresses that agent. It claims nothing and answers nothing.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from bullpen.slack.attachments import Attachments
from bullpen.slack.connect import Identity, is_loopback
from bullpen.slack.directory import Directory
from bullpen_orchestrator.ports import Inbound

Sender = Literal["self", "bot", "person", "nobody"]
SPOKEN = frozenset({"", "file_share", "thread_broadcast", "me_message", "bot_message"})
"""Subtypes that are somebody saying something; joins, edits, topic changes and so on are not."""

USER = re.compile(r"<@([A-Z0-9]+)(?:\|([^>]*))?>")
CHANNEL = re.compile(r"<#([A-Z0-9]+)(?:\|([^>]*))?>")
SPECIAL = re.compile(r"<!(here|channel|everyone)(?:\|[^>]*)?>")
GROUP = re.compile(r"<!(?:subteam|date)\^[^|>]*(?:\|([^>]*))?>")
LOCAL = re.compile(r"http://(?:127\.0\.0\.1|localhost)(?::\d+)?/archives/")
LINK = re.compile(r"<((?:https?|mailto|tel):[^|>]+)(?:\|([^>]*))?>")


def own(event: Mapping[str, Any], us: Sequence[Identity]) -> bool:
    """Whether one of the desk's apps said this itself, under any name."""
    user = event.get("user")
    if user and user in {me.bot_user_id for me in us}:
        return True
    ours = bool(event.get("bot_id")) and event["bot_id"] in {me.bot_id for me in us}
    return ours and (not user or event.get("subtype") == "bot_message")


async def sender(event: Mapping[str, Any], us: Sequence[Identity], directory: Directory) -> Sender:
    """Who said it. Own posts carry `user` and `bot_id`; so do posts by a person's token."""
    if str(event.get("subtype", "")) not in SPOKEN:
        return "nobody"
    if own(event, us):
        return "self"
    user = str(event.get("user", ""))
    if event.get("subtype") == "bot_message" or not user:
        return "bot"
    if event.get("bot_id") and (await directory.person(user)).bot:
        return "bot"
    return "person"


@dataclass(frozen=True, slots=True)
class Words:
    """The text a person meant; whether it mentions the desk; the agents whose own apps it mentions."""

    text: str
    mentioned: bool
    agents: tuple[str, ...] = ()


async def unwrap(text: str, us: Sequence[Identity], directory: Directory) -> Words:
    """Slack's mark-up as plain words.

    The desk's own mention goes, and so do those of agents' apps before the first other word;
    later ones become @ids, other mentions @names, channels #names, links Markdown.
    """
    mentioned, agents = False, dict[str, None]()
    ours = {me.bot_user_id: me.agent for me in us}
    opening = True
    for match in list(USER.finditer(text)):
        before = text.partition(match[0])[0]
        opening = opening and not before.strip(" \t,:;&")
        if match[1] in ours:
            mentioned = True
            agent = ours[match[1]]
            if agent:
                agents[agent] = None
            shown = f"@{agent}" if agent and not opening else ""
        else:
            shown = f"@{(await directory.person(match[1])).name}"
        text = text.replace(match[0], shown, 1)
    for match in list(CHANNEL.finditer(text)):
        name = match[2] or (await directory.channel(match[1])).name or match[1]
        text = text.replace(match[0], f"#{name}", 1)
    text = SPECIAL.sub(r"@\1", text)
    text = GROUP.sub(lambda m: m[1] or "", text)
    text = LINK.sub(lambda m: f"[{m[2]}]({m[1]})" if m[2] and m[2] not in m[1] else m[1], text)
    text = re.sub(r"[ \t]{2,}", " ", html.unescape(text))
    text = text.strip().lstrip(",:;&").strip() if mentioned else text.strip()
    return Words(text, mentioned, tuple(agents))


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """A person's message that is gone: its id for the desk, the event, and the person's name."""

    message_id: str
    event_id: str
    by: str


class Reader:
    """Reads what one app hears; `others` are the desk's further apps in the same workspace."""

    def __init__(
        self,
        me: Identity,
        directory: Directory,
        attachments: Attachments,
        others: Sequence[Identity] = (),
    ) -> None:
        self._me = me
        self._us = (me, *others)
        self._directory = directory
        self._attachments = attachments

    async def by_person(self, event: Mapping[str, Any]) -> bool:
        """Whether a person said this."""
        return await sender(event, self._us, self._directory) == "person"

    async def read(self, body: Mapping[str, Any]) -> Inbound | None:
        """What a person said in a `message` or `app_mention` event; None for anybody else."""
        event: Mapping[str, Any] = body["event"]
        if await sender(event, self._us, self._directory) != "person":
            return None
        user = str(event["user"])
        channel_id, ts = str(event["channel"]), str(event["ts"])
        channel = await self._directory.channel(channel_id, str(event.get("channel_type", "")))
        words = await unwrap(str(event.get("text") or ""), self._us, self._directory)
        direct = channel.audience == "direct"
        files, problems = await self._attachments.fetch(event.get("files") or [])
        thread_ts = str(event.get("thread_ts") or ts)
        return Inbound(
            event_id=str(body.get("event_id") or f"{channel_id}:{ts}:{event['type']}"),
            team=str(body.get("team_id") or event.get("team") or self._me.team_id),
            channel=channel_id,
            channel_name=channel.name,
            audience=channel.audience,
            user=user,
            user_name=(await self._directory.person(user)).name,
            text=words.text,
            ts=ts,
            thread_ts=thread_ts,
            addressed=words.mentioned or direct,
            to=words.agents or ((self._me.agent,) if direct and self._me.agent else ()),
            permalink=link(self._me, channel_id, ts, thread_ts),
            files=files,
            problems=problems,
        )

    async def edit(self, body: Mapping[str, Any]) -> Inbound | None:
        """The new version of a message whose words a person changed; None for any other change.

        Unfurled links, reactions and files leave the words as they are.
        """
        event: Mapping[str, Any] = body["event"]
        message: Mapping[str, Any] = event.get("message") or {}
        before: Mapping[str, Any] = event.get("previous_message") or {}
        if not message.get("edited") or message.get("text") == before.get("text"):
            return None
        place = {name: event.get(name, "") for name in ("channel", "channel_type")}
        event_id = body.get("event_id") or f"{event['channel']}:{event.get('ts')}:edit"
        return await self.read(
            {**body, "event_id": event_id, "event": {**message, **place, "type": "message"}}
        )

    async def deletion(self, body: Mapping[str, Any]) -> Withdrawal | None:
        """The message that a person took back; None where it was nobody's."""
        event: Mapping[str, Any] = body["event"]
        before: Mapping[str, Any] = event.get("previous_message") or {}
        if before and await sender(before, self._us, self._directory) != "person":
            return None
        ts = str(event.get("deleted_ts") or before.get("ts", ""))
        team = str(body.get("team_id") or self._me.team_id)
        user = str(before.get("user", ""))
        name = (await self._directory.person(user)).name if user else "its author"
        event_id = str(body.get("event_id") or f"{event['channel']}:{ts}:deleted")
        return Withdrawal(f"{team}:{event['channel']}:{ts}", event_id, name)


def link(me: Identity, channel: str, ts: str, thread_ts: str = "") -> str:
    """The address of a message, in the form Slack gives it."""
    address = f"{me.url}archives/{channel}/p{ts.replace('.', '')}"
    if thread_ts and thread_ts != ts:
        address += f"?thread_ts={thread_ts}&cid={channel}"
    return address


def reachable(text: str, me: Identity) -> str:
    """`text` with the links into the local workspace as they lead there today.

    What is remembered keeps the address of its day, and the port of a local workspace changes.
    """
    if not is_loopback(me.url):
        return text
    return LOCAL.sub(f"{me.url}archives/", text)
