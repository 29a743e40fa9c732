"""Credit default swaps: fair spread, hazard rate, risky annuity and upfront, as a tool.

The rule it protects: dated swaps follow ISDA's standard model (in QuantLib), undated ones the textbook
sum, and the answer says which. One flat hazard rate and one flat riskless rate; no curve of either.
"""

from __future__ import annotations

import math
from datetime import date
from typing import Any

from pydantic import Field

from bullpen_tools.context import Result, ToolContext
from bullpen_tools.quant.answers import bisect, figure, percent, positive, refuse
from bullpen_tools.tool import Arguments, tool


class Swap(Arguments):
    """A credit default swap; give the spread or the hazard rate."""

    spread_bp: float | None = Field(
        default=None, description="Par spread, basis points a year; or `hazard_pct`"
    )
    hazard_pct: float | None = Field(
        default=None, description="Default intensity, percent a year, continuous; or `spread_bp`"
    )
    years: float = Field(default=5.0, description="Maturity in years")
    recovery_pct: float = Field(default=40.0, description="Recovery, percent")
    rate_pct: float = Field(
        default=0.0, description="Riskless rate, percent a year, continuous, flat"
    )
    coupon_bp: float = Field(
        default=100.0, description="Running coupon of the contract, basis points"
    )
    payments_per_year: int = Field(
        default=4, ge=1, le=12, description="Textbook model: premium payments a year"
    )
    trade_date: date | None = Field(
        default=None,
        description="Day of the trade, YYYY-MM-DD: uses ISDA's standard model and IMM dates",
    )
    notional: float = Field(default=10_000_000.0, description="Notional amount")
    name: str = Field(default="", description="Reference entity")


@tool(risk="read", label="pricing the CDS", version="1")
def cds_value(ctx: ToolContext, swap: Swap) -> Result:
    """A credit default swap: hazard rate and default probability from a spread (or the fair spread
    from a hazard rate), risky annuity, and the upfront for protection at a running coupon. With a
    trade date ISDA's standard model on IMM dates; without one the textbook sum with defaults in the
    middle of each period.
    """
    del ctx
    if (swap.spread_bp is None) == (swap.hazard_pct is None):
        raise refuse(
            "The swap's risk is not clear.",
            "Give exactly one of the two.",
            "Give `spread_bp` or `hazard_pct`.",
        )
    positive(swap.years, "The maturity")
    positive(swap.notional, "The notional")
    if not 0 <= swap.recovery_pct < 100:
        raise refuse(
            f"A recovery of {swap.recovery_pct:g} % cannot be.",
            "It lies between 0 and 100.",
            "Correct it.",
        )
    if swap.spread_bp is not None:
        positive(swap.spread_bp, "The spread")
    legs = _textbook if swap.trade_date is None else _isda

    def fair(hazard: float) -> float:
        protection, annuity = legs(swap, hazard)
        return protection / annuity

    if swap.hazard_pct is None:
        target = (swap.spread_bp or 0) / 1e4
        hazard = bisect(lambda h: fair(h) - target, 1e-9, 10.0, steps=70)
    else:
        hazard = positive(swap.hazard_pct, "The hazard rate") / 100
    protection, annuity = legs(swap, hazard)
    upfront = protection - swap.coupon_bp / 1e4 * annuity
    how = "ISDA's standard model" if swap.trade_date else "the textbook sum, defaults mid-period"
    return Result(
        summary=f"Credit default swap{f' on {swap.name}' if swap.name else ''} over {swap.years:g} years, by {how}.",
        values={
            "fair_spread": figure(protection / annuity * 1e4, "bp", "Fair spread"),
            "hazard": percent(hazard, "Hazard rate a year"),
            "default_probability": percent(
                1 - math.exp(-hazard * swap.years),
                "Risk-neutral probability of default by maturity",
            ),
            "annuity": figure(annuity, "years", "Risky annuity"),
            "protection": percent(protection, "Value of the protection leg, of notional"),
            "upfront": percent(
                upfront, "Upfront for protection at the running coupon, of notional"
            ),
            "upfront_amount": figure(upfront * swap.notional, "usd", "The same on the notional"),
            "spread_move": figure(
                annuity * swap.notional / 1e4, "usd", "Value of a basis point of spread"
            ),
        },
        warnings=() if swap.rate_pct else ("No riskless rate was given: it is taken as 0 %.",),
        as_of=swap.trade_date,
    )


def _textbook(swap: Swap, hazard: float) -> tuple[float, float]:
    """(protection, annuity) per 1 of notional (Hull, ch. "Credit derivatives", "Valuation of CDSs")."""
    step = 1 / swap.payments_per_year
    rate, loss = swap.rate_pct / 100, 1 - swap.recovery_pct / 100
    protection = annuity = 0.0
    for n in range(1, round(swap.years * swap.payments_per_year) + 1):
        start, end = (n - 1) * step, n * step
        died = math.exp(-hazard * start) - math.exp(-hazard * end)
        halfway = math.exp(-rate * (start + end) / 2)
        protection += loss * died * halfway
        annuity += step * math.exp(-(hazard + rate) * end) + step / 2 * died * halfway
    if not annuity:
        raise refuse(
            f"{swap.years:g} years hold no premium payment.",
            "It is less than one period.",
            "Give a longer maturity or more payments a year.",
        )
    return protection, annuity


def _isda(swap: Swap, hazard: float) -> tuple[float, float]:
    """(protection, annuity) by QuantLib's ISDA engine; the accrual that has run is taken out of the annuity."""
    import QuantLib as ql

    day = swap.trade_date
    if day is None or abs(swap.years * 12 - round(swap.years * 12)) > 1e-9:
        raise refuse(
            "The maturity is not in whole months.",
            "Standard swaps end on IMM dates.",
            "Give whole months.",
        )
    trade = ql.Date(day.day, day.month, day.year)
    ql.Settings.instance().evaluationDate = trade
    contract: Any = ql.CreditDefaultSwap(
        ql.Protection.Buyer, 1.0, 0.0, 0.01,
        ql.Schedule(
            trade, ql.cdsMaturity(trade, ql.Period(round(swap.years * 12), ql.Months), ql.DateGeneration.CDS2015),
            ql.Period(ql.Quarterly), ql.WeekendsOnly(), ql.Following, ql.Unadjusted, ql.DateGeneration.CDS2015, False,
        ),
        ql.Following, ql.Actual360(), True, True, trade, trade + 3, ql.FaceValueClaim(),
        ql.Actual360(True), True, trade,
    )  # fmt: skip
    survival = ql.DefaultProbabilityTermStructureHandle(
        ql.FlatHazardRate(trade, ql.QuoteHandle(ql.SimpleQuote(hazard)), ql.Actual365Fixed())
    )
    discount = ql.YieldTermStructureHandle(
        ql.FlatForward(trade, swap.rate_pct / 100, ql.Actual365Fixed())
    )
    contract.setPricingEngine(ql.IsdaCdsEngine(survival, swap.recovery_pct / 100, discount))
    premium = -float(contract.couponLegNPV()) - float(contract.accrualRebateNPV())
    return float(contract.defaultLegNPV()), premium / 0.01
