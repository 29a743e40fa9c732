"""Bonds with fixed coupons: price, yield, duration and convexity under named conventions, as a tool.

The rule it protects: a yield is told with its compounding, a price as clean or dirty, and a time
with its day count. It knows no curve and no optionality.
"""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from pydantic import Field

from bullpen_tools.context import Result, ToolContext, Value
from bullpen_tools.quant.answers import (
    assumed,
    currency,
    figure,
    not_negative,
    percent,
    positive,
    refuse,
    slip,
)
from bullpen_tools.quant.quantlib import evaluated_on
from bullpen_tools.tool import Arguments, tool

DayCount = Literal["30/360", "actual/actual", "actual/365", "actual/360", "30e/360"]


class Bond(Arguments):
    """A bond and its price or its yield."""

    coupon_pct: float = Field(description="Coupon, percent of face a year; 0 for a zero bond")
    frequency: Literal[1, 2, 4, 12] = Field(
        default=2, description="Coupons a year; for a zero bond that of the yield"
    )
    years: float | None = Field(
        default=None, description="Time to maturity in years; or `maturity`"
    )
    maturity: date | None = Field(
        default=None, description="Day of maturity, YYYY-MM-DD, with `settlement`"
    )
    settlement: date | None = Field(default=None, description="Day of settlement, YYYY-MM-DD")
    yield_pct: float | None = Field(
        default=None, description="Yield to maturity in percent; or `price`"
    )
    price: float | None = Field(
        default=None, description="Clean price per 100 of face; or `yield_pct`"
    )
    yield_compounding: Literal["periodic", "annual", "continuous"] = Field(
        default="periodic",
        description="periodic: as often as the coupon (street convention); annual; continuous",
    )
    day_count: DayCount = Field(
        default="30/360",
        description="30/360, actual/actual (ISMA), actual/365, actual/360, 30e/360",
    )
    shift_bp: float = Field(
        default=0.0, description="A change of the yield in basis points, for the price after it"
    )
    face: float | None = Field(
        default=None, description="Face held, for the amounts of the position; negative when short"
    )
    currency: str = Field(default="USD", description="Currency of the face")
    name: str = Field(default="", description="Name of the bond")


@tool(risk="read", label="pricing the bond", version="2")
def bond_value(ctx: ToolContext, bond: Bond) -> Result:
    """Price, yield, accrued interest, duration (Macaulay and modified), convexity and the value of a
    basis point of a fixed-coupon bond, from its yield or from its clean price, between dates or over
    whole periods. Per 100 of face, and with `face` for the position.
    """
    del ctx
    not_negative(bond.coupon_pct, "The coupon")
    if (bond.price is None) == (bond.yield_pct is None):
        raise refuse(
            "The bond's worth is not clear.",
            "Give exactly one of the two.",
            "Give `price` (clean, per 100) or `yield_pct`.",
        )
    settle, maturity = _dates(bond)
    with evaluated_on(settle):
        return _measured(bond, settle, maturity)


def _measured(bond: Bond, settle: Any, maturity: Any) -> Result:
    import QuantLib as ql

    made, counter = _quantlib_bond(bond, settle, maturity)
    compounding, often = _compounding(bond)
    if bond.yield_pct is None:
        clean = ql.BondPrice(positive(bond.price or 0, "The price"), ql.BondPrice.Clean)
        rate = float(made.bondYield(clean, counter, compounding, often, settle, 1e-12, 1000))
    else:
        rate = bond.yield_pct / 100
    dirty = float(made.dirtyPrice(rate, counter, compounding, often, settle))
    functions = ql.BondFunctions
    terms = (made, rate, counter, compounding, often)
    modified = float(functions.duration(*terms, ql.Duration.Modified, settle))
    values = {
        "clean_price": figure(dirty - float(made.accruedAmount(settle)), "per 100", "Clean price"),
        "dirty_price": figure(dirty, "per 100", "Dirty price"),
        "accrued": figure(float(made.accruedAmount(settle)), "per 100", "Accrued interest"),
        "yield": percent(rate, f"Yield to maturity, {_WORDS[bond.yield_compounding]}"),
        "macaulay_duration": figure(
            _macaulay(bond, modified, rate),
            "years",
            "Macaulay duration",
        ),
        "modified_duration": figure(modified, "years", "Modified duration"),
        "convexity": figure(
            float(functions.convexity(*terms, settle)), "ratio", "Convexity, years squared"
        ),
        "basis_point_value": figure(modified * dirty / 1e4, "per 100", "Value of a basis point"),
        **_shifted(bond, made, rate, counter),
    }
    values |= _held(bond, values)
    last = _in_last_period(bond, made, settle, counter)
    return Result(
        summary=f"{bond.name or 'The bond'}: {bond.coupon_pct:g} % coupon, {bond.frequency} a year, "
        f"{bond.day_count}, per 100 of face.",
        values=values | last,
        warnings=(
            *(slip(bond.yield_pct or 0.0, "The yield") if (bond.yield_pct or 0) < 0.15 else ()),
            *((_LAST_PERIOD,) if last else ()),
        ),
        as_of=bond.settlement,
    )


def _held(bond: Bond, values: dict[str, Value]) -> dict[str, Value]:
    """The amounts on the face held: a figure per 100 times the face over 100."""
    if bond.face is None:
        return {}
    if not bond.face:
        raise refuse("A face of 0 is no position.", "It would be empty.", "Leave it out, or give the face held.")  # fmt: skip
    money = currency(bond.currency).partition("/")[0]
    told = {"face": assumed(bond.face, money, "Face held")}
    for key, label in (
        ("clean_price", "Clean value"), ("dirty_price", "Market value, accrued included"), ("accrued", "Accrued interest"),
        ("basis_point_value", "Loss when the yield rises by 1 bp"),
    ):  # fmt: skip
        number = float(values[key].value or 0.0)
        told[f"position_{key}"] = figure(
            number * bond.face / 100, money, f"{label}, on the face held"
        )
    return told


