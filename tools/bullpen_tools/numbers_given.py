"""Statistics of numbers that a person gives in the question: moments, performance and risk, and a linear fit.

The rule it protects: sums are exact before they are rounded, a ratio names its convention, and a sample too small for
a measure gives none. Series of the desk have their own tools (`risk_measures`, `regression`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from statistics import median
from typing import Literal

from pydantic import Field

from bullpen_memory.errors import InputError
from bullpen_tools import exact_fit
from bullpen_tools.context import Result, Scalar, ToolContext, Value
from bullpen_tools.structures import exact
from bullpen_tools.tool import Arguments, tool

MOST_NUMBERS = 5000


class Sample(Arguments):
    """Numbers, and what they are."""

    numbers: list[float] = Field(
        min_length=2, max_length=MOST_NUMBERS, description="The numbers, in their order in time"
    )
    kind: Literal["values", "returns_pct", "prices"] = Field(
        default="values",
        description="values: moments only; returns_pct: simple returns in percent; prices: above zero, "
        "turned into simple returns",
    )
    periods_per_year: float | None = Field(
        default=None,
        gt=0,
        description="Returns in a year (252, 12): to annualise. Left out: per period",
    )
    riskless_pct: float = Field(
        default=0.0,
        description="Riskless return per period, percent (per year with periods_per_year)",
    )
    benchmark: list[float] = Field(
        default_factory=list[float],
        description="The benchmark's numbers, of the same kind and length",
    )
    confidence_pct: float = Field(
        default=95.0, gt=50, lt=100, description="Confidence of value at risk, percent"
    )


@tool(risk="read", label="measuring the numbers", version="1")
def sample_statistics(ctx: ToolContext, sample: Sample) -> Result:
    """Statistics of numbers given in the question: mean, median, deviation (n - 1), skewness, excess
    kurtosis, autocorrelation; for returns or prices also growth, Sharpe and Sortino ratios, worst
    drawdown, value at risk and expected shortfall, Kelly's fraction, and against a benchmark beta,
    Jensen's alpha, tracking error and information ratio.
    """
    del ctx
    from bullpen_tools import performance

    values = _moments(sample.numbers)
    if sample.kind == "values":
        return Result(summary=f"Statistics of {len(sample.numbers)} numbers.", values=values)
    returns = _returns(sample.numbers, sample.kind)
    values = {**_moments(returns, "pct"), **performance.measures(returns, sample)}
    if sample.benchmark:
        other = _returns(sample.benchmark, sample.kind)
        if len(other) != len(returns):
            raise InputError(
                "The benchmark has another length.",
                f"There are {len(returns)} returns and {len(other)} of the benchmark.",
                "Give the same periods of both.",
            )
        values |= performance.against(returns, other, sample)
    told = "a year" if sample.periods_per_year else "per period"
    return Result(
        summary=f"Performance and risk of {len(returns)} returns, ratios {told}; losses are positive.",
        values=values,
        warnings=tuple(_doubts(sample, len(returns))),
    )


_FEW = 12
_FRACTION = 0.1


def _doubts(sample: Sample, n: int) -> list[str]:
    """Returns that look like fractions, and samples that tell little."""
    said: list[str] = []
    largest = max(abs(number) for number in sample.numbers)
    if sample.kind == "returns_pct" and 0 < largest < _FRACTION:
        said.append(
            f"The largest return is {largest:g} %. It is given in percent: if {largest * 100:g} % was "
            f"meant, write {largest * 100:g}."
        )
    if n < _FEW:
        said.append(f"{n} returns say little: the ratios and tails have wide errors.")
    return said


def _returns(numbers: Sequence[float], kind: str) -> list[float]:
    """Simple returns in percent."""
    if kind == "returns_pct":
        bad = [r for r in numbers if r <= -100]
        if bad:
            raise InputError(f"A return of {bad[0]:g} % has no ratios.", "It loses everything or more: nothing is left to go on with.",
                             "Give returns in percent: -5 is a loss of 5 %.")  # fmt: skip
        return list(numbers)
    if any(price <= 0 for price in numbers):
        raise InputError("A price is not above zero.", "It has no return.", "Leave it out, or give values.")  # fmt: skip
    pairs = pairwise(numbers)
    return [float((exact(b) / exact(a) - 1) * 100) for a, b in pairs]


def _moments(numbers: Sequence[float], unit: str = "num") -> dict[str, Value]:
    """Exact sums, rounded once (NIST StRD, univariate summary statistics)."""
    exactly = [exact(x) for x in numbers]
    n = len(exactly)
    mean = sum(exactly, Fraction(0)) / n
    away = [x - mean for x in exactly]
    squares = sum((d * d for d in away), Fraction(0))
    deviation = math.sqrt(squares / (n - 1))
    lagged = sum((a * b for a, b in pairwise(away)), Fraction(0))

    def standard(power: int) -> float | None:
        if not squares:
            return None
        return float(sum((d**power for d in away), Fraction(0)) / n) / (squares / n) ** (power / 2)

    skew, kurtosis = standard(3), standard(4)
    return {
        "n": Value(value=n, unit="count", label="Numbers"),
        "mean": Value(value=float(mean), unit=unit, label="Mean"),
        "median": Value(value=float(median(exactly)), unit=unit, label="Median"),
        "deviation": Value(value=deviation, unit=unit, label="Standard deviation (n - 1)"),
        "deviation_population": Value(
            value=math.sqrt(squares / n), unit=unit, label="Standard deviation (n)"
        ),
        "minimum": Value(value=min(numbers), unit=unit, label="Lowest"),
        "maximum": Value(value=max(numbers), unit=unit, label="Highest"),
        "autocorrelation": Value(
            value=float(lagged / squares) if squares else None,
            unit="ratio",
            label="Autocorrelation, lag 1",
        ),
        "skewness": Value(value=skew, unit="ratio", label="Skewness"),
        "excess_kurtosis": Value(
            value=None if kurtosis is None else kurtosis - 3, unit="ratio", label="Excess kurtosis"
        ),
    }


class FitColumn(Arguments):
    """One explaining variable."""

    name: str = Field(default="x", description="Its name")
    values: list[float] = Field(min_length=1, max_length=MOST_NUMBERS, description="Its numbers")


class FitOrder(Arguments):
    """A table to fit."""

    y: list[float] = Field(min_length=2, max_length=MOST_NUMBERS, description="What is explained")
    x: list[FitColumn] = Field(min_length=1, max_length=12, description="What explains it")
    constant: bool = Field(default=True, description="Whether the fit has a constant")
    powers: int = Field(
        default=1, ge=1, le=10, description="Powers of a single x: 2 fits a parabola"
    )


@tool(risk="read", label="fitting the line", version="1")
def linear_fit(ctx: ToolContext, order: FitOrder) -> Result:
    """Least squares on numbers given in the question, linear or polynomial: coefficients with standard
    errors, t and p values, R squared, F, residual deviation. Computed in fractions, so that no digit is
    lost. For series of the desk use `regression`.
    """
    del ctx
    rows = _rows(order)
    fit = exact_fit.solve(order.y, rows, constant=order.constant)
    names = _names(order)
    values: dict[str, Value] = {}
    table: list[tuple[Scalar, ...]] = [("coefficient", "value", "standard error", "t", "p")]
    for n, (name, beta) in enumerate(zip(names, fit.coefficients, strict=True)):
        error = fit.errors[n] if fit.errors else None
        t, p = _significance(beta, error, fit.freedom)
        key = f"b{n}" if order.constant else f"b{n + 1}"
        values[key] = Value(value=beta, unit="num", label=f"Coefficient of {name}")
        values[f"se_{key}"] = Value(value=error, unit="num", label=f"Standard error of {name}")
        values[f"t_{key}"] = Value(value=t, unit="ratio", label=f"t of {name}")
        values[f"p_{key}"] = Value(value=p, unit="ratio", label=f"p value of {name}")
        table.append((name, beta, error, t, p))
    values |= _quality(fit, len(names) - order.constant)
    return Result(
        summary=f"Least squares of {len(order.y)} rows on {', '.join(names)}, classical errors.",
        values=values,
        table=tuple(table),
        warnings=("No degree of freedom is left: there are no errors.",) if not fit.freedom else (),
    )


def _rows(order: FitOrder) -> list[list[Fraction]]:
    lengths = {len(column.values) for column in order.x} | {len(order.y)}
    if len(lengths) > 1:
        raise InputError("The columns have different lengths.", f"They have {', '.join(map(str, sorted(lengths)))} numbers.",
                         "Give one number of each for every row.")  # fmt: skip
    if order.powers > 1 and len(order.x) > 1:
        raise InputError("Powers are of one column.", f"{len(order.x)} were given.", "Give one x.")
    width = (order.powers if order.powers > 1 else len(order.x)) + order.constant
    if len(order.y) * width**2 > exact_fit.MOST_WORK:
        raise InputError("The table is too large to fit in fractions.", f"It has {len(order.y)} rows and {width} coefficients.",
                         "Import it as series and use `regression`.")  # fmt: skip
    columns = [column.values for column in order.x]
    return exact_fit.design(columns, constant=order.constant, powers=order.powers)


def _names(order: FitOrder) -> list[str]:
    base = [column.name for column in order.x]
    if order.powers > 1:
        base = [base[0] if n == 1 else f"{base[0]}^{n}" for n in range(1, order.powers + 1)]
    return ["constant", *base] if order.constant else base


def _significance(
    beta: float, error: float | None, freedom: int
) -> tuple[float | None, float | None]:
    if not error:
        return None, None
    from scipy.special import stdtr

    t = beta / error
    return t, float(2 * stdtr(freedom, -abs(t)))


def _quality(fit: exact_fit.ExactFit, slopes: int) -> dict[str, Value]:
    f = None
    if fit.freedom and fit.residual_sum and slopes:
        f = fit.regression_sum / slopes / (fit.residual_sum / fit.freedom)
    count = fit.freedom + slopes
    adjusted = None
    if fit.r_squared is not None and fit.freedom:
        adjusted = 1 - (1 - fit.r_squared) * count / fit.freedom
    return {
        "r_squared": Value(value=fit.r_squared, unit="ratio", label="R squared"),
        "adjusted_r_squared": Value(value=adjusted, unit="ratio", label="Adjusted R squared"),
        "residual_deviation": Value(
            value=fit.residual_deviation, unit="num", label="Residual standard deviation"
        ),
        "f": Value(value=f, unit="ratio", label="F statistic"),
        "residual_sum": Value(value=fit.residual_sum, unit="num", label="Sum of squared residuals"),
        "regression_sum": Value(
            value=fit.regression_sum, unit="num", label="Sum of squares explained"
        ),
        "freedom": Value(value=fit.freedom, unit="count", label="Degrees of freedom"),
    }
