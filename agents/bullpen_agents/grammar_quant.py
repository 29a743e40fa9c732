"""The quant's computations in a question: which family of tools it belongs to, and with which numbers.

The rule it protects: each family reads its own words and says what is missing; a question that none of
them knows is left to the rest of the grammar. It computes nothing.
"""

from __future__ import annotations

from bullpen_agents.grammar_credit import read_credit
from bullpen_agents.grammar_curves import read_curves
from bullpen_agents.grammar_growth import read_growth
from bullpen_agents.grammar_intents import Compute
from bullpen_agents.grammar_pricing import read_pricing
from bullpen_agents.grammar_risk import read_risk

_FAMILIES = (read_risk, read_growth, read_credit, read_curves, read_pricing)


def read_quant(original: str, lower: str) -> Compute | None:
    """The one computation that a question asks for, or None."""
    for family in _FAMILIES:
        if found := family(original, lower):
            return found
    return None
