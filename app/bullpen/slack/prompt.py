"""Listeners that answer Slack at once and go on behind the answer.

The rule it protects: Slack waits three seconds for what a person pressed or sent, and Bolt here sends
the acknowledgement when a listener ends (an event is ours only once it is claimed). A listener whose
work may take longer is made `prompt`: the answer leaves when the listener acknowledges. What fails
before that is Bolt's to report; what fails after it is logged here, and telling the person is the
listener's own part.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import Awaitable, Callable
from typing import Any

Listener = Callable[..., Awaitable[None]]
log = logging.getLogger("bullpen.slack.prompt")


def prompt(listener: Listener) -> Listener:
    """The same listener, ended for Bolt as soon as it has called its `ack`."""
    going: set[asyncio.Task[None]] = set()

    def ended(work: asyncio.Task[None]) -> None:
        going.discard(work)
        if not work.cancelled() and (error := work.exception()):
            log.error("%s failed", getattr(listener, "__qualname__", listener), exc_info=error)

    async def heard(**given: Any) -> None:
        answered = asyncio.Event()

        async def ack(*args: Any, **kwargs: Any) -> Any:
            response = await given["ack"](*args, **kwargs)
            answered.set()
            return response

        async def run() -> None:
            await listener(**{**given, "ack": ack})

        work, waiting = asyncio.create_task(run()), asyncio.create_task(answered.wait())
        going.add(work)
        await asyncio.wait({work, waiting}, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        if work.done():
            going.discard(work)
            await work
        else:
            work.add_done_callback(ended)

    # Bolt passes what the signature names.
    heard.__signature__ = inspect.signature(listener)  # type: ignore[attr-defined]
    return heard
