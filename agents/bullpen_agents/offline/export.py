"""A file for the person: what was computed, written as CSV or as an HTML report.

The rule it protects: the file is made of receipts, those the thread already cites or those of the
request it comes with; it is never typed. It decides nothing about who does the work.
"""

from __future__ import annotations

from bullpen_agents.grammar.intents import Chart, Export
from bullpen_agents.offline.desk import Desk, receipts_in
from bullpen_agents.offline.work import work_of

ASK_WHAT = "A file of what? Ask for something with it, such as `chart oil since 2010 as CSV`, or `how volatile is oil? As an HTML report`."


def tools_of(asked: Export) -> tuple[str, tuple[str, ...]]:
    """Whose work a file is, and the tools it takes."""
    if asked.of is None:
        return "data_analyst", ("export_file",)
    owner, tools, _ = work_of(asked.of)
    return owner, (*tools, "export_file")


def export(desk: Desk, asked: Export) -> str:
    """Attach the file; what was asked for together with it is said, too."""
    cited = [] if asked.fresh or isinstance(asked.of, Chart) else _cited(desk)
    said = ""
    if not cited and asked.of is None:
        return ASK_WHAT
    if not cited:
        said = work_of(asked.of)[2](desk, asked.of)
        cited = desk.receipts()
    if not cited:
        return said
    found = desk.use("export_file", receipts=cited[:12], form=asked.form)
    if found.error:
        return found.text
    kind = "CSV" if asked.form == "csv" else "HTML report"
    several = len(found.artifacts) > 1
    file = f"**The {kind} files are attached.**" if several else f"**The {kind} is attached.**"
    return f"{said}\n\n{file}" if said and asked.fresh else file


def _cited(desk: Desk) -> list[str]:
    """The receipts of the latest message of a colleague that cites any."""
    for line in reversed(desk.history):
        found = receipts_in(line["text"])
        if found and line["text"] not in desk.said_before():
            return found
    return []
