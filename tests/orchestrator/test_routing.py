"""Who answers: the grammar of addressing, the ownership of threads, and silence."""

from __future__ import annotations

from pathlib import Path

import pytest

from bullpen_agents.roster import Roster
from bullpen_orchestrator.routing import Route, Thread, nearest, route
from bullpen_tools.context import LocalFile
from real_parts import said

ROSTER = Roster.load()
AGENTS = list(ROSTER.agents.values())
OURS = Thread(ours=True, owner="quant")
NEW = Thread()


def decide(text: str, thread: Thread = NEW, **changes: object) -> Route:
    return route(said(text, **changes), thread, AGENTS, "architect")


@pytest.mark.parametrize(
    ("text", "agents", "rest"),
    [
        ("quant: price it", ("quant",), "price it"),
        ("Quant : price it", ("quant",), "price it"),
        ("@quant price it", ("quant",), "price it"),
        ("@Quant, price it", ("quant",), "price it"),
        ("@data_analyst: which series?", ("data_analyst",), "which series?"),
        ("data analyst: which series?", ("data_analyst",), "which series?"),
        ("Data-Analyst: which series?", ("data_analyst",), "which series?"),
        ("ask the quant what it pays", ("quant",), "what it pays"),
        ("ask quant to price it", ("quant",), "price it"),
        ("please ask the data analyst to look", ("data_analyst",), "look"),
        ("quant and data analyst: compare", ("quant", "data_analyst"), "compare"),
        ("quant, developer & frontend: hello", ("quant", "developer", "frontend"), "hello"),
        ("@quant @developer hello", ("quant", "developer"), "hello"),
        ("ask the quant and the developer to agree", ("quant", "developer"), "agree"),
        ("quant: quant: twice", ("quant",), "quant: twice"),
        ("quant:\nline one\nline two", ("quant",), "line one\nline two"),
        ("data_analyst chart oil", ("data_analyst",), "chart oil"),
        ("quant price a 70-90-110 call butterfly", ("quant",), "price a 70-90-110 call butterfly"),
        ("Quant, can you price it?", ("quant",), "can you price it?"),
        ("quant and data analyst compare oil", ("quant", "data_analyst"), "compare oil"),
        ("@quant and @data_analyst compare oil", ("quant", "data_analyst"), "compare oil"),
        ("quant, developer look at this", ("quant", "developer"), "look at this"),
    ],
)
def test_a_person_who_names_agents_gets_them(text: str, agents: tuple[str, ...], rest: str) -> None:
    decided = decide(text)
    assert (decided.decision, decided.agents, decided.text) == ("lead", agents, rest)
    assert decided.named


@pytest.mark.parametrize(
    "text",
    [
        "what does the quant think?",
        "the quant: good or bad",
        "quantify the risk",
        "quant funds lost money in August 2007, why?",
        "Quant is a job title",
        "quant's view of oil",
        "data is missing for copper",
        "analyst estimates for copper",
        "desk hours",
        "note: keep this",
        "analysis: oil is up",
        "Question: what is oil?",
        "https://example.org/a: look",
        "ask me anything",
        "compare oil and gold: which is wilder?",
        "10:30 is the time",
    ],
)
def test_otherwise_the_architect_leads(text: str) -> None:
    decided = decide(text)
    if text.startswith("the quant"):
        assert decided.agents == ("quant",)
        return
    assert (decided.decision, decided.agents, decided.text) == ("lead", ("architect",), text)
    assert not decided.named


@pytest.mark.parametrize(
    ("text", "unknown", "near"),
    [
        ("quand: price it", "quand", "quant"),
        ("@quand price it", "quand", "quant"),
        ("ask the develper to look", "develper", "developer"),
        ("data analist: look", "data analist", "data_analyst"),
    ],
)
def test_a_name_nobody_has_is_told_with_the_nearest(text: str, unknown: str, near: str) -> None:
    decided = decide(text)
    assert (decided.decision, decided.unknown, decided.near) == ("unknown", unknown, near)


def test_a_thread_belongs_to_the_agent_last_addressed() -> None:
    assert decide("and now?", OURS, addressed=False).agents == ("quant",)
    assert decide("and now?", OURS).agents == ("quant",)
    assert decide("developer: and you?", OURS, addressed=False).agents == ("developer",)
    assert decide("and now?", Thread(ours=True), addressed=False).agents == ("architect",)


def test_people_who_talk_to_each_other_are_left_alone() -> None:
    assert decide("what a day", addressed=False).decision == "ignore"
    assert decide("ask the quant about it", addressed=False).decision == "ignore"
    assert decide("quants: a dying breed", addressed=False).decision == "ignore"
    assert decide("quant price action is odd", addressed=False).decision == "ignore"
    assert decide("@grace what do you think?", OURS, addressed=False).decision == "ignore"
    assert decide("what does @grace think?", OURS, addressed=False).decision == "ignore"
    assert decide("@grace what do you think?", OURS).decision == "lead"
    assert decide("mail ada@example.org about it", OURS, addressed=False).decision == "lead"
    assert decide("@quant what does @grace mean?", OURS, addressed=False).agents == ("quant",)


def test_a_colleague_called_by_name_needs_no_mention() -> None:
    assert decide("quant: vol of oil", addressed=False).agents == ("quant",)
    assert decide("@quant vol of oil", addressed=False).agents == ("quant",)


def test_a_direct_message_needs_no_mention() -> None:
    assert decide("hello", audience="direct", addressed=False).agents == ("architect",)


@pytest.mark.parametrize("text", ["stop", "!stop", "Stop.", " STOP! "])
def test_stop_is_heard_where_the_desk_is_spoken_to(text: str) -> None:
    assert decide(text).decision == "stop"
    assert decide(text, OURS, addressed=False).decision == "stop"
    assert decide(text, addressed=False).decision == "ignore"
    assert decide("stop loss at 60?").decision == "lead"


def test_nothing_said_is_empty_unless_a_file_came_with_it(tmp_path: Path) -> None:
    assert decide("").decision == "empty"
    assert decide("quant:").decision == "empty"
    file = LocalFile(name="a.csv", path=tmp_path, mimetype="text/csv", sha256="0", size=1)
    assert decide("", files=(file,)).decision == "lead"
    assert decide("", problems=("b.bin cannot be read.",)).decision == "lead"


def test_the_nearest_colleague_is_found_by_any_name() -> None:
    assert nearest("analist", AGENTS) == "data_analyst"
    assert nearest("zzz", AGENTS) == ""
