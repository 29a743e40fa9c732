"""How the five colleagues check the letter: who takes which claims, what each says, the closing table.

The rule it protects: a verdict is the tool's, and the closing table repeats the verdicts that were
given in the thread and adds none.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from bullpen_agents.letter import LETTER, OWN_SERIES, Letter, Part, parts_of
from bullpen_agents.offline.desk import Desk, Json, Seen, table
from bullpen_agents.offline.letter_book import own_series

_VERDICT = re.compile(r"^\*\*(\d+)\. ([^:*]+): ([^*]+?)\.?\*\*", re.MULTILINE)
_CREW = ("quant", "data_analyst", "developer", "frontend")
_TOLD = {"quant": "options, credit and metals", "data_analyst": "units, curves and your own series",
         "developer": "the arithmetic", "frontend": "the picture of the compute gap"}  # fmt: skip


def plan(desk: Desk) -> str:
    """Give every colleague their claims."""
    pieces: list[Json] = []
    for agent in _CREW:
        numbers = [part.number for part in parts_of(agent)]
        numbers += [OWN_SERIES] if agent == "data_analyst" else []
        listed = ", ".join(str(number) for number in numbers)
        pieces.append(
            {"agent": agent, "task": f"Check the letter, parts {listed}: {_TOLD[agent]}."}
        )
    said = (
        "Fourteen claims, four pieces of work, side by side. Every verdict comes with its receipts."
    )
    given = desk.use_all(("assign", {"assignments": pieces}), said=said)[0]
    return given.text if given.error else said


def letter(desk: Desk, asked: Letter) -> str:
    """Compute the claims, hold them against the letter, and say what came out."""
    mine = tuple(
        part
        for part in parts_of(desk.agent, asked.parts)
        if desk.has("check_claim", *(step.tool for step in part.steps))
    )
    calls = [(step.tool, step.args) for part in mine for step in part.steps]
    results = iter(desk.use_all(*calls) if calls else [])
    found = {part.number: {step.name: next(results) for step in part.steps} for part in mine}
    whole = [part for part in mine if not any(one.error for one in found[part.number].values())]
    checks = [("check_claim", _claim(part, found[part.number])) for part in whole]
    pictures = [
        ("payoff_chart", {"receipt": found[part.number][part.drawn].receipt})
        for part in whole
        if part.drawn and desk.has("payoff_chart")
    ]
    judged = desk.use_all(*checks, *pictures) if checks else []
    verdicts = dict(zip((part.number for part in whole), judged, strict=False))
    said = [_told(part, found[part.number], verdicts.get(part.number)) for part in mine]
    if (not asked.parts or OWN_SERIES in asked.parts) and desk.agent == "data_analyst":
        said.append(own_series(desk))
    return "\n\n".join(said) or "None of the letter's claims is mine to check."


def _claim(part: Part, found: Mapping[str, Seen]) -> Json:
    figures: list[Json] = []
    for check in part.checks:
        step, key = check.figure.split(".")
        item: Json = {"figure": f"{found[step].receipt}.{key}", "claimed": check.claimed}
        figures.append(item if check.within is None else item | {"within": check.within})
    claim: Json = {"claim": part.claim, "figures": figures}
    return claim | {"missing": list(part.missing)} if part.missing else claim


def _told(part: Part, found: Mapping[str, Seen], verdict: Seen | None) -> str:
    head = f"**{part.number}. {part.title}: "
    failed = next((one for one in found.values() if one.error), None)
    if failed is not None or verdict is None or verdict.error:
        reason = failed.text if failed else verdict.text if verdict else ""
        return f"{head}not computed.** {reason}"

    def figure(match: re.Match[str]) -> str:
        return found[match[1]].cite(match[2])

    said = re.sub(r"\{(\w+)\.(\w+)\}", figure, part.says)
    notes = "".join(f"\n> - {note}" for note in verdict.warnings)
    return f"{head}{verdict.values['verdict']['value']}.** {said}{notes}"


def close(desk: Desk) -> str:
    """The verdicts in one table, as they were given above."""
    given: dict[int, tuple[str, str, str]] = {}
    for report in desk.reports:
        for number, title, verdict in _VERDICT.findall(report.get("text", "")):
            given[int(number)] = (title, verdict, report.get("speaker", ""))
    rows = [[f"{n}. {given[n][0]}", given[n][1], given[n][2]] for n in sorted(given)]
    wanted = {part.number: part.title for part in LETTER} | {OWN_SERIES: "The volatility target"}
    lacking = [f"{title} ({number})" for number, title in wanted.items() if number not in given]
    parts = ["**The letter, claim by claim.**", table(["claim", "verdict", "checked by"], rows)]
    if lacking:
        parts.append("Nobody reported on: " + ", ".join(lacking) + ".")
    parts.append(
        "*Reproduced*: our tools give the letter's figures. *Does not hold as written*: they give others. *Incomplete*: the figures "
        "hold, and the letter leaves out what is named above. Every figure has its receipt."
    )
    return "\n\n".join(part for part in parts if part)
