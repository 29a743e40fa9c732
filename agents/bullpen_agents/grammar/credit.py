"""Credit, bonds and default swaps in a question.

The rule it protects: a spread is in basis points, a volatility and a yield in percent, as people say
them; what is missing is named. It computes nothing.

Grammar (labels in any order):
    Merton    700 bp against 80 vol [over 5 years] | Merton with equity 3, equity vol 80, debt 10, rate 5 %, 1 year
              | Merton with assets 100, asset vol 20, debt 70
    CDS       default probability of a 5 year CDS at 300 bp [recovery 40, rate 3 %, coupon 100 bp]
              [traded 20 March 2026] [notional 25m EUR] | CDS 1y 80, 3y 100, 5y 120 bp
    bond      price of a 5 % 10 year bond yielding 6 % | yield / duration of a 5 % 10 year bond at 95
"""

from __future__ import annotations

import re
from typing import Any

from bullpen_agents.grammar.family import Family
from bullpen_agents.grammar.intents import Compute
from bullpen_agents.grammar.lookup import DAY, days_in
from bullpen_agents.grammar.words import NUM, SCALE, Words, amount, years_of

Json = dict[str, Any]
_MERTON = re.compile(
    r"\bmerton\b|\bstructural model\b|\bcapital structures?\b|\b(?:bps?|basis points?)\b.{0,30}\b(?:vol|vols|volatility)\b"
    r"|\basset vol"
)
_CDS = re.compile(
    r"\bdefault prob\w*\b.*\d\s*(?:bps?|basis)|\bprobability of default\b.*\d\s*(?:bps?|basis)|\bcds\b|\bdefault swaps?\b|\bcredit default\b"
)
_BOND = re.compile(r"\bbonds?\b|\btreasur(?:y|ies)\b|\bgilts?\b|\bbunds?\b|\bzero[- ]coupon\b")
_BOND_ASK = re.compile(
    r"\bzero[- ]coupon\b|\bprice\b|\byield\w*\b|\bduration\b|\bconvexity\b|\bdv01\b|\bbasis point\b|\bworth\b|\bvalue\b"
)


_ONE_BOND = re.compile(
    r"\d\s*%|\bcoupon\b|\bzero[- ]coupon\b|\bbond\b.*\b(?:at|priced|trading|yielding)\b"
)
"""One bond with its terms; "treasury yields since 2010" asks for a series."""


def read_credit(original: str, lower: str) -> Compute | None:
    """The credit question in a text, or None."""
    del original
    if not re.search(r"\d", lower):
        return None
    words = Words.of(lower)
    if _CDS.search(lower):
        return _cds(words)
    if _MERTON.search(lower):
        return _merton(words)
    if _BOND.search(lower) and _BOND_ASK.search(lower) and _ONE_BOND.search(lower):
        return _bond(words)
    return None


def read_merton_says(original: str, lower: str) -> Compute | None:
    """ "What does Merton say about …" asks the model, not what somebody of that name said."""
    asked = re.match(r"what (?:does|would|do) (?:the )?merton\b", lower)
    return read_credit(original, lower) if asked else None


def _given(args: Json) -> Json:
    return {key: value for key, value in args.items() if value is not None}


def _merton(words: Words) -> Compute:
    asset_vol = words.labelled("asset vol(?:atility)?", "volatility of (?:the )?assets")
    equity_vol = words.labelled(
        "equity vol(?:atility)?", "stock vol(?:atility)?", "vols?", "volatility"
    )
    spread = words.labelled("bps?", "basis points?", "spread", unit="bps?")
    args: Json = {
        "asset_volatility_pct": asset_vol,
        "equity_volatility_pct": equity_vol,
        "spread_bp": spread,
        "rate_pct": words.labelled("interest rates?", "risk[- ]free(?: rates?)?", "rates?", "r"),
        "recovery_pct": words.labelled("recovery"),
        "debt": words.behind("debt", "owes", "liabilities"),
        "asset_value": words.behind("assets", "asset value", "firm value"),
        "equity": words.behind("equity(?: value)?", "market cap(?:italisation)?"),
    }
    days = words.days()
    args["years"] = None if days is None else round(years_of(days), 10)
    args = _given(args)
    complete = (
        {"asset_value", "asset_volatility_pct", "debt"} <= args.keys()
        or {"equity", "equity_volatility_pct", "debt"} <= args.keys()
        or {"spread_bp", "equity_volatility_pct"} <= args.keys()
    )
    lacks = (
        ""
        if complete
        else (
            "For Merton's model I need a spread and an equity volatility (`700 bp against 80 vol`), or equity, equity "
            "volatility and debt (`equity 3, equity vol 80, debt 10`), or assets, asset volatility and debt."
        )
    )
    return Compute("merton_model", args, lacks)


_POINT = re.compile(
    r"(?<![\w.])(?P<y>\d{1,2})[\s-]?(?:y|yrs?|years?)\s*(?:at|@|:|=)?\s*(?P<s>\d+(?:\.\d+)?)\s*(?:bps?)?(?=\s*(?:,|;|and\b|$|bps?))"
)
_TRADED = rf"\b(?:trade(?:d|s)?(?: date)?|dealt|as traded|done|struck|as of|on|trade date)\s*(?:on|:|is|of|the)?\s*(?P<when>{DAY.pattern})"
_MATURES = (
    rf"\b(?:matur\w+|until|to|ending|expir\w+)\s*(?:on|in|:|is|date)?\s*(?P<when>{DAY.pattern})"
)


