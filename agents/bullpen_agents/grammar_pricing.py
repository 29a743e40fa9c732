"""What an option is worth, what volatility a price implies, and a position before expiry.

The rule it protects: a value is asked of a tool only when spot, volatility and time all stand in the
question; what is missing is named. Payoffs at expiry stay with `grammar_options`.

Grammar (labels in any order):
    worth     price | value | what is … worth | greeks | delta of … the 90 call / put
    kinds     American | digital, binary, one-touch … pays 10 | knock-out, down-and-in … barrier 95 |
              Asian, average-price … 12 fixings | on a future: futures at 75 | Bachelier, normal vol
    implied   implied vol of the 100 call at 10 | what vol does 2.50 imply for the 70-90-110 call fly
    position  what is the 70-90-110 call fly worth at 85 in 60 days | odds of profit of …
    labels    spot 70 | vol 60 or 60 vol | 162 days, 6 months, 1 year | rates 3.7 % | dividend yield 2 %
"""

from __future__ import annotations

import re
from typing import Any

from bullpen_agents.grammar_family import Family
from bullpen_agents.grammar_intents import Compute
from bullpen_agents.grammar_options import structure_named
from bullpen_agents.grammar_words import NUM, Words, number, years_of

Json = dict[str, Any]
_WORTH = re.compile(
    r"\bworth\b|\bvalue of\b|\bfair value\b|^(?:value|price)\b|\bgreeks?\b|\b(?:delta|gamma|vega|theta|rho)\b"
    r"|\bpremium (?:of|for|should)\b|\bhow much (?:is|does|should)\b|\bwhat (?:does|should) .{0,80}\bcosts?\b|\bprice (?:of )?(?:a|an|the|this|me)\b"
)
_IMPLIED = re.compile(
    r"\bimpl(?:ied|y|ies)\b.{0,30}\bvol|\bvol\w*\b.{0,40}\bimpl(?:y|ied|ies)\b|\biv\b|\bwhat vol\w*\b.{0,40}\b(?:is|does|pric\w+|gives?|make)\b"
)
_ODDS = re.compile(r"\b(?:odds|chance|probability|likel\w+)\b")
_EXOTIC = {
    "digital": re.compile(
        r"\b(?:digital|binary|(?:one|no)[- ]touch|cash[- ]or[- ]nothing|asset[- ]or[- ]nothing|bet that pays)\b"
    ),
    "barrier": re.compile(
        r"\b(?:knock[- ]?(?:out|in)|(?:down|up)[- ]and[- ](?:out|in)|barrier|kiko|[ud][oi] (?:call|put))\b"
    ),
    "asian": re.compile(r"\b(?:asian|average[- ]price|average rate|averag\w+)\b"),
}
_NEEDS = {
    "spot": "the price of the underlying (`spot 69.90`, or `futures at 75`)",
    "volatility_pct": "the volatility (`60 vol`)",
    "days": "the time to expiry (`162 days`)",
    "strikes": "the strike (`90 call`)",
    "price": "the price that was paid (`at 2.50`)",
}


def read_pricing(original: str, lower: str) -> Compute | None:
    """The pricing question in a text, or None."""
    option = re.search(
        r"\b(?:calls?|puts?|options?|digital|binary|(?:one|no)[- ]touch|straddle|strangle|fl(?:y|ies)|butterfl\w+|condor|collar|spread)\b",
        lower,
    )
    if not option or not re.search(r"\d", lower):
        return None
    words = Words.of(lower)
    if _IMPLIED.search(lower):
        return _implied(original, words)
    exotic = next((kind for kind, found in _EXOTIC.items() if found.search(lower)), "")
    if exotic:
        return _exotic(exotic, original, words)
    valued = _WORTH.search(lower) and (
        has_market(lower) or re.search(r"\bgreeks?\b|\bdelta\b|\bgamma\b|\bvega\b|\btheta\b", lower)
    )
    if valued or (_ODDS.search(lower) and has_market(lower)):
        return _vanilla(original, words)
    return None


def has_market(lower: str) -> bool:
    """Whether a volatility stands in the question: a payoff at expiry has none."""
    return bool(re.search(r"\b(?:vol|vols|volatility|sigma|iv)\b", lower))


