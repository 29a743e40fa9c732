"""Risk, books, backtests, scenarios, hedges and smiles in a question.

The rule it protects: names of series are passed on as written, weights and moves in percent; what is
missing is named. It computes nothing.

Grammar:
    risk       VaR / expected shortfall / tail risk of oil [at 99 %] [since 2010] | EWMA vol of oil
               | VaR of 10m of SLV at 60 vol, 10 days, 99 %
    GARCH      GARCH vol of the S&P 500
    beta       beta of oil to the S&P 500 [since 2010]
    target     vol target of 30 for 60 % oil, 40 % S&P 500 [against oil]
    weights    risk parity / minimum variance / max Sharpe / HRP / equal weights of oil, S&P 500 and Nasdaq
    backtest   backtest a 20/200 moving average on the S&P 500 [cost 10 bp] | momentum 250 | breakout | buy and hold
    scenarios  scenarios for long 1000 SLV at 70: crash -40 % 20 % likely, rally +30 % 80 % likely
    hedge      hedge long 1000 SLV at 70 with 60 put at 2.60 or 65 put at 4.10: falls 40 %, rises 30 %
    smile      vol surface: spot 100, 60 days: 80 put 1.20/1.30, 90 put 2.5/2.7, 100 call 5/5.2, …
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from bullpen_agents.grammar.family import Family
from bullpen_agents.grammar.intents import Compute
from bullpen_agents.grammar.lookup import as_written
from bullpen_agents.grammar.series import read_names, read_period
from bullpen_agents.grammar.words import NUM, SCALE, Words, amount, number

Json = dict[str, Any]
_RISK = re.compile(
    r"\bvar\b|\bvalue[- ]at[- ]risk\b|\bexpected shortfall\b|\bcvar\b|\btail risk\b|\bewma\b|\brisk measures?\b|\bskew(?:ness)?\b(?! (?:of|in) (?:the )?(?:vol|smile|surface))|\bkurtosis\b|\bfat tails?\b"
)
_GARCH = re.compile(r"\bgarch\b")
_BETA = re.compile(r"\bbeta\b")
_TARGET = re.compile(
    r"\bvol(?:atility)? target\w*\b|\btarget(?:ing)? (?:a )?vol\w*\b|\bvol[- ]target\w*\b"
)
_WEIGHTS = (
    ("risk_parity", r"\brisk[- ]parity\b"), ("minimum_variance", r"\bmin(?:imum)?[- ](?:variance|vol(?:atility)?)\b"),
    ("maximum_sharpe", r"\bmax(?:imum)?[- ]sharpe\b"), ("hierarchical_risk_parity", r"\bhrp\b|\bhierarchical risk parity\b"),
    ("inverse_volatility", r"\binverse[- ]vol(?:atility)?\b"), ("equal", r"\bequal(?:ly)?[- ]weight\w*\b"),
)  # fmt: skip
_SHARPE = re.compile(r"\bsharpe(?: ratios?)?\b(?!.*\b(?:weights|portfolio)\b)")
_BACKTEST = re.compile(r"\bback[- ]?test\w*\b")
_RULES = (
    ("moving_average", r"\bmoving averages?\b|\bmas?\b|\bsma\b|\bcross(?:over)?\b"), ("momentum", r"\bmomentum\b|\btrend\b"),
    ("breakout", r"\bbreak[- ]?outs?\b|\bdonchian\b"), ("mean_reversion", r"\bmean[- ]reversion\b|\bbuy(?:ing)? the dip\b"),
    ("buy_and_hold", r"\bbuy(?:ing)?[- ]and[- ]hold(?:ing)?\b"),
)  # fmt: skip
_HOLDING = re.compile(
    r"\b(?P<side>long|short)\s+(?P<q>\d[\d,]*(?:\.\d+)?)\s+(?:shares of |units of |contracts of )?(?P<u>[a-z]{1,10})\s*(?:at|@)\s*[$€£]?(?P<p>\d+(?:\.\d+)?)"
)
_MOVE = re.compile(
    r"(?P<name>[a-z][a-z ]{0,30}?)\s*(?:by\s*)?(?P<m>[+\-−]?\d+(?:\.\d+)?)\s*%(?:\s*[,(]?\s*(?:probability\s*)?(?P<pr>\d+(?:\.\d+)?)\s*%\s*(?:likely|probab\w+|chance))?"
)
_QUOTE = re.compile(
    r"(?P<k>\d+(?:\.\d+)?)\s*(?P<t>calls?|puts?|c|p)\s*(?:at\s*)?(?P<b>\d+(?:\.\d+)?)\s*[/x]\s*(?P<a>\d+(?:\.\d+)?)"
)
_DOWN = re.compile(r"\b(?:fall|drop|crash|down|los|sink|halv|sell)")


def read_risk(original: str, lower: str) -> Compute | None:
    """The question of risk in a text, or None. Names of series come back in the person's own case."""
    found = _read(original, lower)
    if found is None:
        return None
    args = dict(found.args)
    for key in ("series", "factor"):
        if isinstance(args.get(key), str):
            args[key] = as_written(args[key], original)
        elif key in args:
            args[key] = [as_written(name, original) for name in args[key]]
    if "holdings" in args:
        args["holdings"] = [
            {**line, "series": as_written(line["series"], original)} for line in args["holdings"]
        ]
    return replace(found, args=args, also=tuple(as_written(name, original) for name in found.also))


