"""A firm's debt by its equity: Merton's model with all its roots, and the reduced form, as tools.

The rule it protects: "two roots" and "none" are answers, each root is told with what it implies, and
the horizon that decides is swept. It prices no bond with coupons (see `bonds.py`).
"""

from __future__ import annotations

import math

from pydantic import Field

from bullpen_tools.context import Result, Scalar, ToolContext, Value
from bullpen_tools.quant.answers import (
    Table,
    count,
    currency,
    figure,
    percent,
    positive,
    refuse,
    slip,
)
from bullpen_tools.quant.structural import Firm, from_equity, from_spread
from bullpen_tools.tool import Arguments, tool


class CapitalStructure(Arguments):
    """What is known of the firm; one of three combinations."""

    equity: float | None = Field(default=None, description="Market value of the equity")
    equity_volatility_pct: float | None = Field(
        default=None, description="Volatility of the equity, percent a year: 80 means 80 %"
    )
    debt: float | None = Field(
        default=None, description="Debt promised at the horizon, in the unit of the equity"
    )
    asset_value: float | None = Field(default=None, description="Value of the assets")
    asset_volatility_pct: float | None = Field(
        default=None, description="Volatility of the assets, percent a year"
    )
    spread_bp: float | None = Field(
        default=None, description="Credit spread over the riskless rate, basis points a year"
    )
    years: float = Field(default=5.0, description="Horizon at which the debt is due, in years")
    rate_pct: float = Field(default=0.0, description="Riskless rate, percent a year, continuous")
    drift_pct: float | None = Field(
        default=None, description="Expected return of the assets, for the real-world probability"
    )
    horizons: list[float] = Field(
        default_factory=lambda: [1.0, 3.0, 5.0], description="Horizons to sweep, in years"
    )
    recovery_pct: float = Field(
        default=40.0, description="Recovery assumed by the reduced form, percent"
    )
    name: str = Field(default="", description="Name of the firm")
    currency: str = Field(default="USD", description="Currency of equity, debt and assets")


@tool(risk="read", label="solving Merton's model", version="1")
def merton_model(ctx: ToolContext, firm: CapitalStructure) -> Result:
    """Merton's structural model of credit. Give equity, equity volatility and debt for the assets
    and the default probability; or assets, their volatility and debt for equity and spread; or a
    credit spread with an equity volatility ("700 bp against 80 vol") for every capital structure
    that fits both: two, one or none, with a sweep over horizons. A reduced form stands beside it.
    """
    del ctx
    positive(firm.years, "The horizon")
    if not 0 <= firm.recovery_pct < 100:
        raise refuse(
            f"A recovery of {firm.recovery_pct:g} % cannot be.",
            "It lies between 0 and 100.",
            "Correct it.",
        )
    if (
        firm.asset_value is not None
        and firm.asset_volatility_pct is not None
        and firm.debt is not None
    ):
        return _from_assets(firm)
    if firm.equity is not None and firm.equity_volatility_pct is not None and firm.debt is not None:
        return _from_equity(firm)
    if firm.spread_bp is not None and firm.equity_volatility_pct is not None:
        return _from_spread(firm)
    raise refuse(
        "The firm is not described.",
        "Neither of the three combinations is complete.",
        "Give equity, equity_volatility_pct and debt; or asset_value, asset_volatility_pct and debt; "
        "or spread_bp and equity_volatility_pct.",
    )


def _from_assets(firm: CapitalStructure) -> Result:
    assets = positive(firm.asset_value or 0, "The value of the assets")
    vol = positive(firm.asset_volatility_pct or 0, "The volatility of the assets") / 100
    owed = positive(firm.debt or 0, "The debt") * math.exp(-firm.rate_pct / 100 * firm.years)
    solved = Firm(owed / assets, vol, firm.years)
    return Result(
        summary=f"Merton's model{_of(firm)}: equity and debt from the assets.",
        values=_amounts(firm, assets, solved, "")
        | _described(firm, solved, "")
        | _reduced(firm, solved.spread),
        warnings=tuple(slip(firm.asset_volatility_pct or 0, "The volatility of the assets")),
    )


def _from_equity(firm: CapitalStructure) -> Result:
    equity = positive(firm.equity or 0, "The equity")
    vol = positive(firm.equity_volatility_pct or 0, "The equity volatility") / 100
    owed = positive(firm.debt or 0, "The debt") * math.exp(-firm.rate_pct / 100 * firm.years)
    found = from_equity(equity, owed, vol, firm.years)
    values: dict[str, Value] = {"roots": count(len(found), "Solutions")}
    for number, (assets, solved) in enumerate(found, start=1):
        tail = "" if len(found) == 1 else f"_{number}"
        values |= _amounts(firm, assets, solved, tail) | _described(firm, solved, tail)
    if len(found) == 1:
        values |= _reduced(firm, found[0][1].spread)
    warnings = slip(firm.equity_volatility_pct or 0, "The equity volatility")
    if not found:
        warnings.append("No asset value and asset volatility give this equity and this volatility.")
    return Result(
        summary=f"Merton's model{_of(firm)}: assets and default risk from the equity.",
        values=values,
        warnings=tuple(warnings),
    )


