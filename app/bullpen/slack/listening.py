"""What people say, from whichever app heard it, handed to the desk once and in order.

The rule it protects: one message heard twice (as `message` and `app_mention`, by several apps of
the desk, or delivered again) is read once; the messages of a thread are handed over in their
order; what was not claimed may be delivered again. It knows no buttons and no commands.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from typing import Any
from weakref import WeakValueDictionary

from bullpen.slack.commands import Listening
from bullpen.slack.inbound import Reader

Json = dict[str, Any]
REMEMBERED = 2_000
log = logging.getLogger("bullpen.slack.listening")


class Ears:
    """The ears of one desk, shared by all of its apps."""

    def __init__(self, desk: Listening) -> None:
        self._desk = desk
        self._handled: OrderedDict[tuple[str, str], asyncio.Task[None]] = OrderedDict()
        self._threads: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()

    async def said(self, body: Json, reader: Reader) -> None:
        """A `message` or `app_mention` event; `reader` is that of the app which heard it."""
        event: Json = body["event"]
        message = (str(event.get("channel", "")), str(event.get("ts", "")))
        task = self._handled.get(message)
        if task is None:
            task = asyncio.create_task(self._take(body, reader))
            self._handled[message] = task
            while len(self._handled) > REMEMBERED:
                self._handled.popitem(last=False)
        try:
            await asyncio.shield(task)
        except Exception:
            # Not claimed: the next delivery of the same message is a new attempt.
            self._handled.pop(message, None)
            raise

    async def _take(self, body: Json, reader: Reader) -> None:
        event: Json = body["event"]
        message: Json = event.get("message") or event.get("previous_message") or event
        thread = (str(event.get("channel", "")), str(message.get("thread_ts") or message.get("ts")))
        lock = self._threads.setdefault(thread, asyncio.Lock())
        async with lock:
            claimed = await self._hand_over(body, reader)
            if claimed:
                log.info("message %s in %s: %s", event.get("ts"), event.get("channel"), claimed)

    async def _hand_over(self, body: Json, reader: Reader) -> str:
        """Give the desk what was said, corrected or taken back; "" where it is nobody's word."""
        event: Json = body["event"]
        subtype = str(event.get("subtype", ""))
        message: Json = event.get("message") or event.get("previous_message") or event
        # Slack leaves a tombstone where a deleted message has replies.
        if subtype == "message_deleted" or message.get("subtype") == "tombstone":
            gone = await reader.deletion(body)
            return (
                await self._desk.withdraw(gone.message_id, gone.event_id, gone.by) if gone else ""
            )
        if subtype == "message_changed":
            edited = await reader.edit(body)
            return await self._desk.correct(edited) if edited else ""
        inbound = await reader.read(body)
        return await self._desk.receive(inbound) if inbound else ""