def market(words: Words) -> Json:
    """Spot or forward, volatility, time, rates: what stands there."""
    found: Json = {}
    normal = words.labelled("normal vol(?:atility)?", "bp vol")
    vol = normal if normal is not None else words.labelled("vols?", "volatility", "sigma", "iv")
    if normal is not None or words.has(r"\bbachelier\b"):
        found["model"] = "bachelier"
    found["volatility_pct"] = vol
    found["yield_pct"] = words.labelled(
        "dividend yields?", "dividends?", "yield", "lease rates?", "foreign rates?", "carry yield"
    )
    found["rate_pct"] = words.labelled(
        "interest rates?", "risk[- ]free(?: rates?)?", "rates?", "funding", "r"
    )
    forward = words.labelled("futures?", "forward", "fwd")
    spot = (
        words.labelled("spot", "underlying", "stock", "shares?", "index")
        if forward is None
        else None
    )
    if spot is None and forward is None:
        spot = words.behind(r"trading", r"with (?:the )?[a-z&]{1,12}", "s")
    found["forward"], found["spot"] = forward, spot
    days = words.days()
    if days is not None:
        found["years"] = round(years_of(days), 12) if (days / 365 * 12) % 1 < 1e-9 else None
        found["days"] = None if found["years"] is not None else days
    return {key: value for key, value in found.items() if value is not None}


def missing(args: Json, *needed: str) -> str:
    """What is needed and not there, as a sentence; "" when all is there."""
    lacks = [text for key, text in _NEEDS.items() if key in needed and not _there(args, key)]
    return f"I still need {', and '.join(lacks)}. I do not assume one." if lacks else ""


def _there(args: Json, key: str) -> bool:
    also = {"spot": ("forward",), "days": ("years",), "strikes": ("strike",)}
    return any(name in args for name in (key, *also.get(key, ())))


def _strikes(words: Words) -> list[float]:
    chain = words.take(r"(?<![\d.])(\d+(?:\.\d+)?(?:\s*[-/]\s*\d+(?:\.\d+)?){1,3})(?![\d%])")
    if chain:
        return [float(part) for part in re.split(r"\s*[-/]\s*", chain[1])]
    one = (
        words.take(rf"(?:struck at|strike(?: of| at)?|strikes)\s*{NUM}")
        or words.take(
            rf"(?<![\w.]){NUM}(?:[\s-]*strike)?\s+(?:\w+[\s-]+){{0,3}}?(?:calls?|puts?|digital|binary|(?:one|no)[- ]touch|straddle|option)\b"
        )
        or words.take(rf"\b(?:calls?|puts?)\b[^\d;]{{0,12}}{NUM}")
    )
    return [number(one["n"])] if one else []


def _name(original: str) -> str:
    found = re.search(r"\b(?!USD|EUR|GBP|IV|ATM|OTM|ITM|AND|THE|A|I)([A-Z]{2,5})\b", original)
    return found[1] if found else ""


def _kind(words: Words) -> str:
    return (
        "put"
        if words.has(r"\bputs?\b|\bbelow\b|\bunder\b") and not words.has(r"\bcalls?\b")
        else "call"
    )


def _implied(original: str, words: Words) -> Compute:
    structure = structure_named(words.text) or "call"
    args = market(words)
    args.pop("volatility_pct", None)
    strikes = _strikes(words)
    price = words.behind(
        "at",
        "for",
        "price",
        "costs?",
        "paid",
        "trades at",
        "bought at",
        "quoted at",
        "premium",
        "does",
        "is",
    )
    if price is None:
        rest = words.numbers()
        price = rest[0] if len(rest) == 1 else None
    args |= {"structure": structure, "strikes": strikes, "underlying": _name(original)}
    if price is not None:
        args["price"] = price
    if words.has(r"\bamerican\b"):
        args["exercise"] = "american"
    lacks = missing(
        args if strikes else {k: v for k, v in args.items() if k != "strikes"},
        "spot",
        "days",
        "strikes",
        "price",
    )
    return Compute("implied_volatility", args, lacks)


