"""What the offline quant says about an option structure: how it was read, what it pays, or why not.

The rule it protects: the reading stands above every payoff, so that a wrong one is seen; what has
no place, or cannot be right, gets a question instead of a figure. Every figure is a reference.
"""

from __future__ import annotations

from typing import Any

from bullpen_agents.grammar.options import Payoff
from bullpen_agents.offline.desk import Desk, Seen, as_notes, table

_ONLY = (
    "Without a language model I work out payoffs at expiry of single-expiry structures, and what an "
    "option is worth when spot, volatility and time are given: `price a 100 call, spot 100, vol 20, "
    "1 year`. I do not do ratios and calendars."
)
_FOCUS = {
    "max_loss": "The maximum loss is",
    "max_profit": "The maximum profit is",
    "max_payoff": "The maximum payoff is",
}


def payoff(desk: Desk, asked: Payoff) -> str:
    """Price a structure at expiry and draw it, or say what could not be read."""
    if not asked.answerable:
        return not_read(asked)
    legs = [{"kind": k, "quantity": q, "strike": strike} for k, q, strike in asked.legs]
    shape: dict[str, Any] = (
        {"legs": legs} if legs else {"structure": asked.structure, "strikes": list(asked.strikes)}
    )
    found = desk.use(
        "strategy_payoff",
        **shape,
        cost=asked.cost,
        underlying=asked.underlying or None,
        currency=asked.currency if asked.currency != "USD" else None,
        at=list(asked.at) or None,
        **asked.size,
    )
    if found.error:
        return found.text
    if wrong := _cannot_be(found, asked):
        return f"{reading(asked)}\n\n{wrong}"
    drawn = desk.use("payoff_chart", receipt=found.receipt)
    parts = [
        reading(asked),
        _headline(found, asked) + _in_all(found, asked),
        _figures(found),
        _remarks(found, drawn, asked),
    ]
    return "\n\n".join(part for part in parts if part)


def not_read(asked: Payoff) -> str:
    """Why there is no payoff, and how to write the question."""
    if asked.beyond:
        return _ONLY
    kind = _kind(asked)
    if asked.missing:
        return (
            f"I cannot work that out yet: {asked.missing}. I will not guess. Write the strikes together, "
            "for instance `70-90-110 call butterfly bought at 2.50`, or each leg, such as "
            "`long 110 call, short 90 put for 0.50`."
        )
    strikes = " and ".join(f"{strike:g}" for strike in asked.strikes)
    plural = "strikes" if len(asked.strikes) > 1 else "strike"
    price = f" at {asked.cost:g}" if asked.cost is not None else ""
    left = ", ".join(f"`{word}`" for word in asked.unplaced)
    return (
        f"I read a **{kind}** with {plural} {strikes}{price}, but I cannot place {left}. "
        f"I will not guess. Write it as `{_example(asked)}`."
    )


def reading(asked: Payoff) -> str:
    """How the position was read, leg by leg, with what was paid; in code, since these are the person's numbers."""
    legs = [
        f"{'+' if q > 0 else '−'}{abs(q):g} {kind} {strike:g}" for kind, q, strike in asked.position
    ]
    if asked.with_stock:
        legs.insert(0, "+1 stock")
    size, lacks = _size(asked)
    return f"Read as: `{', '.join([*legs, _paid(asked)])}{size}`.{lacks}"


def _size(asked: Payoff) -> tuple[str, str]:
    """How much it is, and what is needed for totals; "" where nothing was said of it."""
    lots, size = asked.size.get("lots"), asked.size
    count = f"; {lots or 1:,g} {'lot' if lots in (None, 1) else 'lots'}"
    if "contract" in size:
        return f"{count} of {size['contract']}", ""
    if size.get("multiplier") == 1 and lots:
        return f"; on {lots:,g} {size.get('contract_unit', 'units')}", ""
    if "multiplier" in size:
        unit = f" {size['contract_unit']}" if size.get("contract_unit") else ""
        return f"{count} of {size['multiplier']:,g}{unit}", ""
    if lots is None or lots == 1:
        return "", ""
    return "", (
        f" Figures are per unit: for {asked.quantity} lots I need what one holds, such as `multiplier 100` or "
        "`contract size 5000 oz`."
    )