def _read(original: str, lower: str) -> Compute | None:
    if _BACKTEST.search(lower):
        return _backtest(lower)
    if _TARGET.search(lower):
        return _target(original, lower)
    if re.search(
        r"\bvol(?:atility)? (?:surface|smile)\b|\bsmile\b|\bsvi\b", lower
    ) and _QUOTE.search(lower):
        return _surface(original, lower)
    if re.search(r"\bscenarios?\b|\bhedg\w+\b", lower) and _HOLDING.search(lower):
        return _scenarios(lower)
    for method, pattern in _WEIGHTS:
        if re.search(pattern, lower) and (found := _portfolio(lower, method, pattern)):
            return found
    return _of_one(lower)


def _of_one(lower: str) -> Compute | None:
    """The questions that have one series for their subject."""
    if _GARCH.search(lower):
        return _of_series("garch_volatility", lower, _GARCH.pattern)
    if _SHARPE.search(lower):
        return _of_series("backtest", lower, _SHARPE.pattern, rule="buy_and_hold")
    if _BETA.search(lower):
        return _beta(lower)
    return _tail(lower) if _RISK.search(lower) else None


def _names(text: str, *without: str) -> tuple[str, ...]:
    for pattern in without:
        text = re.sub(pattern, " ", text)
    return read_names(re.sub(r"'s\b", " ", text))


def _of_series(tool: str, lower: str, *without: str, **more: Any) -> Compute:
    period, rest = read_period(lower)
    names = _names(
        rest,
        r"\b(?:vol\w*|model|forecast|fit|of|for|a|an|the|risk|day|daily|one|what|is|returns?)\b",
        *without,
    )
    lacks = "" if names else "Which series? Name one, such as oil or the S&P 500."
    args: Json = {"series": names[0] if names else "", **more}
    return Compute(tool, args, lacks, period=period, also=names[1:4])


_AMOUNT = re.compile(
    rf"(?:[$€£]\s*)?{NUM}{SCALE.replace(')?', ')')}\s*(?:of |in |long |worth of )?(?P<u>[a-z][a-z&]{{1,14}})?"
)


def _of_amount(lower: str) -> Compute | None:
    """Value at risk of an amount whose volatility is given: `VaR of 10m of SLV at 60 vol, 10 days, 99 %`."""
    words = Words.of(lower)
    # The amount first: "10m" would be read as ten months.
    held = words.take(_AMOUNT.pattern)
    level = words.take(r"(?<![\d.])(?P<n>9\d(?:\.\d+)?)\s*%")
    daily = words.take(rf"{NUM}\s*%?\s*(?:a day|per day|daily)(?: vol\w*)?")
    yearly = None if daily else words.labelled("vols?", "volatility")
    days = words.days()
    if held is None or (daily is None and yearly is None):
        return None
    name = (held["u"] or "the position").upper() if len(held["u"] or "") < 5 else (held["u"] or "")
    line: Json = {"name": name, "amount": amount(held)}
    line |= {"daily_volatility_pct": number(daily["n"])} if daily else {"volatility_pct": yearly}
    more: Json = {"confidence_pct": float(level["n"])} if level else {}
    return Compute(
        "position_var", {"positions": [line], **more, **({"days": days} if days else {})}
    )


def _tail(lower: str) -> Compute:
    if found := _of_amount(lower):
        return found
    words = Words.of(lower)
    level = words.take(
        r"(?<![\d.])(?P<n>9\d(?:\.\d+)?)\s*%?(?:\s*(?:confidence|var|level|percent))?"
    )
    more: Json = {"confidence_pct": float(level["n"])} if level else {}
    focus = (
        "es_historical"
        if re.search(r"\bshortfall\b|\bcvar\b", lower)
        else "ewma_volatility"
        if "ewma" in lower
        else "shape"
        if re.search(r"\bskew|\bkurtosis\b|\bfat tail", lower)
        else "var_historical"
    )
    found = _of_series("risk_measures", words.text, _RISK.pattern, r"\bat\b|;", **more)
    return replace(found, focus=focus)


