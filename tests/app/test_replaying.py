"""Running a receipt again from a button: whoever pressed it always hears what came of it."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from bullpen.replaying import Replays
from bullpen_memory.market import Market
from bullpen_memory.records import WORKSPACE
from bullpen_memory.store import Store
from bullpen_tools.context import Result, ToolContext, Value
from bullpen_tools.receipts import Receipts
from bullpen_tools.tool import tool
from bullpen_tools.toolbox import Toolbox


@tool(risk="read", label="reading a gauge", version="1")
def gauge(ctx: ToolContext, file: str) -> Result:
    """Read a number from a file.

    Args:
        file: Its path.
    """
    del ctx
    return Result(summary="Read.", values={"level": Value(value=float(Path(file).read_text()))})


async def test_a_tool_that_fails_is_told_and_not_raised(tmp_path: Path) -> None:
    with (
        closing(Store(tmp_path / "context.db")) as store,
        closing(Receipts(tmp_path / "receipts.db")) as receipts,
    ):
        box, market = Toolbox(receipts, [gauge]), Market(store)
        ctx = ToolContext(
            run_id="r1", agent="quant", requester="U1", scopes=frozenset({WORKSPACE}),
            home=WORKSPACE, thread_link="", thread_title="", store=store, market=market,
            receipts=receipts, artifacts=tmp_path / "artifacts",
        )  # fmt: skip
        file = tmp_path / "level"
        file.write_text("1")
        made = await box.bind(ctx, ["gauge"])["gauge"].call({"file": str(file)}, call_key="k")
        assert made.receipt is not None
        replays = Replays(box, store, market)
        assert (await replays.again(made.receipt)).same
        file.write_text("2")
        assert (await replays.again(made.receipt)).differences == ("level: 1.00, now 2.00",)
        file.unlink()
        told = await replays.again(made.receipt)
        assert not told.same
        assert "was not run again: the desk failed over it" in told.sentence
        assert str(tmp_path) not in told.sentence
