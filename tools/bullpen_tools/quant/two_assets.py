"""Options on two assets: exchange (Margrabe), spread (Kirk), and quanto, as a tool.

The rule it protects: the correlation is given, never assumed, and an approximation stands beside the exact integral.
European; it knows no third asset.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from pydantic import Field

from bullpen_tools.context import Result, ToolContext, Value
from bullpen_tools.quant.answers import (
    assumed,
    currency,
    figure,
    not_negative,
    positive,
    refuse,
    slip,
    term,
)
from bullpen_tools.quant.black_scholes import Terms, cdf, value
from bullpen_tools.quant.terms import Compounding, continuous
from bullpen_tools.tool import Arguments, tool


class TwoAssets(Arguments):
    """The market of an option on two assets."""

    style: Literal["exchange", "spread", "quanto"] = Field(
        description="exchange: receive the first, give the second; spread: first less second "
        "against a strike; quanto: the first, a foreign asset, paid at a fixed exchange rate"
    )
    kind: Literal["call", "put"] = Field(default="call", description="spread and quanto")
    first: float = Field(description="Price of the first asset")
    second: float | None = Field(default=None, description="Price of the second asset (not quanto)")
    prices: Literal["spot", "forward"] = Field(
        default="spot", description="Whether the two prices are spot or futures prices"
    )
    strike: float = Field(default=0.0, description="Strike of a spread or a quanto")
    volatility_first_pct: float = Field(description="Volatility of the first, percent a year")
    volatility_second_pct: float = Field(
        description="Volatility of the second, or of the exchange rate (quanto), percent a year"
    )
    correlation: float = Field(ge=-1, le=1, description="Correlation of their returns, -1 to 1")
    years: float | None = Field(default=None, description="Time to expiry in years")
    days: float | None = Field(default=None, description="Instead: calendar days")
    rate_pct: float = Field(default=0.0, description="Interest rate, percent a year")
    yield_first_pct: float = Field(default=0.0, description="Yield of the first, percent a year")
    yield_second_pct: float = Field(default=0.0, description="Yield of the second, percent a year")
    foreign_rate_pct: float = Field(
        default=0.0, description="quanto: interest rate of the asset's currency, percent a year"
    )
    exchange_rate: float = Field(
        default=1.0, description="quanto: the fixed exchange rate, own currency per foreign unit"
    )
    quantity_first: float = Field(default=1.0, description="exchange: units received")
    quantity_second: float = Field(default=1.0, description="exchange: units given")
    compounding: Compounding = Field(default="continuous", description="How the rates compound")
    currency: str = Field(default="USD", description="Currency of the prices")


@dataclass(frozen=True, slots=True)
class Pair:
    """Forwards of both assets, and what they share: all fractions and years."""

    first: float
    second: float
    strike: float
    vols: tuple[float, float]
    rho: float
    years: float
    rate: float
    sign: int

    @property
    def discount(self) -> float:
        return math.exp(-self.rate * self.years)


@tool(risk="read", label="pricing the option on two assets", version="1")
def two_asset_option(ctx: ToolContext, option: TwoAssets) -> Result:
    """A European option on two assets: exchange one for another (Margrabe), a spread option (Kirk's
    approximation beside the exact integral), or a quanto (a foreign asset paid at a fixed exchange
    rate), with the delta to each asset. Use it for crack and spark spreads, calendar spread options, outperformance.
    """
    del ctx
    unit = currency(option.currency)
    pair = _read(option)
    price, how = _FORMULAS[option.style](option)
    values = {
        "value": figure(price(pair), unit, "Value"),
        **_deltas(option, pair, price),
        "correlation": assumed(option.correlation, "ratio", "Correlation"),
    }
    if option.style == "spread":
        values["value_exact"] = figure(_exact(pair), unit, "The same by integration, exact")
    warnings = slip(option.volatility_first_pct, "The first volatility")
    warnings += slip(option.volatility_second_pct, "The second volatility")
    if not option.rate_pct:
        warnings.append("The interest rate is taken as 0 %.")
    return Result(
        summary=f"Value of the {option.style} option by {how}, per unit.",
        values=values,
        warnings=tuple(warnings),
    )


def _read(option: TwoAssets) -> Pair:
    years = term(option.years, option.days)
    rate = continuous(option.rate_pct, option.compounding, years)

    def forward(price: float, earned: float, name: str) -> float:
        grown = positive(price, name, why="The model takes its logarithm.")
        if option.prices == "forward":
            return grown
        return grown * math.exp((rate - continuous(earned, option.compounding, years)) * years)

    quanto = option.style == "quanto"
    if not quanto and option.second is None:
        raise refuse("The price of the second asset is missing.", "The option is on two.", "Give `second`.")  # fmt: skip
    vols = (option.volatility_first_pct, option.volatility_second_pct)
    for number in vols:
        not_negative(number, "A volatility")
    positive(vols[0], "The first volatility")
    if option.style == "exchange" and option.strike:
        raise refuse("An exchange option has no strike.", "It gives one asset for the other.",
                     "Leave `strike` out, or ask for a spread.")  # fmt: skip
    if quanto:
        positive(option.strike, "The strike")
    second = 1.0 if option.second is None else option.second
    return Pair(
        forward(option.first, option.yield_first_pct, "The price of the first asset"),
        1.0 if quanto else forward(second, option.yield_second_pct, "The price of the second asset"),
        option.strike, (vols[0] / 100, vols[1] / 100), option.correlation, years, rate,
        1 if option.kind == "call" else -1,
    )  # fmt: skip


Price = Callable[[Pair], float]


def _exchange(option: TwoAssets) -> tuple[Price, str]:
    """Margrabe (1978; Haug, ch. 5.4)."""
    own = positive(option.quantity_first, "The quantity received")
    given = positive(option.quantity_second, "The quantity given")

    def price(p: Pair) -> float:
        vol = math.sqrt(max(p.vols[0] ** 2 + p.vols[1] ** 2 - 2 * p.rho * p.vols[0] * p.vols[1], 0))
        return p.discount * _black(own * p.first, given * p.second, vol, p.years, 1)

    return price, "Margrabe's formula (1978)"


def _spread(option: TwoAssets) -> tuple[Price, str]:
    """Kirk (1995; Haug, ch. 5.5.1): the second asset and the strike as one lognormal."""
    if option.strike + (option.second or 0.0) <= 0:
        raise refuse(
            f"A strike of {option.strike:g} takes the second asset below zero.",
            "Kirk's approximation takes the logarithm of their sum.",
            "Exchange the two assets and the sign of the strike.",
        )

    def price(p: Pair) -> float:
        base = p.second + p.strike
        share = p.second / base * p.vols[1]
        vol = math.sqrt(max(p.vols[0] ** 2 + share**2 - 2 * p.rho * p.vols[0] * share, 0.0))
        return p.discount * _black(p.first, base, vol, p.years, p.sign)

    return price, "Kirk's approximation (1995)"


def _quanto(option: TwoAssets) -> tuple[Price, str]:
    """Fixed exchange rate foreign-equity option (Reiner, 1992; Haug, ch. 5.16.2)."""
    fixed = positive(option.exchange_rate, "The exchange rate")

    def price(p: Pair) -> float:
        drift = -p.rho * p.vols[0] * p.vols[1]
        if option.prices == "spot":
            # The asset grows at its own currency's rate, not at ours.
            foreign = continuous(option.foreign_rate_pct, option.compounding, p.years)
            drift += foreign - p.rate
        grown = p.first * math.exp(drift * p.years)
        return fixed * p.discount * _black(grown, p.strike, p.vols[0], p.years, p.sign)

    return price, "Reiner's formula (1992)"


_FORMULAS = {"exchange": _exchange, "spread": _spread, "quanto": _quanto}


def _black(forward: float, strike: float, vol: float, years: float, sign: int) -> float:
    t = Terms(sign=sign, spot=forward, strike=strike, years=years, rate=0.0, carry=0.0, vol=vol)
    return value(t)


def _exact(p: Pair) -> float:
    """The spread option as an integral of Black's formula over the second asset (Pearson, 1995)."""
    from scipy.integrate import quad

    one, two = (vol * math.sqrt(p.years) for vol in p.vols)
    left = one * math.sqrt(max(1 - p.rho**2, 0.0))

    def at(z: float) -> float:
        second = p.second * math.exp(two * z - two * two / 2)
        first = p.first * math.exp(p.rho * one * z - (p.rho * one) ** 2 / 2)
        strike = second + p.strike
        density = math.exp(-z * z / 2) / math.sqrt(2 * math.pi)
        if strike <= 0:
            return density * (first - strike if p.sign > 0 else 0.0)
        if left < 1e-12:
            return density * max(p.sign * (first - strike), 0.0)
        d = math.log(first / strike) / left + left / 2
        return density * p.sign * (first * cdf(p.sign * d) - strike * cdf(p.sign * (d - left)))

    return p.discount * float(quad(at, -10, 10, epsabs=1e-11, limit=400)[0])


def _deltas(option: TwoAssets, pair: Pair, price: Price) -> dict[str, Value]:
    """Delta and gamma to each price that was given, by central differences in the forwards."""
    values: dict[str, Value] = {}
    for name, given, forward in (
        ("first", option.first, pair.first),
        ("second", option.second, pair.second),
    ):
        if given is None:
            continue
        grow, step = forward / given, 1e-3 * given
        up, down = (
            price(
                replace(pair, first=forward + move * grow)
                if name == "first"
                else replace(pair, second=forward + move * grow)
            )
            for move in (step, -step)
        )
        values[f"delta_{name}"] = figure(
            (up - down) / (2 * step), "greek", f"Delta to the {name} asset"
        )
        values[f"gamma_{name}"] = figure(
            (up - 2 * price(pair) + down) / step**2, "greek", f"Gamma to the {name} asset"
        )
    return values
