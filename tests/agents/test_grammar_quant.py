"""Which tool, with which numbers, a question about a computation leads to."""

from __future__ import annotations

from typing import Any

import pytest

from bullpen_agents.grammar.reading import Compute, parse


def read(text: str) -> Compute:
    found = parse(text)
    assert isinstance(found, Compute), found
    return found


@pytest.mark.parametrize(
    ("text", "tool", "args"),
    [
        (
            "price a 100 call, spot 100, vol 20, 1 year, rates 5%",
            "option_value",
            {"kind": "call", "strike": 100, "spot": 100, "volatility_pct": 20, "years": 1, "rate_pct": 5},
        ),
        (
            "what's a WTI 80 call worth with futures at 75, 35 vol, 90 days?",
            "option_value",
            {"forward": 75, "strike": 80, "volatility_pct": 35, "days": 90, "underlying": "WTI"},
        ),
        (
            "greeks of an American 50 put, stock at 50, 40 vol 5 months, 10% rates",
            "option_value",
            {"kind": "put", "exercise": "american", "volatility_pct": 40, "rate_pct": 10},
        ),
        (
            "what is a -10 put on WTI worth, futures at -37.63, normal vol 40, 30 days",
            "option_value",
            {"model": "bachelier", "forward": -37.63, "strike": -10, "volatility_pct": 40},
        ),
        (
            "what vol does 2.50 imply for the SLV 70-90-110 call butterfly, spot 69.9, 162 days, rate 3.7%?",
            "implied_volatility",
            {"price": 2.5, "strikes": [70, 90, 110], "structure": "call_butterfly", "days": 162},
        ),
        (
            "implied vol of the 100 call at 10, spot 100, 1 year",
            "implied_volatility",
            {"price": 10, "strikes": [100], "spot": 100},
        ),
        (
            "value of a down-and-out 100 call, barrier 90, rebate 3, spot 100, vol 20, 1 year",
            "barrier_option",
            {"barrier": 90, "barrier_type": "down_and_out", "rebate": 3},
        ),
        (
            "what does a digital that pays 10 if oil ends above 90 cost, spot 75, vol 35, 6 months",
            "digital_option",
            {"amount": 10, "strike": 90, "kind": "call", "years": 0.5},
        ),
        (
            "price an asian 100 call with 12 fixings, spot 100, vol 20, 1 year",
            "asian_option",
            {"fixings": 12, "average": "arithmetic"},
        ),
        (
            "odds of profit on the 70-90-110 call butterfly paid 2.50, spot 69.9, 60 vol, 162 days",
            "strategy_value",
            {"cost": 2.5, "volatility_pct": 60, "strikes": [70, 90, 110]},
        ),
        ("what does Merton say about 700 bp against 80 vol?", "merton_model", {"spread_bp": 700, "equity_volatility_pct": 80}),
        (
            "Merton with equity 3, equity vol 80, debt 10, rate 5%, 1 year",
            "merton_model",
            {"equity": 3, "equity_volatility_pct": 80, "debt": 10, "rate_pct": 5, "years": 1},
        ),
        ("default probability of a 5 year CDS at 300 bp, recovery 40", "cds_value", {"spread_bp": 300, "recovery_pct": 40, "years": 5}),
        ("price of a 5% 10 year bond yielding 6%", "bond_value", {"coupon_pct": 5, "years": 10, "yield_pct": 6}),
        ("yield of a 5% 10-year bond at 95", "bond_value", {"coupon_pct": 5, "price": 95}),
        (
            "compute supply +50% a year, demand +15%, utilisation 25-30% in 2025, until 2029: when does it fall to 12.5%?",
            "supply_demand_gap",
            {"supply_growth_pct": 50, "demand_growth_pct": [15], "utilisation_pct": [25, 30], "base_year": 2025, "until": 2029, "crossing_pct": 12.5, "name": "compute"},
        ),
        (
            "copper demand +35-40% by 2030 against supply +3% a year from 2025",
            "supply_demand_gap",
            {"demand_total_pct": [35, 40], "supply_growth_pct": 3, "base_year": 2025, "until": 2030},
        ),
        (
            "what demand growth gives an 8-50x shortfall by 2035 with supply +50% and utilisation 25-30% in 2025",
            "supply_demand_gap",
            {"shortfall": [8, 50], "until": 2035},
        ),
        (
            "12x needed: tokens 2x, queries 10 to 30. what is missing?",
            "required_growth",
            {"multiple": 12, "factors": [{"name": "tokens", "multiple": 2}, {"name": "queries", "start": 10, "end": 30}]},
        ),
        ("what is 1000x in five years a year?", "required_growth", {"multiple": 1000, "years": 5}),
        ("runway: EBITDA 8bn, capex 26bn, cash 2bn", "cash_runway", {"ebitda": 8, "capex": 26, "cash": 2, "scale": "bn"}),
        ("how long does 2bn of cash last with EBITDA 8bn and capex 26bn?", "cash_runway", {"ebitda": 8, "capex": 26, "cash": 2}),
        (
            "payback of copper for silver: capital 16bn over 4 years, silver at 76.93, copper at 0.40, 100m oz a year",
            "substitution_payback",
            {"capital": 16e9, "build_years": 4, "old_price": 76.93, "new_price": 0.4, "quantity": [100e6]},
        ),
        (
            "silver index weight from 10% to 2%, AUM 100bn, contract 5000 oz at 70",
            "index_rebalance",
            {"old_weight_pct": 10, "new_weight_pct": 2, "assets": [100e9], "contract_size": 5000, "contract_price": 70},
        ),
        (
            "curve shape of WTI: 1m 75, 6m 72 versus 1m 60, 6m 60",
            "curve_shape",
            {"points": [{"months": 1, "price": 75}, {"months": 6, "price": 72}], "earlier": [{"months": 1, "price": 60}, {"months": 6, "price": 60}]},
        ),
        ("WTI calendar spread: near 75, far 73, 6 months, rate 4%", "calendar_spread", {"near": 75, "far": 73, "months": 6, "rate_pct": 4}),
        ("SLV 90 is how much an ounce at 0.9085 oz a share?", "venue_basis", {"first": {"venue": "SLV", "price": 90, "per": "share", "ounces_per_share": 0.9085}}),
        (
            "SGE 19500 CNY/kg against COMEX 70 USD/oz at 7.1 CNY per USD, VAT 13%",
            "venue_basis",
            {"fx": 7.1, "fx_quoted_as": "CNY per USD"},
        ),
        ("VaR of oil at 99%", "risk_measures", {"series": "oil", "confidence_pct": 99}),
        ("expected shortfall of the S&P 500 since 2008", "risk_measures", {"series": "S&P 500"}),
        (
            "VaR of 10m of SLV at 60 vol, 10 days, 99%",
            "position_var",
            {"positions": [{"name": "SLV", "amount": 10e6, "volatility_pct": 60}], "confidence_pct": 99, "days": 10},
        ),
        ("price a no-touch that pays 10 if SLV never touches 90, spot 70, vol 60, 3 months", "digital_option", {"touch_pays": "if_never_touched", "strike": 90}),
        ("GARCH vol of the S&P 500", "garch_volatility", {"series": "S&P 500"}),
        ("beta of oil to the S&P 500 since 2010", "factor_beta", {"series": "oil", "factor": "S&P 500"}),
        (
            "vol target of 30 for 60% oil, 40% S&P 500 against oil",
            "volatility_target",
            {"target_pct": 30, "factor": "oil", "holdings": [{"series": "oil", "weight_pct": 60}, {"series": "S&P 500", "weight_pct": 40}]},
        ),
        ("risk parity of oil, S&P 500 and nasdaq", "portfolio_weights", {"method": "risk_parity", "series": ["oil", "S&P 500", "nasdaq"]}),
        (
            "backtest a 20/200 moving average on the S&P 500, cost 10bp",
            "backtest",
            {"rule": "moving_average", "fast": 20, "slow": 200, "cost_bp": 10, "series": "S&P 500"},
        ),
        ("backtest momentum 250 days on oil since 2000", "backtest", {"rule": "momentum", "slow": 250, "series": "oil"}),
        (
            "scenarios for long 1000 SLV at 70: crash -40% 20% likely, rally +30% 80% likely",
            "scenario_book",
            {"positions": [{"name": "long SLV", "underlying": "SLV", "price": 70, "quantity": 1000}]},
        ),
        ("hedge long 1000 SLV at 70 with 60 put at 2.60: falls 40%, rises 30%", "hedge_comparison", {}),
        (
            "vol surface: SLV spot 100, 60 days: 80 put 1.2/1.3, 90 put 2.5/2.7, 100 call 5/5.2, 110 call 2/2.2, 120 call 0.8/0.9",
            "vol_surface",
            {"spot": 100, "name": "SLV"},
        ),
    ],
)  # fmt: skip
def test_what_is_computed(text: str, tool: str, args: dict[str, Any]) -> None:
    found = read(text)
    assert found.tool == tool
    assert {key: found.args.get(key) for key in args} == args
    assert not found.missing