def _from_spread(firm: CapitalStructure) -> Result:
    spread = positive(firm.spread_bp or 0, "The spread") / 1e4
    vol = positive(firm.equity_volatility_pct or 0, "The equity volatility") / 100
    found, least = from_spread(spread, vol, firm.years)
    values: dict[str, Value] = {
        "roots": count(len(found), "Capital structures that fit both"),
        "least_equity_volatility": percent(
            least.equity_vol,
            f"Least equity volatility that fits the spread at {_years(firm.years)}",
        ),
        "horizon": figure(firm.years, "years", "Horizon", kind="assumed"),
        "spread": figure(firm.spread_bp, "bp", "Spread", kind="assumed"),
        "equity_volatility": figure(
            firm.equity_volatility_pct, "pct", "Equity volatility", kind="assumed"
        ),
    }
    for number, solved in enumerate(found, start=1):
        values |= _described(
            firm, solved, "" if len(found) == 1 else f"_{number}", with_spread=False
        )
    swept, table = _sweep(firm, spread, vol)
    return Result(
        summary=_SUMMARY[min(len(found), 2)].format(of=_of(firm), years=_years(firm.years)),
        values=values | swept | _reduced(firm, spread),
        warnings=tuple(_remarks(firm, found)),
        table=table,
    )


_SUMMARY = (
    "Merton's model{of}: no capital structure fits both the spread and the equity volatility at {years}.",
    "Merton's model{of}: one capital structure fits both the spread and the equity volatility at {years}.",
    "Merton's model{of}: two capital structures fit both the spread and the equity volatility at {years}.",
)


def _remarks(firm: CapitalStructure, found: list[Firm]) -> list[str]:
    notes = slip(firm.equity_volatility_pct or 0, "The equity volatility")
    if not found:
        notes.append(
            "At this horizon the spread needs a higher equity volatility than the one given: the two "
            "prices contradict each other in this model, or the horizon is wrong."
        )
    if len(found) > 1:
        notes.append(
            "The spread and the volatility do not say which root it is: the debt share does. Compare it with "
            "the firm's market capitalisation and debt."
        )
    return notes


def _sweep(firm: CapitalStructure, spread: float, vol: float) -> tuple[dict[str, Value], Table]:
    """Roots and least equity volatility at other horizons."""
    rows: list[tuple[Scalar, ...]] = [
        ("horizon_years", "roots", "least_equity_volatility_pct", "debt_share_pct")
    ]
    values: dict[str, Value] = {}
    for years in sorted({*(firm.horizons), firm.years}):
        positive(years, "A horizon")
        found, least = from_spread(spread, vol, years)
        shares = " and ".join(f"{solved.debt * 100:.1f}" for solved in found)
        rows.append((years, len(found), least.equity_vol * 100, shares or None))
        key = f"{years:g}y".replace(".", "p")
        if years != firm.years:
            values[f"roots_{key}"] = count(len(found), f"Solutions at a horizon of {_years(years)}")
            values[f"least_equity_volatility_{key}"] = percent(
                least.equity_vol, f"Least equity volatility at a horizon of {_years(years)}"
            )
    return values, tuple(rows)


def _amounts(firm: CapitalStructure, assets: float, solved: Firm, tail: str) -> dict[str, Value]:
    unit = currency(firm.currency)
    which = _which(tail)
    return {
        f"asset_value{tail}": figure(assets, unit, f"Value of the assets{which}"),
        f"equity_value{tail}": figure(assets * solved.equity, unit, f"Value of the equity{which}"),
        f"debt_value{tail}": figure(assets * solved.debt, unit, f"Market value of the debt{which}"),
    }


def _described(
    firm: CapitalStructure, solved: Firm, tail: str, *, with_spread: bool = True
) -> dict[str, Value]:
    which = _which(tail)
    values = {
        f"debt_share{tail}": percent(solved.debt, f"Debt share of the assets, at market{which}"),
        f"asset_volatility{tail}": percent(solved.vol, f"Asset volatility{which}"),
        f"default_probability{tail}": percent(
            solved.default_probability, f"Risk-neutral default probability{which}"
        ),
        f"distance_to_default{tail}": figure(
            solved.d2, "greek", f"Distance to default, deviations{which}"
        ),
        f"recovery{tail}": percent(solved.recovery, f"Expected recovery{which}"),
        f"hedge_ratio{tail}": figure(
            solved.hedge_ratio,
            "greek",
            f"Hedge: percent move of the debt for one percent of equity{which}",
        ),
    }
    if with_spread:
        values[f"spread{tail}"] = figure(solved.spread * 1e4, "bp", f"Credit spread{which}")
        values[f"equity_volatility{tail}"] = percent(solved.equity_vol, f"Equity volatility{which}")
    if firm.drift_pct is not None:
        from bullpen_tools.quant.black_scholes import cdf

        lift = (firm.drift_pct - firm.rate_pct) / 100 * math.sqrt(firm.years) / solved.vol
        values[f"real_default_probability{tail}"] = percent(
            cdf(-solved.d2 - lift), f"Default probability with the given drift{which}"
        )
    return values


def _reduced(firm: CapitalStructure, spread: float) -> dict[str, Value]:
    """The reduced form beside the structural one: hazard = spread / (1 - recovery)."""
    hazard = spread / (1 - firm.recovery_pct / 100)
    chance = 1 - math.exp(-hazard * firm.years)
    return {
        "reduced_hazard": percent(
            hazard, "Reduced form: hazard rate a year, spread / (1 - recovery)"
        ),
        "reduced_default_probability": percent(chance, "Reduced form: default by the horizon"),
    }


def _which(tail: str) -> str:
    """ " (first root)" behind the labels of one of several solutions."""
    ordinals = ("first", "second", "third", "fourth")
    return f" ({ordinals[int(tail[1:]) - 1]} root)" if tail else ""


def _years(number: float) -> str:
    return f"{number:g} year{'' if number == 1 else 's'}"


def _of(firm: CapitalStructure) -> str:
    return f" of {firm.name}" if firm.name else ""
