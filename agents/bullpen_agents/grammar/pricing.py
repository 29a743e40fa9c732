"""What an option is worth, what volatility a price implies, and a position before expiry.

The rule it protects: a value is asked of a tool only when spot, volatility and time all stand in the
question; what is missing is named. Payoffs at expiry stay with `grammar/options.py`.

Grammar (labels in any order):
    worth     price | value | what is … worth | greeks | delta of … the 90 call / put
    kinds     American | digital, binary, one-touch … pays 10 | knock-out, down-and-in … barrier 95 |
              Asian, average-price … 12 fixings | on a future: futures at 75 | Bachelier, normal vol
    implied   implied vol of the 100 call at 10 | what vol does 2.50 imply for the 70-90-110 call fly
    position  what is the 70-90-110 call fly worth at 85 in 60 days | odds of profit of …
    labels    spot 70 | vol 60 or 60 vol | 162 days, 6 months, 1 year | expiring 2027-01-15 | rates 3.7 % | dividend yield 2 %
              | ATM, at the money | K=100 S=100 sigma=20 T=1 r=5 | EURUSD … eur rate 2, usd rate 4 | sizes (see grammar/sizes.py)
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from bullpen_agents.grammar.family import Family
from bullpen_agents.grammar.intents import Compute
from bullpen_agents.grammar.legs import read_legs
from bullpen_agents.grammar.market import PAIR, market, spelled
from bullpen_agents.grammar.sizes import read_size
from bullpen_agents.grammar.structures import structure_named
from bullpen_agents.grammar.words import NUM, Words, number

Json = dict[str, Any]
_WORTH = re.compile(
    r"\bworth\b|\bvalue of\b|\bfair value\b|^(?:value|price)\b|\bgreeks?\b|\b(?:delta|gamma|vega|theta|rho)\b"
    r"|\bpremium (?:of|for|should)\b|\bhow much (?:is|does|should)\b|\bwhat (?:does|should) .{0,80}\bcosts?\b|\bprice (?:of )?(?:a|an|the|this|me)\b"
)
_IMPLIED = re.compile(
    r"\bimpl(?:ied|y|ies)\b.{0,30}\bvol|\bvol\w*\b.{0,40}\bimpl(?:y|ied|ies)\b|\biv\b(?!\s*(?:of|at|is|=|:)?\s*\d)|\bwhat vol\w*\b.{0,40}\b(?:is|does|pric\w+|gives?|make)\b"
)
_ODDS = re.compile(r"\b(?:odds|chance|probability|likel\w+)\b")
_EXOTIC = {
    "digital": re.compile(
        r"\b(?:digital|binary|(?:one|no)[- ]touch|cash[- ]or[- ]nothing|asset[- ]or[- ]nothing|bet that pays)\b"
    ),
    "barrier": re.compile(
        r"\b(?:knock[- ]?(?:out|in)|(?:down|up)[- ]and[- ](?:out|in)|barrier|kiko|[ud][oi] (?:call|put))\b"
    ),
    "asian": re.compile(
        r"\basian\b|\baverag\w+(?:[- ](?:price|rate|strike))?\b(?=.*\b(?:calls?|puts?|options?)\b)|\b(?:calls?|puts?)\b.*\baverag\w+"
    ),
}
_NEEDS = {
    "spot": "the price of the underlying (`spot 69.90`, or `futures at 75`)",
    "volatility_pct": "the volatility (`60 vol`)",
    "days": "the time to expiry (`162 days`, or `expiring 2027-01-15`)",
    "strikes": "the strike (`90 call`)",
    "price": "the price that was paid (`at 2.50`)",
}


def read_pricing(original: str, lower: str) -> Compute | None:
    """The pricing question in a text, or None."""
    option = re.search(
        r"\b(?:calls?|puts?|options?|digital|binary|(?:one|no)[- ]touch|straddle|strangle|fl(?:y|ies)|butterfl\w+|condor|collar|spread|risk[\s-]+reversals?)\b",
        lower,
    )
    if not option or not re.search(r"\d", lower):
        return None
    size, sized = read_size(spelled(lower))
    found = _priced(original, lower, Words.of(sized))
    return replace(found, args={**found.args, **size}) if found and size else found


def _priced(original: str, lower: str, words: Words) -> Compute | None:
    if re.search(r"\brisk[\s-]+reversals?\b", lower) and not read_legs(words.text):
        return (
            Compute(
                "strategy_value",
                {},
                "Which leg is bought? Write both: `value of long 105 call, short 95 put, spot 100, vol 20, 3 months`.",
            )
            if has_market(lower)
            else None
        )
    if _IMPLIED.search(lower):
        return _implied(original, words)
    exotic = next((kind for kind, found in _EXOTIC.items() if found.search(lower)), "")
    if exotic:
        return _exotic(exotic, original, words)
    stated = has_market(lower) and not _COMPARED.search(lower)
    valued = stated or (
        _WORTH.search(lower)
        and (
            has_market(lower)
            or re.search(r"\bgreeks?\b|\bdelta\b|\bgamma\b|\bvega\b|\btheta\b", lower)
        )
    )
    if valued or (_ODDS.search(lower) and has_market(lower)):
        return _vanilla(original, words)
    return None


_COMPARED = re.compile(r"\b(?:compar\w*|correl\w*|histor\w*|realised|realized|chart|plot|data)\b")
"""A volatility beside an option asks for a value, unless it is one of data."""
_ATM = r"\b(?P<f>atmf|atm[- ](?:forward|fwd)|at[- ]the[- ]money[- ](?:forward|fwd))\b|\b(?:atm|at[- ]the[- ]money(?:[- ]spot)?)\b"


def has_market(lower: str) -> bool:
    """Whether a volatility stands in the question: a payoff at expiry has none."""
    return bool(re.search(r"\b(?:vol|vols|volatility|sigma|iv)\b", lower))


def missing(args: Json, *needed: str) -> str:
    """What is needed and not there, as a sentence; "" when all is there."""
    lacks = [text for key, text in _NEEDS.items() if key in needed and not _there(args, key)]
    return f"I still need {', and '.join(lacks)}. I do not assume one." if lacks else ""


def _there(args: Json, key: str) -> bool:
    also = {"strikes": ("strike", "legs"), "spot": ("forward",), "days": ("years", "expiry")}
    return any(name in args for name in (key, *also.get(key, ())))


def _strikes(words: Words) -> list[float]:
    chain = words.take(r"(?<![\d.])(\d+(?:\.\d+)?(?:\s*[-/]\s*\d+(?:\.\d+)?){1,3})(?![\d%])")
    if chain:
        return [float(part) for part in re.split(r"\s*[-/]\s*", chain[1])]
    one = (
        words.take(rf"(?:struck at|strike(?: of| at|\s*=|:)?|strikes|\bk\s*=)\s*{NUM}")
        or words.take(
            rf"(?<![\w.]){NUM}(?:[\s-]*strike)?\s+(?:\w+[\s-]+){{0,3}}?(?:calls?|puts?|digital|binary|(?:one|no)[- ]touch|straddle|option)\b"
        )
        or words.take(rf"\b(?:calls?|puts?)\b[^\d;]{{0,12}}{NUM}")
    )
    return [number(one["n"])] if one else []


def _name(original: str) -> str:
    if pair := PAIR.search(original.lower()):
        return f"{pair['a']}{pair['b']}".upper()
    found = re.search(
        r"\b(?!(?:USD|EUR|GBP|IV|ATMF?|OTM|ITM|AND|THE|FX|BS|DTE|OK)\b)([A-Z]{2,5})\b", original
    )
    return found[1] if found else ""


def _at_the_money(words: Words, args: Json) -> list[float]:
    """The strike that "at the money" means: the spot, or the forward where that is given."""
    found = words.take(_ATM)
    if not found:
        return []
    level = args.get("forward") if found["f"] else args.get("spot", args.get("forward"))
    return [] if level is None else [level]


def _kind(words: Words) -> str:
    return (
        "put"
        if words.has(r"\bputs?\b|\bbelow\b|\bunder\b") and not words.has(r"\bcalls?\b")
        else "call"
    )


def _implied(original: str, words: Words) -> Compute:
    structure = structure_named(words.text) or "call"
    # "implied vol of the 100 call": that 100 is no volatility.
    words.take(
        r"\b(?:what(?:'s| is) )?(?:the )?(?:impl(?:ied|y|ies) )?(?:vol\w*|iv)\s+(?:of|for|in|on)\b(?: (?:a|an|the))?"
    )
    args = market(words)
    args.pop("volatility_pct", None)
    strikes = _strikes(words) or _at_the_money(words, args)
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
    legs = read_legs(words.text)
    if legs:
        words.text = legs.rest
    args = market(words)
    strikes = [] if legs else _strikes(words) or _at_the_money(words, args)
    cost = words.behind("bought at", "paid", "cost(?:s|ing)?", "for", "premium", "bought for", "at")
    name = _name(original)
    if structure in ("call", "put") and not legs and not between and not _ODDS.search(words.text):
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
    args |= {"cost": cost, "underlying": name}
    if legs:
        args["legs"] = [{"kind": k, "quantity": q, "strike": s} for k, q, s in legs.legs]
        args["cost"] = legs.cost if legs.cost is not None else cost
    else:
        args |= {"structure": structure, "strikes": strikes}
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
    strikes = (
        _strikes(words)
        or _at_the_money(words, args)
        or (
            [above]
            if (
                above := words.behind(
                    "above", "over", "below", "under", "beyond", "ends at", "touches", "touch"
                )
            )
            else []
        )
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
    ("price a 100 call, spot 100, vol 20, 1 year, rate 5%", "EURUSD call strike 1.10 spot 1.08 vol 8 3 months",
     "ATM put spot 2500 vol 18 expiring 2027-01-15", "delta of a 95 put, spot 100, vol 25, 90 days",
     "implied vol of the 100 call at 10, spot 100, 1 year", "price an asian 100 call with 12 fixings, spot 100, vol 20, 1 year",
     "value of a down-and-out 100 call, barrier 90, spot 100, vol 20, 1 year",
     "odds of profit on the 70-90-110 call butterfly paid 2.50, spot 69.9, 60 vol, 162 days"),
)  # fmt: skip
