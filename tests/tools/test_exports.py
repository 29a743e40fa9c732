"""Files made of receipts: what is in them, and what can never run in them."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bullpen_tools.context import Artifact, Result, ToolContext, Value
from bullpen_tools.receipts import NewReceipt, Receipts

EVIL = ("=1+1", "+A1", "-A1", "@SUM(A1)", "\tx", "\rx", "＝1", "-2.5", "+3%", "ok")


def keep(receipts: Receipts, key: str, result: Result, **more: Any) -> str:
    return receipts.add(
        NewReceipt(
            tool="measure", version="1", inputs={}, result=result, error=more.get("error", ""),
            agent="quant", run_id="run1", call_key=key, scope=more.get("scope", "workspace"),
            seconds=0.0,
        )
    ).id  # fmt: skip


@pytest.fixture
def export(ctx: ToolContext, call: Callable[..., Any]) -> Callable[..., Any]:
    async def made(**args: Any) -> Any:
        return await call(ctx, "export_file", **args), ctx

    return made


async def test_figures_become_a_csv_with_their_receipt(export: Any) -> None:
    _, context = await export(receipts=[], form="csv")
    value = Value(value=38.6, unit="pct", label="Volatility of oil")
    made = keep(context.receipts, "a", Result(summary="Measured.", values={"vol": value}))
    outcome, _ = await export(receipts=[made], form="csv")
    assert not outcome.error, outcome.text
    [artifact] = outcome.receipt.result.artifacts
    assert re.fullmatch(rf"measure-{made}-[0-9a-f]{{12}}\.csv", artifact.name)
    text = (context.artifacts / artifact.path).read_text()
    [row] = list(csv.DictReader(io.StringIO(text)))
    assert row == {"key": "vol", "figure": "Volatility of oil", "value": "38.6", "unit": "pct",
                   "kind": "derived", "as_of": "", "receipt": made}  # fmt: skip


async def test_no_cell_of_a_csv_is_a_formula(export: Any) -> None:
    _, context = await export(receipts=[], form="csv")
    table = (("name",), *((cell,) for cell in EVIL))
    made = keep(context.receipts, "a", Result(summary="A table.", table=table))
    outcome, _ = await export(receipts=[made], form="csv")
    [artifact] = outcome.receipt.result.artifacts
    content = (context.artifacts / artifact.path).read_bytes().decode()
    cells = [row[0] for row in csv.reader(io.StringIO(content, newline=""))][1:]
    assert cells == ["'=1+1", "'+A1", "'-A1", "'@SUM(A1)", "'\tx", "'\nx", "'＝1", "-2.5", "+3%", "ok"]  # fmt: skip


async def test_the_data_behind_a_chart_are_the_csv(export: Any) -> None:
    _, context = await export(receipts=[], form="csv")
    context.artifacts.mkdir(parents=True, exist_ok=True)
    (context.artifacts / "oil.png").write_bytes(b"\x89PNG")
    (context.artifacts / "oil.csv").write_text("date,oil\n2020-04-20,-36.98\n")
    picture = Artifact(path="oil.png", name="oil.png", mimetype="image/png", title="Oil", alt="O", sha256="0")  # fmt: skip
    made = keep(context.receipts, "a", Result(summary="A chart.", artifacts=(picture,)))
    outcome, _ = await export(receipts=[made], form="csv")
    [artifact] = outcome.receipt.result.artifacts
    text = (context.artifacts / artifact.path).read_text()
    assert text == "date,oil\n2020-04-20,-36.98\n"
    outcome, _ = await export(receipts=[made], form="html")
    [artifact] = outcome.receipt.result.artifacts
    assert 'src="data:image/png;base64,' in (context.artifacts / artifact.path).read_text()


async def test_a_report_holds_everything_and_runs_nothing(export: Any, tmp_path: Path) -> None:
    _, context = await export(receipts=[], form="html")
    evil = "<script>alert(1)</script><img src=http://x/ onerror=y>"
    values = {"vol": Value(value=38.6, unit="pct", label=evil)}
    one = keep(context.receipts, "a", Result(summary=evil, values=values, warnings=(evil,)))
    two = keep(context.receipts, "b", Result(summary="Two.", table=(("a",), (evil,))))
    outcome, _ = await export(receipts=[one, two], form="html", title=evil)
    [artifact] = outcome.receipt.result.artifacts
    text = (context.artifacts / artifact.path).read_text()
    assert "38.6%" in text
    assert one in text
    assert two in text
    assert "<script" not in text
    assert not re.search(r"<[^>]+ (?:src|href)=[\"']?(?!data:)", text)
    assert "default-src 'none'" in text


@pytest.mark.parametrize(
    ("wanted", "part"), [([], "0 receipts were named"), (["r99"], "nothing to export in r99")]
)
async def test_what_cannot_be_exported_is_refused(
    export: Any, wanted: list[str], part: str
) -> None:
    outcome, context = await export(receipts=wanted, form="csv")
    assert outcome.error
    assert part in outcome.text
    foreign = keep(context.receipts, "f", Result(summary="Theirs."), scope="C9")
    failed = keep(context.receipts, "g", Result(summary="No."), error="It failed.")
    for name in (foreign, failed):
        outcome, _ = await export(receipts=[name], form="html")
        assert outcome.error
        assert f"nothing to export in {name}" in outcome.text
