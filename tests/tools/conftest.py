from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest

from bullpen_memory.records import WORKSPACE
from bullpen_tools.context import ToolContext
from bullpen_tools.receipts import Receipts


@pytest.fixture
def receipts(tmp_path: Path) -> Iterator[Receipts]:
    opened = Receipts(tmp_path / "receipts.db")
    yield opened
    opened.close()


@pytest.fixture
def ctx(tmp_path: Path, receipts: Receipts) -> ToolContext:
    nothing = cast("object", None)
    return ToolContext(
        run_id="run-1",
        agent="quant",
        requester="U1",
        scopes=frozenset({WORKSPACE}),
        home=WORKSPACE,
        thread_link="http://127.0.0.1:4747/archives/C1/p1",
        thread_title="SLV butterfly",
        store=nothing,
        market=nothing,
        receipts=receipts,
        artifacts=tmp_path / "artifacts",
    )
