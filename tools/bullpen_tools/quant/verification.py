"""Whether a risk model and a forecaster were right: exceptions of value at risk, scores of probabilities, as tools.

The rule it protects: a test states its statistic, its probability and how many observations it rests on; few of them
prove nothing, and the answer says so. It forecasts nothing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from pydantic import Field

from bullpen_tools import skill
from bullpen_tools.context import Result, Scalar, ToolContext, Value
from bullpen_tools.quant.answers import count, figure, percent, refuse, slip
from bullpen_tools.tool import Arguments, tool

_FEW = 5.0
"""Expected exceptions below which the likelihood ratio is far from its asymptotic law."""


class Exceptions(Arguments):
    """How often losses went beyond a value at risk."""

    days: int = Field(ge=1, le=1_000_000, description="Days (or periods) that were watched")
    exceptions: int = Field(ge=0, description="Days on which the loss exceeded the value at risk")
    confidence_pct: float = Field(
        default=99.0, gt=50, lt=100, description="Confidence of the value at risk, percent"
    )
    hits: list[bool] = Field(
        default_factory=list[bool],
        max_length=10_000,
        description="Day by day whether it was exceeded, for the test of independence",
    )


@tool(risk="read", label="testing the value at risk", version="1")
def var_backtest(ctx: ToolContext, watched: Exceptions) -> Result:
    """Was a value at risk right: Kupiec's test of the number of exceptions, the exact binomial
    probability of at least as many, Basel's zone (99 %, 250 days), and with the days themselves
    Christoffersen's test of independence and of both.
    """
    del ctx
    if watched.exceptions > watched.days:
        raise refuse(
            f"{watched.exceptions} exceptions in {watched.days} days cannot be.",
            "There is at most one a day.",
            "Check the two counts.",
        )
    if watched.hits and (len(watched.hits), sum(watched.hits)) != (
        watched.days,
        watched.exceptions,
    ):
        raise refuse(
            "The days do not fit the counts.",
            f"They are {len(watched.hits)} with {sum(watched.hits)} exceptions.",
            "Give the same numbers as `days` and `exceptions`.",
        )
    n, x, p = watched.days, watched.exceptions, 1 - watched.confidence_pct / 100
    ratio = 2 * (_likelihood(n, x, x / n) - _likelihood(n, x, p))
    values = {
        "expected": figure(n * p, "count", "Expected exceptions"),
        "share": percent(x / n, "Share of days with an exception"),
        "kupiec": figure(ratio, "ratio", "Kupiec's likelihood ratio, one degree of freedom"),
        "kupiec_p": percent(_beyond(ratio, 1), "Probability of so large a ratio by chance"),
        "z": figure((x - n * p) / math.sqrt(n * p * (1 - p)), "ratio", "Normal approximation, z"),
        "tail": percent(_tail(n, x, p), "Exact chance of at least so many exceptions"),
        "rejected": Value(value=ratio > 3.841458820694124, label="Rejected at 5 %"),
        **_independence(watched.hits, ratio),
        **_zone(watched),
    }
    few = ("Fewer than five exceptions were to be expected: such a test has little power.",)
    return Result(
        summary=f"Value at risk at {watched.confidence_pct:g} %: {x} exceptions in {n} days.",
        values=values,
        warnings=few if n * p < _FEW else (),
    )


def _likelihood(n: int, x: int, p: float) -> float:
    """ln of p^x (1 - p)^(n - x), with 0 ln 0 = 0."""
    hit = x * math.log(p) if x else 0.0
    return hit + ((n - x) * math.log1p(-p) if n > x else 0.0)


def _beyond(ratio: float, freedom: int) -> float:
    """The upper tail of chi squared with one or two degrees of freedom."""
    ratio = max(ratio, 0.0)
    return math.erfc(math.sqrt(ratio / 2)) if freedom == 1 else math.exp(-ratio / 2)


def _tail(n: int, x: int, p: float) -> float:
    from scipy.special import bdtrc

    return 1.0 if x == 0 else float(bdtrc(x - 1, n, p))


def _zone(watched: Exceptions) -> dict[str, Value]:
    """Basel Committee (1996): 250 days at 99 %; green to 4, yellow to 9, red from 10."""
    if (watched.days, watched.confidence_pct) != (250, 99):
        return {}
    x = watched.exceptions
    factors = (3.0, 3.0, 3.0, 3.0, 3.0, 3.4, 3.5, 3.65, 3.75, 3.85, 4.0)
    zone = "green" if x < 5 else "yellow" if x < 10 else "red"
    return {
        "zone": figure(zone, "text", "Basel's zone"),
        "multiplier": figure(factors[min(x, 10)], "x", "Basel's multiplier"),
    }


def _independence(hits: Sequence[bool], coverage: float) -> dict[str, Value]:
    """Christoffersen (1998): does an exception make one the day after likelier?"""
    if len(hits) < 2:
        return {}
    pairs = list(pairwise(hits))
    after_calm, after_hit = (
        (sum(a == state for a, _ in pairs), sum(a == state and b for a, b in pairs))
        for state in (False, True)
    )
    n, x = len(pairs), sum(b for _, b in pairs)
    apart = sum(_likelihood(m, k, k / m) for m, k in (after_calm, after_hit) if m)
    ratio = 2 * (apart - _likelihood(n, x, x / n))
    both = coverage + ratio
    return {
        "independence": figure(ratio, "ratio", "Christoffersen's ratio, independence"),
        "independence_p": percent(_beyond(ratio, 1), "Probability of so large a ratio by chance"),
        "conditional": figure(both, "ratio", "Conditional coverage, two degrees of freedom"),
        "conditional_p": percent(_beyond(both, 2), "Probability of so large a ratio by chance"),
    }


class Forecasts(Arguments):
    """Stated probabilities and what happened."""

    probabilities_pct: list[float] = Field(
        min_length=1, max_length=5000, description="Stated probabilities, percent"
    )
    outcomes: list[bool] = Field(
        min_length=1, max_length=5000, description="Whether each of them happened"
    )


@tool(risk="read", label="scoring the forecasts", version="1")
def forecast_score(ctx: ToolContext, forecasts: Forecasts) -> Result:
    """How good stated probabilities were: Brier score with its parts (reliability, resolution,
    uncertainty), the skill against always saying the base rate, the logarithmic score, hit rate with
    Wilson's interval, and a table of calibration.
    """
    del ctx
    stated, came = forecasts.probabilities_pct, forecasts.outcomes
    if len(stated) != len(came):
        raise refuse("The lists have different lengths.", f"There are {len(stated)} probabilities and {len(came)} outcomes.",
                     "Give one outcome for each probability.")  # fmt: skip
    if any(not 0 <= p <= 100 for p in stated):
        raise refuse("A probability lies outside 0 to 100 %.", "It is in percent.", "Correct it.")
    chances = [p / 100 for p in stated]
    n, happened = len(came), sum(came)
    base = happened / n
    score = sum((p - o) ** 2 for p, o in zip(chances, came, strict=True)) / n
    uncertainty = base * (1 - base)
    groups = _groups(chances, came)
    reliability = sum(m * (p - share) ** 2 for p, m, share in groups) / n
    resolution = sum(m * (share - base) ** 2 for _, m, share in groups) / n
    low, high = skill.wilson(happened, n)
    values = {
        "brier": figure(score, "ratio", "Brier score; 0 is perfect, 0.25 is always saying 50 %"),
        "reliability": figure(reliability, "ratio", "Its part from miscalibration (0 is best)"),
        "resolution": figure(
            resolution, "ratio", "Its part from telling cases apart (more is better)"
        ),
        "uncertainty": figure(uncertainty, "ratio", "Its part from the base rate"),
        "skill": percent(
            1 - score / uncertainty if uncertainty else None, "Skill against saying the base rate"
        ),
        "log_score": figure(_log_score(chances, came), "ratio", "Mean logarithmic score, nats"),
        "base_rate": percent(base, "Share that happened"),
        "base_rate_low": percent(low, "95 % from (Wilson)"),
        "base_rate_high": percent(high, "95 % to (Wilson)"),
        "n": count(n, "Forecasts"),
    }
    rows: list[tuple[Scalar, ...]] = [("stated_pct", "forecasts", "happened_pct")]
    rows += [(p * 100, m, share * 100) for p, m, share in groups]
    doubts = slip(max(stated), "The highest probability") if max(stated) <= 1 else []
    return Result(
        summary=f"Scores of {n} forecasts.",
        values=values,
        table=tuple(rows),
        warnings=tuple(doubts),
    )


def _groups(chances: Sequence[float], came: Sequence[bool]) -> list[tuple[float, int, float]]:
    """(probability, forecasts, share that happened) for every probability that was stated (Murphy, 1973)."""
    held: dict[float, list[bool]] = {}
    for p, happened in zip(chances, came, strict=True):
        held.setdefault(p, []).append(happened)
    return [(p, len(those), sum(those) / len(those)) for p, those in sorted(held.items())]


def _log_score(chances: Sequence[float], came: Sequence[bool]) -> float | None:
    """Minus the mean log of the probability given to what happened; none where that was zero."""
    given = [p if happened else 1 - p for p, happened in zip(chances, came, strict=True)]
    return None if min(given) <= 0 else -sum(math.log(p) for p in given) / len(given)
