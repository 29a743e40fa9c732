"""Statistics on series: regression with robust errors, stationarity, breaks.

The rule it protects: an estimate comes with its error, its sample and what speaks against it; two
tests that disagree are reported as disagreeing. It says nothing about causes.
"""

from __future__ import annotations

import math
import warnings as python_warnings
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import numpy as np
from pydantic import Field

from bullpen_memory.errors import InputError
from bullpen_tools.asof import pinned
from bullpen_tools.context import Result, Scalar, ToolContext, Value, ValueKind
from bullpen_tools.histories import Common, History, load, load_common
from bullpen_tools.measures import Numbers, adf_lags
from bullpen_tools.tool import Arguments, tool

Transform = Literal["level", "change", "return"]
_SPURIOUS = 0.6
"""A Durbin-Watson statistic of levels below this marks a regression of trends on one another."""
_SUP_F = {1: (7.12, 8.68, 12.16)}
"""Critical values at 10, 5 and 1 % of the sup-F statistic, one parameter, 15 % trimming (Andrews,
Econometrica 71, 2003, table I)."""
_TRIM = 0.15


@dataclass(frozen=True, slots=True)
class Fit:
    """Coefficients with the constant first; `low` and `high` bound them at 95 %."""

    names: tuple[str, ...]
    coefficients: Numbers
    errors: Numbers
    t: Numbers
    p: Numbers
    low: Numbers
    high: Numbers
    r2: float
    adjusted_r2: float
    residual_deviation: float
    durbin_watson: float
    condition: float
    n: int
    lags: int


def newey_west_lags(n: int) -> int:
    """floor(4 (n / 100)^(2/9)), the rule of Newey and West (1994) for the Bartlett kernel."""
    return int(4 * (n / 100) ** (2 / 9))


def least_squares(y: Numbers, x: Numbers, names: Sequence[str], lags: int | None) -> Fit:
    """OLS of y on a constant and the columns of x, (n, k); `lags` None gives classical errors.

    The columns are centred and scaled before they are solved, so that badly scaled data such as
    Longley's keep their digits; coefficients and errors are those of the data as given. HAC errors
    are Newey and West's (1987) with the small-sample factor n / (n - k) and Student's t.
    """
    import statsmodels.api as sm

    n = len(y)
    centre, scale = x.mean(axis=0), x.std(axis=0)
    scale = np.where(scale > 0, scale, 1.0)
    design = sm.add_constant((x - centre) / scale, has_constant="add")
    how: dict[str, Any] = {} if lags is None else {
        "cov_type": "HAC", "cov_kwds": {"maxlags": lags, "use_correction": True}, "use_t": True,
    }  # fmt: skip
    fitted = sm.OLS(y, design).fit(method="qr", **how)
    # beta = A b maps the coefficients of the scaled columns to those of the given ones.
    back = np.diag(np.concatenate([[1.0], 1 / scale]))
    back[0, 1:] = -centre / scale
    beta = back @ fitted.params
    covariance = back @ fitted.cov_params() @ back.T
    errors = np.sqrt(np.diag(covariance))
    from scipy import stats

    t = beta / errors
    half = stats.t.ppf(0.975, fitted.df_resid) * errors
    residuals = np.asarray(fitted.resid)
    return Fit(
        names=("constant", *names),
        coefficients=beta,
        errors=errors,
        t=t,
        p=2 * stats.t.sf(np.abs(t), fitted.df_resid),
        low=beta - half,
        high=beta + half,
        r2=float(fitted.rsquared),
        adjusted_r2=float(fitted.rsquared_adj),
        residual_deviation=float(math.sqrt(fitted.mse_resid)),
        durbin_watson=float(np.sum(np.diff(residuals) ** 2) / np.sum(residuals**2)),
        condition=float(np.linalg.cond(design)),
        n=n,
        lags=lags or 0,
    )


