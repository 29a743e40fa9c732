"""How near the quant's tools come to published values, and how long they take.

Run `make bench`, or `python -m benchmarks.quant_tools`. It calls every tool through the toolbox, as a turn
does, and prints two tables: sources with cases and worst error; p50 and p95 of a call, cold (the first one in
a fresh process, imports included) and warm. `--write` puts the first table into docs/quant.md.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
REFERENCE = ROOT / "tests/tools/reference"
PAGE = ROOT / "docs/quant.md"
PART = re.compile(r"(<!-- measured: reference -->\n)(.*?)(<!-- end -->)", re.DOTALL)
OPTION = {
    "kind": "call",
    "strike": 100,
    "spot": 100,
    "volatility_pct": 25,
    "years": 1,
    "rate_pct": 4,
}
SLV = {"name": "long SLV", "underlying": "SLV", "quantity": 1000, "price": 70}
CRASH = {"name": "crash", "moves": [{"underlying": "SLV", "change_pct": -40}]}
SMILE = [
    (60, 3.2),
    (70, 4.1),
    (80, 5.6),
    (90, 8.4),
    (100, 12.6),
    (110, 8.9),
    (120, 6.2),
    (130, 4.3),
]
CALLS: dict[str, dict[str, Any]] = {
    "option_value": OPTION,
    "option_value, American": OPTION | {"kind": "put", "exercise": "american"},
    "digital_option": OPTION,
    "barrier_option": OPTION | {"barrier": 90, "barrier_type": "down_and_out"},
    "asian_option": OPTION | {"fixings": 12},
    "exotic_option": OPTION | {"style": "double_knock_out", "lower_barrier": 80, "upper_barrier": 120},
    "two_asset_option": {"style": "spread", "first": 122, "second": 120, "strike": 3, "years": 0.5, "rate_pct": 5, "volatility_first_pct": 20,
                         "volatility_second_pct": 25, "correlation": 0.5},
    "implied_volatility": {"structure": "call_butterfly", "strikes": [70, 90, 110], "price": 2.5, "spot": 69.9, "days": 162},
    "strategy_value": {"structure": "call_butterfly", "strikes": [70, 90, 110], "cost": 2.5, "spot": 69.9, "days": 162, "volatility_pct": 60},
    "strategy_payoff": {"structure": "call_butterfly", "strikes": [70, 90, 110], "cost": 2.5},
    "vol_surface": {
        "spot": 100,
        "quotes": [{"kind": "put" if k < 100 else "call", "strike": k, "days": 180, "bid": p * 0.99, "ask": p * 1.01} for k, p in SMILE],
    },
    "sabr_smile": {"forward": 100, "years": 0.5, "strikes": [70, 80, 90, 100, 110, 120, 130], "volatilities_pct": [34, 30, 27, 25, 24, 24, 25], "beta": 1},
    "merton_model": {"spread_bp": 700, "equity_volatility_pct": 80},
    "bond_value": {"coupon_pct": 5, "years": 10, "yield_pct": 6},
    "yield_curve": {"points": [{"years": n, "rate_pct": 3 + n / 10} for n in (1, 2, 3, 5, 7, 10, 30)], "quoted_as": "par"},
    "interest_rate": {"rate_pct": 5, "compounding": "semiannual"},
    "var_backtest": {"days": 250, "exceptions": 5},
    "forecast_score": {"probabilities_pct": [60, 70, 80], "outcomes": [True, False, True]},
    "sample_statistics": {"numbers": [1.2, -0.4, 2.1, 0.3, -1.5, 0.8] * 20, "kind": "returns_pct"},
    "linear_fit": {"y": [n * n for n in range(40)], "x": [{"values": list(range(40))}], "powers": 2},
    "cds_value": {"spread_bp": 300, "rate_pct": 3, "trade_date": "2026-03-05"},
    "curve_shape": {"points": [{"months": 1, "price": 75}, {"months": 12, "price": 69.5}]},
    "calendar_spread": {"near": 75, "far": 73, "months": 6},
    "venue_basis": {"first": {"venue": "SLV", "price": 90, "per": "share", "ounces_per_share": 0.9085}},
    "supply_demand_gap": {"demand_growth_pct": [15], "supply_growth_pct": 50, "utilisation_pct": [25, 30], "base_year": 2025, "until": 2029},
    "required_growth": {"multiple": 1000, "years": 5},
    "cash_runway": {"ebitda": 8, "capex": 26, "cash": 2},
    "substitution_payback": {"capital": 16e9, "old_price": 76.93, "new_price": 0.4, "quantity": [1e8]},
    "index_rebalance": {"old_weight_pct": 10, "new_weight_pct": 2, "assets": [1e11]},
    "scenario_book": {"positions": [SLV], "scenarios": [CRASH]},
    "hedge_comparison": {"positions": [SLV], "scenarios": [CRASH], "hedges": [{"name": "half", "positions": [SLV | {"quantity": -500}]}]},
    "risk_measures": {"series": "sp500"},
    "position_var": {"positions": [{"name": "SLV", "amount": 1e6, "volatility_pct": 60}]},
    "garch_volatility": {"series": "sp500"},
    "factor_beta": {"series": "oil", "factor": "sp500"},
    "volatility_target": {"holdings": [{"series": "oil", "weight_pct": 60}, {"series": "sp500", "weight_pct": 40}], "target_pct": 30},
    "portfolio_weights": {"series": ["oil", "sp500", "nasdaq"]},
    "backtest": {"series": "sp500", "rule": "moving_average"},
    "series_value": {"series": "sp500", "on": "2018-06-01"},
    "series_stats": {"series": "sp500"},
    "series_rank": {"series": "sp500"},
    "series_rolling": {"series": "sp500"},
    "series_rows": {"series": "sp500", "grain": "month"},
    "series_profile": {"series": "sp500"},
    "compare_volatility": {"series": ["oil", "sp500"]},
    "correlation": {"a": "oil", "b": "sp500"},
    "sql_query": {"query": "select count(*) as n from observations"},
    "regression": {"y": "oil", "x": ["sp500"]},
    "stationarity": {"series": "oil"},
    "series_chart": {"series": ["oil", "sp500"], "transform": "rolling_vol"},
    "plot_chart": {"kind": "histogram", "series": ["sp500"]},
    "expiries": {"contract": "equity_options"},
    "read_amount": {"text": "1.7 trillion and 3500 tỷ", "unit": "usd"},
    "convert_unit": {"amount": 1.0, "given": "kg", "wanted": "troy_oz"},
    "run_python": {"code": "import desk\ndesk.value('two', 1 + 1, unit='count')"},
}  # fmt: skip


class Bench:
    """One toolbox over the bundled series, in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        from bullpen_memory.market import Market
        from bullpen_memory.records import WORKSPACE
        from bullpen_memory.store import Store
        from bullpen_tools.bundled import seed
        from bullpen_tools.context import ToolContext
        from bullpen_tools.receipts import Receipts
        from bullpen_tools.toolbox import default_toolbox

        self.store, self.receipts = Store(folder / "context.db"), Receipts(folder / "receipts.db")
        market = Market(self.store)
        seed(market)
        self.toolbox = default_toolbox(self.receipts)
        self.context = ToolContext(
            run_id="bench", agent="quant", requester="U1", scopes=frozenset({WORKSPACE}),
            home=WORKSPACE, thread_link="", thread_title="", store=self.store, market=market,
            receipts=self.receipts, artifacts=folder / "artifacts",
        )  # fmt: skip
        self.count = 0

    def call(self, name: str, args: dict[str, Any]) -> tuple[dict[str, Any], float]:
        """(what the tool gave, seconds); exits when it refuses."""
        self.count += 1
        bound = self.toolbox.bind(self.context, [name])[name]
        started = time.perf_counter()
        outcome = asyncio.run(bound.call(args, call_key=f"bench:{self.count}"))
        seconds = time.perf_counter() - started
        if outcome.error:
            sys.exit(f"{name} refused: {outcome.text}")
        return json.loads(outcome.text), seconds


