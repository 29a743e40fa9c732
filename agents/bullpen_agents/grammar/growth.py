"""Gaps, growth, runway, payback and rebalancing in a question.

The rule it protects: growth is read with the thing that grows, an amount with its scale (bn, million);
what is missing is named. It computes nothing.

Grammar (labels in any order):
    gap         compute supply +50 % a year, demand +15 %, utilisation 25-30 % in 2025, until 2029, when is it 12.5 %
                | copper demand +35-40 % by 2030 against supply +3 % a year from 2025
                | demand growth for an 8-50x shortfall by 2035, supply +50 %, utilisation 25-30 % in 2025
    multiple    12x needed: tokens 2x, queries 10 to 30 | what is 1000x in 5 years a year
    runway      runway: EBITDA 8 bn, capex 26 bn, cash 2 bn
    payback     payback of copper for silver: capital 16 bn over 4 years, silver at 76.93, copper at 0.40, 100m oz a year
    rebalance   silver index weight from 10 % to 2 %, AUM 100 bn, contract 5000 oz at 70
"""

from __future__ import annotations

import re
from typing import Any

from bullpen_agents.grammar.family import Family
from bullpen_agents.grammar.intents import Compute
from bullpen_agents.grammar.words import NUM, SCALE, Words, amount, number

Json = dict[str, Any]
_R = r"\+?(?P<a>\d+(?:\.\d+)?)\s*%?(?:\s*(?:-|–|to|and)\s*\+?(?P<b>\d+(?:\.\d+)?))?\s*%"
_GAP = re.compile(r"\bsupply\b.*\bdemand\b|\bdemand\b.*\bsupply\b|\butili[sz]ation\b|\bshortfall\b")
_MULTIPLE = re.compile(
    r"\b\d[\d,.]*\s*x\b.*(?:\bneeded\b|\brequired?\b|\bneeds?\b|\bin \w+ (?:years?|yrs?)\b|\bover \w+ (?:years?|yrs?)\b)|\b(?:needed|required|needs?)\b.*\b\d[\d,.]*\s*x\b"
)
_RUNWAY = re.compile(
    r"\brunway\b|\bebitda\b.*\bcapex\b|\bcapex\b.*\bcash\b|\bcash (?:burn|last)|\bburn(?:s|ing)?\b.*\bcash\b|\bcash\b.*\blast\b"
)
_PAYBACK = re.compile(r"\bpay(?:s)?[- ]?back\b|\bsubstitut\w+\b")
_REBALANCE = re.compile(
    r"\b(?:index|benchmark) weights?\b|\bweights?\b.*\b(?:index|benchmark)\b|\brebalanc\w+"
)
_WORDS = {
    "one": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
    "ten": 10,
}


def read_growth(original: str, lower: str) -> Compute | None:
    """The question of growth in a text, or None."""
    del original
    if not re.search(r"\d", lower):
        return None
    words = Words.of(lower)
    for pattern, reader in (
        (_RUNWAY, _runway), (_PAYBACK, _payback), (_REBALANCE, _rebalance), (_GAP, _gap), (_MULTIPLE, _multiple),
    ):  # fmt: skip
        if pattern.search(lower):
            return reader(words)
    return None


def _range(words: Words, pattern: str) -> list[float] | None:
    found = words.take(pattern)
    if not found:
        return None
    return [float(found[key]) for key in ("a", "b") if found[key]]


