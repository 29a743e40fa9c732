from __future__ import annotations

from typing import Any

import pytest

from bullpen_agents.grammar.lookup import DataLookup
from bullpen_agents.grammar.reading import parse


@pytest.mark.parametrize(
    ("text", "tool", "parts"),
    [
        ("what was the price of oil on 3 July 2008?", "series_value", {"on": "2008-07-03", "series": "oil"}),
        ("WTI on 2008-07-03", "series_value", {"on": "2008-07-03", "series": "WTI"}),
        ("where did the S&P 500 close on October 10, 2008?", "series_value", {"on": "2008-10-10", "series": "s&p 500"}),
        ("worst month of the s&p 500 since 2000", "series_rank", {"grain": "month", "start": "2000-01-01"}),
        ("the 10 best days of oil", "series_rank", {"grain": "day", "count": 10, "series": "oil"}),
        ("top 3 years for the nasdaq", "series_rank", {"grain": "year", "count": 3, "series": "nasdaq"}),
        ("200 day moving average of the S&P 500", "series_rolling", {"window": 200, "statistic": "mean"}),
        ("z-score of oil over 250 days", "series_rolling", {"window": 250, "statistic": "zscore", "series": "oil"}),
        ("percentile of the vix", "series_span", {"series": "vix"}),
        ("monthly averages of wti in 2008", "series_rows", {"grain": "month", "how": "mean", "series": "wti", "end": "2008-12-31"}),
        ("export the vix as csv", "series_rows", {"series": "vix"}),
        ("profile wti", "series_profile", {"series": "wti"}),
        ("is the data of oil clean?", "series_profile", {"series": "oil"}),
        ("was silver revised between 2026-06-02 and 2026-07-02?", "reconcile", {"a": "silver", "as_of_a": "2026-06-02", "as_of_b": "2026-07-02"}),
        ("reconcile wti and wti_monthly", "reconcile", {"a": "wti", "b": "wti_monthly"}),
        ("regress oil on the S&P 500 since 2010", "regression", {"y": "oil", "x": ("S&P 500",), "start": "2010-01-01"}),
        ("is oil stationary?", "stationarity", {"series": "oil"}),
        ("is there a structural break in the vix?", "break_test", {"series": "vix"}),
        ("how are speculators positioned in silver?", "positioning", {"market": "silver"}),
        ("cot positioning of hedgers in gold over 3 years", "positioning", {"market": "gold", "group": "commercial", "weeks": 156}),
        ("is the NYSE open on 2024-07-04?", "trading_sessions", {"exchange": "nyse", "start": "2024-07-04"}),
        ("how many trading days in 2024?", "trading_sessions", {"start": "2024-01-01", "end": "2024-12-31"}),
        ("when do vix futures expire?", "expiries", {"contract": "vix_futures"}),
        ("next option expiry", "expiries", {"contract": "equity_options"}),
        ("convert 30 usd/troy_oz to usd/kg", "convert_unit", {"amount": 30.0, "given": "usd/troy_oz", "wanted": "usd/kg"}),
        ("how much is 3500 tỷ USD?", "read_amount", {"unit": "usd"}),
        ("what is 350亿?", "read_amount", {}),
        ("sql: SELECT count(*) FROM series", "sql_query", {"query": "SELECT count(*) FROM series"}),
        ("```sql\nSELECT 1\nFROM series\n```", "sql_query", {"query": "SELECT 1\nFROM series"}),
        ("select max(value) from observations where series = 'wti'", "sql_query", {}),
        ("```python\nimport desk\nx = desk.series('wti')\nprint(x.max())\n```", "run_python", {"series": ["wti"]}),
        ("histogram of oil since 2000", "plot_chart", {"kind": "histogram", "series": ("oil",), "start": "2000-01-01"}),
        ("scatter of oil against the s&p 500", "plot_chart", {"kind": "scatter", "series": ("s&p 500", "oil")}),
        ("correlation matrix of oil, vix and nasdaq", "plot_chart", {"kind": "correlation_map", "series": ("oil", "vix", "nasdaq")}),
        ("monthly heat map of the s&p 500", "plot_chart", {"kind": "calendar_map"}),
        ("bar chart of the yearly returns of the nasdaq", "plot_chart", {"kind": "bar", "grain": "year", "series": ("nasdaq",)}),
        ("fan chart of oil", "plot_chart", {"kind": "fan", "series": ("oil",)}),
        ("replay r42", "replay", {"receipt": "r42"}),
    ],
)  # fmt: skip
def test_a_lookup_is_read(text: str, tool: str, parts: dict[str, Any]) -> None:
    found = parse(text)
    assert isinstance(found, DataLookup), found
    held = {**found.args, **found.series, "start": found.args.get("start") or found.period.start,
            "end": found.args.get("end") or found.period.end}  # fmt: skip
    assert found.tool == tool
    assert {
        key: str(held[key]).lower() if key in ("series", "a", "b", "y") else held[key]
        for key in parts
    } == {
        key: str(value).lower() if key in ("series", "a", "b", "y") else value
        for key, value in parts.items()
    }


@pytest.mark.parametrize("text", ["python: print(1)\nprint(2)", "```py\nprint(1)\nprint(2)\n```"])
def test_the_lines_of_code_are_kept(text: str) -> None:
    found = parse(text)
    assert isinstance(found, DataLookup)
    assert found.args["code"] == "print(1)\nprint(2)"


@pytest.mark.parametrize(
    "text",
    [
        "SLV June 70-90-110 call butterfly bought at 2.50",
        "compare the volatility of oil and the S&P 500 since 2000",
        "chart the vix in 2008",
        "worst drawdown of the S&P 500 since 2000",
        "what do we know about oil volatility?",
        "remember that silver was revised",
        "what data do you have?",
        "hello",
    ],
)
def test_other_requests_are_left_alone(text: str) -> None:
    assert not isinstance(parse(text), DataLookup)


@pytest.mark.parametrize(
    "text", ["worst months", "how are speculators positioned?", "was silver revised?"]
)
def test_what_is_missing_is_asked_for(text: str) -> None:
    found = parse(text)
    assert isinstance(found, DataLookup)
    assert "example" in found.missing
