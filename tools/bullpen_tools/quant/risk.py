"""The risk of a series: volatility over time, value at risk, drawdown, GARCH, beta to a factor.

The rule it protects: every figure names its method and its sample, and a sample too small for a tail
says so. It reads the desk's series only, as of the day that is pinned; it draws nothing.
"""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np

from bullpen_tools import measures
from bullpen_tools.context import Result, Scalar, ToolContext, Value
from bullpen_tools.histories import History, load, load_common, require_returns
from bullpen_tools.quant import tails
from bullpen_tools.quant.answers import count, figure, percent, refuse
from bullpen_tools.tool import tool


@tool(risk="read", label="measuring the risk", version="1")
def risk_measures(
    ctx: ToolContext,
    series: str,
    start: date | None = None,
    end: date | None = None,
    window: int = 60,
    confidence_pct: float = 95.0,
) -> Result:
    """The risk of one series: volatility of the whole span, rolling (now, lowest, highest) and EWMA;
    value at risk and expected shortfall over one period by four methods; worst drawdown, skewness and
    kurtosis. Losses are positive numbers.

    Args:
        series: Name, symbol or id of the series.
        start: First day to use, YYYY-MM-DD. Default: all there is.
        end: Last day to use, YYYY-MM-DD. Default: all there is.
        window: Returns in the rolling window, at least 5.
        confidence_pct: Confidence of value at risk in percent, such as 95 or 99.
    """
    if not 80 <= confidence_pct < 100:
        raise refuse(
            f"A confidence of {confidence_pct:g} % cannot be.",
            "It lies between 80 and 100.",
            "Use 95, 97.5 or 99.",
        )
    if window < 5:
        raise refuse(
            f"A window of {window} returns is too short.",
            "A deviation of so few numbers says nothing.",
            "Use 5 or more.",
        )
    history = load(ctx, series, start, end, at_least=30)
    require_returns(history)
    returns = measures.log_returns(history.values)
    confidence = confidence_pct / 100
    values = {
        **_volatilities(history, returns, window),
        **_tails(returns, confidence),
        **_shape(history, returns),
        "n": count(len(returns), "Returns"),
    }
    warnings = [*history.warnings]
    if values["var_historical"].value is None:
        warnings.append("There are too few returns for a historical tail at this confidence.")
    if float(values["excess_kurtosis"].value or 0) > 6:
        warnings.append(
            "The tails are too heavy for the Cornish-Fisher expansion: do not rely on that one."
        )
    return Result(
        summary=f"Risk of {history.info.title} ({history.info.id}, {history.info.frequency}), "
        f"{history.dates[0]} to {history.dates[-1]}, log returns, one period ahead{history.convention}.",
        values={key: _of(_compared(key, value, history), history) for key, value in values.items()},
        data=(history.ref,),
        warnings=tuple(warnings),
        as_of=history.dates[-1],
        known_at=history.known_at,
    )


def _compared(key: str, value: Value, history: History) -> Value:
    """What other tools measure too carries the name under which two values are compared."""
    if key not in ("volatility", "max_drawdown"):
        return value
    return replace(value, metric=key, entity=history.info.id)


def _of(value: Value, history: History) -> Value:
    """A value computed from made-up data is told as made up."""
    return replace(value, kind="synthetic") if history.kind == "synthetic" else value


def _volatilities(history: History, returns: measures.Numbers, window: int) -> dict[str, Value]:
    per_year = history.per_year or 1
    values = {
        "volatility": percent(
            measures.annualised_deviation(returns, per_year), "Volatility a year, whole span"
        )
    }
    ewma = tails.ewma_deviation(returns)
    values["ewma_volatility"] = percent(
        None if ewma is None else ewma * math.sqrt(per_year),
        "EWMA volatility a year, RiskMetrics' decay",
    )
    rolling = measures.rolling_deviation(returns, window, per_year)
    if not len(rolling):
        return values
    for key, at, label in (
        ("now", len(rolling) - 1, "now"),
        ("low", int(np.argmin(rolling)), "lowest"),
        ("high", int(np.argmax(rolling)), "highest"),
    ):
        values[f"rolling_{key}"] = percent(float(rolling[at]), f"Rolling volatility, {label}")
        if key != "now":
            values[f"rolling_{key}_date"] = figure(
                history.dates[at + window].isoformat(), "date", f"Rolling volatility {label} on"
            )
    below = float((rolling <= rolling[-1]).mean())
    values["rolling_percentile"] = percent(
        below, "Share of the past with a lower rolling volatility"
    )
    return values