class Regression(Arguments):
    """What explains what."""

    y: str = Field(description="Name, symbol or id of the series to explain")
    x: list[str] = Field(
        description="One to eight series that explain it", min_length=1, max_length=8
    )
    transform: Transform = Field(
        default="return",
        description="return: log returns in percent, differences for rates; change: differences; level: as stored",
    )
    errors: Literal["hac", "classical"] = Field(
        default="hac", description="hac: Newey and West's robust errors"
    )
    lags: int | None = Field(
        default=None, ge=0, le=200, description="Lags of the HAC errors. Default: by rule"
    )
    start: date | None = Field(default=None, description="First day")
    end: date | None = Field(default=None, description="Last day")
    as_of: date | None = Field(default=None, description="See only what was known on this day")


@tool(risk="read", label="fitting the regression", version="1")
def regression(ctx: ToolContext, order: Regression) -> Result:
    """Ordinary least squares of one series on one to eight others over their common dates, with Newey
    and West's HAC errors: coefficients with errors, t, p and 95 % intervals, R², Durbin-Watson.
    """
    common = load_common(pinned(ctx, order.as_of), [order.y, *order.x], order.start, order.end)
    columns, unit = _columns(common, order.transform)
    y, x = columns[0], np.column_stack(columns[1:])
    if len(y) < x.shape[1] + 3:
        raise InputError(
            "The regression was not fitted.",
            f"{len(y)} observations are too few for {x.shape[1] + 1} coefficients.",
            "Choose a longer span or fewer series.",
        )
    constant = [h.info.id for h, c in zip(common.histories, columns, strict=True) if np.ptp(c) == 0]
    if constant:
        raise InputError(
            "The regression was not fitted.",
            f"{', '.join(constant)} does not vary in this span.",
            "Leave it out.",
        )
    lags = (
        None
        if order.errors == "classical"
        else order.lags
        if order.lags is not None
        else newey_west_lags(len(y))
    )
    names = [history.key for history in common.histories[1:]]
    fit = least_squares(y, x, names, lags)
    made_up = any(h.kind == "synthetic" for h in common.histories)
    return Result(
        summary=_fit_sentence(common, order, unit),
        values=_fit_values(fit, common, order, "synthetic" if made_up else "derived"),
        data=tuple(history.ref for history in common.histories),
        warnings=(*common.warnings, *_doubts(fit, order)),
        table=_fit_table(fit),
        as_of=common.dates[-1],
        known_at=max(history.known_at for history in common.histories),
    )


def _columns(common: Common, transform: Transform) -> tuple[list[Numbers], str]:
    made = [transformed(history, transform) for history in common.histories]
    return made, {"level": "levels", "change": "changes", "return": "returns in percent"}[transform]


def transformed(history: History, transform: Transform) -> Numbers:
    """Levels, differences, or log returns in percent (differences for what has none)."""
    if transform == "level":
        return history.values
    if transform == "return" and history.positive:
        return np.diff(np.log(history.values)) * 100
    return np.diff(history.values)


def _fit_sentence(common: Common, order: Regression, unit: str) -> str:
    y, *x = (history.info.id for history in common.histories)
    errors = "Newey-West errors" if order.errors == "hac" else "classical errors"
    return f"OLS of {y} on {', '.join(x)} in {unit}, {common.span}, {errors}."


def _fit_values(fit: Fit, common: Common, order: Regression, kind: ValueKind) -> dict[str, Value]:
    about = ", ".join(history.info.id for history in common.histories)
    values: dict[str, Value] = {}
    for i, name in enumerate(fit.names):
        for key, number in (("beta", fit.coefficients), ("se", fit.errors), ("t", fit.t), ("p", fit.p),
                            ("low", fit.low), ("high", fit.high)):  # fmt: skip
            metric = f"{key}_{name}_{order.transform}_{order.errors}"
            values[f"{key}_{name}"] = Value(value=_finite(number[i]), unit="num", kind=kind, label=f"{key} of {name}",
                                            metric=metric, entity=about)  # fmt: skip
    for key, number, label in (
        ("r2", fit.r2 * 100, "R²"), ("adjusted_r2", fit.adjusted_r2 * 100, "Adjusted R²")
    ):  # fmt: skip
        values[key] = Value(value=number, unit="pct", kind=kind, label=label)
    values["residual_deviation"] = Value(
        value=fit.residual_deviation, unit="num", kind=kind, label="Deviation of residuals"
    )
    values["durbin_watson"] = Value(
        value=fit.durbin_watson, unit="num", kind=kind, label="Durbin-Watson"
    )
    values["n"] = Value(value=fit.n, unit="count", label="Observations")
    values["lags"] = Value(value=fit.lags, unit="count", label="Lags of the errors")
    return values


