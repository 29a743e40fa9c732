"""The arithmetic of growth: a supply and demand gap, and the factors behind a required multiple.

The rule it protects: a factor that nobody named is named as missing, and a path that never crosses a
level says so. Growth is compound, percent a year; it forecasts nothing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from pydantic import Field

from bullpen_tools.context import Result, Scalar, ToolContext, Value
from bullpen_tools.quant import pictures
from bullpen_tools.quant.answers import count, figure, percent, positive, refuse
from bullpen_tools.tool import Arguments, tool

Range = list[float]


class Gap(Arguments):
    """Supply and demand of one thing. Every range is one number or two: low and high."""

    demand_growth_pct: Range = Field(
        default_factory=list[float],
        max_length=2,
        description="Demand growth, percent a year; one number or low and high",
    )
    demand_total_pct: Range = Field(
        default_factory=list[float],
        max_length=2,
        description="Instead: demand growth in all by `until`, percent",
    )
    supply_growth_pct: float = Field(description="Supply (capacity) growth, percent a year")
    utilisation_pct: Range = Field(
        default_factory=lambda: [100.0],
        max_length=2,
        description="Demand as percent of supply in the base year; 100 when in balance",
    )
    base_year: int = Field(description="Year of the utilisation given")
    until: int = Field(description="Last year of the path")
    crossing_pct: float | None = Field(
        default=None, description="A utilisation: when is it crossed"
    )
    shortfall: Range = Field(
        default_factory=list[float],
        max_length=2,
        description="Demand / supply to reach by `until`, as multiples: which demand growth does it take",
    )
    name: str = Field(default="", description="What is supplied: compute, copper")


@tool(risk="read", label="working out the gap", version="1")
def supply_demand_gap(ctx: ToolContext, gap: Gap) -> Result:
    """A supply and demand gap: the path of utilisation (demand / supply) year by year, the gap in
    percent of supply, the time until a level is crossed, the demand growth that a shortfall would
    take, and how these move when a growth rate is five points off. Draws the path.
    """
    years = gap.until - gap.base_year
    if years <= 0:
        raise refuse(
            "The path has no year.",
            f"It runs from {gap.base_year} to {gap.until}.",
            "Let `until` be later than `base_year`.",
        )
    starts = [
        positive(u, "The utilisation") / 100 for u in _range(gap.utilisation_pct, "utilisation_pct")
    ]
    supply = _grown(gap.supply_growth_pct, "supply")
    values: dict[str, Value] = {}
    table: list[tuple[Scalar, ...]] = []
    lines: list[pictures.Line] = []
    warnings: list[str] = []
    if gap.demand_growth_pct or gap.demand_total_pct:
        demands = _demands(gap, years)
        values, table, lines = _path(gap, starts, demands, supply)
        crossed, notes = _crossing(gap, starts, demands, supply)
        values |= crossed
        warnings += notes
    values |= _needed(gap, starts, supply, years)
    if not values:
        raise refuse(
            "There is nothing to work out.",
            "Neither demand growth nor a shortfall was given.",
            "Give `demand_growth_pct`, `demand_total_pct` or `shortfall`.",
        )
    drawn = ()
    if lines:
        drawn = (pictures.draw(ctx, _picture(gap, lines), name=f"gap {gap.name}"),)
    return Result(
        summary=f"Supply and demand{f' of {gap.name}' if gap.name else ''} from {gap.base_year} to {gap.until}.",
        values=values,
        warnings=tuple(warnings),
        table=tuple(table),
        artifacts=drawn,
    )


def _range(given: Sequence[float], name: str) -> list[float]:
    if not given:
        raise refuse(f"`{name}` is empty.", "It takes one number, or low and high.", "Give it.")
    return sorted({given[0], given[-1]})


def _grown(rate_pct: float, what: str) -> float:
    if rate_pct <= -100:
        raise refuse(
            f"A {what} growth of {rate_pct:g} % cannot be.",
            "It would take away everything.",
            "Correct it.",
        )
    return 1 + rate_pct / 100


def _demands(gap: Gap, years: int) -> list[float]:
    """Demand's growth factors a year, low and high."""
    if gap.demand_growth_pct and gap.demand_total_pct:
        raise refuse(
            "Demand growth was given twice.", "Both a year and in all.", "Give one of the two."
        )
    if gap.demand_growth_pct:
        return [
            _grown(rate, "demand") for rate in _range(gap.demand_growth_pct, "demand_growth_pct")
        ]
    return [
        _grown(total, "demand") ** (1 / years)
        for total in _range(gap.demand_total_pct, "demand_total_pct")
    ]


