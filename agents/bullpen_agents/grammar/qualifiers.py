"""Words that would change an answer about a series: `in euros`, `excluding crashes`, `hourly`.

The rule it protects: a qualifier is no part of a name; what no reading can use is named beside the
answer (see grammar/unused.py). It decides nothing about a request.
"""

from __future__ import annotations

import re

NEVER: tuple[re.Pattern[str], ...] = tuple(
    re.compile(pattern)
    for pattern in (
        r"\b(?:on )?(?:hourly|intraday|overnight|minute|tick)(?: (?:data|returns?|basis))?\b",
        r"\b(?:with|including|incl\.?) dividends\b|\b(?:gross|net) total returns?\b|\bdividends? reinvested\b|\btotal returns?\b",
        r"\binflation[- ]adjusted\b|\bdeflated\b|\bin real terms\b|\breal (?:price|return|terms)s?\b|\badjusted for inflation\b",
        r"\b(?:in|to|into) (?:eur|euros?|gbp|pounds?|sterling|jpy|yen|chf|francs?|cny|vnd)\b",
        r"\b(?:excluding|except(?: for)?|leaving out|apart from|other than|ignoring|without(?! a| an| any| key| language)) (?:the )?[a-z0-9]+(?: (?!and\b|or\b|in\b|since\b|over\b|of\b)[a-z0-9]+)?",
        r"\b(?:with |using |on )?(?:simple|arithmetic) returns?\b|\b(?:on an? )?log(?:arithmic)? (?:scale|axis)\b",
        r"\blag(?:ged)?(?: (?:by|of))? (?:a |one )?\w+(?: (?:days?|weeks?|months?))?|\bsmoothed\b|\bseasonally adjusted\b|\bwinsori[sz]ed\b|\bde-?trended\b",
        r"\b(?:fx|currency|delta)[- ]hedged\b|\b(?:un)?levered\b|\bleveraged\b",
        r"\b(?:after|net of) (?:tax(?:es)?|fees|commissions?|carry|funding|inflation)\b",
        r"\b(?:exponentially|equally|volume|cap|value)[- ]weighted\b",
    )
)  # fmt: skip
"""What no measure of a series takes."""


CLAUSE = re.compile(
    r"(?:,|;|\band\b|\bbut\b)\s+((?:why|how come|how long|what caused|what (?:does|do) (?:it|that)|when (?:did|will|was) (?:it|they|that)|what happened|is (?:that|it|this)|should (?:i|we)|do you think)\b[^?]*)"
)
"""A second question behind the first one, which no measure answers."""


def without_qualifiers(text: str) -> str:
    """The text (lower case) without these words, and without a second question behind the first."""
    text = CLAUSE.sub(" ", text)
    for pattern in NEVER:
        text = pattern.sub(" ", text)
    return text
