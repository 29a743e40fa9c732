"""A real macro letter as claims: what it says, which tools compute it, and what it leaves out.

The rule it protects: a claim stands here with the letter's own figures, the computation is a tool's,
and the verdict follows from comparing the two. Nothing here is a result. It calls no tool.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Step:
    """One call. An argument "@payoff" means the receipt of the step of that name."""

    name: str
    tool: str
    args: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Check:
    """A figure of a step, such as `payoff.max_profit`, and what the letter says it is.

    `within` is in the figure's own unit; without it the figure may differ by 0.5 percent.
    """

    figure: str
    claimed: float | str | None
    within: float | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """One claim. `says` is what a colleague writes, with {step.key} for a computed figure.

    `missing` is what the claim needs and the letter does not give.
    """

    number: int
    title: str
    agent: str
    claim: str
    steps: tuple[Step, ...]
    checks: tuple[Check, ...]
    says: str
    missing: tuple[str, ...] = ()
    drawn: str = ""


_BUTTERFLY: dict[str, Any] = {"structure": "call_butterfly", "strikes": [70.0, 90.0, 110.0]}
_COMPUTE: dict[str, Any] = {
    "supply_growth_pct": 50.0, "utilisation_pct": [25.0, 30.0], "base_year": 2025,
}  # fmt: skip


def _around(figure: str, low: float, high: float, within: float = 0.06) -> tuple[Check, Check]:
    return Check(f"{figure}_low", low, within), Check(f"{figure}_high", high, within)


LETTER: tuple[Part, ...] = (
    Part(
        1, "The butterfly", "quant",
        "SLV June 70-90-110 call butterfly at 2.50: seven times the premium net, eight gross, three at a value of 10",
        (
            Step("payoff", "strategy_payoff", _BUTTERFLY | {"cost": 2.5, "at": [80.0], "underlying": "SLV June"}),
            Step("vol", "implied_volatility", _BUTTERFLY | {"price": 2.5, "spot": 69.9, "days": 162.0, "rate_pct": 3.7}),
        ),
        (
            Check("payoff.max_payoff", 20.0), Check("payoff.max_profit", 17.5),
            Check("payoff.break_even_1", 72.5), Check("payoff.break_even_2", 107.5),
            Check("payoff.net_multiple", 7.0), Check("payoff.gross_multiple", 8.0),
            Check("payoff.profit_at_80", 7.5),
            Check("vol.volatility_1", 10.5, 0.1), Check("vol.volatility_2", 83.0, 0.5),
        ),
        "It pays at most {payoff.max_payoff} and makes at most {payoff.max_profit}, {payoff.net_multiple} net and "
        "{payoff.gross_multiple} gross, between break-evens of {payoff.break_even_1} and {payoff.break_even_2}; at a value of "
        "{payoff.payoff_at_80} it makes {payoff.profit_at_80}. Two flat volatilities give that price, {vol.volatility_1} and "
        "{vol.volatility_2}: the price alone does not say which.",
        drawn="payoff",
    ),
    Part(
        2, "An SLV share in ounces", "data_analyst", "SLV at 90 is about 99 dollars an ounce",
        (Step("basis", "venue_basis", {"first": {"venue": "SLV", "price": 90.0, "per": "share", "ounces_per_share": 0.9085}}),),
        (Check("basis.per_ounce", 99.0, 0.5),),
        "At `0.9085` ounces a share, SLV at `90` is {basis.per_ounce}.",
    ),
    Part(
        3, "The compute gap", "frontend",
        "Compute: supply +50 % a year, demand +15 %, utilisation 25 to 30 % in 2025",
        (Step("gap", "supply_demand_gap", _COMPUTE | {"demand_growth_pct": [15.0], "until": 2029, "crossing_pct": 12.5, "name": "compute"}),),
        (
            *_around("gap.utilisation_2027", 14.7, 17.6), *_around("gap.utilisation_2028", 11.3, 13.5),
            *_around("gap.utilisation_2029", 8.6, 10.4), Check("gap.crossing_years", 2.97, 0.005),
        ),
        "Utilisation falls to {gap.utilisation_2027_low}–{gap.utilisation_2027_high} in 2027, "
        "{gap.utilisation_2028_low}–{gap.utilisation_2028_high} in 2028 and {gap.utilisation_2029_low}–{gap.utilisation_2029_high} "
        "in 2029; the middle of the range reaches `12.5 %` after {gap.crossing_years}. Were demand to grow five points faster it "
        "would take {gap.crossing_demand_plus5}.",
    ),
    Part(
        4, "The twelvefold", "developer",
        "Twelve times the compute is needed: tokens twice, queries from 10 to 30",
        (
            Step("split", "required_growth", {
                "multiple": 12.0, "missing_factor": "users", "name": "compute",
                "factors": [{"name": "tokens per query", "multiple": 2.0}, {"name": "queries", "start": 10.0, "end": 30.0}],
            }),
        ),
        (Check("split.product", 12.0),),
        "The factors that the letter names make {split.product}, not {split.required}. Users would have to grow {split.missing} as "
        "well, and the letter does not say so.",
        missing=("by how much the number of users grows",),
    ),
    Part(
        5, "A GPU cloud's cash", "developer",
        "EBITDA 8, capex 26, cash 2 (bn): free cash flow −18, runway 1.33 months, external need 16",
        (Step("cash", "cash_runway", {"ebitda": 8.0, "capex": 26.0, "cash": 2.0, "scale": "bn", "name": "the GPU cloud"}),),
        (Check("cash.free_cash_flow", -18e9), Check("cash.runway", 1.33, 0.005), Check("cash.external_need", 16e9)),
        "Free cash flow is {cash.free_cash_flow} a year: cash lasts {cash.runway}, and {cash.external_need} must come from outside "
        "within twelve months.",
    ),
    Part(
        6, "Credit against equity", "quant", "A spread of 700 bp against an equity volatility of 80",
        (
            Step("merton", "merton_model", {
                "spread_bp": 700.0, "equity_volatility_pct": 80.0, "years": 5.0, "horizons": [1.0, 3.0, 5.0],
            }),
        ),
        (
            Check("merton.roots", 2.0), Check("merton.roots_3y", 0.0), Check("merton.roots_1y", 0.0),
            Check("merton.debt_share_1", 25.8, 0.06), Check("merton.asset_volatility_1", 64.4, 0.06),
            Check("merton.debt_share_2", 88.4, 0.06), Check("merton.asset_volatility_2", 22.2, 0.06),
            Check("merton.least_equity_volatility_3y", 83.0, 0.5), Check("merton.least_equity_volatility_1y", 111.0, 0.5),
        ),
        "At five years {merton.roots} capital structures fit both prices: a debt share of {merton.debt_share_1} with asset "
        "volatility {merton.asset_volatility_1}, or {merton.debt_share_2} with {merton.asset_volatility_2}. At three years and at one "
        "year none does: the spread would take an equity volatility of {merton.least_equity_volatility_3y} and "
        "{merton.least_equity_volatility_1y}. The horizon decides.",
        missing=("the horizon of the debt", "the share of debt in the firm, which tells the two answers apart"),
    ),
    Part(
        7, "The oil curve", "data_analyst", "WTI goes from 75 in backwardation to a flat 60",
        (
            Step("curve", "curve_shape", {
                "points": [{"months": m, "price": 60.0} for m in (1.0, 6.0, 12.0)], "label": "then", "earlier_label": "now",
                "earlier": [{"months": 1.0, "price": 75.0}, {"months": 6.0, "price": 66.0}, {"months": 12.0, "price": 60.0}],
                "name": "WTI", "unit": "USD/bbl",
            }),
        ),
        (Check("curve.shape", "flat"), Check("curve.earlier_shape", "backwardation"), Check("curve.change_1m", -15.0)),
        "The front changes by {curve.change_1m}. In backwardation the first roll earns {curve.earlier_roll_yield} a year, on the flat "
        "curve {curve.roll_yield}: whoever is long loses the roll, too. The deliveries behind the front (`66` and `60`) are our "
        "assumption.",
        missing=("the prices behind the front on the first date", "the two dates"),
    ),
    Part(
        8, "Copper by 2030", "quant", "Copper demand +35 to 40 % by 2030 against supply +3 % a year",
        (Step("copper", "supply_demand_gap", {"demand_total_pct": [35.0, 40.0], "supply_growth_pct": 3.0, "base_year": 2025, "until": 2030, "name": "copper"}),),
        _around("copper.gap", 16.5, 20.8),
        "From balance in 2025, demand is {copper.gap_low} to {copper.gap_high} of supply above it in 2030.",
    ),
    Part(
        9, "A thousandfold", "developer",
        "1000 times in five years is +298 % a year; a shortfall of 8 to 50 times by 2035 needs demand growth of 110 to 152 % a year",
        (
            Step("growth", "required_growth", {"multiple": 1000.0, "years": 5.0, "name": "compute"}),
            Step("short", "supply_demand_gap", _COMPUTE | {"until": 2035, "shortfall": [8.0, 50.0], "name": "compute"}),
        ),
        (Check("growth.growth", 298.0, 0.5), *_around("short.needed_growth", 110.0, 152.0, 0.5)),
        "It is {growth.growth} a year for five years. The shortfall takes demand growth of {short.needed_growth_low} to "
        "{short.needed_growth_high} a year against supply growing by half every year.",
    ),
    Part(
        10, "An index weight", "quant", "A weight that goes from 10 to 2 %: 80 % of the holding is sold",
        (
            Step("flow", "index_rebalance", {
                "old_weight_pct": 10.0, "new_weight_pct": 2.0, "assets": [1e9, 5e9, 10e9], "contract_price": 76.93,
                "contract_size": 5000.0, "name": "silver",
            }),
        ),
        (Check("flow.share", 80.0),),
        "{flow.share} of the holding is sold. For tracking assets of {flow.assets_1}, {flow.assets_2} and {flow.assets_3} that is "
        "{flow.contracts_1}, {flow.contracts_2} and {flow.contracts_3} COMEX contracts at `76.93`.",
    ),
    Part(
        11, "Copper for silver", "quant",
        "Replacing silver by copper takes four years and 16 bn; silver +50 % on 76.93 is 115.40",
        (
            Step("payback", "substitution_payback", {
                "capital": 16e9, "build_years": 4.0, "old_price": 76.93, "new_price": 0.4, "quantity": [1e8, 2e8],
                "price_changes_pct": [0.0, 50.0, 100.0], "old_name": "silver", "new_name": "copper",
            }),
        ),
        (Check("payback.price_50", 115.40, 0.01),),
        "Silver at `+50 %` is {payback.price_50}. Saving `100` million ounces a year pays back in {payback.payback_0_1e08} at today's "
        "price and {payback.payback_50_1e08} at `+50 %`; saving `200` million in {payback.payback_0_2e08} and {payback.payback_50_2e08}. "
        "The quantities are our assumption.",
        missing=("how much silver would be saved a year",),
    ),
    Part(
        12, "A record of 25 calls", "developer", "80 % of 25 calls were right",
        (Step("record", "hit_rate", {"hits": 20, "n": 25, "against": [50.0, 55.0, 60.0]}),),
        (
            Check("record.low", 61.0, 0.5), Check("record.high", 91.0, 0.5), Check("record.needed_50", 18.0),
            Check("record.needed_55", 24.0), Check("record.needed_60", 36.0),
        ),
        "The interval is {record.low} to {record.high}. It takes {record.needed_50}, {record.needed_55} and {record.needed_60} calls to "
        "tell such a record from base rates of {record.against_50}, {record.against_55} and {record.against_60}.",
    ),
    Part(
        13, "The large numbers", "data_analyst",
        "50,000 against 10 million is 200 to 1; 1.7 trillion, 9 trillion and 3500 tỷ",
        (
            Step("ratio", "required_growth", {"multiple": 200.0, "factors": [{"name": "50,000 to 10 million", "start": 50000.0, "end": 10e6}]}),
            Step("amounts", "read_amount", {"text": "1.7 trillion, 9 trillion and 3500 tỷ", "unit": "usd"}),
        ),
        (
            Check("ratio.product", 200.0), Check("amounts.as_written_1", 1.7e12), Check("amounts.as_written_2", 9e12),
            Check("amounts.as_written_3", 3.5e12),
        ),
        "The ratio is {ratio.product}. As written the amounts are {amounts.as_written_1}, {amounts.as_written_2} and "
        "{amounts.as_written_3}; the last is {amounts.other_reading_3} if it came from 3500亿. Nobody should compute with it before the "
        "author says which.",
        missing=("whether 3500 tỷ was written so or translated from 3500亿",),
    ),
)  # fmt: skip

OWN_SERIES = 14
"""The last claim is about the reader's own book: it needs their series, so it has a script of its own."""


@dataclass(frozen=True, slots=True)
class Letter:
    """Check the letter, or only these of its parts."""

    parts: tuple[int, ...] = field(default=())


def parts_of(agent: str, numbers: tuple[int, ...] = ()) -> tuple[Part, ...]:
    """The claims that are this colleague's; only those of `numbers` where any are given."""
    return tuple(
        part
        for part in LETTER
        if (part.number in numbers if numbers else part.agent == agent or not agent)
    )