def _path(
    gap: Gap, starts: Sequence[float], demands: Sequence[float], supply: float
) -> tuple[dict[str, Value], list[tuple[Scalar, ...]], list[pictures.Line]]:
    low, high = (starts[0], demands[0]), (starts[-1], demands[-1])
    values: dict[str, Value] = {}
    rows: list[tuple[Scalar, ...]] = [
        ("year", "utilisation_low_pct", "utilisation_high_pct", "gap_low_pct", "gap_high_pct")
    ]
    for year in range(gap.base_year, gap.until + 1):
        ends = [
            start * (demand / supply) ** (year - gap.base_year) for start, demand in (low, high)
        ]
        rows.append((year, ends[0] * 100, ends[1] * 100, (ends[0] - 1) * 100, (ends[1] - 1) * 100))
        if year == gap.base_year:
            continue
        for key, end, word in _named(ends):
            values[f"utilisation_{year}{key}"] = percent(end, f"Utilisation in {year}{word}")
    final = [
        start * (demand / supply) ** (gap.until - gap.base_year) for start, demand in (low, high)
    ]
    for key, end, word in _named(final):
        values[f"gap{key}"] = percent(
            end - 1, f"Demand over supply in {gap.until}{word}, of supply"
        )
    years = [float(row[0]) for row in rows[1:] if isinstance(row[0], int)]
    lines = [
        pictures.Line(
            word or "utilisation",
            years,
            [start * 100 * (demand / supply) ** (year - gap.base_year) for year in years],
        )
        for word, (start, demand) in (
            (("low", low), ("high", high)) if low != high else (("", low),)
        )
    ]
    return values, rows, lines


def _named(ends: Sequence[float]) -> list[tuple[str, float, str]]:
    """(key, value, words) of the two ends, or of the one."""
    if math.isclose(ends[0], ends[1], rel_tol=1e-12):
        return [("", ends[0], "")]
    return [("_low", ends[0], ", low"), ("_high", ends[1], ", high")]


def _crossing(
    gap: Gap, starts: Sequence[float], demands: Sequence[float], supply: float
) -> tuple[dict[str, Value], list[str]]:
    """Years until the middle of the range reaches the level, and how that moves with five points."""
    if gap.crossing_pct is None:
        return {}, []
    level = positive(gap.crossing_pct, "The utilisation to cross") / 100
    start, demand = (starts[0] + starts[-1]) / 2, (demands[0] + demands[-1]) / 2
    values = {
        "crossing_start": percent(
            start, "Utilisation at the start, middle of the range", kind="assumed"
        )
    }
    base = _time(start, level, demand / supply)
    values["crossing_years"] = figure(base, "years", f"Until utilisation is {gap.crossing_pct:g} %")
    if base is None:
        return values, [
            "At these growth rates the utilisation moves away from that level: it is never crossed."
        ]
    values["crossing_date"] = figure(
        str(int(gap.base_year + base)),
        "text",
        "Crossed between the figure of this year and the next",
    )
    for name, one, other in (("demand", demand + 0.05, supply), ("supply", demand, supply + 0.05)):
        values[f"crossing_{name}_plus5"] = figure(
            _time(start, level, one / other),
            "years",
            f"The same with {name} growing five points faster",
        )
    return values, []


def _time(start: float, level: float, factor: float) -> float | None:
    if math.isclose(start, level):
        return 0.0
    if factor == 1 or (math.log(level / start) < 0) != (factor < 1):
        return None
    return math.log(level / start) / math.log(factor)


