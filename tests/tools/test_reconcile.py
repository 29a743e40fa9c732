from __future__ import annotations

import csv
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bullpen_memory.records import Observation, SeriesInfo
from bullpen_tools.context import ToolContext
from bullpen_tools.reconcile import judge
from bullpen_tools.tool import Outcome

Call = Callable[..., Awaitable[Outcome]]
VINTAGES = Path(__file__).parents[3] / "shared/data/market/pinksheet_vintages_long.csv"


def body(outcome: Outcome) -> dict[str, Any]:
    assert not outcome.error, outcome.text
    return json.loads(outcome.text)


def numbers(outcome: Outcome) -> dict[str, Any]:
    return {key: value["value"] for key, value in body(outcome)["values"].items()}


def put(
    ctx: ToolContext, name: str, values: dict[str, float | None], known: str, **how: Any
) -> None:
    info = SeriesInfo(
        id=name, title=name.title(), unit=how.get("unit", "usd"), frequency=how.get("frequency", "monthly"),
        source="test", licence="none",
    )  # fmt: skip
    at = datetime.fromisoformat(known).replace(tzinfo=UTC)
    ctx.market.put(info, [Observation(period, value, at) for period, value in values.items()])


class TestJudging:
    @pytest.mark.parametrize(
        ("a", "b", "places", "kind"),
        [
            (78.01, 78.0, (2, 0), "rounded"),
            (4587.21, 4587.0, (2, 0), "rounded"),
            (78.5, 79.0, (1, 0), "rounded"),
            (78.01, 78.0, (2, 2), "revised"),
            (78.51, 78.0, (2, 0), "revised"),
            (78.0, 79.0, (0, 0), "revised"),
            (1.25, 1.25, (2, 1), "same"),
            (0.045, 0.05, (3, 2), "rounded"),
        ],
    )
    def test_published_cases(self, a: float, b: float, places: tuple[int, int], kind: str) -> None:
        assert judge(a, b, *places).kind == kind

    @given(st.decimals(min_value=-10_000, max_value=10_000, places=4), st.integers(0, 3))
    def test_what_was_rounded_is_never_called_a_revision(self, exact: Any, places: int) -> None:
        assert judge(float(exact), round(float(exact), places), 4, places).kind in (
            "same",
            "rounded",
        )

    @given(st.integers(-9999, 9999), st.integers(1, 500))
    def test_a_change_of_whole_units_is_never_called_rounding(
        self, value: int, change: int
    ) -> None:
        assert judge(value + 0.25, float(value + change + 1), 2, 0).kind == "revised"


class TestTool:
    async def test_rounding_and_revision_are_told_apart(self, ctx: ToolContext, call: Call) -> None:
        put(
            ctx,
            "silver",
            {"2026-01-31": 78.01, "2026-02-28": 80.24, "2026-03-31": 75.55},
            "2026-04-02",
        )
        put(
            ctx,
            "silver",
            {"2026-01-31": 78.0, "2026-02-28": 81.9, "2026-03-31": 75.6},
            "2026-07-02",
        )
        found = body(
            await call(ctx, "reconcile", a="silver", as_of_a="2026-04-02", as_of_b="2026-07-02")
        )
        values = {key: item["value"] for key, item in found["values"].items()}
        assert (values["rounded"], values["revised"], values["same"]) == (2, 1, 0)
        assert (values["largest_period"], values["largest_before"], values["largest_after"]) == (
            "2026-02-28",
            80.24,
            81.9,
        )
        assert "by revision in some periods and by rounding alone in others" in found["summary"]
        assert found["table"][1] == ["2026-02-28", 80.24, 81.9, "revised"]

    async def test_two_sources_that_agree(self, ctx: ToolContext, call: Call) -> None:
        for name in ("one", "two"):
            put(ctx, name, {"2026-01-31": 1.5, "2026-02-28": None}, "2026-04-02")
        found = body(await call(ctx, "reconcile", a="one", b="two"))
        assert "agree in every period" in found["summary"]

    @pytest.mark.parametrize(
        ("other", "said"),
        [
            ({"unit": "usd/bbl"}, "is in usd"),
            ({"frequency": "daily"}, "an average of a month is not the price of a day"),
        ],
    )
    async def test_what_cannot_be_compared_is_refused(
        self, ctx: ToolContext, call: Call, other: dict[str, str], said: str
    ) -> None:
        put(ctx, "one", {"2026-01-31": 1.5}, "2026-04-02")
        put(ctx, "two", {"2026-01-31": 1.5}, "2026-04-02", **other)
        outcome = await call(ctx, "reconcile", a="one", b="two")
        assert outcome.error
        assert said in outcome.text

    async def test_the_same_day_twice_is_refused(self, ctx: ToolContext, call: Call) -> None:
        put(ctx, "one", {"2026-01-31": 1.5}, "2026-04-02")
        outcome = await call(ctx, "reconcile", a="one")
        assert outcome.error
        assert "two days" in outcome.text