def _paid(asked: Payoff) -> str:
    if asked.cost is None:
        return "no premium given"
    if asked.cost < 0:
        return f"received {-asked.cost:.2f}"
    what = " in all, stock included" if asked.with_stock else ""
    return f"paid {asked.cost:.2f}{what}"


def _kind(asked: Payoff) -> str:
    return "position" if asked.structure == "legs" else asked.structure.replace("_", " ")


def _example(asked: Payoff) -> str:
    price = f" bought at {asked.cost:g}" if asked.cost is not None and asked.cost >= 0 else ""
    price = (
        f" for a credit of {-asked.cost:g}" if asked.cost is not None and asked.cost < 0 else price
    )
    if asked.legs:
        legs = [f"{'long' if q > 0 else 'short'} {abs(q):g} {s:g} {k}" for k, q, s in asked.legs]
        return ", ".join(legs) + price.replace(" bought at", " for")
    return f"{'-'.join(f'{strike:g}' for strike in asked.strikes)} {_kind(asked)}{price}"


def _cannot_be(found: Seen, asked: Payoff) -> str:
    """A question instead of an answer where the premium cannot be right, or ""."""
    if asked.cost is None or asked.with_stock:
        return ""
    ask = "That cannot be right. Which of strikes and premium did I read wrongly? "
    how = f"Write it as `{_example(asked)}` with the right numbers."
    bounded = not _endless(found, "max_payoff")
    if bounded and asked.cost > 0 and found.number("max_payoff") < asked.cost:
        most = found.cite("max_payoff")
        return f"This position can never pay more than {most}, and the premium is {found.cite('cost')}. {ask}{how}"
    if asked.cost < 0 and bounded and found.number("max_payoff") <= 0 and _safe(found):
        return f"A credit of {_credit(asked)} is at least as much as this position can ever cost. {ask}{how}"
    return ""


def _safe(found: Seen) -> bool:
    return not _endless(found, "max_loss") and found.number("max_loss") <= 0


def _credit(asked: Payoff) -> str:
    return f"`{-(asked.cost or 0):.2f}`"


def _endless(found: Seen, key: str) -> bool:
    return found.values.get(key, {}).get("value") in ("unlimited", "infinite")


def _headline(found: Seen, asked: Payoff) -> str:
    head = f"At expiry {_name(asked)}"
    first = _first(found, asked)
    if asked.cost is None:
        most = "pays without limit" if _endless(found, "max_payoff") else ""
        return f"{first}{head} {most or 'pays at most ' + found.cite('max_payoff')} per unit."
    ends = [key for key in found.values if key.startswith("break_even_")]
    even = (
        f", and it breaks even at {' and '.join(found.cite(key) for key in ends)}" if ends else ""
    )
    if _endless(found, "max_profit"):
        risk = (
            "the premium, " if asked.position and all(q > 0 for _, q, _ in asked.position) else ""
        )
        lost = (
            "without limit"
            if _endless(found, "max_loss")
            else f"at most {risk}{found.cite('max_loss')}"
        )
        return f"{first}{head} has unlimited upside: it loses {lost} per unit{even}."
    if asked.cost < 0:
        loss = (
            "lose without limit"
            if _endless(found, "max_loss")
            else f"lose at most {found.cite('max_loss')}"
        )
        verb = "keep" if found.number("max_payoff") <= 0 else "make"
        return f"{first}{head}: you {verb} at most {found.cite('max_profit')} and {loss} per unit{even}."
    return (
        f"{first}{head} pays at most {found.cite('max_payoff')} and makes at most "
        f"{found.cite('max_profit')} per unit{even}."
    )


def _first(found: Seen, asked: Payoff) -> str:
    """What was asked about above all: a price of the underlying, or one of the figures."""
    said: list[str] = []
    for price in asked.at:
        key = f"{price:.10g}".replace(".", "_")
        head = f"With the underlying at {price:g} at expiry"
        if asked.cost is None:
            said.append(f"**{head} it pays {_both(found, f'payoff_at_{key}')}**.")
        else:
            verb = "make" if found.number(f"profit_at_{key}") >= 0 else "end with"
            said.append(
                f"**{head} you {verb} {_both(found, f'profit_at_{key}')}** "
                f"(payoff {found.cite(f'payoff_at_{key}')})."
            )
    if asked.focus in _FOCUS and found.known(asked.focus):
        said.append(f"**{_FOCUS[asked.focus]} {_both(found, asked.focus)}**.")
    ends = [key for key in found.values if key.startswith("break_even_")]
    if asked.focus == "break_even":
        where = " and ".join(found.cite(key) for key in ends)
        said.append(f"**It breaks even at {where}**." if ends else "**It breaks even nowhere.**")
    return "".join(f"{sentence} " for sentence in said)