_LAST_PERIOD = (
    "One coupon is left. The yield is compounded as before; Excel's PRICE and YIELD and the market in "
    "Treasuries take simple interest then, and that figure stands beside it."
)


def _in_last_period(bond: Bond, made: Any, settle: Any, counter: Any) -> dict[str, Value]:
    """Price or yield by simple interest where one coupon is left (Excel, PRICE with N = 1)."""
    import QuantLib as ql

    ahead = [flow for flow in made.cashflows() if flow.date() > settle]
    if bond.yield_compounding != "periodic" or not bond.coupon_pct or len(ahead) > 2:
        return {}
    if counter.yearFraction(settle, ahead[-1].date()) > 1 / bond.frequency - 1e-9:
        return {}
    if bond.yield_pct is None:
        clean = ql.BondPrice(bond.price or 0.0, ql.BondPrice.Clean)
        rate = float(made.bondYield(clean, counter, ql.Simple, ql.Annual, settle, 1e-12, 1000))
        return {"yield_simple": percent(rate, "Yield by simple interest")}
    dirty = float(made.dirtyPrice(bond.yield_pct / 100, counter, ql.Simple, ql.Annual, settle))
    price = dirty - float(made.accruedAmount(settle))
    return {"clean_price_simple": figure(price, "per 100", "Clean price by simple interest")}


def _macaulay(bond: Bond, modified: float, rate: float) -> float:
    """Macaulay's duration: the modified one times 1 + yield per period (Hull, ch. "Interest rates")."""
    if bond.yield_compounding == "continuous":
        return modified
    often = 1 if bond.yield_compounding == "annual" else bond.frequency
    return modified * (1 + rate / often)


_WORDS = {
    "periodic": "compounded as often as the coupon",
    "annual": "compounded annually",
    "continuous": "continuous",
}


def _quantlib_bond(bond: Bond, settle: Any, maturity: Any) -> tuple[Any, Any]:
    """A FixedRateBond and its day counter; the evaluation date is its settlement."""
    import QuantLib as ql

    tenor = ql.Period(12 // bond.frequency, ql.Months)
    start = ql.NullCalendar().advance(
        maturity, -ql.Period(1, ql.Years) * (maturity.year() - settle.year() + 2)
    )
    end_of_month = ql.Date.isEndOfMonth(maturity)
    schedule = ql.Schedule(
        start, maturity, tenor, ql.NullCalendar(), ql.Unadjusted, ql.Unadjusted,
        ql.DateGeneration.Backward, end_of_month,
    )  # fmt: skip
    counter = {
        "30/360": lambda: ql.Thirty360(ql.Thirty360.BondBasis),
        "30e/360": lambda: ql.Thirty360(ql.Thirty360.European),
        "actual/actual": lambda: ql.ActualActual(ql.ActualActual.ISMA, schedule),
        "actual/365": ql.Actual365Fixed,
        "actual/360": ql.Actual360,
    }[bond.day_count]()
    return ql.FixedRateBond(0, 100.0, schedule, [bond.coupon_pct / 100], counter), counter


def _dates(bond: Bond) -> tuple[Any, Any]:
    import QuantLib as ql

    if bond.maturity is not None and bond.settlement is not None and bond.years is None:
        if bond.maturity <= bond.settlement:
            raise refuse(
                "The bond has matured.", f"It was due on {bond.maturity}.", "Check the dates."
            )
        settle = ql.Date(bond.settlement.day, bond.settlement.month, bond.settlement.year)
        return settle, ql.Date(bond.maturity.day, bond.maturity.month, bond.maturity.year)
    if bond.years is not None and bond.maturity is None:
        months = positive(bond.years, "The time to maturity") * 12
        if bond.years > 100 or abs(months - round(months)) > 1e-6:
            raise refuse(
                f"{bond.years:g} years do not make whole months.",
                "Without dates the bond lives whole months.",
                "Give `settlement` and `maturity` as dates.",
            )
        settle = ql.Date(15, 1, 2001)
        return settle, settle + ql.Period(round(months), ql.Months)
    raise refuse(
        "The bond's life is not clear.",
        "Give `years`, or both dates.",
        "Give `years`, or `settlement` and `maturity`.",
    )


def _compounding(bond: Bond) -> tuple[Any, Any]:
    import QuantLib as ql

    often = {1: ql.Annual, 2: ql.Semiannual, 4: ql.Quarterly, 12: ql.Monthly}[bond.frequency]
    if bond.yield_compounding == "continuous":
        return ql.Continuous, ql.Annual
    return ql.Compounded, ql.Annual if bond.yield_compounding == "annual" else often


def _shifted(bond: Bond, made: Any, rate: float, counter: Any) -> dict[str, Value]:
    if not bond.shift_bp:
        return {}
    compounding, often = _compounding(bond)
    moved = rate + bond.shift_bp / 1e4
    dirty = float(made.dirtyPrice(moved, counter, compounding, often, made.settlementDate()))
    clean = dirty - float(made.accruedAmount(made.settlementDate()))
    return {
        "price_after_shift": figure(clean, "per 100", f"Clean price after {bond.shift_bp:+g} bp")
    }
