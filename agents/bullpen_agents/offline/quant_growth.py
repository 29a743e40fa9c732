"""The first sentence of an answer about a gap, a multiple, a runway, a payback, a flow or a curve.

The rule it protects: what is missing is said in the first sentence, not below. It calls no tool.
"""

from __future__ import annotations

from collections.abc import Callable

from bullpen_agents.grammar.intents import Compute
from bullpen_agents.offline.desk import Seen


def _span(found: Seen, key: str) -> str:
    """`16.5% to 20.8%`, or the one figure."""
    if found.known(key):
        return found.cite(key)
    return f"{found.cite(f'{key}_low')} to {found.cite(f'{key}_high')}"


def gap(found: Seen, asked: Compute) -> str:
    """Where utilisation goes, when it crosses, what a shortfall takes."""
    until = asked.args.get("until")
    said: list[str] = []
    if found.known("gap") or found.known("gap_low"):
        said.append(
            f"**Utilisation in {until}: {_span(found, f'utilisation_{until}')}; demand over supply is then {_span(found, 'gap')} of supply**"
        )
    if "crossing_years" in found.values:
        if found.known("crossing_years"):
            said.append(
                f"from {found.cite('crossing_start')} it takes {found.cite('crossing_years')} to cross {asked.args['crossing_pct']:g} %"
            )
        else:
            said.append(f"it never crosses {asked.args['crossing_pct']:g} %")
    if found.known("needed_growth") or found.known("needed_growth_low"):
        said.append(
            f"**that shortfall by {until} takes demand growth of {_span(found, 'needed_growth')} a year**"
        )
    text = "; ".join(said)
    return f"{text[:2]}{text[2:3].upper()}{text[3:]}." if text.startswith("**") else f"{text}."


def multiple(found: Seen, asked: Compute) -> str:
    """What the factors make, what is missing, what it is a year."""
    said: list[str] = []
    if found.known("product"):
        names = " and ".join(str(factor["name"]) for factor in asked.args["factors"])
        who = asked.args.get("missing_factor")
        rest = f"{who} must make" if who else "another factor, which was not named, must make"
        verdict = (
            f": {rest} the missing {found.cite('missing')}"
            if found.number("missing") > 1
            else ", which is enough"
        )
        said.append(
            f"**{names[:1].upper() + names[1:]} make {found.cite('product')} of the {found.cite('required')} that is required{verdict}**"
        )
    if found.known("growth"):
        said.append(f"**{found.cite('required')} over that time is {found.cite('growth')} a year**")
    return ". ".join(said) + "."


def runway(found: Seen, asked: Compute) -> str:
    """How long the cash lasts."""
    del asked
    flow = f"Free cash flow is {found.cite('free_cash_flow')} a year"
    if found.values["runway"]["value"] == "unlimited":
        return f"**The company burns no cash.** {flow}."
    return f"**The cash lasts {found.cite('runway')}.** {flow}; {found.cite('external_need')} must come from outside."


def payback(found: Seen, asked: Compute) -> str:
    """Years until the capital is back, as prices stand."""
    keys = [key for key in found.values if key.startswith("payback_0_")]
    head = f"{asked.args.get('new_name', 'The substitute')} for {asked.args.get('old_name', 'the old material')}"
    head = head[:1].upper() + head[1:]
    if not keys or not found.known(keys[0]):
        return f"**{head} saves nothing at today's prices: there is no payback.**"
    higher = [key for key in found.values if key.startswith("payback_50_") and found.known(key)]
    more = f"; at {found.cite('price_50')} it is {found.cite(higher[0])}" if higher else ""
    return f"**{head} pays back in {found.cite(keys[0])}** with {asked.args.get('old_name')} at {found.cite('price_0')}{more}."


def rebalance(found: Seen, asked: Compute) -> str:
    """What is sold or bought."""
    down = asked.args["new_weight_pct"] < asked.args["old_weight_pct"]
    verb = "sold" if down else "bought"
    lots = f", {found.cite('contracts')} contracts" if found.known("contracts") else ""
    return f"**{found.cite('share')} of the holding is {verb}**: {found.cite('flow')}{lots}."


def curve(found: Seen, asked: Compute) -> str:
    """Its shape and what rolling earns."""
    del asked
    text = (
        f"**The curve is in {found.cite('shape')}**"
        if found.values["shape"]["value"] in ("contango", "backwardation")
        else f"**The curve is {found.cite('shape')}**"
    )
    roll = "roll_yield" if found.known("roll_yield") else "roll"
    yearly = " a year" if roll == "roll_yield" else ""
    text += (
        f": a long position earns {found.cite(roll)}{yearly} by rolling"
        if found.number(roll) >= 0
        else f": a long position pays away its roll: {found.cite(roll)}{yearly}"
    )
    if found.known("earlier_shape"):
        text += f". Before it was {found.cite('earlier_shape')}, from {found.cite('earlier_front')} to {found.cite('earlier_back')}"
    return f"{text}."


def spread(found: Seen, asked: Compute) -> str:
    """Far less near, and what carry explains."""
    del asked
    text = f"**The far delivery stands {found.cite('spread')} against the near one**"
    if found.known("share_of_carry"):
        text += f", {found.cite('share_of_carry')} of full carry ({found.cite('full_carry')})"
    if found.known("convenience_yield"):
        text += f"; the implied convenience yield is {found.cite('convenience_yield')} a year"
    return f"{text}."


def venue(found: Seen, asked: Compute) -> str:
    """One price in the metal's units, or the premium of one venue."""
    if found.known("per_ounce"):
        return f"**{asked.args['first']['venue']} at that price is {found.cite('per_ounce')}**, {found.cite('per_kilogram')}."
    first, second = asked.args["first"]["venue"], asked.args["second"]["venue"]
    side = "a premium" if found.number("basis") >= 0 else "a discount"
    return f"**{first} stands at {side} of {found.cite('basis')} ({found.cite('basis_pct')}) to {second}**; after the cost of the way {found.cite('net')}."


GROWTH: dict[str, Callable[[Seen, Compute], str]] = {
    "supply_demand_gap": gap,
    "required_growth": multiple,
    "cash_runway": runway,
    "substitution_payback": payback,
    "index_rebalance": rebalance,
    "curve_shape": curve,
    "calendar_spread": spread,
    "venue_basis": venue,
}