def _tails(returns: measures.Numbers, confidence: float) -> dict[str, Value]:
    mean, deviation = float(returns.mean()), float(returns.std(ddof=1))
    past = tails.historical(returns, confidence)
    bell = tails.normal(mean, deviation, confidence)
    ewma = tails.ewma_deviation(returns)
    now = None if ewma is None else tails.normal(0.0, ewma, confidence)
    return {
        "var_historical": percent(past.var, "Value at risk, historical"),
        "es_historical": percent(past.shortfall, "Expected shortfall, historical"),
        "var_normal": percent(bell.var, "Value at risk, normal"),
        "es_normal": percent(bell.shortfall, "Expected shortfall, normal"),
        "var_cornish_fisher": percent(
            tails.cornish_fisher(returns, confidence), "Value at risk, Cornish-Fisher"
        ),
        "var_ewma": percent(now.var if now else None, "Value at risk, normal at EWMA volatility"),
        "es_ewma": percent(
            now.shortfall if now else None, "Expected shortfall, normal at EWMA volatility"
        ),
    }


def _shape(history: History, returns: measures.Numbers) -> dict[str, Value]:
    fall = measures.deepest_drawdown(history.values)
    x = (returns - returns.mean()) / returns.std(ddof=1)
    worst = int(np.argmin(returns))
    return {
        "max_drawdown": percent(fall.depth, "Worst drawdown"),
        "drawdown_now": percent(float(measures.drawdowns(history.values)[-1]), "Drawdown now"),
        "worst": percent(math.expm1(float(returns[worst])), "Worst single period"),
        "worst_date": figure(history.dates[worst + 1].isoformat(), "date", "Worst period ended on"),
        "skewness": figure(float((x**3).mean()), "ratio", "Skewness"),
        "excess_kurtosis": figure(float((x**4).mean()) - 3, "ratio", "Excess kurtosis"),
    }


@tool(risk="read", label="fitting the GARCH model", version="1")
def garch_volatility(
    ctx: ToolContext,
    series: str,
    start: date | None = None,
    end: date | None = None,
    ahead: int = 20,
) -> Result:
    """A GARCH(1,1) model of one series: today's volatility, the forecast over the coming periods, the
    long-run level and the half-life of a shock. Needs 250 returns.

    Args:
        series: Name, symbol or id of the series.
        start: First day to use, YYYY-MM-DD. Default: all there is.
        end: Last day to use, YYYY-MM-DD. Default: all there is.
        ahead: Periods to forecast, 1 to 250.
    """
    if not 1 <= ahead <= 250:
        raise refuse(
            f"{ahead} periods cannot be forecast.",
            "A forecast takes 1 to 250.",
            "Ask for that many.",
        )
    history = load(ctx, series, start, end, at_least=251)
    require_returns(history)
    from arch import arch_model

    scaled = measures.log_returns(history.values) * 100
    fitted: Any = arch_model(scaled, mean="Constant", vol="GARCH", p=1, q=1, rescale=False).fit(
        disp="off", show_warning=False
    )
    omega, alpha, beta = (float(fitted.params[name]) for name in ("omega", "alpha[1]", "beta[1]"))
    path = np.asarray(fitted.forecast(horizon=ahead).variance)[-1]
    year = math.sqrt(history.per_year or 1) / 100
    lasting = alpha + beta
    warnings = [*history.warnings]
    if fitted.convergence_flag != 0:
        warnings.append("The fit did not converge: the figures are not to be used.")
    if lasting >= 0.9999:
        warnings.append(
            "Shocks do not fade in this sample (alpha + beta is one): there is no long-run level."
        )
    return Result(
        summary=f"GARCH(1,1) of {history.info.title} ({history.info.id}), {history.dates[0]} to {history.dates[-1]}, normal errors.",
        values={
            "volatility_now": percent(
                float(fitted.conditional_volatility[-1]) * year, "Volatility a year, last period"
            ),
            "volatility_ahead": percent(
                math.sqrt(float(path.mean())) * year,
                f"Forecast a year, mean of the next {ahead} periods",
            ),
            "volatility_long_run": percent(
                math.sqrt(omega / (1 - lasting)) * year if lasting < 0.9999 else None,
                "Long-run volatility a year",
            ),
            "half_life": figure(
                math.log(0.5) / math.log(lasting) if 0 < lasting < 0.9999 else None,
                "periods",
                "Half-life of a shock",
            ),
            "alpha": figure(alpha, "greek", "Alpha, weight of the last shock"),
            "beta": figure(beta, "greek", "Beta, weight of the last variance"),
            "n": count(len(scaled), "Returns"),
        },
        data=(history.ref,),
        warnings=tuple(warnings),
        as_of=history.dates[-1],
        known_at=history.known_at,
    )