def _gap(words: Words) -> Compute:
    text = words.text
    until = words.take(r"\b(?:until|to|by|through|in all by)\s+(?P<n>20\d\d)\b")
    base = words.take(r"\b(?:in|from|since|base year)\s+(?P<n>20\d\d)\b") or words.take(
        r"(?<=%)\s*,?\s*(?P<n>20\d\d)\b"
    )
    shortfall = words.take(
        r"(?P<a>\d+(?:\.\d+)?)\s*x?(?:\s*(?:-|–|to)\s*(?P<b>\d+(?:\.\d+)?))?\s*x\s+short\w*|\bshort\w*\s+of\s+(?P<c>\d+)\s*(?:-|–|to)\s*(?P<d>\d+)\s*x"
    )
    crossing = words.take(
        r"\b(?:when|until|cross\w*|falls? to|reach\w*|drops? to)\b[^%;]{0,40}?(?P<n>\d+(?:\.\d+)?)\s*%"
    )
    utilisation = _range(words, r"\butil(?:i[sz]ation)?\s*(?:of|at|is|now)?\s*" + _R)
    supply = _range(
        words, r"\b(?:supply|capacity)\s*(?:growth|growing|grows?|up|of|at|by|is)*\s*" + _R
    )
    demand = _range(words, r"\bdemand\s*(?:growth|growing|grows?|up|of|at|by|is)*\s*" + _R)
    total = bool(demand) and bool(re.search(r"demand[^,;]{0,40}%\s*(?:in all\s*)?by 20\d\d", text))
    name = re.search(r"\b([a-z]+) (?:supply|demand|gap|utili[sz]ation)\b", text)
    args: Json = {
        "supply_growth_pct": supply[0] if supply else None,
        "utilisation_pct": utilisation,
        "base_year": int(base["n"]) if base else None,
        "until": int(until["n"]) if until else None,
        "crossing_pct": float(crossing["n"]) if crossing else None,
        "demand_total_pct" if total else "demand_growth_pct": demand,
        "shortfall": _ends(shortfall) if shortfall else None,
        "name": name[1]
        if name and name[1] not in ("the", "and", "a", "against", "of", "what")
        else None,
    }
    args = {key: value for key, value in args.items() if value is not None}
    needs = [
        words_
        for key, words_ in (
            ("supply_growth_pct", "supply's growth (`supply +50 % a year`)"),
            ("base_year", "the year to start from (`in 2025`)"),
            ("until", "the year to look at (`until 2029`)"),
        )
        if key not in args
    ]
    return Compute(
        "supply_demand_gap", args, f"I still need {' and '.join(needs)}." if needs else ""
    )


def _ends(found: re.Match[str]) -> list[float]:
    return [float(found[key]) for key in ("a", "b", "c", "d") if found[key]]


def _multiple(words: Words) -> Compute:
    years = words.take(
        r"\b(?:in|over)\s+(?P<n>\d+|one|two|three|four|five|six|seven|eight|nine|ten)\s+(?:years?|yrs?)\b"
    )
    needed = words.take(rf"{NUM}\s*x\s*(?:is |are |more )*(?:needed|required)?(?=.)") or words.take(
        rf"{NUM}\s*x\b"
    )
    factors: list[Json] = []
    while found := words.take(
        rf"\b(?P<name>[a-z]+(?: per [a-z]+)?)\s*(?:grow|rise|go|are|is|up)?\s*(?:by\s+)?{NUM}\s*x\b"
    ):
        factors.append({"name": found["name"], "multiple": number(found["n"])})
    while found := words.take(
        rf"\b(?P<name>[a-z]+(?: per [a-z]+)?)\s*(?:go |rise |grow )?(?:from\s+)?{NUM}\s*(?:to|->|→)\s*(?P<hi>\d+(?:\.\d+)?)"
    ):
        factors.append(
            {"name": found["name"], "start": number(found["n"]), "end": float(found["hi"])}
        )
    hint = words.take(
        r"\b(?:missing|omits?|without|leaves out|what about)\s+(?:the\s+)?(?P<name>[a-z]+)"
    )
    args: Json = {"multiple": number(needed["n"]) if needed else None, "factors": factors or None}
    if years:
        args["years"] = float(_WORDS.get(years["n"], 0) or years["n"])
    if hint:
        args["missing_factor"] = hint["name"]
    args = {key: value for key, value in args.items() if value is not None}
    lacks = (
        ""
        if "multiple" in args and ("factors" in args or "years" in args)
        else "I need the multiple with its factors (`12x needed: tokens 2x, queries 10 to 30`) or with the years (`1000x in 5 years`)."
    )
    return Compute("required_growth", args, lacks)


def _runway(words: Words) -> Compute:
    scale = next(
        (
            s
            for s, w in (("bn", r"\d\s*(?:bn|billion)\b"), ("m", r"\d\s*(?:m|mn|million)\b"))
            if words.has(w)
        ),
        "",
    )
    labels = {
        "ebitda": ("ebitda",), "capex": ("capex", "capital expenditure"), "interest": ("interest",), "taxes": ("tax(?:es)?",),
        "cash": ("cash(?: now| balance| of)?",), "credit_line": ("credit line", "revolver"),
    }  # fmt: skip
    args: Json = {}
    for key, names in labels.items():
        value = _plain(words, names)
        if value is not None:
            args[key] = value
    if scale:
        args["scale"] = scale
    needs = [text for key, text in (("ebitda", "EBITDA"), ("cash", "cash")) if key not in args]
    return Compute(
        "cash_runway",
        args,
        f"I still need {' and '.join(needs)}: `runway: EBITDA 8 bn, capex 26 bn, cash 2 bn`."
        if needs
        else "",
    )