@pytest.mark.parametrize(
    "text",
    [
        "how volatile is oil since 2010?",
        "what did treasury yields do since 2010?",
        "compare the volatility of oil and the S&P 500 since 2000",
        "remember that compute supply grows 50% a year and demand 15%",
        "what do we know about the copper gap in 2030?",
        "payoff of a 100/110 call spread for 3.20",
        "correlation of oil and the S&P 500 in 2008",
        "what do I make on the SLV June 70-90-110 call butterfly bought at 2.50?",
    ],
)
def test_other_questions_are_left_to_the_rest(text: str) -> None:
    assert not isinstance(parse(text), Compute)


@pytest.mark.parametrize(
    ("text", "lacks"),
    [
        ("price the SLV 90 call with spot at 70 and 60 vol", "the time to expiry"),
        ("delta of the 90 call, 60 vol, 30 days", "the price of the underlying"),
        ("price of a 10 year bond yielding 6%", "the coupon"),
        ("runway with capex 26bn", "EBITDA and cash"),
        ("supply +50%, demand +15%", "the year to start from"),
        ("SGE 19500 CNY/kg against COMEX 70 USD/oz", "the exchange rate"),
        ("backtest the S&P 500", "the rule"),
        ("vol target of 30", "the book"),
        ("value of a knock-out 100 call, spot 100, vol 20, 1 year", "the barrier"),
    ],
)
def test_what_is_missing_is_named(text: str, lacks: str) -> None:
    assert lacks in read(text).missing