@tool(risk="read", label="regressing on the factor", version="1")
def factor_beta(
    ctx: ToolContext,
    series: str,
    factor: str,
    start: date | None = None,
    end: date | None = None,
    window: int = 60,
) -> Result:
    """Beta and correlation of one series to a named factor, each with its 95 % interval (Newey-West
    errors for beta, Fisher for the correlation), the share of variance explained, and how the rolling
    correlation has moved.

    Args:
        series: Name, symbol or id of the series.
        factor: Name, symbol or id of the factor, such as silver or sp500.
        start: First day to use, YYYY-MM-DD. Default: the whole common span.
        end: Last day to use, YYYY-MM-DD. Default: the whole common span.
        window: Returns in the rolling window, at least 10.
    """
    common = load_common(ctx, [series, factor], start, end)
    one, other = common.histories
    for history in common.histories:
        require_returns(history)
    if window < 10 or len(common.dates) < 12:
        raise refuse(
            "The sample is too short.",
            f"There are {len(common.dates)} common dates and a window of {window}.",
            "Use a longer span and a window of 10 or more.",
        )
    y, x = measures.log_returns(one.values), measures.log_returns(other.values)
    fitted = tails.slope(y, x)
    r = measures.correlation(x, y)
    low, high = (None if r is None else measures.fisher_interval(r, len(x))) or (None, None)
    values: dict[str, Value] = {}
    if fitted is not None:
        reach = 1.959963984540054 * fitted.error
        values = {
            "beta": figure(fitted.beta, "ratio", "Beta"),
            "beta_low": figure(fitted.beta - reach, "ratio", "Beta, interval from"),
            "beta_high": figure(fitted.beta + reach, "ratio", "Beta, interval to"),
            "explained": percent(fitted.r_squared, "Share of variance explained"),
        }
    values |= {
        "correlation": figure(r, "ratio", "Correlation"),
        "correlation_low": figure(low, "ratio", "Correlation, interval from"),
        "correlation_high": figure(high, "ratio", "Correlation, interval to"),
        "n": count(len(x), "Pairs of returns"),
    }
    rolling = _rolling_correlation(x, y, window)
    rows: list[tuple[Scalar, ...]] = [("date", "rolling_correlation")]
    if len(rolling):
        for key, at in (
            ("now", len(rolling) - 1),
            ("lowest", int(np.nanargmin(rolling))),
            ("highest", int(np.nanargmax(rolling))),
        ):
            values[f"rolling_{key}"] = figure(
                float(rolling[at]), "ratio", f"Rolling correlation, {key}"
            )
            values[f"rolling_{key}_date"] = figure(
                common.dates[at + window].isoformat(), "date", f"Rolling correlation, {key}, on"
            )
        step = max(1, len(rolling) // 60)
        rows += [
            (common.dates[i + window].isoformat(), float(rolling[i]))
            for i in range(0, len(rolling), step)
        ]
    return Result(
        summary=f"{one.info.title} against {other.info.title}, log returns, {common.span}; intervals of 95 %.",
        values={key: _of(_of(value, one), other) for key, value in values.items()},
        data=(one.ref, other.ref),
        warnings=(
            *common.warnings,
            "The intervals take the relation to be one and the same over the whole span.",
        ),
        table=tuple(rows),
        as_of=common.dates[-1],
        known_at=max(one.known_at, other.known_at),
    )


def _rolling_correlation(x: measures.Numbers, y: measures.Numbers, window: int) -> measures.Numbers:
    if len(x) < window:
        return np.empty(0)
    views = [np.lib.stride_tricks.sliding_window_view(v, window) for v in (x, y)]
    a, b = (v - v.mean(axis=1, keepdims=True) for v in views)
    scale = np.sqrt((a * a).sum(axis=1) * (b * b).sum(axis=1))
    return np.where(scale > 0, (a * b).sum(axis=1) / np.where(scale > 0, scale, 1.0), 0.0)
