"""The desk's tools by name, bound to one run and one agent at a time.

The rule it protects: every call leaves exactly one receipt, a failed call too, and a call that
is made again with its key gives back the stored outcome without running. It does not decide who
may use which tool: charters name them and the caller passes those names.
"""

from __future__ import annotations

import asyncio
import json
import logging
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

from pydantic import BaseModel

from bullpen_memory.errors import BullpenError, DefectError, OperatorError
from bullpen_tools import freshness
from bullpen_tools.context import Receipt, Result, ToolContext
from bullpen_tools.receipts import NewReceipt, Receipts
from bullpen_tools.tool import BoundTool, Outcome, Tool, ToolSpec

if TYPE_CHECKING:
    from bullpen_tools.sync.fetching import Fetching

_log = logging.getLogger(__name__)


class Toolbox:
    """The registered tools. `bind` gives an agent the ones its charter names."""

    def __init__(self, receipts: Receipts, tools: Sequence[Tool] = ()) -> None:
        self.receipts = receipts
        self._tools: dict[str, Tool] = {}
        # Two tasks with one call key must not both compute; the second waits for the first.
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        for item in tools:
            self.register(item)

    def register(self, item: Tool) -> None:
        """Add a tool; a name that is taken already is a DefectError."""
        if item.name in self._tools:
            raise DefectError(f"Two tools are called `{item.name}`.")
        self._tools[item.name] = item

    def find(self, name: str) -> Tool | None:
        """The tool of that name, or None."""
        return self._tools.get(name)

    def names(self) -> tuple[str, ...]:
        """All names, sorted."""
        return tuple(sorted(self._tools))

    def spec(self, name: str) -> ToolSpec:
        """What a model is told about one tool, with the label that people see."""
        return self._tool(name).spec

    def bind(
        self, ctx: ToolContext, names: Sequence[str], *, charter: str = ""
    ) -> dict[str, BoundTool]:
        """The named tools, ready to call within `ctx`.

        Raises OperatorError for an unknown name; `charter` says which charter named it
        (default: the agent's).
        """
        who = charter or ctx.agent
        return {
            name: _Bound(self._tool(name, who), ctx, self.receipts, self._locks) for name in names
        }

    def _tool(self, name: str, charter: str = "") -> Tool:
        if name in self._tools:
            return self._tools[name]
        where = f"The charter `{charter}`" if charter else "A charter"
        raise OperatorError(
            f"{where} names the tool `{name}`, which does not exist.",
            f"The tools are: {', '.join(self.names())}.",
            "Correct `tools` in the front matter of that charter.",
        )


@dataclass(frozen=True, slots=True)
class _Bound:
    tool: Tool
    ctx: ToolContext
    receipts: Receipts
    locks: WeakValueDictionary[str, asyncio.Lock]

    @property
    def spec(self) -> ToolSpec:
        return self.tool.spec

    async def call(self, args: dict[str, Any], *, call_key: str) -> Outcome:
        lock = self.locks.setdefault(call_key, asyncio.Lock())
        async with lock:
            receipt = await asyncio.to_thread(self.receipts.by_call, call_key)
            if receipt is None:
                receipt = await self._run(args, call_key)
        return outcome_of(receipt)

    async def _run(self, args: dict[str, Any], call_key: str) -> Receipt:
        started = time.perf_counter()
        result, error = await self._attempt(args)
        new = NewReceipt(
            tool=self.tool.name,
            version=self.tool.version,
            inputs=self._inputs(args),
            result=result,
            error=error,
            agent=self.ctx.agent,
            run_id=self.ctx.run_id,
            call_key=call_key,
            scope=self.ctx.home,
            seconds=time.perf_counter() - started,
        )
        return await asyncio.to_thread(self.receipts.add, new)

    def _valid(self, args: dict[str, Any]) -> BaseModel:
        return self.tool.validate(args, freshness.today(self.ctx.as_of))

    def _inputs(self, args: dict[str, Any]) -> dict[str, object]:
        """The call as the tool saw it, defaults filled in: a replay needs nothing else."""
        try:
            return self._valid(args).model_dump(mode="json", exclude_none=True)
        except BullpenError:
            return {name: _storable(item) for name, item in args.items()}

    async def _attempt(self, args: dict[str, Any]) -> tuple[Result, str]:
        nothing = Result(summary="The call failed.")
        try:
            return await self.tool.run(self.ctx, self._valid(args)), ""
        except DefectError:
            raise
        except BullpenError as error:
            return nothing, str(error)
        except Exception as error:  # noqa: BLE001
            # A tool that breaks must not end the run: the model is told and may go another way.
            _log.exception("the tool %s failed", self.tool.name)
            return nothing, (
                f"`{self.tool.name}` broke off: {type(error).__name__}: {error}. "
                "This is a fault of the tool, not of the request. "
                "Try another way, or say that this could not be computed."
            )