@pytest.fixture
def pink(ctx: ToolContext) -> ToolContext:
    """The five published vintages of silver, gold and copper."""
    if not VINTAGES.exists():
        pytest.skip(f"the published vintages are not at {VINTAGES}")
    with VINTAGES.open(newline="") as file:
        rows = list(csv.DictReader(file))
    for name in ("Silver", "Gold", "Copper"):
        info = SeriesInfo(
            id=name.lower(), title=name, unit="usd", frequency="monthly", source="World Bank, Pink Sheet", licence="CC-BY-4.0"
        )  # fmt: skip
        ctx.market.put(
            info,
            [
                Observation(
                    _month_end(row["month"]),
                    float(row["value"]),
                    datetime.fromisoformat(row["vintage"]).replace(tzinfo=UTC),
                )
                for row in rows
                if row["commodity"] == name and row["value"]
            ],
        )
    return ctx


def _month_end(month: str) -> str:
    year, number = (int(part) for part in month.split("-"))
    after = datetime(year + number // 12, number % 12 + 1, 1)
    return (after - timedelta(days=1)).date().isoformat()


class TestPublishedVintages:
    async def test_the_rounded_vintage_holds_no_revision_of_old_months(
        self, pink: ToolContext, call: Call
    ) -> None:
        for name in ("silver", "gold", "copper"):
            found = numbers(
                await call(
                    pink,
                    "reconcile",
                    a=name,
                    as_of_a="2026-06-02",
                    as_of_b="2026-07-02",
                    end="2026-03-31",
                )
            )
            assert found["revised"] == 0, name
            assert found["rounded"] > 30, name

    async def test_each_as_of_sees_its_own_vintage(self, pink: ToolContext, call: Call) -> None:
        for vintage, last in (
            ("2024-10-02", "2024-09-30"),
            ("2026-03-03", "2026-02-28"),
            ("2026-04-02", "2026-03-31"),
            ("2026-06-02", "2026-05-31"),
            ("2026-07-02", "2026-06-30"),
        ):
            at = datetime.fromisoformat(vintage).replace(tzinfo=UTC)
            seen = replace(pink, as_of=at)
            assert numbers(await call(seen, "series_stats", series="silver"))["last_date"] == last
            found = body(await call(pink, "sql_query", query="SELECT max(period)::VARCHAR AS p, max(known_at)::VARCHAR AS k FROM vintages", as_of=vintage))  # fmt: skip
            assert found["table"][1] == [last, f"{vintage} 00:00:00"]

    async def test_no_way_leads_past_the_as_of(self, pink: ToolContext, call: Call) -> None:
        """Every pair of an as-of and a read: what comes back was known by then."""
        through = 0
        reads = (
            ("sql_query", {"query": "SELECT max(known_at)::VARCHAR AS k FROM vintages"}),
            ("sql_query", {"query": "SELECT max(known_at)::VARCHAR AS k FROM observations", "as_of": "2030-01-01"}),
            ("series_stats", {"series": "silver", "end": "2030-01-01"}),
            ("reconcile", {"a": "silver", "b": "gold", "as_of_a": "2030-01-01", "as_of_b": "2030-01-01"}),
        )  # fmt: skip
        for day in ("2024-10-02", "2025-06-30", "2026-03-03", "2026-05-01", "2026-07-01"):
            at = datetime.fromisoformat(day).replace(tzinfo=UTC)
            for tool, args in reads:
                outcome = await call(replace(pink, as_of=at), tool, **args)
                receipt = outcome.receipt
                assert receipt is not None
                assert receipt.error == ""
                known = receipt.result.known_at
                through += known is None or known > at
        assert through == 0
