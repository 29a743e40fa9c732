"""The option structures that the grammar knows: their names, how many strikes they have, their legs.

The rule it protects: a structure has the legs that the field gives it, bought or sold as a whole. It
reads no numbers.
"""

from __future__ import annotations

import re

_STRUCTURES: tuple[tuple[str, str], ...] = (
    (r"risk[\s-]+reversals?", "risk_reversal"),
    (r"iron\s+condors?", "iron_condor"),
    (r"iron\s+(?:butterfl(?:y|ies)|fl(?:y|ies))", "iron_butterfly"),
    (r"puts?\s+(?:butterfl(?:y|ies)|fl(?:y|ies))", "put_butterfly"),
    (r"(?:calls?\s+)?(?:butterfl(?:y|ies)|\bfl(?:y|ies))", "call_butterfly"),
    (r"puts?\s+condors?", "put_condor"),
    (r"(?:calls?\s+)?condors?", "call_condor"),
    (r"bull(?:ish)?\s+calls?\s+spreads?|calls?\s+debit\s+spreads?", "bull_call_spread"),
    (r"bear(?:ish)?\s+calls?\s+spreads?|calls?\s+credit\s+spreads?", "bear_call_spread"),
    (r"bull(?:ish)?\s+puts?\s+spreads?|puts?\s+credit\s+spreads?", "bull_put_spread"),
    (r"bear(?:ish)?\s+puts?\s+spreads?|puts?\s+debit\s+spreads?", "bear_put_spread"),
    (
        r"calls?\s+(?:verticals?|spreads?)|callspreads?|verticals?\b[^?.!]{0,30}\bcalls?",
        "call_spread",
    ),
    (r"puts?\s+(?:verticals?|spreads?)|putspreads?|verticals?\b[^?.!]{0,30}\bputs?", "put_spread"),
    (r"bull(?:ish)?\s+calls?(?=\D{0,12}\d+(?:\.\d+)?\s*[-/])", "bull_call_spread"),
    (r"bear(?:ish)?\s+calls?(?=\D{0,12}\d+(?:\.\d+)?\s*[-/])", "bear_call_spread"),
    (r"bull(?:ish)?\s+puts?(?=\D{0,12}\d+(?:\.\d+)?\s*[-/])", "bull_put_spread"),
    (r"bear(?:ish)?\s+puts?(?=\D{0,12}\d+(?:\.\d+)?\s*[-/])", "bear_put_spread"),
    (r"straddles?", "straddle"),
    (r"strangles?", "strangle"),
    (r"collars?", "collar"),
    (r"covered\s+calls?|buy-?writes?", "covered_call"),
    (
        r"(?:protective|married)\s+puts?|(?:long|own|hold|holding|bought|have)\s+(?:the\s+)?(?:stock|shares)\b[^.;?]{0,40}\bputs?",
        "protective_put",
    ),
    (
        r"(?:long|own|hold|holding|bought|have)\s+(?:the\s+)?(?:stock|shares)\b[^.;?]{0,40}\b(?:sold|short|sell|write|wrote|against)\b[^.;?]{0,25}\bcalls?",
        "covered_call",
    ),
    (r"calls?(?!\s+(?:you|me|him|her|it|us|them|back)\b)", "call"),
    (r"puts?", "put"),
)


STRIKES = {
    "call": 1, "put": 1, "risk_reversal": 2, "straddle": 1, "covered_call": 1, "protective_put": 1,
    "call_spread": 2, "put_spread": 2, "bull_call_spread": 2, "bear_call_spread": 2,
    "bull_put_spread": 2, "bear_put_spread": 2, "strangle": 2, "collar": 2,
    "call_butterfly": 3, "put_butterfly": 3, "iron_butterfly": 3,
    "call_condor": 4, "put_condor": 4, "iron_condor": 4,
}  # fmt: skip


CREDIT = {"iron_condor", "iron_butterfly", "bear_call_spread", "bull_put_spread"}


REVERSIBLE = {"iron_condor", "iron_butterfly"}


WITH_STOCK = {"collar", "covered_call", "protective_put"}


FLIPPED = {"call_spread": "bear_call_spread", "put_spread": "bull_put_spread"}


LEGS: dict[str, tuple[tuple[str, int, int], ...]] = {
    "call": (("call", 1, 0),),
    "put": (("put", 1, 0),),
    "straddle": (("put", 1, 0), ("call", 1, 0)),
    "strangle": (("put", 1, 0), ("call", 1, 1)),
    "call_butterfly": (("call", 1, 0), ("call", -2, 1), ("call", 1, 2)),
    "put_butterfly": (("put", 1, 0), ("put", -2, 1), ("put", 1, 2)),
    "iron_butterfly": (("put", 1, 0), ("put", -1, 1), ("call", -1, 1), ("call", 1, 2)),
    "call_condor": (("call", 1, 0), ("call", -1, 1), ("call", -1, 2), ("call", 1, 3)),
    "put_condor": (("put", 1, 0), ("put", -1, 1), ("put", -1, 2), ("put", 1, 3)),
    "iron_condor": (("put", 1, 0), ("put", -1, 1), ("call", -1, 2), ("call", 1, 3)),
}
"""The legs of what can be sold as a whole: (kind, quantity when bought, position of the strike)."""


SHORT = {
    "bear_call_spread": (("call", -1, 0), ("call", 1, 1)),
    "bull_put_spread": (("put", 1, 0), ("put", -1, 1)),
    "call_spread": (("call", 1, 0), ("call", -1, 1)),
    "bull_call_spread": (("call", 1, 0), ("call", -1, 1)),
    "put_spread": (("put", -1, 0), ("put", 1, 1)),
    "bear_put_spread": (("put", -1, 0), ("put", 1, 1)),
    "covered_call": (("call", -1, 0),),
    "protective_put": (("put", 1, 0),),
    "collar": (("put", 1, 0), ("call", -1, 1)),
}


def structure_named(lower: str) -> str | None:
    """The structure that a lower-case text names, or None."""
    return next((n for p, n in _STRUCTURES if re.search(rf"\b(?:{p})\b", lower)), None)