def _finite(number: float) -> float | None:
    return float(number) if math.isfinite(number) else None


def _fit_table(fit: Fit) -> tuple[tuple[Scalar, ...], ...]:
    header = ("", "coefficient", "standard error", "t", "p", "95 % from", "to")
    rows = [
        (
            name,
            *(
                _finite(column[i])
                for column in (fit.coefficients, fit.errors, fit.t, fit.p, fit.low, fit.high)
            ),
        )
        for i, name in enumerate(fit.names)
    ]
    return (header, *rows)


def _doubts(fit: Fit, order: Regression) -> list[str]:
    notes: list[str] = []
    if order.transform == "level" and fit.durbin_watson < _SPURIOUS and fit.durbin_watson < fit.r2:
        notes.append(
            "Levels that trend correlate without cause: R² exceeds the Durbin-Watson statistic, the mark of a spurious "
            "regression (Granger and Newbold, 1974). Use changes or returns."
        )
    if fit.condition > 30:
        notes.append(
            "The explaining series move together: their coefficients are poorly told apart."
        )
    if fit.n < 30:
        notes.append(f"{fit.n} observations are few: robust errors need more to be trusted.")
    return notes


@tool(risk="read", label="testing stationarity", version="1")
def stationarity(
    ctx: ToolContext,
    series: str,
    transform: Transform = "level",
    start: date | None = None,
    end: date | None = None,
) -> Result:
    """Whether a series has a unit root: the augmented Dickey-Fuller test (null: unit root, lags by AIC)
    beside the KPSS test (null: stationary), and what the two together say.

    Args:
        series: Name, symbol or id of the series.
        transform: level, change or return.
        start: First day. Default: all there is.
        end: Last day. Default: all there is.
    """
    from statsmodels.tools.sm_exceptions import InterpolationWarning
    from statsmodels.tsa.stattools import adfuller, kpss

    history = load(ctx, series, start, end, at_least=25)
    values = transformed(history, transform)
    if np.ptp(values) == 0:
        raise InputError(
            "There is nothing to test.",
            f"{history.info.id} does not vary in this span.",
            "Choose another span.",
        )
    adf: Any = adfuller(values, maxlag=adf_lags(values), autolag=None, result_object=True)  # type: ignore[arg-type]
    with python_warnings.catch_warnings(record=True) as caught:
        python_warnings.simplefilter("always", InterpolationWarning)
        level: Any = kpss(values, regression="c", nlags="auto", result_object=True)
    adf_p, kpss_p = float(adf.pvalue), float(level.pvalue)
    notes = [*history.warnings]
    if caught:
        notes.append("The p-value of KPSS lies outside of its table; it is the nearest one there.")
    kind = history.kind
    return Result(
        summary=f"{_verdict(adf_p, kpss_p)} {history.info.title} ({history.info.id}), {transform}, "
        f"{history.dates[0]} to {history.dates[-1]}.",
        values={
            "adf": Value(value=float(adf.statistic), unit="num", kind=kind, label="ADF statistic"),
            "adf_p": Value(value=adf_p, unit="num", kind=kind, label="ADF p-value"),
            "adf_lags": Value(value=int(adf.lags), unit="count", kind=kind, label="ADF lags"),
            "kpss": Value(value=float(level.statistic), unit="num", kind=kind, label="KPSS statistic"),
            "kpss_p": Value(value=kpss_p, unit="num", kind=kind, label="KPSS p-value"),
            "n": Value(value=len(values), unit="count", label="Observations"),
        },
        data=(history.ref,),
        warnings=tuple(notes),
        as_of=history.dates[-1],
        known_at=history.known_at,
    )  # fmt: skip


