"""Opens desks for tests, and closes them and their parts afterwards."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from bullpen_agents.model import Model
from bullpen_orchestrator.desk import Desk
from real_parts import close_parts, make_parts


@pytest.fixture
async def open_desk(tmp_path: Path) -> AsyncIterator[Callable[..., Awaitable[Desk]]]:
    """Starts a desk: `await open_desk(chat, model, **parts)`."""
    async with AsyncExitStack() as stack:

        async def start(chat: Any, model: Model, **changes: Any) -> Desk:
            parts = make_parts(tmp_path, chat, model, **changes)
            stack.callback(close_parts, parts)
            desk = Desk(parts)
            stack.push_async_callback(desk.stop)
            await desk.start()
            return desk

        yield start
