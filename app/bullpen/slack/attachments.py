"""Files that people hand to the desk: fetched once, kept by the hash of their content.

The rule it protects: what cannot be used is refused in a sentence that reaches the person, never
silently; the token is sent to Slack's own hosts only. It reads no file's content beyond asking
what it is.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from bullpen.slack import messages
from bullpen_memory.documents.sniff import HEAD, READABLE, picture, unreadable
from bullpen_tools.context import LocalFile

CHUNK = 1 << 16
FETCH_SECONDS = 60.0
PICTURE_BYTES = 3_750_000
"""The Messages API takes 5 MB of a picture, counted after base64 made it a third longer."""
log = logging.getLogger("bullpen.slack.attachments")


class _Refused(Exception):
    """The file cannot be used; the argument is the sentence for the person."""


class Attachments:
    """Fetches into `folder`, at most `limit` bytes each. `pictures`: the model can look at them."""

    def __init__(
        self, client: AsyncWebClient, folder: Path, limit: int, *, pictures: bool = False
    ) -> None:
        assert client.session is not None
        self._session = client.session
        self._client = client
        self._folder = folder
        self._limit = limit
        self._pictures = pictures

    async def fetch(
        self, files: Sequence[Mapping[str, Any]]
    ) -> tuple[tuple[LocalFile, ...], tuple[str, ...]]:
        """The stored files, and a sentence for each one that was left out."""
        stored: list[LocalFile] = []
        problems: list[str] = []
        for file in files:
            try:
                stored.append(await self._one(file))
            except _Refused as refusal:
                problems.append(str(refusal))
            except OSError as error:
                name = _name(file)
                log.error("the file %s cannot be kept: %s", name, error)
                problems.append(messages.file_not_kept(name, error.strerror or str(error)))
        return tuple(stored), tuple(problems)

    async def _one(self, file: Mapping[str, Any]) -> LocalFile:
        name = _name(file)
        url = str(file.get("url_private_download") or file.get("url_private") or "")
        size = int(file.get("size") or 0)
        if size > self._limit:
            raise _Refused(messages.file_too_large(name, size, self._limit))
        if not self._ours(url):
            raise _Refused(messages.file_not_fetched(name, "it is not kept in this workspace"))
        temporary, digest, length, head = await self._download(name, url)
        try:
            if length == 0:
                raise _Refused(messages.file_empty(name))
            seen = picture(head)
            if seen and not self._pictures:
                raise _Refused(messages.picture_unseen(name))
            if seen and length > PICTURE_BYTES:
                raise _Refused(messages.file_too_large(name, length, PICTURE_BYTES))
            if not seen and (cause := unreadable(head, name)):
                raise _Refused(messages.file_unreadable(name, cause, READABLE))
            suffix = Path(name).suffix.lower()[:12]
            target = self._folder / f"{digest}{suffix}"
            await asyncio.to_thread(os.replace, temporary, target)
        finally:
            await asyncio.to_thread(temporary.unlink, missing_ok=True)
        return LocalFile(
            name=name, path=target, mimetype=seen or str(file.get("mimetype") or "text/plain"),
            sha256=digest, size=length, permalink=str(file.get("permalink") or ""),
        )  # fmt: skip

    async def _download(self, name: str, url: str) -> tuple[Path, str, int, bytes]:
        handle, path = await asyncio.to_thread(tempfile.mkstemp, dir=self._folder)
        temporary = Path(path)
        digest, length, head = hashlib.sha256(), 0, b""
        try:
            with os.fdopen(handle, "wb") as out:
                async for chunk in self._chunks(name, url):
                    length += len(chunk)
                    if length > self._limit:
                        raise _Refused(messages.file_too_large(name, length, self._limit))
                    head = head if len(head) >= HEAD else head + chunk[:HEAD]
                    digest.update(chunk)
                    out.write(chunk)
        except BaseException:
            await asyncio.to_thread(temporary.unlink, missing_ok=True)
            raise
        return temporary, digest.hexdigest(), length, head

    async def _chunks(self, name: str, url: str) -> AsyncIterator[bytes]:
        timeout = aiohttp.ClientTimeout(total=FETCH_SECONDS)
        try:
            async with self._session.get(
                url,
                headers={"Authorization": f"Bearer {self._client.token}"},
                proxy=self._client.proxy,
                timeout=timeout,
                allow_redirects=False,
            ) as answer:
                # Without the scope files:read Slack redirects to its login page.
                if answer.status != 200:
                    reason = f"Slack answered {answer.status}"
                    raise _Refused(messages.file_not_fetched(name, reason))
                async for chunk in answer.content.iter_chunked(CHUNK):
                    yield chunk
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            log.warning("file not fetched: %s", error)
            reason = "the connection failed"
            raise _Refused(messages.file_not_fetched(name, reason)) from error

    def _ours(self, url: str) -> bool:
        """Whether `url` is a place that may see the token."""
        there, api = urlsplit(url), urlsplit(self._client.base_url)
        if (there.scheme, there.netloc) == (api.scheme, api.netloc):
            return True
        host = there.hostname or ""
        return there.scheme == "https" and (host == "slack.com" or host.endswith(".slack.com"))


def _name(file: Mapping[str, Any]) -> str:
    return Path(str(file.get("name") or file.get("title") or "file")).name
