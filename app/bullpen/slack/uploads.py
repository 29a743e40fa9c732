"""Pictures and files into Slack: a picture is shown inside a message, another file under it.

The rule it protects: an uploaded picture appears only through the one message that shows it, so a
post stays exactly-once; what is shared by itself, the caller has looked for before. The same bytes under the same post key are
not uploaded twice by one process. It posts no message.
"""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass
from pathlib import Path

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from bullpen.slack.answers import Json, answer

READY_TRIES = 12
READY_PAUSE = 0.5


@dataclass(frozen=True, slots=True)
class Place:
    """Where a file is shown, and under which name and icon (None: the app's own)."""

    channel: str
    thread_ts: str
    username: str | None = None
    icon_emoji: str | None = None


class UploadFailed(Exception):
    """The raw upload was not accepted; `status` is the server's."""

    def __init__(self, name: str, status: int) -> None:
        self.status = status
        super().__init__(f"the upload of {name} was answered with {status}")


class Uploads:
    """Uploads, and remembers the file ids of pictures."""

    def __init__(self, client: AsyncWebClient, session: aiohttp.ClientSession) -> None:
        self._client = client
        self._session = session
        self._known: dict[tuple[str, str], str] = {}

    async def put(self, key: str, path: Path, alt: str) -> str:
        """The file id of `path`'s content. Raises SlackApiError, UploadFailed or OSError."""
        content = await asyncio.to_thread(path.read_bytes)
        known = (key, hashlib.sha256(content).hexdigest())
        if known not in self._known:
            self._known[known] = await self._send(path.name, content, alt)
        return self._known[known]

    async def _send(self, name: str, content: bytes, alt: str) -> str:
        slot = await self._client.files_getUploadURLExternal(
            filename=name, length=len(content), alt_txt=alt[:1_000]
        )
        file_id = str(slot["file_id"])
        await self._raw(str(slot["upload_url"]), name, content)
        await self._client.files_completeUploadExternal(files=[{"id": file_id, "title": name}])
        return file_id

    async def share(self, path: Path, title: str, place: Place) -> None:
        """Upload a file and show it in a thread, as a message of its own. Raises as `put` does."""
        content = await asyncio.to_thread(path.read_bytes)
        slot = await self._client.files_getUploadURLExternal(
            filename=path.name, length=len(content)
        )
        await self._raw(str(slot["upload_url"]), path.name, content)
        await self._client.files_completeUploadExternal(
            files=[{"id": str(slot["file_id"]), "title": title[:200]}],
            channel_id=place.channel, thread_ts=place.thread_ts or None,
            username=place.username, icon_emoji=place.icon_emoji,
        )  # fmt: skip

    async def _raw(self, url: str, name: str, content: bytes) -> None:
        async with self._session.post(
            url,
            data=content,
            headers={"Content-Type": "application/octet-stream"},
            proxy=self._client.proxy,
        ) as answer:
            if answer.status >= 300:
                raise UploadFailed(name, answer.status)

    async def ready(self, file_id: str) -> bool:
        """Wait until Slack has looked at the file: before that, a block that shows it is refused."""
        for _ in range(READY_TRIES):
            info: Json = answer(await self._client.files_info(file=file_id))["file"]
            if info.get("mimetype"):
                return True
            await asyncio.sleep(READY_PAUSE)
        return False

    def forget(self, key: str) -> None:
        """Drop what was remembered for a post that is done."""
        for known in [k for k in self._known if k[0] == key]:
            del self._known[known]
