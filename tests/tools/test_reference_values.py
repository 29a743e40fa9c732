"""The quant's tools against values that somebody else computed and published."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from bullpen_tools.context import ToolContext
from bullpen_tools.tool import Outcome

TABLES = {
    path.stem: [json.loads(line) for line in path.read_text().splitlines()]
    for path in sorted((Path(__file__).parent / "reference").glob("*.jsonl"))
}
Call = Callable[..., Awaitable[Outcome]]


@pytest.mark.parametrize("family", TABLES)
async def test_published_values(ctx: ToolContext, call: Call, family: str) -> None:
    rows, wrong = TABLES[family], list[str]()
    for row in rows:
        outcome = await call(ctx, row["tool"], **row["args"])
        if outcome.error:
            wrong.append(f"{row['source']}: {row['args']}: {outcome.text}")
            continue
        found = json.loads(outcome.text)["values"][row["key"]]["value"]
        if found is None or abs(found - row["expect"]) > row["tolerance"]:
            wrong.append(f"{row['source']}: {row['args']}: {found}, published {row['expect']}")
    assert not wrong, f"{len(wrong)} of {len(rows)}:\n" + "\n".join(wrong)
    assert len(rows) >= 5