def outcome_of(receipt: Receipt) -> Outcome:
    """What the model reads of a receipt: the same text for the first call and for every replay."""
    if receipt.error:
        return Outcome(text=receipt.error, error=True, receipt=receipt)
    result = receipt.result
    body: dict[str, object] = {
        "receipt": receipt.id,
        "summary": result.summary,
        "values": _values(receipt),
        "table": result.table,
        "warnings": result.warnings,
        "artifacts": [
            {"name": item.name, "title": item.title, "alt": item.alt} for item in result.artifacts
        ],
    }
    if result.as_of is not None:
        body["as_of"] = result.as_of.isoformat()
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return Outcome(text=text, receipt=receipt)


def _storable(item: object) -> object:
    """The argument as JSON can hold it: a call that was refused for a NaN leaves a receipt too."""
    if isinstance(item, dict):
        return {str(key): _storable(part) for key, part in item.items()}
    if isinstance(item, list | tuple):
        return [_storable(part) for part in item]
    if isinstance(item, float) and not math.isfinite(item):
        return str(item)
    return item if item is None or isinstance(item, str | bool | int | float) else repr(item)


def _values(receipt: Receipt) -> Mapping[str, Mapping[str, object]]:
    return {
        key: {
            "value": value.value,
            "unit": value.unit,
            "kind": value.kind,
            **({"label": value.label} if value.label else {}),
            "cite": receipt.cite(key),
        }
        for key, value in receipt.result.values.items()
    }


def default_toolbox(receipts: Receipts, fetching: Fetching | None = None) -> Toolbox:
    """The desk's own tools. The imports wait until a desk is built: `--help` must not pay for them.

    `fetching` lets agents bring public series in; without it that tool says that it is off.
    """
    from bullpen_tools.analysis import analyst_tools
    from bullpen_tools.charts import payoff_chart, series_chart
    from bullpen_tools.claims import check_claim
    from bullpen_tools.comparisons import compare_volatility, correlation
    from bullpen_tools.documents import keep_document
    from bullpen_tools.exports import export_file
    from bullpen_tools.files import read_file
    from bullpen_tools.ideas import idea_open
    from bullpen_tools.importing import import_csv
    from bullpen_tools.options import strategy_payoff
    from bullpen_tools.quant.desk import QUANT_TOOLS
    from bullpen_tools.recall import recall, remember, supersede
    from bullpen_tools.records import dispute_record, put_before_people, show_record
    from bullpen_tools.replay import replay_tool
    from bullpen_tools.series import series_catalogue, series_stats
    from bullpen_tools.sync.asking import sync_tool
    from bullpen_tools.track_record import hit_rate, idea_report, idea_resolve

    box = Toolbox(
        receipts,
        [
            recall,
            remember,
            supersede,
            show_record,
            dispute_record,
            put_before_people,
            strategy_payoff,
            payoff_chart,
            series_catalogue,
            series_stats,
            compare_volatility,
            correlation,
            series_chart,
            import_csv,
            sync_tool(fetching),
            read_file,
            keep_document,
            export_file,
            check_claim,
            *QUANT_TOOLS,
            *analyst_tools(),
            idea_open,
            idea_resolve,
            idea_report,
            hit_rate,
        ],
    )
    box.register(replay_tool(box))
    return box
