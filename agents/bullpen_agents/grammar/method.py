"""How an answer was made, in one line: what `why?` is answered with.

The rule it protects: the method is told, and no cause is made up: what moved a market the data do not
say. It computes nothing.
"""

from __future__ import annotations

from bullpen_agents.grammar.intents import Chart, Compare, Compute, Correlate
from bullpen_agents.grammar.options import Payoff

_RECEIPT = (
    "The receipt under the answer holds the tool, its version and every input; `replay` and its number computes it again. "
    "What moved the figures the data do not say."
)
_HOW = {
    "option_value": "It is the value under the model named above, from the spot, strike, volatility, time and rates you gave, with nothing of a market's smile; the receipt holds every input.",
    "strategy_value": "Each leg is valued with the one volatility you gave and the legs are added up; the receipt holds every input.",
    "implied_volatility": "The tool looks for every flat volatility at which the model's value equals the price: none and several are possible answers.",
    "cds_value": "The hazard rate is the one at which the premiums are worth as much as the protection, with the recovery stated; probabilities are risk-neutral, so they hold a risk premium.",
    "bond_value": "The cash flows are discounted at the one yield; duration and convexity are its first and second derivatives.",
    "merton_model": "The firm's equity is a call on its assets struck at its debt (Merton, 1974); the tool solves for the assets that fit.",
    "risk_measures": "It is taken from the log returns in the store: percentiles for the historical figures, their standard deviation for the normal ones. What moved them the data do not say.",
    "series_span": "It is taken from the stored values of that span. What moved them the data do not say.",
    "series_value": "It is the stored value of that day. What moved it the data do not say.",
    "series_spread": "It is one stored value less (or over) the other on each day that both have. What moved it the data do not say.",
    "series_crossing": "Each stored value of the span is held against the level. What moved it the data do not say.",
    "rolling_correlation": "It is Pearson's correlation of the returns in each window; a rate enters with its changes. What caused it the data do not say.",
    "factor_beta": "It is the slope of a least-squares line through the returns, with Newey-West errors. A slope is no cause.",
    "backtest": "The rule trades at the day's close after its signal, and the costs you gave are taken off; one history proves little.",
}


def method(subject: object) -> str:
    """How the last answer was made, in one line."""
    if isinstance(subject, Payoff):
        return (
            "At expiry each call is worth the underlying less its strike, each put its strike less the underlying, never "
            "below zero; the legs are added up and what was paid is taken off. The receipt holds every corner."
        )
    if isinstance(subject, Compare):
        return (
            "Volatility is the standard deviation of daily log returns on the dates the series share, scaled to a year by the "
            "square root of the periods. What caused it the data do not say."
        )
    if isinstance(subject, Correlate):
        return "It is Pearson's correlation of log returns on common dates. What caused it the data do not say."
    if isinstance(subject, Chart):
        return "The chart draws the stored values, without smoothing. What moved them the data do not say."
    if isinstance(subject, Compute):
        return _HOW.get(subject.tool, _RECEIPT)
    return (
        "The figures come from the stored values: log returns, their standard deviation scaled to a year, and the deepest "
        "fall from a peak. What moved them the data do not say."
    )
