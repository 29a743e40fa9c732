"""A volatility surface from an option chain: cleaning, a fit for each expiry, and its arbitrage.

The rule it protects: every quote that is left out is counted with the reason, and an arbitrage in the
quotes or in the fit is flagged, not smoothed away. It does not extrapolate in time.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
from pydantic import Field

from bullpen_memory.errors import InputError
from bullpen_tools.context import Result, Scalar, ToolContext, Value
from bullpen_tools.quant import black_scholes as formulas
from bullpen_tools.quant import pictures, sabr
from bullpen_tools.quant.answers import count, percent, positive, refuse
from bullpen_tools.quant.black_scholes import Terms
from bullpen_tools.quant.sabr import Sabr
from bullpen_tools.quant.smiles import Slice, fit
from bullpen_tools.quant.volatilities import solve
from bullpen_tools.tool import Arguments, tool


class ChainQuote(Arguments):
    """One option of the chain."""

    kind: Literal["call", "put"] = Field(description="call or put")
    strike: float = Field(description="Strike")
    days: float = Field(description="Calendar days to expiry")
    bid: float | None = Field(
        default=None, description="Best bid; 0 or left out when there is none"
    )
    ask: float | None = Field(default=None, description="Best ask")


class Chain(Arguments):
    """An option chain."""

    quotes: list[ChainQuote] = Field(min_length=5, max_length=2000, description="The quotes")
    spot: float | None = Field(
        default=None, description="Price of the underlying; this or `forward`"
    )
    forward: float | None = Field(
        default=None, description="Futures price, for options on one future"
    )
    rate_pct: float = Field(default=0.0, description="Interest rate, percent a year, continuous")
    yield_pct: float = Field(
        default=0.0, description="Dividend or lease rate, percent a year, continuous"
    )
    widest_pct: float = Field(
        default=100.0, description="Widest bid-ask spread kept, percent of the mid price"
    )
    model: Literal["svi", "sabr"] = Field(
        default="svi", description="What is fitted to each expiry: SVI, or SABR (Hagan 2002)"
    )
    sabr_beta: float | None = Field(
        default=1.0, ge=0, le=1, description="SABR's exponent; null: fitted too"
    )
    name: str = Field(default="", description="Name of the underlying")


@dataclass(frozen=True, slots=True)
class _Point:
    k: float
    vol: float
    years: float
    strike: float


@tool(risk="read", label="fitting the surface", version="2")
def vol_surface(ctx: ToolContext, chain: Chain) -> Result:
    """A volatility surface from an option chain: drops quotes that cannot be used (bid 0, crossed, below
    intrinsic value, too wide) and counts them, solves the out-of-the-money volatilities, fits SVI or SABR to
    each expiry, and flags butterfly and calendar arbitrage in quotes and fit. At-the-money volatility, skew and
    fit error per expiry. Draws the smiles.
    """
    if (chain.spot is None) == (chain.forward is None):
        raise refuse(
            "The price of the underlying is not clear.",
            "Give exactly one.",
            "Give `spot` or `forward`.",
        )
    positive(
        chain.spot if chain.spot is not None else chain.forward or 0.0,
        "The price of the underlying",
    )
    points, dropped = _clean(chain)
    values: dict[str, Value] = {
        "quotes": count(len(chain.quotes), "Quotes given"),
        "used": count(len(points), "Quotes used"),
        **{
            f"dropped_{reason.replace(' ', '_')}": count(n, f"Left out: {reason}")
            for reason, n in sorted(dropped.items())
        },
    }
    slices, found, rows, warnings = _fits(chain, points)
    if not slices:
        raise _no_surface(chain, points, dropped)
    warnings += _butterflies(chain) + _calendars(slices)
    values |= found
    values["arbitrage_flags"] = count(
        sum("arbitrage" in note for note in warnings), "Arbitrage flags"
    )
    return Result(
        summary=f"Volatility surface{f' of {chain.name}' if chain.name else ''} from {len(chain.quotes)} quotes: {chain.model.upper()} for each expiry.",
        values=values,
        warnings=tuple(warnings),
        table=rows,
        artifacts=(
            pictures.draw(ctx, _picture(chain, points, slices), name=f"smile {chain.name}"),
        ),
    )


Smile = Slice | Sabr
_Fits = tuple[dict[float, Smile], dict[str, Value], tuple[tuple[Scalar, ...], ...], list[str]]
_HEADS = {
    "svi": ("days", "a", "b", "rho", "m", "sigma", "error_vol_points"),
    "sabr": ("days", "alpha", "beta", "rho", "nu", "error_vol_points"),
}


def _fits(chain: Chain, points: Sequence[_Point]) -> _Fits:
    """A smile for every expiry with five usable strikes: the smiles, their figures, their parameters, remarks."""
    slices: dict[float, Smile] = {}
    values: dict[str, Value] = {}
    rows: list[tuple[Scalar, ...]] = [_HEADS[chain.model]]
    warnings: list[str] = []
    for years in sorted({point.years for point in points}):
        inside = sorted((p for p in points if p.years == years), key=lambda p: p.k)
        days = round(years * 365)
        if len(inside) < 5:
            warnings.append(
                f"The expiry in {days} days has {len(inside)} usable strikes: five are needed for a fit."
            )
            continue
        fitted, error, found, notes = _slice(chain, inside, years)
        slices[years] = fitted
        warnings += notes
        values |= found
        names = _HEADS[chain.model][1:-1]
        rows.append((days, *(float(getattr(fitted, name)) for name in names), error * 100))
    return slices, values, tuple(rows), warnings


def _no_surface(chain: Chain, points: Sequence[_Point], dropped: Counter[str]) -> InputError:
    left = ", ".join(f"{n} left out for {reason}" for reason, n in dropped.items())
    return refuse(
        "There is no surface in this chain.",
        f"Of {len(chain.quotes)} quotes {len(points)} are usable: {left or 'too few at any expiry'}.",
        "Give five usable strikes for one expiry at least.",
    )


def _terms(chain: Chain, quote: ChainQuote) -> Terms:
    rate = chain.rate_pct / 100
    return Terms(
        sign=1 if quote.kind == "call" else -1,
        spot=chain.spot if chain.spot is not None else chain.forward or 0.0,
        strike=quote.strike,
        years=quote.days / 365,
        rate=rate,
        carry=0.0 if chain.forward is not None else rate - chain.yield_pct / 100,
        vol=0.2,
    )


def _clean(chain: Chain) -> tuple[list[_Point], Counter[str]]:
    """Out-of-the-money points with their volatilities, and why the others were left out."""
    points: list[_Point] = []
    dropped: Counter[str] = Counter()
    for quote in chain.quotes:
        if reason := _unusable(chain, quote):
            dropped[reason] += 1
            continue
        t = _terms(chain, quote)
        middle = ((quote.bid or 0.0) + (quote.ask or 0.0)) / 2
        if t.sign * (t.strike - t.forward) < 0:
            dropped["in the money"] += 1
            continue
        found = solve(
            lambda vol, t=t: formulas.value(
                Terms(
                    sign=t.sign,
                    spot=t.spot,
                    strike=t.strike,
                    years=t.years,
                    rate=t.rate,
                    carry=t.carry,
                    vol=vol,
                )
            ),
            middle,
            [1e-4, 5.0],
        )
        if not found:
            dropped["no volatility"] += 1
            continue
        points.append(_Point(math.log(t.strike / t.forward), found[0], t.years, t.strike))
    return points, dropped


def _unusable(chain: Chain, quote: ChainQuote) -> str:
    """Why a quote cannot be used, or ""."""
    if quote.strike <= 0 or quote.days <= 0:
        return "strike or days not above zero"
    if not quote.bid:
        return "bid 0 or missing"
    if not quote.ask:
        return "ask 0 or missing"
    if quote.bid < 0 or quote.ask < quote.bid:
        return "crossed or negative"
    t = _terms(chain, quote)
    middle = (quote.bid + quote.ask) / 2
    if (quote.ask - quote.bid) / middle * 100 > chain.widest_pct:
        return "spread too wide"
    if middle <= t.discount * max(t.sign * (t.forward - t.strike), 0.0):
        return "below intrinsic value"
    return ""


def _slice(
    chain: Chain, points: Sequence[_Point], years: float
) -> tuple[Smile, float, dict[str, Value], list[str]]:
    k = np.array([point.k for point in points])
    vols = np.array([point.vol for point in points])
    fitted: Smile
    if chain.model == "sabr":
        forward = points[0].strike / math.exp(points[0].k)
        fitted, error = sabr.fit(k, vols, forward, years, chain.sabr_beta)
    else:
        # A residual of variance divided by twice vol times years is one of volatility.
        fitted, error = fit(k, vols * vols * years, 1 / (2 * vols * years))
    grid = np.linspace(float(k.min()), float(k.max()), 201)
    days = round(years * 365)
    label = f"in {days} days"
    level = math.sqrt(max(float(fitted.variance(np.array([0.0]))[0]), 0.0) / years)
    wings = np.sqrt(np.maximum(fitted.variance(np.array([-0.1, 0.1])), 0.0) / years)
    values = {
        f"atm_{days}d": percent(level, f"At-the-money volatility {label}"),
        f"skew_{days}d": percent(
            float(wings[0] - wings[1]),
            f"Skew {label}: ten percent below less ten percent above, volatility",
        ),
        f"error_{days}d": percent(error, f"Fit error {label}, volatility"),
    }
    notes: list[str] = []
    if not bool(np.all(fitted.density(grid) >= 0)):
        notes.append(
            f"Butterfly arbitrage in the fit {label}: the density is negative somewhere between the quoted strikes."
        )
    if error > 0.02:
        notes.append(f"The fit {label} misses the quotes by more than two volatility points.")
    return fitted, error, values, notes


def _butterflies(chain: Chain) -> list[str]:
    """Call and put mids must be convex in strike, within each expiry."""
    notes: list[str] = []
    for kind in ("call", "put"):
        for days in sorted({quote.days for quote in chain.quotes}):
            usable = sorted(
                (q.strike, (q.bid or 0) / 2 + (q.ask or 0) / 2, (q.ask or 0) - (q.bid or 0))
                for q in chain.quotes
                if q.kind == kind and q.days == days and not _unusable(chain, q)
            )
            for (x0, y0, s0), (x1, y1, s1), (x2, y2, s2) in zip(
                usable, usable[1:], usable[2:], strict=False
            ):
                wing = (x2 - x1) / (x2 - x0) * y0 + (x1 - x0) / (x2 - x0) * y2
                # Beyond what the bid-ask spreads allow, it can be traded.
                if y1 - wing > (s0 + s2) / 2 + s1:
                    notes.append(
                        f"Butterfly arbitrage in the quotes: the {x1:g} {kind} in {days:g} days costs more than its wings {x0:g} and {x2:g}."
                    )
    return notes


def _calendars(slices: Mapping[float, Smile]) -> list[str]:
    """Total variance must not fall with time at any log-moneyness."""
    grid = np.linspace(-0.3, 0.3, 61)
    return [
        f"Calendar arbitrage between {round(near * 365)} and {round(far * 365)} days: total variance falls with time somewhere."
        for near, far in pairwise(sorted(slices))
        if bool(np.any(slices[far].variance(grid) < slices[near].variance(grid) - 1e-6))
    ]


def _picture(
    chain: Chain, points: Sequence[_Point], slices: Mapping[float, Smile]
) -> pictures.Picture:
    lines: list[pictures.Line] = []
    for years, fitted in sorted(slices.items())[:6]:
        inside = sorted((p for p in points if p.years == years), key=lambda p: p.strike)
        forward = inside[0].strike / math.exp(inside[0].k)
        strikes = np.linspace(inside[0].strike, inside[-1].strike, 60)
        vols = np.sqrt(np.maximum(fitted.variance(np.log(strikes / forward)), 0) / years) * 100
        lines.append(pictures.Line(f"{round(years * 365)} days", strikes.tolist(), vols.tolist()))
    return pictures.Picture(
        title=f"{chain.name or 'Implied'} volatility by strike",
        subtitle=f"{chain.model.upper()} fitted to mid quotes out of the money, percent a year",
        source=f"Source: vol_surface, {len(points)} of {len(chain.quotes)} quotes as given by the requester",
        x_label="strike",
        lines=lines,
        unit=" %",
    )