def _plain(words: Words, names: tuple[str, ...]) -> float | None:
    """A number in the scale that all amounts share."""
    either = "|".join(names)
    found = words.take(rf"[$€£]?{NUM}{SCALE} of (?:{either})\b") or words.take(
        rf"\b(?:{either})\b\s*(?:of|is|at|:|=)?\s*[$€£]?{NUM}{SCALE}"
    )
    return number(found["n"]) if found else None


def _payback(words: Words) -> Compute:
    pair = words.take(r"\b(?P<new>[a-z]+) for (?P<old>[a-z]+)\b")
    capital = words.take(
        rf"\b(?:capital|capex|cost|investment)\s*(?:of|is|:)?\s*[$€£]?{NUM}{SCALE}"
    ) or words.take(rf"[$€£]?{NUM}{SCALE.replace(')?', ')')}\s*(?:of\s+)?capital")
    build = words.take(r"\bover\s+(?P<n>\d+(?:\.\d+)?|one|two|three|four|five)\s+years?\b")
    quantity = words.take(
        rf"{NUM}{SCALE}\s*(?:oz|ounces?|tonnes?|t|kg|units?|lbs?)?\s*(?:a|per)\s+year"
    )
    old, new = (pair["old"], pair["new"]) if pair else ("", "")
    ratio = words.behind("ratio", "new per old")
    args: Json = {
        "capital": amount(capital) if capital else None,
        "build_years": float(_WORDS.get(build["n"], 0) or build["n"]) if build else None,
        "old_price": words.behind(old) if old else None,
        "new_price": words.behind(new) if new else None,
        "quantity": [amount(quantity)] if quantity else None,
        "old_name": old or None, "new_name": new or None, "new_per_old": ratio,
    }  # fmt: skip
    args = {key: value for key, value in args.items() if value is not None}
    needs = [
        text
        for key, text in (
            ("old_name", "what replaces what (`copper for silver`)"), ("capital", "the capital (`capital 16 bn`)"),
            ("old_price", "the price now (`silver at 76.93`)"), ("new_price", "the substitute's price (`copper at 0.40`)"),
            ("quantity", "how much a year (`100m oz a year`)"),
        )
        if key not in args
    ]  # fmt: skip
    return Compute(
        "substitution_payback", args, f"I still need {', '.join(needs)}." if needs else ""
    )


def _rebalance(words: Words) -> Compute:
    weights = words.take(
        r"\b(?:from\s+)?(?P<a>\d+(?:\.\d+)?)\s*%?\s*(?:to|->|→)\s*(?P<b>\d+(?:\.\d+)?)\s*%"
    )
    assets = words.take(
        rf"\b(?:aum|assets|tracking|funds?)\s*(?:of|is|:)?\s*[$€£]?{NUM}{SCALE}"
    ) or words.take(rf"[$€£]?{NUM}{SCALE.replace(')?', ')')}\s*(?:of\s+)?(?:aum|assets|tracking)")
    contract = words.take(
        rf"\bcontracts?\s*(?:of|is|size)?\s*{NUM}\s*(?:oz|ounces?|bbl|barrels?|tonnes?|bushels?)?\s*(?:at|@)\s*[$€£]?(?P<price>\d+(?:\.\d+)?)"
    )
    args: Json = {
        "old_weight_pct": float(weights["a"]) if weights else None,
        "new_weight_pct": float(weights["b"]) if weights else None,
        "assets": [amount(assets)] if assets else None,
        "contract_size": number(contract["n"]) if contract else None,
        "contract_price": float(contract["price"]) if contract else None,
    }
    name = re.search(r"\b([a-z]+)(?:'s)? (?:index )?weight", words.text)
    if name and name[1] not in ("index", "the", "benchmark"):
        args["name"] = name[1]
    args = {key: value for key, value in args.items() if value is not None}
    needs = [
        text
        for key, text in (
            ("old_weight_pct", "the weights (`from 10 % to 2 %`)"),
            ("assets", "the tracking assets (`AUM 100 bn`)"),
        )
        if key not in args
    ]
    return Compute("index_rebalance", args, f"I still need {' and '.join(needs)}." if needs else "")


FAMILY = Family(
    "growth",
    read_growth,
    ("supply +50% a year, demand +15%, utilisation 25-30% in 2025, until 2029", "what is 1000x in 5 years a year?",
     "runway: EBITDA 8 bn, capex 26 bn, cash 2 bn", "12x needed: tokens 2x, queries 10 to 30",
     "silver index weight from 10% to 2%, AUM 100 bn, contract 5000 oz at 70"),
)  # fmt: skip