@contextmanager
def bench() -> Generator[Bench]:
    """A bench that is gone afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        made = Bench(Path(folder))
        yield made
        made.receipts.close()
        made.store.close()


def reference(made: Bench) -> str:
    """The table of published values: source, cases, worst error."""
    cases: dict[str, list[float]] = defaultdict(list)
    for path in sorted(REFERENCE.glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            found = made.call(row["tool"], row["args"])[0]["values"][row["key"]]["value"]
            cases[row["source"]].append(abs(found - row["expect"]))
    rows = [
        f"| {source} | {len(errors)} | {max(errors):.1g} |"
        for source, errors in sorted(cases.items())
    ]
    total = sum(len(errors) for errors in cases.values())
    return "\n".join(
        ["| source | cases | worst error |", "|---|--:|--:|", *rows, f"| **all** | **{total}** | |"]
    )


def cold(label: str) -> float:
    """Seconds of the first call in a fresh process, imports included."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.quant_tools", "--once", label],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return float(done.stdout)


def latency(made: Bench, repeats: int) -> str:
    """The table of times, in milliseconds."""
    rows: list[str] = []
    for label, args in CALLS.items():
        times = sorted(made.call(label.split(",")[0], args)[1] for _ in range(repeats + 1))[:-1]
        p95 = times[max(0, round(0.95 * len(times)) - 1)]
        rows.append(
            f"| `{label}` | {cold(label) * 1e3:.0f} | {statistics.median(times) * 1e3:.1f} | {p95 * 1e3:.1f} |"
        )
    return "\n".join(
        ["| tool | cold, ms | warm p50, ms | warm p95, ms |", "|---|--:|--:|--:|", *rows]
    )


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=20)
    parser.add_argument("--once", help="print the seconds of one call of this tool and stop")
    parser.add_argument(
        "--write", action="store_true", help="put the table of published values into the guide"
    )
    given = parser.parse_args()
    with bench() as made:
        if given.once:
            print(made.call(given.once.split(",")[0], CALLS[given.once])[1])
            return
        table = reference(made)
        print(table)
        if given.write:
            page = PAGE.read_text(encoding="utf-8")
            PAGE.write_text(PART.sub(lambda m: f"{m[1]}{table}\n{m[3]}", page), encoding="utf-8")
            return
        print(f"\n{latency(made, given.repeats)}")


if __name__ == "__main__":
    main()