def _verdict(adf_p: float, kpss_p: float) -> str:
    rejects_root, rejects_level = adf_p < 0.05, kpss_p < 0.05
    if rejects_root and not rejects_level:
        return "Both tests say stationary."
    if rejects_level and not rejects_root:
        return "Both tests say that it has a unit root: take changes before correlating it."
    if rejects_root:
        return "The tests disagree: no unit root, but no constant level either (a trend, a break, or long memory)."
    return "Neither test decides: the data allow both."


@tool(risk="read", label="looking for a break", version="1")
def break_test(
    ctx: ToolContext,
    series: str,
    transform: Transform = "level",
    start: date | None = None,
    end: date | None = None,
) -> Result:
    """Whether the mean of a series broke once, at a date nobody named: the sup-F test of Quandt and
    Andrews over the middle 70 % of the span, with the date, the means before and after.

    Args:
        series: Name, symbol or id of the series.
        transform: level, change or return.
        start: First day. Default: all there is.
        end: Last day. Default: all there is.
    """
    history = load(ctx, series, start, end, at_least=30)
    values = transformed(history, transform)
    if np.ptp(values) == 0:
        raise InputError(
            "There is nothing to test.",
            f"{history.info.id} does not vary in this span.",
            "Choose another span.",
        )
    dates = history.dates[len(history.dates) - len(values) :]
    at, statistic = sup_f(values)
    ten, five, one = _SUP_F[1]
    level = (
        "1 %"
        if statistic > one
        else "5 %"
        if statistic > five
        else "10 %"
        if statistic > ten
        else ""
    )
    said = f"A break, at the {level} level," if level else "No break at the 10 % level"
    unit = history.info.unit.lower() if transform != "return" or not history.positive else "pct"
    before, after = float(values[:at].mean()), float(values[at:].mean())
    notes = [*history.warnings]
    if _autocorrelated(values, at):
        notes.append(
            "The values depend on their past: the F statistic assumes that they do not, so it finds breaks too easily. Test changes as well."
        )
    return Result(
        summary=f"{said} in the mean of {history.info.title} ({history.info.id}), {transform}, {dates[0]} to {dates[-1]}.",
        values={
            "sup_f": Value(value=statistic, unit="num", kind=history.kind, label="sup-F"),
            "critical_5": Value(value=five, unit="num", kind="assumed", label="5 % critical value"),
            "break": Value(value=bool(level), label="A break at 10 %"),
            "last_before": Value(value=dates[at - 1].isoformat(), unit="date", kind=history.kind, label="Last before the likeliest break"),
            "mean_before": Value(value=before, unit=unit, kind=history.kind, label="Mean before"),
            "mean_after": Value(value=after, unit=unit, kind=history.kind, label="Mean after"),
            "n": Value(value=len(values), unit="count", label="Observations"),
        },
        data=(history.ref,),
        warnings=tuple(notes),
        as_of=dates[-1],
        known_at=history.known_at,
    )  # fmt: skip


def sup_f(values: Numbers) -> tuple[int, float]:
    """Where a break in mean is likeliest (the first index after it) and the largest F statistic.

    F(k) = (RSS - RSS(k)) / (RSS(k) / (n - 2)) for k in the middle 70 % (Andrews, 1993).
    """
    n = len(values)
    first, last = max(2, math.ceil(_TRIM * n)), min(n - 2, math.floor((1 - _TRIM) * n))
    total = float(np.sum((values - values.mean()) ** 2))
    sums, squares = np.cumsum(values), np.cumsum(values**2)
    k = np.arange(first, last + 1)
    left = squares[k - 1] - sums[k - 1] ** 2 / k
    right = (squares[-1] - squares[k - 1]) - (sums[-1] - sums[k - 1]) ** 2 / (n - k)
    rest = np.maximum(left + right, 1e-300)
    statistics = (total - rest) / (rest / (n - 2))
    best = int(np.argmax(statistics))
    return int(k[best]), float(statistics[best])


def _autocorrelated(values: Numbers, at: int) -> bool:
    """Whether the residuals around the two means depend on the one before (5 % level)."""
    residuals = np.concatenate([values[:at] - values[:at].mean(), values[at:] - values[at:].mean()])
    r = float(np.sum(residuals[1:] * residuals[:-1]) / np.sum(residuals**2))
    return abs(r) > 1.96 / math.sqrt(len(values))
