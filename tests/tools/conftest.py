from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest
from hypothesis import settings

from bullpen_memory.market import Market
from bullpen_memory.records import WORKSPACE
from bullpen_memory.store import Store
from bullpen_tools.bundled import seed
from bullpen_tools.context import ToolContext
from bullpen_tools.receipts import Receipts
from bullpen_tools.tool import Outcome
from bullpen_tools.toolbox import default_toolbox

# A shared machine may pause a test for longer than hypothesis thinks an example may take.
settings.register_profile("desk", deadline=None, max_examples=60)
settings.load_profile("desk")


@pytest.fixture
def receipts(tmp_path: Path) -> Iterator[Receipts]:
    opened = Receipts(tmp_path / "receipts.db")
    yield opened
    opened.close()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(tmp_path / "context.db")
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store that holds the bundled series; tests read it and write elsewhere."""
    path = tmp_path_factory.mktemp("market") / "context.db"
    filled = Store(path)
    seed(Market(filled))
    filled.close()
    return path


@pytest.fixture
def ctx(tmp_path: Path, store: Store, receipts: Receipts) -> ToolContext:
    return ToolContext(
        run_id="run-1",
        agent="quant",
        requester="U1",
        scopes=frozenset({WORKSPACE}),
        home=WORKSPACE,
        thread_link="http://127.0.0.1:4747/archives/C1/p1",
        thread_title="SLV butterfly",
        store=store,
        market=Market(store),
        receipts=receipts,
        artifacts=tmp_path / "artifacts",
    )


@pytest.fixture
def desk(ctx: ToolContext, seeded: Path) -> Iterator[ToolContext]:
    """The context over the bundled series."""
    filled = Store(seeded)
    yield replace(ctx, market=Market(filled))
    filled.close()


Call = Callable[..., Awaitable[Outcome]]


@pytest.fixture
def call() -> Call:
    """Call a tool of the desk through its box, as a turn does; every call has a key of its own."""
    numbers = count()

    async def one(ctx: ToolContext, tool: str, /, **args: object) -> Outcome:
        bound = default_toolbox(ctx.receipts).bind(ctx, [tool])[tool]
        return await bound.call(args, call_key=f"{ctx.agent}:{next(numbers)}")

    return one
