"""The colleagues: built-in charters, a user's own folder, and charters that cannot be used."""

from __future__ import annotations

from pathlib import Path

import pytest

from bullpen_agents.roster import Roster
from bullpen_memory.errors import OperatorError

CHARTER = """---
id: {id}
name: {name}
title: tester
icon: ":bug:"
tools: [recall]
---
I am $name of $desk_name. Cite {{{{r1.x|usd}}}}, it costs $$5.
"""


def write(folder: Path, id: str, name: str = "Tester", text: str = CHARTER) -> Path:
    path = folder / f"{id}.md"
    path.write_text(text.format(id=id, name=name) if text is CHARTER else text, encoding="utf-8")
    return path


def test_the_five_colleagues_are_there_with_the_lead_first() -> None:
    roster = Roster.load()
    assert list(roster.agents) == ["architect", "data_analyst", "developer", "frontend", "quant"]
    assert roster.lead.id == "architect"
    assert {"assign", "recall", "remember", "supersede"} <= set(roster.lead.tools)
    for agent in roster.agents.values():
        assert agent.icon.startswith(":")
        assert agent.icon.endswith(":")
        assert "{{r42.max_profit|usd}}" in agent.prompt
        assert "$" not in agent.prompt
        others = [other for other in roster.agents.values() if other.id != agent.id]
        assert all(f"`{other.id}`" in agent.prompt for other in others)


@pytest.mark.parametrize(
    ("said", "id"),
    [
        ("quant", "quant"),
        ("QUANT", "quant"),
        ("@Quant:", "quant"),
        ("data analyst", "data_analyst"),
        ("Data-Analyst", "data_analyst"),
        ("data_analyst", "data_analyst"),
        ("analyst", "data_analyst"),
        ("front end", "frontend"),
        ("dev", "developer"),
    ],
)
def test_people_may_write_a_name_as_they_like(said: str, id: str) -> None:
    found = Roster.load().by_name(said)
    assert found
    assert found.id == id


def test_an_unknown_name_is_nobody() -> None:
    assert Roster.load().by_name("astrologer") is None


def test_a_users_folder_overrides_and_adds(tmp_path: Path) -> None:
    write(tmp_path, "quant", "Emmy")
    write(tmp_path, "trader", "Trader")
    roster = Roster.load(tmp_path, desk_name="Vega")
    assert roster.agents["quant"].name == "Emmy"
    assert (
        roster.agents["trader"].prompt == "I am Trader of Vega. Cite {{r1.x|usd}}, it costs $5.\n"
    )
    assert "Trader" in roster.lead.prompt


def test_a_folder_that_does_not_exist_adds_nothing(tmp_path: Path) -> None:
    assert len(Roster.load(tmp_path / "none").agents) == 5


def good(**changes: str) -> str:
    fields = {"id": "x", "name": "X", "title": "t", "icon": "i", "tools": "[]"} | changes
    head = "\n".join(f"{key}: {value}" for key, value in fields.items())
    return f"---\n{head}\n---\nprompt\n"


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("hello", 1, "front matter"),
        ("---\nid: x\n", 1, "no end"),
        (good(colour="red"), 7, "no key `colour`"),
        (good(id="Not An Id"), 2, "not an id"),
        (good(name="[a]"), 3, "not a text"),
        (good(tools="recall"), 6, "not a list"),
        (good(limits="{max_steps: many}"), 7, "'many'"),
        (good(limits="{speed: 3}"), 7, "no limit `speed`"),
        (good(limits="5"), 7, "no keys"),
        ("---\nid: x\nname: X\n---\n", 1, "`title` is missing"),
        ("---\nid: [x\n---\n", 2, "YAML"),
        (good() + "\nuse $nothing here", 10, "no variable `$nothing`"),
        (good() + "\ncosts $ 5", 10, "stands alone"),
    ],
)
def test_a_wrong_charter_is_refused_with_its_line(
    tmp_path: Path, text: str, line: int, says: str
) -> None:
    path = write(tmp_path, "x", text=text)
    with pytest.raises(OperatorError) as caught:
        Roster.load(tmp_path)
    assert str(path) in str(caught.value)
    assert f"line {line}," in str(caught.value)
    assert says in str(caught.value)


def test_two_colleagues_cannot_share_a_name(tmp_path: Path) -> None:
    write(tmp_path, "trader", "Quant")
    with pytest.raises(OperatorError, match="Both `quant` and `trader`"):
        Roster.load(tmp_path)


def test_two_files_of_one_folder_cannot_share_an_id(tmp_path: Path) -> None:
    write(tmp_path, "trader")
    (tmp_path / "b.md").write_text(CHARTER.format(id="trader", name="B"), encoding="utf-8")
    with pytest.raises(OperatorError, match="has the id `trader` too"):
        Roster.load(tmp_path)


def test_a_charter_that_is_not_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.md").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(OperatorError, match="UTF-8"):
        Roster.load(tmp_path)