def _needed(gap: Gap, starts: Sequence[float], supply: float, years: int) -> dict[str, Value]:
    """The demand growth that brings demand to a multiple of supply by the last year."""
    if not gap.shortfall:
        return {}
    start = (starts[0] + starts[-1]) / 2
    values: dict[str, Value] = {}
    ends = _range(gap.shortfall, "shortfall")
    for multiple, (key, word) in zip(ends, (("_low", "low"), ("_high", "high")), strict=False):
        ratio = positive(multiple, "A shortfall") / start
        values[f"needed_growth{key if len(ends) > 1 else ''}"] = percent(
            supply * ratio ** (1 / years) - 1,
            f"Demand growth a year that a shortfall takes, {word} end"
            if len(ends) > 1
            else "Demand growth a year that a shortfall takes",
        )
    return values


def _picture(gap: Gap, lines: Sequence[pictures.Line]) -> pictures.Picture:
    level = () if gap.crossing_pct is None else ((gap.crossing_pct, f"{gap.crossing_pct:g} %"),)
    return pictures.Picture(
        title=f"{gap.name[:1].upper() + gap.name[1:] or 'Demand'}: demand as a share of supply",
        subtitle=f"Utilisation in percent; supply {gap.supply_growth_pct:+g} % a year",
        source="Source: supply_demand_gap, growth rates as given by the requester",
        x_label="year",
        lines=lines,
        unit=" %",
        levels=level,
        whole=True,
    )


class Factor(Arguments):
    """One factor of a product."""

    name: str = Field(description="What grows: tokens per query")
    multiple: float | None = Field(default=None, description="By how much: 2 for twice")
    start: float | None = Field(default=None, description="Instead: the value now")
    end: float | None = Field(default=None, description="and the value then")


class Requirement(Arguments):
    """A required multiple and the factors that are said to make it."""

    multiple: float = Field(description="How many times as much is needed: 12")
    factors: list[Factor] = Field(
        default_factory=list[Factor], description="The factors that were named"
    )
    missing_factor: str = Field(default="", description="What could fill the gap, if known: users")
    years: float | None = Field(default=None, description="Over how many years")
    name: str = Field(default="", description="What has to grow")


@tool(risk="read", label="splitting the growth", version="1")
def required_growth(ctx: ToolContext, need: Requirement) -> Result:
    """Split a required multiple into its factors: what the named ones make together, what is missing and
    by which multiple, and the growth a year that it takes. Use it for "12x needed: does 2x tokens and 10
    to 30 queries get there", "what is 1000x in five years a year".
    """
    del ctx
    positive(need.multiple, "The required multiple")
    values: dict[str, Value] = {
        "required": figure(need.multiple, "x", "Required multiple", kind="assumed")
    }
    product = 1.0
    for number, factor in enumerate(need.factors, start=1):
        multiple = _multiple(factor)
        product *= multiple
        values[f"factor_{number}"] = figure(multiple, "x", factor.name)
    warnings: list[str] = []
    if need.factors:
        gap = need.multiple / product
        values["product"] = figure(product, "x", "The named factors together")
        values["missing"] = figure(
            gap, "x", f"Missing: {need.missing_factor or 'a factor that was not named'}"
        )
        values["factors"] = count(len(need.factors), "Factors named")
        if gap > 1 + 1e-9:
            who = need.missing_factor or "Some factor that was not named"
            warnings.append(
                f"The named factors do not make the required multiple: {who} must make up the rest, and that was left out."
            )
        elif gap < 1 - 1e-9:
            warnings.append("The named factors make more than is required.")
    if need.years is not None:
        rate = need.multiple ** (1 / positive(need.years, "The number of years")) - 1
        values["growth"] = percent(rate, "Growth a year that it takes")
    if len(values) == 1:
        raise refuse(
            "There is nothing to split.",
            "Neither factors nor years were given.",
            "Give the factors that were named, or the years.",
        )
    return Result(
        summary=f"The growth{f' of {need.name}' if need.name else ''} that is required, factor by factor.",
        values=values,
        warnings=tuple(warnings),
    )


def _multiple(factor: Factor) -> float:
    if factor.multiple is not None and factor.start is None and factor.end is None:
        return positive(factor.multiple, f"The factor {factor.name}")
    if factor.multiple is None and factor.start is not None and factor.end is not None:
        return positive(factor.end, f"The factor {factor.name}") / positive(
            factor.start, f"The factor {factor.name}"
        )
    raise refuse(
        f"The factor {factor.name} is not clear.",
        "It takes a multiple, or a start and an end.",
        "Give one of the two.",
    )
