"""The letter: every claim is computed by a tool, held against the letter, and told by a colleague."""

from __future__ import annotations

import re

import pytest

from bullpen_agents.grammar import parse
from bullpen_agents.letter import LETTER, OWN_SERIES, Letter, parts_of
from bullpen_agents.roster import Roster
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
