"""Running a receipt again on the data it used: the same figures, or a named difference.

The rule it protects: a difference is named for what it is (the data, the code, or something that
the tool took for granted), and nothing that changes the desk is run twice. It overwrites no
receipt.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from bullpen_memory.errors import BullpenError, InputError
from bullpen_tools.context import DataRef, Receipt, Result, ToolContext, Value
from bullpen_tools.tool import Tool, tool

_SAME = 1e-9
"""Figures that agree to one part in a billion are the same: libraries sum in different orders."""


class Tools(Protocol):
    """Where tools are looked up by name: the tool, or None when there is none of that name."""

    def find(self, name: str) -> Tool | None: ...


@dataclass(frozen=True, slots=True)
class Change:
    """One figure that is not what it was."""

    key: str
    before: Value | None
    now: Value | None


@dataclass(frozen=True, slots=True)
class Replayed:
    """What running a receipt again gave. `causes` are sentences, empty when nothing differs."""

    receipt: Receipt
    figures: int
    changes: tuple[Change, ...]
    causes: tuple[str, ...]
    pinned: datetime | None

    @property
    def same(self) -> bool:
        return not self.changes

    @property
    def sentence(self) -> str:
        """The outcome in one sentence."""
        what = f"{self.receipt.id} ({self.receipt.tool})"
        if self.same:
            return f"{what} gives the same figures again."
        return f"{what} gives other figures now. {' '.join(self.causes)}"


async def run_again(tools: Tools, ctx: ToolContext, receipt: Receipt) -> Replayed:
    """Call the receipt's tool with its inputs on what was known when it was made.

    Raises InputError for a receipt that cannot be run again, with the reason.
    """
    found = _tool(tools, receipt)
    arguments = found.validate(dict(receipt.inputs))
    others: list[Replayed] = []
    refusal: BullpenError | None = None
    # First what was known when it was made; then, for values dated ahead, what is known now.
    for moment in (receipt.created_at, ctx.as_of):
        try:
            again = replace(ctx, as_of=moment, agent=receipt.agent, rerun=True)
            result = await found.run(again, arguments)
        except BullpenError as error:
            refusal = error
            continue
        made = _compared(receipt, found, result, moment)
        if made.same:
            return made
        others.append(made)
    if not others:
        raise InputError(
            f"{receipt.id} cannot be run again.",
            str(refusal),
            "Its figures stand in the receipt as they were.",
        ) from refusal
    return others[0]


def _tool(tools: Tools, receipt: Receipt) -> Tool:
    if receipt.error:
        raise InputError(
            f"{receipt.id} cannot be run again.",
            f"The call failed: {receipt.error}",
            "Choose a receipt with figures.",
        )
    found = tools.find(receipt.tool)
    if found is None:
        raise InputError(f"{receipt.id} cannot be run again.", f"There is no tool `{receipt.tool}` any more: the code differs.",
                         "Its figures stand in the receipt as they were.")  # fmt: skip
    if found.spec.risk != "read" or found.name == "replay":
        raise InputError(f"{receipt.id} is not run again.", f"`{receipt.tool}` changes what the desk holds, or is itself a replay.",
                         "Open the receipt to see what it did.")  # fmt: skip
    return found


def _compared(receipt: Receipt, found: Tool, result: Result, moment: datetime | None) -> Replayed:
    before, now = receipt.result.values, result.values
    changes = tuple(
        Change(key, before.get(key), now.get(key))
        for key in dict.fromkeys((*before, *now))
        if not _equal(before.get(key), now.get(key))
    )
    causes = _causes(receipt, found, result) if changes else []
    return Replayed(receipt, len(before), changes, tuple(causes), moment)


def _equal(one: Value | None, other: Value | None) -> bool:
    if one is None or other is None:
        return one is other
    a, b = one.value, other.value
    numbers = all(isinstance(x, int | float) and not isinstance(x, bool) for x in (a, b))
    if numbers and isinstance(a, int | float) and isinstance(b, int | float):
        return one.unit == other.unit and abs(a - b) <= _SAME * max(abs(a), abs(b))
    return a == b


def _causes(receipt: Receipt, found: Tool, result: Result) -> list[str]:
    causes: list[str] = []
    differing = _data(receipt.result.data, result.data)
    if differing:
        causes.append(f"The data differ: {'; '.join(differing)}.")
    if found.version != receipt.version:
        causes.append(
            f"The code differs: `{found.name}` was version {receipt.version} and is {found.version}."
        )
    if not causes:
        causes.append(
            "Data and version are the same, so something that the call did not name differs: an assumption such as "
            "today's date, or a library."
        )
    return causes


def _data(before: Sequence[DataRef], now: Sequence[DataRef]) -> list[str]:
    held = {ref.dataset: ref for ref in now}
    said: list[str] = []
    for ref in before:
        other = held.get(ref.dataset)
        if other is None:
            said.append(f"{ref.dataset} is no longer used")
        elif ref.sha256 and other.sha256 != ref.sha256:
            said.append(
                f"{ref.dataset} had {ref.rows:,} rows until {ref.end or 'no end'} and has {other.rows:,} until {other.end or 'no end'}"
            )
    return said


def replay_tool(tools: Tools) -> Tool:
    """The tool `replay` over the other tools of one toolbox."""

    @tool(risk="read", label="running the receipt again", version="1")
    async def replay(ctx: ToolContext, receipt: str) -> Result:
        """Run a receipt again with its inputs on the data known when it was made: the same figures, or
        which of them differ and why (data, code, or something taken for granted).

        Args:
            receipt: Id of the receipt, such as r42.
        """
        found = ctx.receipts.get(receipt.strip(), scopes=ctx.scopes)
        if found is None:
            raise InputError(
                f"There is no receipt {receipt} here.",
                "It does not exist or belongs to another conversation.",
                "Use an id such as r42.",
            )
        again = await run_again(tools, ctx, found)
        values = {
            "same": Value(value=again.same, label="The same figures"),
            "figures": Value(value=again.figures, unit="count", label="Figures compared"),
            "changed": Value(value=len(again.changes), unit="count", label="Figures that differ"),
        }
        for change in again.changes[:20]:
            for word, side in (("before", change.before), ("now", change.now)):
                if side is not None:
                    values[f"{word}_{change.key}"] = replace(
                        side, label=f"{side.label or change.key}, {word}", metric="", entity=""
                    )
        return Result(
            summary=again.sentence,
            values=values,
            data=(
                DataRef(dataset=f"receipt:{found.id}", vintage=found.created_at.isoformat()),
                *found.result.data,
            ),
            as_of=found.result.as_of,
            known_at=found.result.known_at,
        )

    return replay
