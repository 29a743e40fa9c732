"""Forward curves: their shape, what rolling earns, a calendar spread, and one good on two venues.

The rule it protects: prices may be negative, and then nothing is told in percent; units and the way a
currency is quoted are part of every price. It reads no data: the requester gives the curve.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Literal

from pydantic import Field

from bullpen_tools.context import Result, Scalar, ToolContext, Value
from bullpen_tools.quant import pictures
from bullpen_tools.quant.answers import currency, figure, percent, positive, refuse
from bullpen_tools.tool import Arguments, tool


class Tenor(Arguments):
    """One delivery of a curve."""

    months: float = Field(description="Months from now to delivery; 0 is spot")
    price: float = Field(description="Price for that delivery")


class Curve(Arguments):
    """A forward curve, and perhaps the same curve on an earlier day."""

    points: list[Tenor] = Field(description="Prices by delivery, at least two", min_length=2)
    earlier: list[Tenor] = Field(
        default_factory=list[Tenor], description="The curve on an earlier day, for the change"
    )
    label: str = Field(default="now", description="Day of the curve, such as 5 March 2026")
    earlier_label: str = Field(default="before", description="Day of the earlier curve")
    name: str = Field(default="", description="What is delivered, such as WTI")
    unit: str = Field(default="USD", description="Currency and unit of the prices, such as USD/bbl")


@tool(risk="read", label="reading the curve", version="1")
def curve_shape(ctx: ToolContext, curve: Curve) -> Result:
    """The shape of a forward curve: contango, backwardation, flat or mixed; slope, roll yield a year
    from the first to the second delivery, convexity; and the change against an earlier curve, delivery
    by delivery. Draws the curve. Use it for "is oil in backwardation", "what does rolling earn".
    """
    unit = currency(curve.unit)
    points = _sorted(curve.points)
    values = _shape(points, unit, "", curve.label)
    rows: list[tuple[Scalar, ...]] = [("months", "price", "earlier", "change")]
    before = (
        {tenor.months: tenor.price for tenor in _sorted(curve.earlier)} if curve.earlier else {}
    )
    if curve.earlier:
        values |= _shape(_sorted(curve.earlier), unit, "earlier_", curve.earlier_label)
    for tenor in points:
        old = before.get(tenor.months)
        rows.append((tenor.months, tenor.price, old, None if old is None else tenor.price - old))
        if old is not None:
            key = f"change_{tenor.months:g}m".replace(".", "p")
            values[key] = figure(tenor.price - old, unit, f"Change of the {_delivery(tenor)}")
    warnings = _warnings(curve, points, before)
    what = curve.name or "The curve"
    return Result(
        summary=f"{what}, {curve.label}: {values['shape'].value}.",
        values=values,
        warnings=tuple(warnings),
        table=tuple(rows),
        artifacts=(pictures.draw(ctx, _picture(curve, points), name=f"curve {what}"),),
    )


def _sorted(points: Sequence[Tenor]) -> list[Tenor]:
    ordered = sorted(points, key=lambda tenor: tenor.months)
    if any(a.months == b.months for a, b in pairwise(ordered)) or ordered[0].months < 0:
        raise refuse(
            "The curve is not clear.",
            "Two deliveries have one month, or one lies in the past.",
            "Give each delivery once, in months from now.",
        )
    if len(ordered) < 2:
        raise refuse(
            "One delivery is not a curve.", "At least two are needed.", "Add another delivery."
        )
    return ordered


def _shape(points: Sequence[Tenor], unit: str, head: str, day: str) -> dict[str, Value]:
    first, second, last = points[0], points[1], points[-1]
    span = last.months - first.months
    plain = min(tenor.price for tenor in points) > 0
    values = {
        f"{head}shape": figure(_word(points), "text", f"Shape, {day}"),
        f"{head}front": figure(first.price, unit, f"First delivery, {day}", kind="assumed"),
        f"{head}back": figure(last.price, unit, f"Last delivery, {day}", kind="assumed"),
        f"{head}spread": figure(last.price - first.price, unit, f"Last less first delivery, {day}"),
        f"{head}slope": figure(
            (last.price - first.price) / span, f"{unit.partition('/')[0]}/month", f"Slope, {day}"
        ),
        f"{head}roll": figure(
            (first.price - second.price) * 12 / (second.months - first.months),
            f"{unit.partition('/')[0]}/year",
            f"Roll of a long position, {day}",
        ),
    }
    if plain:
        per_year = 12 / (second.months - first.months)
        values[f"{head}roll_yield"] = percent(
            math.log(first.price / second.price) * per_year,
            f"Roll yield a year of a long position, {day}",
        )
        values[f"{head}slope_pct"] = percent(
            math.log(last.price / first.price) * 12 / span, f"Slope a year, first to last, {day}"
        )
    if len(points) > 2:
        values[f"{head}convexity"] = figure(
            _convexity(points), f"{unit.partition('/')[0]}/month²", f"Convexity, {day}"
        )
    return values


def _word(points: Sequence[Tenor]) -> str:
    steps = [b.price - a.price for a, b in pairwise(points)]
    scale = max(abs(tenor.price) for tenor in points) or 1.0
    moves = {0 if abs(step) <= 1e-9 * scale else math.copysign(1, step) for step in steps}
    if moves <= {0}:
        return "flat"
    if moves <= {0, 1.0}:
        return "contango"
    if moves <= {0, -1.0}:
        return "backwardation"
    front = "backwardation" if steps[0] < 0 else "contango"
    whole = "above" if points[-1].price > points[0].price else "below"
    return f"mixed: {front} at the front, the last delivery {whole} the first"


def _convexity(points: Sequence[Tenor]) -> float:
    """Second derivative of the parabola through first, middle and last delivery."""
    a, b, c = points[0], points[len(points) // 2], points[-1]
    right = (c.price - b.price) / (c.months - b.months)
    left = (b.price - a.price) / (b.months - a.months)
    return 2 * (right - left) / (c.months - a.months)


def _delivery(tenor: Tenor) -> str:
    return "spot price" if tenor.months == 0 else f"delivery in {tenor.months:g} months"


def _warnings(curve: Curve, points: Sequence[Tenor], before: dict[float, float]) -> list[str]:
    notes: list[str] = []
    prices = [*(tenor.price for tenor in points), *before.values()]
    if min(prices) < 0:
        notes.append(
            "A price is below zero, as WTI was on 20 April 2020: roll and slope are told in price, not in percent."
        )
    if 0.0 in prices:
        notes.append("A price is exactly 0: if it is not known, leave that delivery out.")
    if before and not {tenor.months for tenor in points} & set(before):
        notes.append("The two curves have no delivery in common: there is no change to tell.")
    if curve.earlier:
        notes.append(
            "Deliveries are compared at equal months from each day, not contract by contract."
        )
    return notes


def _picture(curve: Curve, points: Sequence[Tenor]) -> pictures.Picture:
    lines = [pictures.Line(curve.label, [t.months for t in points], [t.price for t in points])]
    if curve.earlier:
        old = _sorted(curve.earlier)
        lines.append(
            pictures.Line(curve.earlier_label, [t.months for t in old], [t.price for t in old])
        )
    return pictures.Picture(
        title=f"{curve.name or 'Forward'} curve: {_word(points)}",
        subtitle=f"Price in {curve.unit} by months to delivery",
        source="Source: curve_shape, prices as given by the requester",
        x_label="months to delivery",
        lines=lines,
    )


class SpreadTerms(Arguments):
    """Two deliveries of one good."""

    near: float = Field(description="Price of the nearer delivery")
    far: float = Field(description="Price of the farther delivery")
    months: float = Field(description="Months between the two deliveries")
    rate_pct: float = Field(default=0.0, description="Interest rate, percent a year")
    storage_per_month: float = Field(
        default=0.0, description="Storage and insurance per unit and month"
    )
    contract_size: float = Field(default=1.0, description="Units in one contract: 1000 for WTI")
    name: str = Field(default="", description="What is delivered")
    unit: str = Field(default="USD", description="Currency and unit of the prices, such as USD/bbl")


@tool(risk="read", label="pricing the calendar spread", version="1")
def calendar_spread(ctx: ToolContext, spread: SpreadTerms) -> Result:
    """A futures calendar spread: far less near, a year in percent, the cost of full carry (interest and
    storage), the share of full carry that the market pays, and the convenience yield that it implies.
    """
    del ctx
    unit = currency(spread.unit)
    years = positive(spread.months, "The months between the deliveries") / 12
    positive(spread.contract_size, "The contract size")
    gap = spread.far - spread.near
    carry = (
        spread.near * math.expm1(spread.rate_pct / 100 * years)
        + spread.storage_per_month * spread.months
    )
    values = {
        "spread": figure(gap, unit, "Far less near delivery"),
        "per_contract": figure(
            gap * spread.contract_size, unit.partition("/")[0], "The same on one contract"
        ),
        "full_carry": figure(carry, unit, "Cost of full carry"),
    }
    warnings: list[str] = []
    if carry > 0:
        values["share_of_carry"] = percent(gap / carry, "Share of full carry that the market pays")
    if spread.near > 0 and spread.far > 0:
        yearly = math.log(spread.far / spread.near) / years
        values["spread_pct"] = percent(yearly, "Far over near, a year")
        storage = spread.storage_per_month * 12 / spread.near
        values["convenience_yield"] = percent(
            spread.rate_pct / 100 + storage - yearly, "Implied convenience yield a year"
        )
    else:
        warnings.append("A price is not above zero: nothing is told in percent.")
    if carry > 0 and gap > carry * 1.001:
        warnings.append(
            "The spread pays more than full carry: cash and carry would earn, if rate and storage are right."
        )
    word = "contango" if gap > 0 else "backwardation" if gap < 0 else "flat"
    return Result(
        summary=f"Calendar spread{f' of {spread.name}' if spread.name else ''} over {spread.months:g} months: {word}.",
        values=values,
        warnings=tuple(warnings),
    )


Measure = Literal["ozt", "g", "kg", "t", "lb", "share"]
_GRAMS: dict[str, float] = {"ozt": 31.1034768, "g": 1.0, "kg": 1000.0, "t": 1e6, "lb": 453.59237}


class Quote(Arguments):
    """One price of the good."""

    venue: str = Field(description="Where: COMEX, SGE, LME, SLV")
    price: float = Field(description="Price in `currency` per `per`")
    currency: str = Field(default="USD", description="Three-letter code")
    per: Measure = Field(
        default="ozt", description="ozt: troy ounce; g, kg, t: tonne; lb: pound; share"
    )
    ounces_per_share: float | None = Field(
        default=None, description="For a share: troy ounces behind it"
    )
    tax_pct: float = Field(
        default=0.0, description="Tax contained in the price, percent: 13 for VAT in China"
    )


class Basis(Arguments):
    """Two quotes of one good."""

    first: Quote = Field(description="The quote to look at")
    second: Quote | None = Field(default=None, description="The quote it is compared with")
    fx: float | None = Field(default=None, description="Exchange rate, where the currencies differ")
    fx_quoted_as: str = Field(
        default="", description="What the rate means: `CNY per USD` or `USD per CNY`"
    )
    cost_per_ounce: float = Field(
        default=0.0,
        description="Freight, insurance and fees per ounce to move it, in the second's currency",
    )
    lease_rate_pct: float = Field(
        default=0.0, description="Lease rate of the metal, percent a year"
    )
    days: float = Field(default=0.0, description="Days that the metal is on its way")


@tool(risk="read", label="comparing the venues", version="1")
def venue_basis(ctx: ToolContext, basis: Basis) -> Result:
    """One metal on two venues, in one unit and one currency: the premium of the first over the second
    per ounce and in percent, after tax, freight and the lease cost of the way. With one quote only: its
    price per troy ounce and per kilogram ("SLV 90 is how much an ounce").
    """
    del ctx
    one = _per_ounce(basis.first)
    if basis.second is None:
        unit = currency(basis.first.currency)
        return Result(
            summary=f"{basis.first.venue} in the metal's own units.",
            values={
                "per_ounce": figure(one, f"{unit}/oz", "Price per troy ounce"),
                "per_kilogram": figure(
                    one * 1000 / _GRAMS["ozt"], f"{unit}/kg", "Price per kilogram"
                ),
            },
        )
    other = _per_ounce(basis.second)
    unit = currency(basis.second.currency)
    rate, warnings = _rate(basis)
    here = one * rate
    lease = other * basis.lease_rate_pct / 100 * basis.days / 365
    gap = here - other
    if basis.fx and abs(gap / other) > 0.4 and abs(one / rate / other - 1) < 0.15:
        warnings.append(
            "With the exchange rate the other way round the two prices would agree: check how it is quoted."
        )
    return Result(
        summary=f"{basis.first.venue} against {basis.second.venue}, per troy ounce.",
        values={
            "first_per_ounce": figure(here, f"{unit}/oz", f"{basis.first.venue} per troy ounce"),
            "second_per_ounce": figure(other, f"{unit}/oz", f"{basis.second.venue} per troy ounce"),
            "basis": figure(gap, f"{unit}/oz", "Premium of the first"),
            "basis_pct": percent(gap / other, "Premium of the first"),
            "cost": figure(
                basis.cost_per_ounce + lease, f"{unit}/oz", "Cost of the way, lease included"
            ),
            "net": figure(
                gap - basis.cost_per_ounce - lease,
                f"{unit}/oz",
                "Premium after the cost of the way",
            ),
        },
        warnings=tuple(warnings),
    )


def _per_ounce(quote: Quote) -> float:
    price = positive(quote.price, f"The price on {quote.venue}") / (1 + quote.tax_pct / 100)
    if quote.per == "share":
        if quote.ounces_per_share is None:
            raise refuse(
                f"{quote.venue} is quoted per share.",
                "`ounces_per_share` is missing.",
                "Give the ounces behind one share.",
            )
        return price / positive(quote.ounces_per_share, "The ounces per share")
    return price * _GRAMS["ozt"] / _GRAMS[quote.per]


def _rate(basis: Basis) -> tuple[float, list[str]]:
    """Units of the second's currency for one of the first's."""
    a = basis.first.currency.upper()
    b = basis.second.currency.upper() if basis.second else a
    if a == b:
        return 1.0, [
            "Both quotes are in one currency: the exchange rate was not used."
        ] if basis.fx else []
    if basis.fx is None:
        raise refuse(
            f"The quotes are in {a} and {b}.",
            "The exchange rate is missing.",
            f"Give `fx` and what it means: `{a} per {b}` or `{b} per {a}`.",
        )
    fx = positive(basis.fx, "The exchange rate")
    words = basis.fx_quoted_as.upper().replace("/", " PER ").split()
    if words == [b, "PER", a]:
        return fx, []
    if words == [a, "PER", b]:
        return 1 / fx, []
    raise refuse(
        f"An exchange rate of {fx:g} can be read both ways.",
        f"It does not say whether it is {a} per {b} or {b} per {a}.",
        "Say which in `fx_quoted_as`.",
    )