def _vanilla(original: str, words: Words) -> Compute:
    structure = structure_named(words.text) or "call"
    between = words.take(rf"\bbetween\s+{NUM}\s+and\s+(?P<hi>[\d.]+)")
    later = words.take(
        r"\bin\s+(?P<n>\d+)\s*(?P<u>days?|weeks?|months?)(?:'?s?\s+time)?(?=.*\b\d+\s*-?(?:days?|weeks?|months?|years?|dte)\b)"
    )
    args = market(words)
    strikes = _strikes(words)
    cost = words.behind("bought at", "paid", "cost(?:s|ing)?", "for", "premium", "bought for", "at")
    name = _name(original)
    if structure in ("call", "put") and not between and not _ODDS.search(words.text):
        one = args | {"kind": structure, "underlying": name}
        if strikes:
            one["strike"] = strikes[0]
        if words.has(r"\bamerican\b"):
            one["exercise"] = "american"
        return Compute(
            "option_value",
            one,
            missing(one, "spot", "volatility_pct", "days", "strikes"),
            focus=_focus(words),
        )
    args |= {"structure": structure, "strikes": strikes, "cost": cost, "underlying": name}
    args.pop("model", None)
    if between:
        args["between"] = [number(between["n"]), float(between["hi"])]
    if later:
        scale = {"d": 1, "w": 7, "m": 365 / 12}[later["u"][0]]
        args["at_days"] = [0.0, float(later["n"]) * scale]
    lacks = missing(
        {k: v for k, v in args.items() if v not in (None, [])},
        "spot",
        "volatility_pct",
        "days",
        "strikes",
    )
    return Compute("strategy_value", args, lacks)


def _focus(words: Words) -> str:
    return next(
        (g for g in ("delta", "gamma", "vega", "theta", "rho") if words.has(rf"\b{g}\b")), ""
    )


def _exotic(kind: str, original: str, words: Words) -> Compute:
    args: Json = {"kind": _kind(words), "underlying": _name(original)}
    if kind == "digital":
        args["amount"] = words.behind("pays?", "paying", "payout", "payoff") or 1.0
        args["touch"] = words.has(r"\bone[- ]touch\b|\btouch\w*\b")
        if words.has(r"\bno[- ]touch\b|\bnever touch"):
            args |= {"touch": True, "touch_pays": "if_never_touched"}
        elif words.has(r"\bat expiry\b") and args["touch"]:
            args["touch_pays"] = "at_expiry"
        args["pays"] = "asset" if words.has(r"\basset[- ]or") else "cash"
    elif kind == "barrier":
        rebate, level = (
            words.behind("rebate"),
            words.behind(
                "barrier", "knocks? (?:out|in)(?: at)?", "knocked (?:out|in) at", "ko", "ki"
            ),
        )
        args |= {"rebate": rebate or 0.0, "barrier": level}
    else:
        fixed = words.take(
            r"(?P<n>\d+)\s*(?:monthly |weekly |daily )?(?:fixings?|averaging dates|observations)"
        )
        args["fixings"] = int(fixed["n"]) if fixed else None
        args["average"] = "geometric" if words.has(r"\bgeometric\b") else "arithmetic"
    args |= market(words)
    strikes = _strikes(words) or (
        [above]
        if (
            above := words.behind(
                "above", "over", "below", "under", "beyond", "ends at", "touches", "touch"
            )
        )
        else []
    )
    if strikes:
        args["strike"] = strikes[0]
    args = {key: value for key, value in args.items() if value is not None}
    lacks = missing(args, "spot", "volatility_pct", "days", "strikes")
    if kind == "barrier":
        args, lacks = _with_barrier(args, words, lacks)
    return Compute(f"{kind}_option", args, lacks)


def _with_barrier(args: Json, words: Words, lacks: str) -> tuple[Json, str]:
    if "barrier" not in args:
        return args, lacks or "I still need the barrier (`barrier 95`). I do not assume one."
    level, spot = args["barrier"], args.get("spot", args.get("forward", 0.0))
    up = words.has(r"\bup[- ]and\b") or (not words.has(r"\bdown[- ]and\b") and level > spot)
    action = "in" if words.has(r"\b(?:and[- ]in|knock[- ]?in|knocks? in|ki)\b") else "out"
    return args | {"barrier_type": f"{'up' if up else 'down'}_and_{action}"}, lacks


FAMILY = Family(
    "option values",
    read_pricing,
    ("price a 100 call, spot 100, vol 20, 1 year, rate 5%", "delta of a 95 put, spot 100, vol 25, 90 days",
     "implied vol of the 100 call at 10, spot 100, 1 year", "price an asian 100 call with 12 fixings, spot 100, vol 20, 1 year",
     "value of a down-and-out 100 call, barrier 90, spot 100, vol 20, 1 year",
     "odds of profit on the 70-90-110 call butterfly paid 2.50, spot 69.9, 60 vol, 162 days"),
)  # fmt: skip
