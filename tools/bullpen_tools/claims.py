"""Holding what somebody claims against what was computed.

The rule it protects: whether a claim holds is decided by a stated tolerance, not by a kind reading;
what the claim does not say is named and makes it incomplete. It computes no figure of its own.
"""

from __future__ import annotations

import re

from pydantic import Field

from bullpen_memory.errors import InputError
from bullpen_tools.context import DataRef, Receipt, Result, Scalar, ToolContext, Value
from bullpen_tools.tool import Arguments, tool

REPRODUCED = "reproduced"
REFUTED = "does not hold as written"
INCOMPLETE = "incomplete"
_REFERENCE = re.compile(r"\{*\s*(?P<receipt>r\d+)\.(?P<key>\w+)(?:\|\w+)?\s*\}*")


class Claimed(Arguments):
    """One figure of the claim and where ours is."""

    figure: str = Field(description="Reference to the computed figure, such as r42.max_profit")
    claimed: float | str | None = Field(
        description="The value as claimed, in the unit of the computed one; null where the claim "
        "says that there is none"
    )
    tolerance: float = Field(
        default=0.5, ge=0, description="How far it may differ, in percent of the claimed value"
    )
    within: float | None = Field(
        default=None, ge=0, description="Instead: how far it may differ in its own unit"
    )


class Claim(Arguments):
    """What is claimed."""

    claim: str = Field(min_length=3, description="The claim in its author's words")
    figures: list[Claimed] = Field(min_length=1, description="Its figures, one by one")
    missing: list[str] = Field(
        default_factory=list[str],
        description="What the claim needs and does not say, each in a few words",
    )


@tool(risk="read", label="holding the claim against the figures", version="1")
def check_claim(ctx: ToolContext, claim: Claim) -> Result:
    """Decide whether a claim is reproduced, does not hold as written, or is incomplete, by comparing
    each of its figures with a computed one of a receipt within a tolerance.
    """
    rows: list[tuple[Scalar, ...]] = []
    values: dict[str, Value] = {}
    refs: dict[str, DataRef] = {}
    agree = True
    for number, item in enumerate(claim.figures, start=1):
        receipt, found = _figure(ctx, item.figure)
        refs[receipt.id] = DataRef(dataset=f"receipt:{receipt.id}")
        fits = _fits(item, found.value)
        agree = agree and fits
        label = found.label or item.figure
        values[f"claimed_{number}"] = Value(
            value=item.claimed, unit=found.unit, kind="assumed", label=f"{label}, as claimed"
        )
        values[f"found_{number}"] = Value(
            value=found.value, unit=found.unit, kind=found.kind, label=label
        )
        rows.append((label, item.claimed, found.value, found.unit, "yes" if fits else "no"))
    verdict = REFUTED if not agree else INCOMPLETE if claim.missing else REPRODUCED
    values["verdict"] = Value(value=verdict, unit="text", label="Verdict")
    return Result(
        summary=f"The claim is {verdict}: {claim.claim}"
        if verdict != REFUTED
        else f"The claim {verdict}: {claim.claim}",
        values=values,
        data=tuple(refs.values()),
        warnings=tuple(f"The claim does not say: {what}." for what in claim.missing),
        table=(("figure", "claimed", "found", "unit", "agrees"), *rows),
    )


def _figure(ctx: ToolContext, reference: str) -> tuple[Receipt, Value]:
    read = _REFERENCE.fullmatch(reference.strip())
    receipt = ctx.receipts.get(read["receipt"], scopes=ctx.scopes) if read else None
    if read is None or receipt is None:
        raise InputError(
            f"`{reference}` is no figure of this conversation.",
            "A figure is a receipt of this conversation and one of its keys.",
            "Compute it first, then refer to it, such as r42.max_profit.",
        )
    if read["key"] not in receipt.result.values:
        raise InputError(
            f"The receipt {receipt.id} has no figure `{read['key']}`.",
            f"It holds: {', '.join(receipt.result.values) or 'none'}.",
            "Use one of these keys.",
        )
    return receipt, receipt.result.values[read["key"]]


def _fits(item: Claimed, found: Scalar) -> bool:
    claimed = item.claimed
    if (
        isinstance(claimed, float)
        and isinstance(found, int | float)
        and not isinstance(found, bool)
    ):
        allowed = item.within if item.within is not None else abs(claimed) * item.tolerance / 100
        return abs(found - claimed) <= allowed + 1e-12
    return claimed == found
