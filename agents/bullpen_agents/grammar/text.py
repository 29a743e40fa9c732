"""The words of a request before they are read: mentions, courtesies and small typos out of the way.

The rule it protects: only the words that the grammar turns on are put right; a name stays as it was
written. It understands nothing.
"""

from __future__ import annotations

import re
from difflib import get_close_matches

_VOCABULARY = (
    "butterfly", "straddle", "strangle", "condor", "spread", "collar", "volatility", "volatile", "correlation",
    "drawdown", "remember", "compare", "colleagues", "catalogue", "returns", "performance", "payoff",
)  # fmt: skip


_KNOWN = frozenset(_VOCABULARY) | {
    "volatilities", "correlations", "correlate", "correlated", "correlates", "drawdowns", "spreads", "condors",
    "straddles", "strangles", "butterflies", "collars", "compared", "comparing", "remembered", "colleague",
    "perform", "return", "returned", "catalog", "dollar", "dollars", "compares", "payoffs", "collateral",
}  # fmt: skip


_POLITE = re.compile(
    r"^(?:(?:hi|hello|hey|dear|good morning|good afternoon|good evening|morning|thx|plz|ok|okay|so|and|now|then|well|thanks|thank you|please|pls|kindly|team|desk|all|everyone)\b[\s,!.:–-]*"
    r"|(?:can|could|would|will|shall) (?:you|we|i)(?: please)? "
    r"|(?:i|we)(?:'d| would)? (?:want|need|like|love)(?: you)?(?: to)? "
    r"|let(?:'s| us|s) |(?:show|give|tell|get) (?:me|us) )+"
)


_ADDRESS = re.compile(
    r"^\s*(?:architect|quant|data[ _]analyst|developer|frontend)\b\s*[,:]?\s+(?=\w)", re.IGNORECASE
)


def unmention(text: str) -> str:
    bare = re.sub(r"^(?:\s*@[\w-]+[,:]?)+", " ", text)
    cleaned = _ADDRESS.sub(" ", re.sub(r"^\s*\(?\d{1,2}[.)]\s+(?=[^\d\s])", " ", bare))
    return re.sub(r"\s+", " ", _english(cleaned.replace("’", "'"))).strip()


_THOUSANDS = re.compile(r"(?<![\d.,])\d{1,3}(?:\.\d{3})+,\d+(?!\d|,\d)")
_GROUPS = re.compile(r"(?<=\d)['\u00a0\u202f](?=\d{3}(?!\d))")


def _english(text: str) -> str:
    """Numbers that can be read in one way only, as English writes them: 1.234,56 and 1'000."""
    text = _THOUSANDS.sub(lambda found: found[0].replace(".", "").replace(",", "."), text)
    return _GROUPS.sub("", text)


def mend(text: str) -> str:
    """Put right small typos in the words the grammar turns on, and in no others."""

    def word(found: re.Match[str]) -> str:
        given = found[0]
        if given in _KNOWN:
            return given
        return next(iter(get_close_matches(given, _VOCABULARY, n=1, cutoff=0.86)), given)

    return re.sub(r"\b[a-z]{6,}\b", word, text)


def unpolite(lower: str) -> str:
    """The text without the courtesies at its beginning."""
    return _POLITE.sub("", lower).strip()


_CATALOGUE = re.compile(
    r"\bhow (?:old|fresh|recent|current|up[- ]to[- ]date) (?:is|are) (?:your|the|our) (?:data|series|numbers|prices)\b|\b(?:last updated|when (?:was|were) (?:the |your )?(?:data|series|it|they) (?:last )?updated|until when)\b|\b(?:what|which|list|any|all|available|your|the|our) (?:\w+ )?(?:data|datasets?|data sets?|series|time series|symbols|"
    r"instruments|markets)\b.{0,40}?(?:\b(?:have|hold|got|available|know|there|own|store|stored|catalogue|use)\b|[?.!]*$)"
    r"|^(?:data )?catalog(?:ue)?\b|\blist (?:of )?(?:the |all |your )*(?:data|series)\b"
)


def lists_data(lower: str) -> bool:
    """Whether the question is what data there are."""
    return bool(_CATALOGUE.search(lower))
