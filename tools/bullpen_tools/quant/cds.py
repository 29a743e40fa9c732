"""Credit default swaps: fair spread, hazard rates, risky annuity and upfront, as a tool.

The rule it protects: dated swaps follow ISDA's standard model (in QuantLib), undated ones the textbook
sum, the answer says which, and every convention that was not given is named. The riskless rate is flat.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, timedelta

from pydantic import Field

from bullpen_tools.context import Result, ToolContext, Value
from bullpen_tools.quant import cds_isda
from bullpen_tools.quant.answers import (
    Table,
    assumed,
    currency,
    figure,
    not_negative,
    percent,
    positive,
    refuse,
    slip,
)
from bullpen_tools.quant.cds_isda import Legs
from bullpen_tools.quant.hazards import Hazards, implied
from bullpen_tools.tool import Arguments, tool


class SpreadPoint(Arguments):
    """One quote of a credit curve."""

    years: float = Field(description="Tenor in years")
    spread_bp: float = Field(description="Par spread, basis points a year")


class Swap(Arguments):
    """A credit default swap; its risk is a spread, a curve of spreads or a hazard rate."""

    spread_bp: float | None = Field(
        default=None, description="Par spread, basis points a year, as one flat hazard rate"
    )
    spreads: list[SpreadPoint] = Field(
        default_factory=list[SpreadPoint],
        description="Instead: par spreads by tenor, shortest first (a term structure)",
    )
    hazard_pct: float | None = Field(
        default=None, description="Instead: flat default intensity, percent a year, continuous"
    )
    years: float | None = Field(default=None, description="Tenor in years; 5 when left out")
    maturity: date | None = Field(
        default=None,
        description="Instead of years, with trade_date: 20 March, June, September or December",
    )
    trade_date: date | None = Field(
        default=None, description="Day of the trade: uses ISDA's standard model and IMM dates"
    )
    recovery_pct: float | None = Field(
        default=None, description="Recovery, percent; 40 when left out"
    )
    rate_pct: float | None = Field(
        default=None, description="Riskless rate, percent a year, continuous, flat; 0 when left out"
    )
    coupon_bp: float | None = Field(
        default=None,
        description="Running coupon of the contract, basis points; 100 when left out (500 for high yield)",
    )
    notional: float | None = Field(
        default=None, description="Notional amount; 10 million when left out"
    )
    currency: str = Field(default="USD", description="Currency of the notional")
    payments_per_year: int = Field(
        default=4, ge=1, le=12, description="Textbook model: premium payments a year"
    )
    name: str = Field(default="", description="Reference entity")


_DEFAULTS = {
    "recovery_pct": (40.0, "recovery of 40 %"),
    "coupon_bp": (100.0, "running coupon of 100 bp"),
    "rate_pct": (0.0, "riskless rate of 0 %"),
    "notional": (10_000_000.0, "notional of 10 million"),
    "years": (5.0, "tenor of five years"),
}
"""What stands for an argument that was left out, and how a reader is told."""


@dataclass(frozen=True, slots=True)
class _Contract:
    """The swap with every convention filled in, as fractions; `taken` names what was not given."""

    years: float
    maturity: date | None
    trade: date | None
    recovery: float
    rate: float
    coupon: float
    notional: float
    often: int
    taken: tuple[str, ...]

    def legs(self, hazards: Hazards, end: float) -> Legs:
        """The legs of the same swap with `end` years to maturity (actual/365 where it is dated)."""
        if self.trade is None:
            return _textbook(self, hazards, end)
        maturity = self.trade + timedelta(days=round(end * 365))
        return cds_isda.legs(self.trade, maturity, hazards, self.recovery, self.rate)

    def end_of(self, tenor: float) -> float:
        """Years to the maturity of a tenor: with a trade date, to its IMM date."""
        if self.trade is None:
            return tenor
        return (cds_isda.maturity_of(self.trade, tenor) - self.trade).days / 365


@tool(risk="read", label="pricing the CDS", version="2")
def cds_value(ctx: ToolContext, swap: Swap) -> Result:
    """A credit default swap: hazard rate and default probability from a spread or a curve of spreads
    (or the fair spread from a hazard rate), risky annuity, upfront and accrued premium at a running
    coupon, value of a basis point, loss at default. With a trade date ISDA's standard model on IMM
    dates; without one the textbook sum with defaults in the middle of each period. What is not
    given (recovery 40 %, coupon 100 bp) is named.
    """
    del ctx
    contract = _contract(swap)
    hazards = _hazards(swap, contract, 0.0)
    found = contract.legs(hazards, contract.years)
    money = currency(swap.currency).partition("/")[0]
    values = {
        **_risk(contract, hazards, found),
        **_amounts(swap, contract, found, money),
        **_given(swap, contract, money),
    }
    how = "ISDA's standard model" if contract.trade else "the textbook sum, defaults mid-period"
    end = f" to {contract.maturity}" if contract.maturity else f" over {contract.years:g} years"
    return Result(
        summary=f"Credit default swap{f' on {swap.name}' if swap.name else ''}{end}, by {how}.",
        values=values,
        warnings=_said(swap, contract),
        table=_curve_table(swap, hazards),
        as_of=contract.trade,
    )


def _contract(swap: Swap) -> _Contract:
    given = {name: getattr(swap, name) for name in _DEFAULTS}
    if swap.maturity is not None:
        given["years"] = _to_maturity(swap)
    taken = tuple(words for name, (_, words) in _DEFAULTS.items() if given[name] is None)
    full = {name: _DEFAULTS[name][0] if one is None else one for name, one in given.items()}
    positive(full["years"], "The maturity")
    positive(full["notional"], "The notional")
    not_negative(full["coupon_bp"], "The coupon")
    if not 0 <= full["recovery_pct"] < 100:
        raise refuse(
            f"A recovery of {full['recovery_pct']:g} % cannot be.",
            "It lies between 0 and 100.",
            "Correct it.",
        )
    end = swap.maturity
    if swap.trade_date is not None and end is None:
        end = cds_isda.maturity_of(swap.trade_date, full["years"])
        full["years"] = (end - swap.trade_date).days / 365
    return _Contract(
        full["years"], end, swap.trade_date, full["recovery_pct"] / 100, full["rate_pct"] / 100,
        full["coupon_bp"] / 1e4, full["notional"], swap.payments_per_year, taken,
    )  # fmt: skip


def _to_maturity(swap: Swap) -> float:
    if swap.years is not None or swap.maturity is None:
        raise refuse("The swap's end is given twice.", "`years` and `maturity` are one thing.", "Give one of them.")  # fmt: skip
    if swap.trade_date is None:
        raise refuse(
            "The trade date is missing.",
            "A swap with a day of maturity is valued from a day.",
            "Give `trade_date`, or the tenor in `years`.",
        )
    end = cds_isda.checked_maturity(swap.trade_date, swap.maturity)
    return (end - swap.trade_date).days / 365


def _hazards(swap: Swap, contract: _Contract, bump: float) -> Hazards:
    """The intensities that the request means, its spreads `bump` (a fraction) higher."""
    said = [swap.spread_bp is not None, swap.hazard_pct is not None, bool(swap.spreads)]
    if sum(said) != 1:
        raise refuse(
            "The swap's risk is not clear.",
            "Nothing was given." if not any(said) else "It was given more than once.",
            "Give one of `spread_bp`, `spreads` and `hazard_pct`.",
        )
    if swap.hazard_pct is not None:
        return Hazards.flat(positive(swap.hazard_pct, "The hazard rate") / 100)

    def fair(hazards: Hazards, end: float) -> float:
        legs = contract.legs(hazards, end)
        return legs.protection / legs.annuity

    if swap.spread_bp is not None:
        spread = positive(swap.spread_bp, "The spread") / 1e4 + bump
        return Hazards.flat(implied(fair, [(contract.years, spread)]).rates[0])
    tenors = [point.years for point in swap.spreads]
    if tenors != sorted(set(tenors)) or tenors[0] <= 0:
        raise refuse("The tenors of the curve do not rise.", f"They are {', '.join(f'{t:g}' for t in tenors)}.",
                     "Give each once, the shortest first.")  # fmt: skip
    quotes = [positive(point.spread_bp, "A spread") / 1e4 + bump for point in swap.spreads]
    return implied(fair, list(zip(map(contract.end_of, tenors), quotes, strict=True)))


def _risk(contract: _Contract, hazards: Hazards, found: Legs) -> dict[str, Value]:
    survived = hazards.survival(contract.years)
    rate = hazards.rates[0] if len(hazards.rates) == 1 else None
    values = {
        "fair_spread": figure(found.protection / found.annuity * 1e4, "bp", "Fair spread"),
        "hazard": percent(rate, "Hazard rate a year"),
        "default_probability": percent(
            1 - survived, "Risk-neutral probability of default by maturity"
        ),
        "annuity": figure(found.annuity, "years", "Risky annuity"),
        "protection": percent(found.protection, "Value of the protection leg, of notional"),
    }
    if rate is None:
        mean = -math.log(survived) / contract.years if survived > 0 else None
        values["hazard"] = percent(mean, "Hazard rate a year, mean to maturity")
        for n, (end, one) in enumerate(zip(hazards.ends, hazards.rates, strict=True), start=1):
            values[f"hazard_{n}"] = percent(one, f"Hazard rate a year up to {end:.3g} years")
    return values


def _amounts(swap: Swap, contract: _Contract, found: Legs, money: str) -> dict[str, Value]:
    upfront = found.protection - contract.coupon * found.annuity
    accrued = contract.coupon * found.accrued
    amount = contract.notional
    values = {
        "upfront": percent(upfront, "Upfront for protection at the running coupon, of notional"),
        "upfront_amount": figure(upfront * amount, money, "The same on the notional"),
        "spread_move": figure(
            found.annuity * amount / 1e4,
            money,
            "Risky annuity times a basis point, on the notional",
        ),
        "loss_at_default": figure(
            (1 - contract.recovery - upfront) * amount,
            money,
            "Gain of the protection buyer if it defaults at once",
        ),
    }
    if contract.trade is not None:
        values["accrued"] = figure(accrued * amount, money, "Accrued premium, paid to the buyer")
        values["cash_amount"] = figure(
            (upfront - accrued) * amount, money, "Cash the protection buyer pays"
        )
    if swap.hazard_pct is None:
        moved = contract.legs(_hazards(swap, contract, 1e-4), contract.years)
        after = moved.protection - contract.coupon * moved.annuity
        values["spread_dv01"] = figure(
            (after - upfront) * amount,
            money,
            "Change of the upfront when the spreads rise by a basis point",
        )
    return values


def _given(swap: Swap, contract: _Contract, money: str) -> dict[str, Value]:
    values = {
        "recovery": assumed(contract.recovery * 100, "pct", "Recovery"),
        "coupon": assumed(contract.coupon * 1e4, "bp", "Running coupon"),
        "rate": assumed(contract.rate * 100, "pct", "Riskless rate"),
        "notional": assumed(contract.notional, money, "Notional"),
    }
    if swap.spread_bp is not None:
        values["spread"] = assumed(swap.spread_bp, "bp", "Par spread")
    for name, day in (("trade_date", contract.trade), ("maturity", contract.maturity)):
        if day is not None:
            label = name.replace("_", " ").capitalize()
            values[name] = Value(value=day.isoformat(), unit="date", kind="assumed", label=label)
    return values


def _said(swap: Swap, contract: _Contract) -> tuple[str, ...]:
    notes: list[str] = []
    if contract.taken:
        notes.append(f"Not given, so taken: {', '.join(f'a {one}' for one in contract.taken)}.")
    if contract.trade is None:
        notes.append("Without a trade date there are no calendar dates and no accrued premium.")
    if 0 < contract.recovery < 0.01:
        notes += slip(contract.recovery * 100, "The recovery")
    quotes = [swap.spread_bp, *(point.spread_bp for point in swap.spreads)]
    if any(0 < quote < 1 for quote in quotes if quote is not None):
        notes.append("A spread is below 1 bp. It is given in basis points: 1 % is 100.")
    return tuple(notes)


def _curve_table(swap: Swap, hazards: Hazards) -> Table:
    if not swap.spreads:
        return ()
    rows = [
        (point.years, point.spread_bp, rate * 100, hazards.survival(end) * 100)
        for point, end, rate in zip(swap.spreads, hazards.ends, hazards.rates, strict=True)
    ]
    return (("years", "spread_bp", "hazard_pct", "survival_pct"), *rows)


def _textbook(contract: _Contract, hazards: Hazards, years: float) -> Legs:
    """Legs per 1 of notional (Hull, ch. "Credit derivatives", "Valuation of CDSs")."""
    step = 1 / contract.often
    loss = 1 - contract.recovery

    def discount(t: float) -> float:
        return math.exp(-contract.rate * t)

    protection = annuity = 0.0
    for n in range(1, round(years * contract.often) + 1):
        start, end = (n - 1) * step, n * step
        lived = hazards.survival(end)
        died = hazards.survival(start) - lived
        halfway = discount((start + end) / 2)
        protection += loss * died * halfway
        annuity += step * lived * discount(end) + step / 2 * died * halfway
    if not annuity:
        raise refuse(
            f"{years:g} years hold no premium payment.",
            "It is less than one period.",
            "Give a longer maturity or more payments a year.",
        )
    return Legs(protection, annuity, 0.0)
