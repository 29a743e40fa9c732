"""The risk of a series: volatility over time, value at risk, expected shortfall, drawdown.

The rule it protects: every figure names its method and its sample, a sample too small for a tail says
so, and a rate is measured in basis points. It reads the desk's series only, as of the day that is pinned; it draws nothing.
"""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date

import numpy as np

from bullpen_tools import measures
from bullpen_tools.context import Result, ToolContext, Value
from bullpen_tools.histories import History, load, require_changes
from bullpen_tools.lookback import Last
from bullpen_tools.quant import tails
from bullpen_tools.quant.answers import count, figure, percent, refuse
from bullpen_tools.tool import tool


@tool(risk="read", label="measuring the risk", version="2")
def risk_measures(
    ctx: ToolContext,
    series: str,
    start: date | None = None,
    end: date | None = None,
    window: int = 60,
    confidence_pct: float = 95.0,
    last: Last | None = None,
) -> Result:
    """The risk of one series: volatility of the whole span, rolling (now, lowest, highest) and EWMA;
    value at risk and expected shortfall over one period by four methods; worst drawdown, skewness and
    kurtosis. Value at risk and shortfall are positive numbers, drawdowns negative ones. A yield or
    spread is measured in basis points, with the tails of its rise and of its fall.

    Args:
        series: Name, symbol or id of the series.
        start: First day to use, YYYY-MM-DD. Default: all there is.
        end: Last day to use, YYYY-MM-DD. Default: all there is.
        window: Returns in the rolling window, at least 5.
        confidence_pct: Confidence of value at risk in percent, such as 95 or 99.
        last: Only the end of it: `60 days` (calendar) or `60 observations`.
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
    history = load(ctx, series, start, end, at_least=30, last=last)
    require_changes(history)
    changes, confidence = history.changes, confidence_pct / 100
    values = {
        **_volatilities(history, changes, window),
        **(_tails(changes, confidence) if history.positive else _two_tails(changes, confidence)),
        **_shape(history, changes),
        "n": count(len(changes), "Returns" if history.positive else "Changes"),
    }
    what = "log returns" if history.positive else "changes in basis points"
    return Result(
        summary=f"Risk of {history.info.title} ({history.info.id}, {history.info.frequency}), "
        f"{history.dates[0]} to {history.dates[-1]}, {what}, one period ahead{history.convention}.",
        values={key: _of(_compared(key, value, history), history) for key, value in values.items()},
        data=(history.ref,),
        warnings=tuple(_warnings(history, values)),
        as_of=history.dates[-1],
        known_at=history.known_at,
    )


def _warnings(history: History, values: dict[str, Value]) -> list[str]:
    notes = [*history.warnings]
    tail = values.get("var_historical", values.get("rise_historical"))
    if tail is not None and tail.value is None:
        notes.append("There are too few returns for a historical tail at this confidence.")
    if history.positive and float(values["excess_kurtosis"].value or 0) > 6:
        notes.append(
            "The tails are too heavy for the Cornish-Fisher expansion: do not rely on that one."
        )
    if not history.positive:
        notes.append(
            "A rate has no returns and no drawdown: what it moves is in basis points, and what a "
            "position loses follows from its value of a basis point."
        )
    return notes


def _compared(key: str, value: Value, history: History) -> Value:
    """What other tools measure too carries the name under which two values are compared."""
    if key not in ("volatility", "max_drawdown"):
        return value
    return replace(value, metric=key, entity=history.info.id)


def _of(value: Value, history: History) -> Value:
    """A value computed from made-up data is told as made up."""
    return replace(value, kind="synthetic") if history.kind == "synthetic" else value


def _told(history: History, move: float | None, label: str) -> Value:
    """A change in the unit of the series' changes: a fraction in percent, a rate's in basis points."""
    if history.positive:
        return percent(move, label)
    return figure(move, history.change_unit, label)


def _volatilities(history: History, changes: measures.Numbers, window: int) -> dict[str, Value]:
    per_year = history.per_year or 1
    values = {
        "volatility": _told(
            history,
            measures.annualised_deviation(changes, per_year),
            "Volatility a year, whole span",
        )
    }
    ewma = tails.ewma_deviation(changes)
    values["ewma_volatility"] = _told(
        history,
        None if ewma is None else ewma * math.sqrt(per_year),
        f"EWMA volatility a year, decay {tails.DECAY:g} (RiskMetrics, daily)",
    )
    rolling = measures.rolling_deviation(changes, window, per_year)
    if not len(rolling):
        return values
    for key, at, label in (
        ("now", len(rolling) - 1, "now"),
        ("low", int(np.argmin(rolling)), "lowest"),
        ("high", int(np.argmax(rolling)), "highest"),
    ):
        values[f"rolling_{key}"] = _told(
            history, float(rolling[at]), f"Rolling volatility, {label}"
        )
        if key != "now":
            values[f"rolling_{key}_date"] = figure(
                history.dates[at + window].isoformat(), "date", f"Rolling volatility {label} on"
            )
    below = float((rolling <= rolling[-1]).mean())
    values["rolling_percentile"] = percent(
        below, "Share of the past with a lower rolling volatility"
    )
    return values


def _two_tails(changes: measures.Numbers, confidence: float) -> dict[str, Value]:
    """How far a rate may rise and fall in one period, in basis points."""
    values: dict[str, Value] = {}
    for word, moves in (("rise", -changes), ("fall", changes)):
        past = tails.historical(moves, confidence)
        bell = tails.normal(float(moves.mean()), float(moves.std(ddof=1)), confidence)
        for key, number, label in (
            (
                f"{word}_historical",
                past.var,
                f"A {word} not exceeded at this confidence, historical",
            ),
            (f"{word}_beyond", past.shortfall, f"Mean {word} beyond it, historical"),
            (f"{word}_normal", bell.var, f"A {word} not exceeded at this confidence, normal"),
        ):
            values[key] = figure(number, "bp", label)
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


def _shape(history: History, changes: measures.Numbers) -> dict[str, Value]:
    deviation = changes.std(ddof=1)
    moves = bool(np.ptp(changes) > 0)
    x = (changes - changes.mean()) / (deviation if moves else 1.0)
    worst = int(np.argmin(changes))
    values = {
        "worst_date": figure(history.dates[worst + 1].isoformat(), "date", "Worst period ended on"),
        "skewness": figure(float((x**3).mean()) if moves else None, "ratio", "Skewness"),
        "excess_kurtosis": figure(
            float((x**4).mean()) - 3 if moves else None, "ratio", "Excess kurtosis"
        ),
    }
    if not history.positive:
        most = int(np.argmax(changes))
        return {
            "largest_rise": figure(float(changes[most]), "bp", "Largest rise in one period"),
            "largest_rise_date": figure(history.dates[most + 1].isoformat(), "date", "It ended on"),
            "largest_fall": figure(float(changes[worst]), "bp", "Largest fall in one period"),
            "largest_fall_date": replace(values.pop("worst_date"), label="That ended on"),
        } | values
    fall = measures.deepest_drawdown(history.values)
    return {
        "max_drawdown": percent(fall.depth, "Worst drawdown"),
        "drawdown_now": percent(float(measures.drawdowns(history.values)[-1]), "Drawdown now"),
        "worst": percent(math.expm1(float(changes[worst])), "Worst single period"),
    } | values
