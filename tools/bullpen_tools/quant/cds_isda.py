"""ISDA's standard model of a dated default swap, computed by QuantLib's engine.

The rule it protects: the swap ends on an IMM date (the 20th of March, June, September or December),
pays from the step-in date, and the premium that has accrued is told apart from the upfront. It
solves for no spread.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from bullpen_tools.quant.answers import refuse
from bullpen_tools.quant.hazards import Hazards
from bullpen_tools.quant.quantlib import evaluated_on, py_date, ql_date


@dataclass(frozen=True, slots=True)
class Legs:
    """Per 1 of notional: protection, clean annuity (years), accrual at the trade (years)."""

    protection: float
    annuity: float
    accrued: float


def maturity_of(trade: date, years: float) -> date:
    """The standard maturity of a tenor (semi-annual roll of 2015); InputError for parts of a month."""
    import QuantLib as ql

    months = round(years * 12)
    if abs(years * 12 - months) > 1e-9 or months < 1:
        raise refuse(
            f"A maturity of {years:g} years is not in whole months.",
            "Standard swaps end on IMM dates.",
            "Give whole months, or the day as `maturity`.",
        )
    period = ql.Period(months, ql.Months)
    return py_date(ql.cdsMaturity(ql_date(trade), period, ql.DateGeneration.CDS2015))


def checked_maturity(trade: date, maturity: date) -> date:
    """The maturity, if it is an IMM date after the trade; InputError otherwise."""
    if maturity <= trade:
        raise refuse(
            "The swap ends before it begins.",
            f"It was traded on {trade} and ends on {maturity}.",
            "Check the two dates.",
        )
    if maturity.day != 20 or maturity.month % 3:
        raise refuse(
            f"{maturity} is no maturity of a standard swap.",
            "They end on the 20th of March, June, September or December.",
            "Give such a day, or the tenor in `years`.",
        )
    return maturity


def legs(trade: date, maturity: date, hazards: Hazards, recovery: float, rate: float) -> Legs:
    """The legs of a swap bought on `trade`, discounted at a flat continuous `rate` (act/365).

    Quarterly premiums, actual/360, next business day, accrual paid at default (ISDA CDS Standard
    Model, 2009).
    """
    import QuantLib as ql

    today, end = ql_date(trade), ql_date(maturity)
    with evaluated_on(today):
        schedule = ql.Schedule(
            today, end, ql.Period(ql.Quarterly), ql.WeekendsOnly(), ql.Following, ql.Unadjusted,
            ql.DateGeneration.CDS2015, False,
        )  # fmt: skip
        contract: Any = ql.CreditDefaultSwap(
            ql.Protection.Buyer, 1.0, 0.0, 0.01, schedule, ql.Following, ql.Actual360(), True, True,
            today, today + 3, ql.FaceValueClaim(), ql.Actual360(True), True, today,
        )  # fmt: skip
        survival = ql.DefaultProbabilityTermStructureHandle(_curve(today, hazards))
        discount = ql.YieldTermStructureHandle(ql.FlatForward(today, rate, ql.Actual365Fixed()))
        contract.setPricingEngine(ql.IsdaCdsEngine(survival, recovery, discount))
        rebate = float(contract.accrualRebateNPV())
        premium = -float(contract.couponLegNPV()) - rebate
        return Legs(float(contract.defaultLegNPV()), premium / 0.01, rebate / 0.01)


def _curve(today: Any, hazards: Hazards) -> Any:
    import QuantLib as ql

    counter = ql.Actual365Fixed()
    if len(hazards.rates) == 1:
        return ql.FlatHazardRate(today, ql.QuoteHandle(ql.SimpleQuote(hazards.rates[0])), counter)
    days = [today, *(today + round(end * 365) for end in hazards.ends)]
    curve = ql.HazardRateCurve(days, [hazards.rates[0], *hazards.rates], counter)
    curve.enableExtrapolation()
    return curve