def _in_all(found: Seen, asked: Payoff) -> str:
    """What the whole position can make and lose, where its size is known and no price was asked about."""
    if asked.at or not found.known(f"{_TOTAL}max_profit") or not found.known(f"{_TOTAL}max_loss"):
        return ""
    most = (
        "without limit"
        if _endless(found, "max_profit")
        else f"at most {found.cite(f'{_TOTAL}max_profit')}"
    )
    least = (
        "without limit"
        if _endless(found, "max_loss")
        else f"at most {found.cite(f'{_TOTAL}max_loss')}"
    )
    return f" **The whole position makes {most} and loses {least}.**"


def _both(found: Seen, key: str) -> str:
    """The total first where there is one, then per unit."""
    total = f"{_TOTAL}{key}"
    return (
        f"{found.cite(total)} in all, {found.cite(key)} per unit"
        if found.known(total)
        else f"{found.cite(key)} per unit"
    )


def _name(asked: Payoff) -> str:
    if asked.structure == "legs":
        return f"the **{asked.underlying} position**".replace("** ", "**").replace(
            "the **position**", "the position"
        )
    # "2000-2100" looks like years.
    mark = "/" if max(asked.strikes, default=0) >= 1000 else "-"
    strikes = mark.join(f"{strike:g}" for strike in asked.strikes)
    sold = "sold " if asked.legs and (asked.cost or 0) < 0 else ""
    return f"the {sold}**{f'{asked.underlying} {strikes} {_kind(asked)}'.strip()}**"


_TOTAL = "position_"


def _figures(found: Seen) -> str:
    rows = [
        ("Maximum payoff", "max_payoff"),
        ("Maximum profit", "max_profit"),
        ("Maximum loss", "max_loss"),
        ("Net multiple (maximum profit / cost)", "net_multiple"),
        ("Gross multiple (maximum payoff / cost)", "gross_multiple"),
    ]
    credit = found.number("cost") < 0
    rows.insert(0, ("Net premium (negative: received)" if credit else "Cost", "cost"))
    whole = any(found.known(f"{_TOTAL}{key}") for _, key in rows)
    shown = [
        [label, found.cite(key), *_total(found, key, whole)]
        for label, key in rows
        if found.known(key)
    ]
    ends = [key for key in found.values if key.startswith("break_even_")]
    if ends:
        label = "Break-even" if len(ends) == 1 else "Break-evens"
        shown.insert(
            4 if len(shown) > 4 else len(shown),
            [label, ", ".join(map(found.cite, ends)), *([""] if whole else [])],
        )
    return table(
        ["", "per unit", "position"] if whole else ["per unit of the underlying", ""], shown
    )


def _total(found: Seen, key: str, whole: bool) -> list[str]:
    """The figure of the whole position, in a table that has a column for it."""
    if not whole:
        return []
    return [found.cite(f"{_TOTAL}{key}") if found.known(f"{_TOTAL}{key}") else ""]


def _remarks(found: Seen, drawn: Seen, asked: Payoff) -> str:
    lines = ["The payoff chart is attached." if not drawn.error else f"No chart: {drawn.text}"]
    if asked.cost is None:
        lines.append("Add the premium, such as `for 2.50`, and I give profit and break-evens.")
    else:
        lines.append("A payoff at expiry says nothing about how likely it is.")
    if asked.structure == "collar" and asked.legs:
        lines.append("These are the two options alone; add `stock at …` for the stock with them.")
    warnings = [w for w in found.warnings if asked.cost is not None or "cost" not in w.lower()]
    # How to give what a lot holds stands beside the reading.
    warnings = [w for w in warnings if "how many units one lot holds" not in w]
    return " ".join(lines) + as_notes(warnings)
