"""A person's side of the local workspace: post a question, follow the thread.

The rule it protects: `bullpen ask` goes the same way as a message typed into the page. It knows
no desk and reads nothing but the thread it asked in.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from slack_sdk.web.async_client import AsyncWebClient

from bullpen.slack import messages
from bullpen.slack.answers import Json, answer, items, next_cursor
from bullpen.slack.render import EVENT_TYPE, mrkdwn_bare

LOOK_SECONDS = 0.25


@dataclass(frozen=True, slots=True)
class Said:
    """One message of the thread. `final` marks the answer."""

    ts: str
    speaker: str
    text: str
    footnotes: tuple[str, ...]
    images: tuple[str, ...]
    final: bool


class Person:
    """Acts as the person whose token it holds, at `url` (the workspace's address)."""

    def __init__(self, url: str, token: str, bot_user_id: str) -> None:
        self._client = AsyncWebClient(token=token, base_url=f"{url}/api/")
        self._client.proxy = None
        self._bot = bot_user_id

    async def ask(
        self, channel: str, question: str, files: Sequence[Path] = ()
    ) -> tuple[str, str, str]:
        """Post the question, with files; channel id, ts and permalink. InputError for an unknown channel."""
        page = await self._client.conversations_list(limit=1_000, exclude_archived=True)
        known = {str(c.get("name", "")): str(c["id"]) for c in items(page, "channels")}
        if channel not in known:
            raise messages.unknown_channel(channel, sorted(name for name in known if name))
        ts = await self._post(known[channel], f"<@{self._bot}> {question}", files)
        link = answer(await self._client.chat_getPermalink(channel=known[channel], message_ts=ts))
        return known[channel], ts, str(link["permalink"])

    async def _post(self, place: str, text: str, files: Sequence[Path]) -> str:
        """The ts of the new message."""
        if not files:
            posted = await self._client.chat_postMessage(channel=place, text=text)
            return str(answer(posted)["ts"])
        uploads = [{"file": str(path), "filename": path.name} for path in files]
        await self._client.files_upload_v2(
            channel=place, initial_comment=text, file_uploads=uploads
        )
        # The answer of an upload names no message: it is the newest one with this text.
        page = await self._client.conversations_history(channel=place, limit=20)
        return next(str(m["ts"]) for m in items(page, "messages") if m.get("text") == text)

    async def follow(self, channel: str, ts: str, *, seconds: float) -> AsyncIterator[Said]:
        """Every message of the thread as it comes, until the answer. TimeoutError after `seconds`."""
        until = time.monotonic() + seconds
        seen = {ts}
        while time.monotonic() < until:
            for message in await self._thread(channel, ts):
                if message["ts"] in seen or message.get("streaming"):
                    continue
                said = _said(message)
                if not said.text.strip() and not said.final:
                    continue
                seen.add(message["ts"])
                yield said
                if said.final:
                    return
            await asyncio.sleep(LOOK_SECONDS)
        raise TimeoutError

    async def _thread(self, channel: str, ts: str) -> list[Json]:
        found: list[Json] = []
        cursor = ""
        while True:
            page = await self._client.conversations_replies(
                channel=channel, ts=ts, limit=200, include_all_metadata=True, cursor=cursor or None
            )
            found += items(page, "messages")
            cursor = next_cursor(page)
            if not cursor:
                return found


def _said(message: Json) -> Said:
    metadata: Json = message.get("metadata") or {}
    payload: Json = metadata.get("event_payload") or {}
    blocks: list[Json] = message.get("blocks") or []
    last = payload.get("part", 1) == payload.get("parts", 1)
    texts = [str(b["text"]) for b in blocks if b.get("type") == "markdown"]
    notes = [
        mrkdwn_bare(str(e.get("text", "")))
        for b in blocks
        if b.get("type") == "context"
        for e in b["elements"]
    ]
    return Said(
        ts=str(message["ts"]),
        speaker=str(message.get("username") or message.get("user") or ""),
        text="\n\n".join(texts) or str(message.get("text", "")),
        footnotes=tuple(notes),
        images=tuple(str(b.get("alt_text", "")) for b in blocks if b.get("type") == "image"),
        final=metadata.get("event_type") == EVENT_TYPE and payload.get("priority") == "answer" and last,
    )  # fmt: skip
