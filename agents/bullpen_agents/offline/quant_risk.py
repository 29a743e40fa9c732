"""The first sentence of an answer about risk, a book, a backtest, scenarios or a surface.

The rule it protects: a figure in sample is called so, and the rule is told beside buying and holding. It
calls no tool.
"""

from __future__ import annotations

from collections.abc import Callable

from bullpen_agents.grammar.intents import Compute
from bullpen_agents.offline.desk import Seen
from bullpen_agents.offline.series import the


def risk(found: Seen, asked: Compute) -> str:
    """The tail that was asked for, and the volatility."""
    name = asked.args["series"]
    if asked.focus == "ewma_volatility":
        return f"**The EWMA volatility of {the(name)} is {found.cite('ewma_volatility')} a year**, against {found.cite('volatility')} over the whole span."
    if asked.focus == "rolling":
        window = asked.args.get("window")
        what = (
            f"{window} day"
            if window
            else "rolling volatility over `60` returns, as no window was named"
        )
        head = (
            f"**The {what} volatility of {the(name)}" if window else f"**The {what}, of {the(name)}"
        )
        return (
            f"{head} is {found.cite('rolling_now')} a year**, higher than {found.cite('rolling_percentile')} of its past: lowest "
            f"{found.cite('rolling_low')} ({found.cite('rolling_low_date')}), highest {found.cite('rolling_high')} ({found.cite('rolling_high_date')}). "
            f"Trading days, log returns, scaled to a year."
        )
    if asked.focus == "shape":
        return f"**The returns of {the(name)} have a skewness of {found.cite('skewness')} and an excess kurtosis of {found.cite('excess_kurtosis')}** (both are zero for normal returns)."
    key = asked.focus if found.known(asked.focus) else asked.focus.replace("historical", "normal")
    what = "expected shortfall" if key.startswith("es_") else "value at risk"
    how = "historical" if key.endswith("historical") else "normal"
    level = f"{asked.args.get('confidence_pct', 95):g}"
    if not found.known(key):
        past = "historical" if found.known("rise_historical") else "normal"
        return (
            f"**{name} is a rate, so its risk is in basis points: at a confidence of {level} percent it rises by no more than "
            f"{found.cite(f'rise_{past}')} and falls by no more than {found.cite(f'fall_{past}')} in one period**; its volatility is "
            f"{found.cite('volatility')} a year over the whole span."
        )
    return (
        f"**The {how} {what} of {the(name)} over one period is {found.cite(key)}** at a confidence of {level} percent; normal "
        f"returns would say {found.cite(key.replace('historical', 'normal'))}. Its volatility is {found.cite('volatility')} a year over the whole span."
    )


def amounts(found: Seen, asked: Compute) -> str:
    """What the positions may lose together."""
    del asked
    return f"**Value at risk {found.cite('var')}, expected shortfall {found.cite('es')}**, from the volatility given (normal returns, no drift)."


def garch(found: Seen, asked: Compute) -> str:
    """Now, ahead, and in the long run."""
    text = f"**GARCH volatility of {asked.args['series']}: {found.cite('volatility_now')} a year now, {found.cite('volatility_ahead')} forecast**"
    if found.known("volatility_long_run"):
        text += f"; the long-run level is {found.cite('volatility_long_run')}, half of a shock is gone after {found.cite('half_life')}"
    return f"{text}."


def beta(found: Seen, asked: Compute) -> str:
    """Beta with its interval."""
    return (
        f"**The beta of {the(asked.args['series'])} to {the(asked.args['factor'])} is {found.cite('beta')}** (interval {found.cite('beta_low')} to "
        f"{found.cite('beta_high')}); the correlation is {found.cite('correlation')} and explains {found.cite('explained')} of the variance."
    )


def target(found: Seen, asked: Compute) -> str:
    """The leverage, and the correlation that was asked about."""
    text = f"**At a target of {found.cite('target')} the book holds {found.cite('exposure')} of its capital**: its volatility as it stands is {found.cite('volatility_now')}"
    if found.known("correlation"):
        text += f"; it correlates with {asked.args['factor']} at {found.cite('correlation')} over the span and {found.cite('correlation_now')} now"
    return f"{text}."


def weights(found: Seen, asked: Compute) -> str:
    """The weights, largest first."""
    keys = sorted(
        (key for key in found.values if key.startswith("weight_")), key=found.number, reverse=True
    )
    listed = ", ".join(
        f"{found.label(key).removeprefix('Weight of ')} {found.cite(key)}" for key in keys
    )
    return f"**{str(asked.args['method']).replace('_', ' ').capitalize()}: {listed}**; volatility {found.cite('volatility')} a year in sample."


def backtest(found: Seen, asked: Compute) -> str:
    """The rule beside buying and holding."""
    if asked.args.get("rule") == "buy_and_hold":
        return (
            f"**Holding {the(asked.args['series'])} has a Sharpe ratio of {found.cite('sharpe')} ± {found.cite('sharpe_error')}**, with {found.cite('growth')} a year "
            f"and a worst drawdown of {found.cite('drawdown')}; price only, no interest taken off."
        )
    return (
        f"**The rule made {found.cite('growth')} a year after costs, buying and holding {found.cite('hold_growth')}**; Sharpe {found.cite('sharpe')} ± "
        f"{found.cite('sharpe_error')} against {found.cite('hold_sharpe')}, worst drawdown {found.cite('drawdown')} against {found.cite('hold_drawdown')}."
    )


def scenarios(found: Seen, asked: Compute) -> str:
    """The worst one, and the expectation."""
    del asked
    text = f"**Worst scenario: {found.cite('worst_name')}, {found.cite('worst')}**"
    if found.known("expected"):
        text += f"; expected {found.cite('expected')}, with a probability of loss of {found.cite('loss_probability')}"
    return f"{text}."


def hedges(found: Seen, asked: Compute) -> str:
    """The least bad worst case."""
    names = [str(hedge["name"]) for hedge in asked.args["hedges"]]
    best = str(found.values["best"]["value"])
    number = names.index(best) + 1
    return (
        f"**The {found.cite('best')} leaves the least bad worst case: {found.cite(f'worst_{number}')} instead of {found.cite('worst_unhedged')}**, for "
        f"{found.cite(f'cost_{number}')}."
    )


def surface(found: Seen, asked: Compute) -> str:
    """What was used, what it says at the money."""
    del asked
    levels = [
        f"{found.label(key).removeprefix('At-the-money volatility ')}: {found.cite(key)}"
        for key in found.values
        if key.startswith("atm_")
    ]
    return f"**At-the-money volatility {'; '.join(levels)}**, from {found.cite('used')} of {found.cite('quotes')} quotes; arbitrage flags: {found.cite('arbitrage_flags')}."


RISK: dict[str, Callable[[Seen, Compute], str]] = {
    "risk_measures": risk,
    "position_var": amounts,
    "garch_volatility": garch,
    "factor_beta": beta,
    "volatility_target": target,
    "portfolio_weights": weights,
    "backtest": backtest,
    "scenario_book": scenarios,
    "hedge_comparison": hedges,
    "vol_surface": surface,
}
