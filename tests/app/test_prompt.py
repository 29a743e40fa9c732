"""A listener that works for longer than Slack waits."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest

from bullpen.slack.prompt import prompt


class Slow:
    """A listener that acknowledges, then works until it is let go on."""

    def __init__(self, *, error: Exception | None = None) -> None:
        self.go_on, self.done, self._error = asyncio.Event(), asyncio.Event(), error

    async def pressed(self, ack: Any, body: dict[str, str]) -> None:
        await ack(text=body["text"])
        await self.go_on.wait()
        self.done.set()
        if self._error:
            raise self._error


async def test_slack_has_its_answer_before_the_work_is_done() -> None:
    slow, answers = Slow(), []

    async def ack(text: str) -> None:
        answers.append(text)

    await asyncio.wait_for(prompt(slow.pressed)(ack=ack, body={"text": "taken"}), 10)
    assert answers == ["taken"]
    assert not slow.done.is_set()
    slow.go_on.set()
    await asyncio.wait_for(slow.done.wait(), 10)


async def test_what_fails_before_the_answer_reaches_bolt() -> None:
    async def ack(**_: str) -> None:
        raise ConnectionError("the socket is gone")

    with pytest.raises(ConnectionError, match="the socket is gone"):
        await prompt(Slow().pressed)(ack=ack, body={"text": "taken"})


async def test_what_fails_behind_the_answer_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    slow = Slow(error=ValueError("half-way"))

    async def ack(**_: str) -> None:
        return None

    await prompt(slow.pressed)(ack=ack, body={"text": "taken"})
    with caplog.at_level(logging.ERROR, "bullpen.slack.prompt"):
        slow.go_on.set()
        await asyncio.wait_for(slow.done.wait(), 10)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    assert "Slow.pressed failed" in caplog.text
    assert "half-way" in caplog.text