def _beta(lower: str) -> Compute | None:
    period, rest = read_period(lower)
    rest = re.sub(r"\b(?:to|against|versus|vs\.?|on|with)\b", " and ", rest)
    names = _names(rest, _BETA.pattern)
    if len(names) < 2:
        return None
    return Compute("factor_beta", {"series": names[0], "factor": names[1]}, period=period)


def _target(original: str, lower: str) -> Compute:
    del original
    period, rest = read_period(lower)
    words = Words.of(rest)
    factor = words.take(
        r"\b(?:against|correlat\w+ (?:to|with)|versus|vs)\s+(?:the\s+)?(?P<n>[a-z&][a-z0-9& ]{1,30}?)(?=$|[,.;?])"
    )
    goal = words.take(rf"\btarget\w*\s*(?:a\s+)?(?:vol\w*\s*)?(?:of|at|is)?\s*{NUM}\s*%?")
    holdings = [
        {"series": found["s"].strip(), "weight_pct": number(found["n"])}
        for found in re.finditer(
            rf"{NUM}\s*%\s*(?:in |of |long )?(?:the )?(?P<s>[a-z&][a-z0-9& ]{{1,30}}?)(?=$|[,.;?]| and )",
            words.text,
        )
    ]
    if (
        not holdings
        and goal
        and len(alone := _names(words.text, r"\b(?:vol\w*|target\w*|of|for|a|the|at|is)\b|;|%"))
        == 1
    ):
        holdings = [{"series": alone[0], "weight_pct": 100.0}]
    args: Json = {"holdings": holdings}
    if goal:
        args["target_pct"] = number(goal["n"])
    if factor:
        args["factor"] = factor["n"].strip()
    needs = [
        text
        for key, text in (("target_pct", "the target (`vol target of 30`)"),)
        if key not in args
    ]
    needs += [] if holdings else ["the book (`60 % silver, 40 % S&P 500`)"]
    return Compute(
        "volatility_target",
        args,
        f"I still need {' and '.join(needs)}." if needs else "",
        period=period,
    )


def _portfolio(lower: str, method: str, pattern: str) -> Compute | None:
    period, rest = read_period(lower)
    names = _names(rest, pattern, r"\b(?:portfolio|weights?|of|for|book|optimi[sz]e[dr]?|a|with)\b")
    return (
        Compute("portfolio_weights", {"series": list(names), "method": method}, period=period)
        if len(names) > 1
        else None
    )


def _backtest(lower: str) -> Compute:
    period, rest = read_period(lower)
    words = Words.of(rest)
    cost = words.take(
        rf"\bcosts?\s*(?:of)?\s*{NUM}\s*(?:bps?|basis points?)|{NUM.replace('?P<n>', '?P<m>')}\s*(?:bps?|basis points?)(?:\s*costs?)?"
    )
    windows = words.take(r"(?<!\d)(?P<f>\d{1,3})\s*[-/x]\s*(?P<s>\d{1,4})\s*(?:days?|bars?)?")
    one = None if windows else words.take(r"(?<![\d&])(?P<s>\d{1,3})\s*[- ]?(?:days?|bars?)")
    rule = next((name for name, pattern in _RULES if words.has(pattern)), "")
    args: Json = {"rule": rule}
    if windows:
        args |= {"fast": int(windows["f"]), "slow": int(windows["s"])}
    elif one:
        args["fast" if rule == "mean_reversion" else "slow"] = int(one["s"])
    if cost:
        args["cost_bp"] = number(cost["n"] or cost["m"])
    if words.has(r"\blong[/-]short\b|\bgo(?:ing)? short\b"):
        args["short"] = True
    names = _names(
        words.text,
        *(pattern for _, pattern in _RULES),
        _BACKTEST.pattern,
        r"\b(?:rule|strategy|on|of|a|an|with|day|long/short|using|cost)\b|;",
    )
    args["series"] = names[0] if names else ""
    needs = (
        []
        if rule
        else ["the rule (moving average, momentum, breakout, mean reversion or buy and hold)"]
    )
    needs += [] if names else ["the series (`on the S&P 500`)"]
    return Compute(
        "backtest", args, f"I still need {' and '.join(needs)}." if needs else "", period=period
    )