def _cds(words: Words) -> Compute:
    args: Json = {"maturity": _day(words, _MATURES), "trade_date": _day(words, _TRADED)}
    if args["trade_date"] is None and len(left := days_in(words.text)) == 1:
        args["trade_date"] = left[0][0]
        words.text = words.text.replace(left[0][1], " ; ", 1)
    args |= _notional(words)
    args["hazard_pct"] = words.labelled("hazard(?: rate)?", "default intensity")
    args["coupon_bp"] = words.labelled("coupon", "running(?: coupon)?", unit="bps?")
    args["recovery_pct"] = words.labelled("recovery(?: rate)?", "rr")
    args["rate_pct"] = words.labelled("interest rates?", "risk[- ]free(?: rates?)?", "rates?")
    points = list(_POINT.finditer(words.text))
    if len(points) > 1:
        args["spreads"] = [{"years": float(p["y"]), "spread_bp": float(p["s"])} for p in points]
        words.text = _POINT.sub(" ; ", words.text)
    days = words.days()
    args["years"] = None if days is None or args["maturity"] else round(years_of(days), 10)
    if args["hazard_pct"] is None and "spreads" not in args:
        args["spread_bp"] = words.labelled("bps?", "basis points?", "spread", "at")
    args = _given(args)
    lacks = (
        ""
        if {"spread_bp", "hazard_pct", "spreads"} & args.keys()
        else "I need the spread of the swap (`a 5 year CDS at 300 bp`), or a hazard rate."
    )
    return Compute("cds_value", args, lacks)


def _day(words: Words, pattern: str) -> str | None:
    """The day (ISO) behind these words, which then leaves the text."""
    found = words.take(pattern)
    return days_in(found["when"])[0][0] if found else None


def _notional(words: Words) -> Json:
    """The notional in full, and its currency where one stands beside it."""
    money = r"(?P<c>usd|eur|gbp|jpy|chf|[$€£])?\s*"
    found = (
        words.take(
            rf"\b(?:notional|nominal|size|face)\b\s*(?:of|is|:|=|amount)?\s*{money}{NUM}{SCALE}(?:\s*(?P<c2>usd|eur|gbp|jpy|chf)\b)?"
        )
        or words.take(
            rf"{money}{NUM}{SCALE}(?:\s*(?P<c2>usd|eur|gbp|jpy|chf)\b)?\s*(?:of )?(?:notional|nominal|face|protection)\b"
        )
        or words.take(
            rf"\bof\s+{money}{NUM}\s*(?P<scale>mn|m|million|bn|billion)\b(?P<c2>)(?=.*\d\s*-?(?:y|yrs?|years?)\b)"
        )
        or words.take(
            rf"\b(?:on|for)\s+{money}{NUM}\s*(?P<scale>mn|m|million|bn|billion|k)\b(?:\s*(?P<c2>usd|eur|gbp|jpy|chf)\b)?"
        )
    )
    if not found:
        return {}
    code = {"€": "EUR", "£": "GBP", "$": "USD"}.get(
        found["c"] or "", (found["c"] or found["c2"] or "").upper()
    )
    return {"notional": amount(found)} | ({"currency": code} if code else {})


def _bond(words: Words) -> Compute:
    face = _notional(words).get("notional")
    days = words.days()
    asked_yield = words.has(
        r"^(?:what(?:'s| is) the )?yield\b|\byield (?:of|on|to maturity of)\b|\bwhat yield\b"
    )
    often = next(
        (
            n
            for n, w in ((1, "annual"), (2, "semi"), (4, "quarterly"), (12, "monthly"))
            if words.has(rf"\b{w}")
        ),
        2,
    )
    rate = (
        words.labelled("yielding", "ytm", "yields?(?: to maturity)?") if not asked_yield else None
    )
    coupon = words.labelled("coupon") or _coupon(words)
    if (
        rate is None
        and not asked_yield
        and (at := words.take(rf"\bat\s+(?:an?\s+)?(?:yield of\s+)?{NUM}\s*%"))
    ):
        rate = float(at["n"])
    price = words.behind("priced at", "trading at", "quoted at", "for", "at(?! a yield)")
    if rate is None and not asked_yield and price is not None and price < 40 and words.has("%"):
        rate, price = price, None
    args = _given({
        "coupon_pct": coupon,
        "face": face,
        "years": None if days is None else round(years_of(days), 10),
        "frequency": 2 if words.has(r"semi-?annual") else often,
        "yield_pct": rate,
        "price": price if rate is None else None,
    })  # fmt: skip
    needs = [
        text
        for key, text in (("coupon_pct", "the coupon (`5 %`)"), ("years", "the life (`10 year`)"))
        if key not in args
    ]
    if "yield_pct" not in args and "price" not in args:
        needs.append("the yield (`yielding 6 %`) or the price (`at 95`)")
    focus = next(
        (
            key
            for key, word in (
                ("modified_duration", "duration"),
                ("convexity", "convexity"),
                ("basis_point_value", "dv01|basis point"),
            )
            if words.has(rf"\b(?:{word})\b")
        ),
        "yield" if asked_yield else "",
    )
    return Compute(
        "bond_value", args, f"I still need {' and '.join(needs)}." if needs else "", focus=focus
    )


def _coupon(words: Words) -> float | None:
    if words.has(r"\bzero[- ]coupon\b"):
        return 0.0
    found = words.take(r"(?P<n>\d+(?:\.\d+)?)\s*%")
    return float(found["n"]) if found else None


FAMILY = Family(
    "credit",
    read_credit,
    ("default probability of a 5 year CDS at 300 bp, recovery 40", "price a 5y CDS at 120bp traded 20 March 2026, notional 25m", "price of a 5% 10 year bond yielding 6%",
     "Merton with equity 3, equity vol 80, debt 10, rate 5%, 1 year"),
)  # fmt: skip
MERTON_SAYS = Family(
    "Merton", read_merton_says, ("what does Merton say about 700 bp against 80 vol over 5 years?",)
)
