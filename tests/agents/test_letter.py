"""The letter: every claim is computed by a tool, held against the letter, and told by a colleague."""

from __future__ import annotations

import hashlib
import re
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from bullpen_agents.grammar.reading import parse
from bullpen_agents.letter import LETTER, OWN_SERIES, Letter, parts_of
from bullpen_agents.roster import Roster
from bullpen_tools.context import LocalFile
from mini_desk import MiniDesk, desk, plain, seeded

__all__ = ["desk", "seeded"]

VERDICTS = {
    1: "reproduced", 2: "reproduced", 3: "reproduced", 4: "does not hold as written", 5: "reproduced", 6: "incomplete",
    7: "incomplete", 8: "reproduced", 9: "reproduced", 10: "reproduced", 11: "incomplete", 12: "reproduced",
    13: "incomplete", 14: "incomplete",
}  # fmt: skip


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("run the letter", Letter()),
        ("please check the macro letter", Letter()),
        ("Check the letter, parts 2, 7, 13 and 14: units, curves", Letter((2, 7, 13, 14))),
        ("write a letter to the board", None),
    ],
)
def test_when_the_letter_is_meant(said: str, meant: Letter | None) -> None:
    read = parse(said)
    assert read == meant if meant else not isinstance(read, Letter)


def test_every_claim_has_one_colleague_who_has_its_tools() -> None:
    roster = Roster.load().agents
    assert [part.number for part in LETTER] == list(range(1, OWN_SERIES))
    for part in LETTER:
        tools = {step.tool for step in part.steps} | {"check_claim"}
        assert tools <= set(roster[part.agent].tools), part.title
        names = {step.name for step in part.steps}
        assert {check.figure.split(".")[0] for check in part.checks} <= names
        assert {found.split(".")[0] for found in re.findall(r"\{(\w+\.\w+)\}", part.says)} <= names
    assert {part.agent for part in LETTER} == {"quant", "data_analyst", "developer", "frontend"}
    assert [part.number for part in parts_of("", (3, 9))] == [3, 9]


async def test_five_colleagues_check_the_letter(desk: MiniDesk) -> None:
    reply = await desk.lead("run the letter")
    assert {agent for agent, _ in desk.said} == set(Roster.load().agents)
    table = plain(desk.read(reply))
    given = {
        int(n): verdict for n, verdict in re.findall(r"\| (\d+)\. [^|]+ \| ([^|]+?) \|", table)
    }
    assert given == VERDICTS
    assert "Nobody reported" not in table
    made = desk.receipts.by_run("run1")
    claims = [receipt for receipt in made if receipt.tool == "check_claim"]
    assert len(claims) == len(LETTER)
    for claim in claims:
        agrees = {row[-1] for row in claim.result.table[1:]}
        assert ("no" in agrees) == (claim.result.values["verdict"].value == VERDICTS[4])
    assert len(list((desk.home / "artifacts").rglob("*.png"))) >= 4


async def test_a_colleague_checks_one_claim_alone(desk: MiniDesk) -> None:
    text = plain(desk.read(await desk.ask("quant", "check the letter, part 6")))
    for figure in ("25.8%", "64.4%", "88.4%", "22.2%", "83.3%", "111.2%"):
        assert figure in text
    assert "The butterfly" not in text


def _file(folder: Path, name: str, text: str) -> LocalFile:
    path = folder / name
    path.write_text(text)
    return LocalFile(
        name=name, path=path, mimetype="text/csv", sha256=hashlib.sha256(text.encode()).hexdigest(), size=len(text)
    )  # fmt: skip


def _prices(*columns: str) -> str:
    """Two years of daily prices of lognormal walks; the first is silver and the third moves with it."""
    rng = np.random.default_rng(14)
    days = [d for n in range(760) if (d := date(2024, 1, 1) + timedelta(days=n)).weekday() < 5]
    silver = rng.normal(0, 0.02, len(days))
    moves = [silver, rng.normal(0, 0.01, len(days)), 0.8 * silver + rng.normal(0, 0.01, len(days))]
    paths = [100 * np.exp(np.cumsum(move)) for move in moves[: len(columns)]]
    rows = [",".join(("date", *columns))]
    rows += [f"{day}," + ",".join(f"{path[n]:.4f}" for path in paths) for n, day in enumerate(days)]
    return "\n".join(rows) + "\n"


async def test_the_readers_own_book_is_computed(desk: MiniDesk, tmp_path: Path) -> None:
    desk.files = (
        _file(tmp_path, "prices.csv", _prices("silver (USD/oz)", "gold (USD/oz)", "miners (usd)")),
        _file(tmp_path, "book.csv", "series,weight_pct\nsilver,60%\ngold,15\nminers,25\n"),
    )
    text = plain(desk.read(await desk.ask("data_analyst", "check the letter, part 14")))
    assert "14. The volatility target: computed on your book." in text
    made = {receipt.tool: receipt for receipt in desk.receipts.by_run("run1")}
    found = made["volatility_target"].result
    assert [one["weight_pct"] for one in made["volatility_target"].inputs["holdings"]] == [
        60,
        15,
        25,
    ]
    # 0.6 and 0.25 * 0.8 of silver at 2 % a day, gold at 1 % and the miners' own 1 %: about 26 % a year.
    volatility = float(found.values["volatility"].value)
    assert volatility == pytest.approx((0.8**2 * 4 + 0.15**2 + 0.25**2) ** 0.5 * 252**0.5, rel=0.06)
    now = float(found.values["volatility_now"].value)
    assert float(found.values["leverage"].value) == pytest.approx(30 / now)
    assert float(found.values["correlation"].value) > 0.95
    assert [row[0] for row in found.table[1:]] == [2024, 2025, 2026]
    assert found.artifacts


async def test_a_book_of_one_column_is_computed(desk: MiniDesk, tmp_path: Path) -> None:
    desk.files = (_file(tmp_path, "mine.csv", _prices("silver (USD/oz)", "my book (usd)")),)
    text = plain(desk.read(await desk.ask("data_analyst", "check the letter, part 14")))
    assert "computed on your book" in text


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ({}, "none was attached"),
        ({"prices.csv": _prices("gold (usd)", "copper (usd)")}, "called silver"),
        ({"prices.csv": _prices("silver (usd)", "gold (usd)")}, "do not say what the book holds"),
        (
            {
                "prices.csv": _prices("silver (usd)"),
                "book.csv": "series,weight_pct\nsilver,50\nplatinum,50\n",
            },
            "“platinum”: ",
        ),
    ],
)
async def test_an_incomplete_book_says_what_to_send(
    desk: MiniDesk, tmp_path: Path, files: dict[str, str], says: str
) -> None:
    desk.files = tuple(_file(tmp_path, name, text) for name, text in files.items())
    text = plain(desk.read(await desk.ask("data_analyst", "check the letter, part 14")))
    assert "14. The volatility target: incomplete." in text
    assert says in text
    assert "weight_pct" in text