def _positions(text: str) -> list[Json]:
    return [
        {"name": f"{p['side']} {p['u'].upper()}", "underlying": p["u"].upper(), "price": float(p["p"]),
         "quantity": number(p["q"]) * (1 if p["side"] == "long" else -1)}
        for p in _HOLDING.finditer(text)
    ]  # fmt: skip


def _scenarios(lower: str) -> Compute:
    positions = _positions(lower)
    tail = _HOLDING.sub(" ; ", lower)
    hedges = _hedges(tail, positions) if re.search(r"\bhedg", lower) else []
    moves: list[Json] = []
    after = tail.partition(":")[2] or tail
    for found in _MOVE.finditer(re.sub(r"\b(?:if it|it|and|or)\b", ",", after)):
        name = found["name"].strip(" ,;:")
        size = number(found["m"])
        if size > 0 and _DOWN.search(name) and not found["m"].startswith("+"):
            size = -size
        moves.append({
            "name": f"{name or 'move'} {size:+g} %",
            "moves": [{"underlying": under, "change_pct": size} for under in sorted({p["underlying"] for p in positions})],
            **({"probability_pct": float(found["pr"])} if found["pr"] else {}),
        })  # fmt: skip
    args: Json = {"positions": positions, "scenarios": moves}
    lacks = "" if moves else "I still need the scenarios, such as `: crash -40 %, rally +30 %`."
    if re.search(r"\bhedg", lower):
        args["hedges"] = hedges
        lacks = lacks or (
            ""
            if hedges
            else "I still need the hedges, such as `with 60 put at 2.60 or 65 put at 4.10`."
        )
        return Compute("hedge_comparison", args, lacks)
    return Compute("scenario_book", args, lacks)


def _hedges(text: str, positions: list[Json]) -> list[Json]:
    """Bought options, one a hedge, in the size of the first position; valued at expiry in the scenarios."""
    first = positions[0]
    return [
        {
            "name": f"{found['k']} {found['t']}",
            "positions": [{
                "name": f"{found['k']} {found['t']}", "underlying": first["underlying"], "kind": found["t"],
                "quantity": abs(first["quantity"]), "price": float(found["p"]), "spot": first["price"], "strike": float(found["k"]),
            }],
        }
        for found in re.finditer(r"(?P<k>\d+(?:\.\d+)?)\s*(?P<t>put|call)s?\s*(?:at|for|@)\s*[$€£]?(?P<p>\d+(?:\.\d+)?)", text)
    ]  # fmt: skip


def _surface(original: str, lower: str) -> Compute:
    name = re.search(r"\b(?!USD|SVI|EUR)[A-Z]{2,5}\b", original)
    words = Words.of(lower)
    forward = words.labelled("futures?", "forward")
    spot = words.labelled("spot", "underlying") if forward is None else None
    rate = words.labelled("rates?")
    quotes: list[Json] = []
    # Each stretch of text that begins with a time holds the quotes of that expiry.
    stretches = re.split(r"(\d+)[\s-]*(?:days?|d)\b", words.text)
    for days, text in zip(stretches[1::2], stretches[2::2], strict=False):
        quotes += [
            {
                "kind": "call" if q["t"].startswith("c") else "put",
                "strike": float(q["k"]),
                "days": float(days),
                "bid": float(q["b"]),
                "ask": float(q["a"]),
            }
            for q in _QUOTE.finditer(text)
        ]
    args: Json = {
        "quotes": quotes,
        "spot": spot,
        "forward": forward,
        "rate_pct": rate,
        "name": name[0] if name else None,
    }
    args = {key: value for key, value in args.items() if value is not None}
    needs = (
        []
        if spot is not None or forward is not None
        else ["the price of the underlying (`spot 100`)"]
    )
    needs += (
        []
        if len(quotes) >= 5
        else [
            "five quotes or more, each expiry headed by its days (`60 days: 80 put 1.20/1.30, …`)"
        ]
    )
    return Compute("vol_surface", args, f"I still need {' and '.join(needs)}." if needs else "")


FAMILY = Family(
    "risk",
    read_risk,
    ("value at risk of oil at 99%", "beta of the nasdaq to the S&P 500", "GARCH volatility of the S&P 500",
     "VaR of 10m of SLV at 60 vol, 10 days, 99%", "backtest a 20/200 moving average on the S&P 500",
     "risk parity of oil, S&P 500 and nasdaq", "vol target of 30 for 60% oil, 40% S&P 500",
     "scenarios for long 1000 SLV at 70: crash -40% 20% likely, rally +30% 80% likely"),
)  # fmt: skip
