"""Value at risk of positions whose volatilities and correlations are given: the variance-covariance method.

The rule it protects: the correlations must be possible together, and what diversification takes off is
told apart. It reads no series (see `risk.py` for those) and knows no fat tails.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from pydantic import Field

from bullpen_tools import measures
from bullpen_tools.context import Result, ToolContext
from bullpen_tools.quant import tails
from bullpen_tools.quant.answers import currency, figure, percent, positive, refuse, slip
from bullpen_tools.tool import Arguments, tool

TRADING_DAYS = measures.PERIODS_PER_YEAR["daily"]


class Exposure(Arguments):
    """One position by its money value."""

    name: str = Field(description="What it is: Microsoft, long silver")
    amount: float = Field(description="Market value, in full; negative when short")
    volatility_pct: float | None = Field(default=None, description="Volatility, percent a year")
    daily_volatility_pct: float | None = Field(
        default=None, description="Instead: volatility, percent a day"
    )


class Exposures(Arguments):
    """Positions, how they move together, and the horizon."""

    positions: list[Exposure] = Field(min_length=1, max_length=12, description="The positions")
    correlation: float | None = Field(
        default=None, description="One correlation for every pair; or `correlations`"
    )
    correlations: list[list[float]] = Field(
        default_factory=list[list[float]], description="The full matrix, in the order of positions"
    )
    days: float = Field(default=1.0, description="Horizon in trading days (252 a year)")
    confidence_pct: float = Field(default=95.0, description="Confidence in percent: 95 or 99")
    currency: str = Field(default="USD", description="Currency of the amounts")


@tool(risk="read", label="adding up the risk", version="1")
def position_var(ctx: ToolContext, book: Exposures) -> Result:
    """Value at risk and expected shortfall of positions from given volatilities and correlations
    (variance-covariance, normal, no drift), alone and together, with what diversification takes off and
    each position's share. Use it for "10 m of Microsoft at 2 % a day, 10 days, 99 %".
    """
    del ctx
    unit = currency(book.currency)
    positive(book.days, "The horizon")
    if not 80 <= book.confidence_pct < 100:
        raise refuse(
            f"A confidence of {book.confidence_pct:g} % cannot be.",
            "It lies between 80 and 100.",
            "Use 95, 97.5 or 99.",
        )
    deviations = np.array([_deviation(line) * math.sqrt(book.days) for line in book.positions])
    covariance = np.outer(deviations, deviations) * _matrix(book)
    whole = math.sqrt(max(float(covariance.sum()), 0.0))
    confidence = book.confidence_pct / 100
    one = tails.normal(0.0, 1.0, confidence)
    var, shortfall = (one.var or 0.0) * whole, (one.shortfall or 0.0) * whole
    values = {
        "var": figure(var, unit, "Value at risk, together"),
        "es": figure(shortfall, unit, "Expected shortfall, together"),
        "diversification": figure(
            (one.var or 0.0) * float(np.abs(deviations).sum()) - var,
            unit,
            "Taken off by diversification",
        ),
    }
    for number, (line, deviation) in enumerate(zip(book.positions, deviations, strict=True), 1):
        values[f"var_{number}"] = figure(
            (one.var or 0.0) * abs(float(deviation)), unit, f"Value at risk of {line.name} alone"
        )
        if whole > 0:
            share = float(covariance[number - 1].sum()) / whole**2
            values[f"share_{number}"] = percent(share, f"Share of the risk from {line.name}")
    return Result(
        summary=f"Value at risk of {len(book.positions)} positions over {book.days:g} trading days, normal returns, no drift.",
        values=values,
        warnings=tuple(_warnings(book)),
    )


def _deviation(line: Exposure) -> float:
    """The signed deviation in money a day."""
    if (line.volatility_pct is None) == (line.daily_volatility_pct is None):
        raise refuse(
            f"The volatility of {line.name} is not clear.",
            "Give exactly one.",
            "Give `volatility_pct` (a year) or `daily_volatility_pct`.",
        )
    if line.daily_volatility_pct is not None:
        daily = positive(line.daily_volatility_pct, f"The volatility of {line.name}")
    else:
        yearly = positive(line.volatility_pct or 0.0, f"The volatility of {line.name}")
        daily = yearly / math.sqrt(TRADING_DAYS)
    return line.amount * daily / 100


def _matrix(book: Exposures) -> measures.Numbers:
    size = len(book.positions)
    if size == 1:
        return np.ones((1, 1))
    if (book.correlation is None) == (not book.correlations):
        raise refuse(
            "How the positions move together is not clear.",
            "Give exactly one of the two.",
            "Give `correlation` for all pairs, or the matrix `correlations`.",
        )
    if book.correlation is not None:
        matrix = np.full((size, size), book.correlation)
        np.fill_diagonal(matrix, 1.0)
    else:
        matrix = _square(book.correlations, size)
    if float(np.linalg.eigvalsh(matrix).min()) < -1e-9:
        raise refuse(
            "These correlations cannot hold together.",
            "Their matrix is not positive semidefinite.",
            "Check them pair by pair.",
        )
    return matrix


def _square(rows: Sequence[Sequence[float]], size: int) -> measures.Numbers:
    if len(rows) != size or any(len(row) != size for row in rows):
        raise refuse(
            "The correlations do not fit the positions.",
            f"They are no {size} by {size} matrix.",
            "Give one row for each position.",
        )
    matrix = np.array(rows)
    if not (np.allclose(matrix, matrix.T) and np.allclose(np.diag(matrix), 1.0)):
        raise refuse(
            "The correlations are no correlation matrix.",
            "It is not symmetric with ones on its diagonal.",
            "Correct it.",
        )
    return matrix


def _warnings(book: Exposures) -> list[str]:
    notes = ["Normal returns have thin tails: large losses are likelier than this says."]
    for line in book.positions:
        if line.volatility_pct is not None:
            notes += slip(line.volatility_pct, f"The volatility of {line.name}")
    return notes
