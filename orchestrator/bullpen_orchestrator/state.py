"""What the graph carries from node to node, as LangGraph checkpoints it.

The rule it protects: everything in here is plain JSON-like data, so a checkpoint written by one
version is read by the next. It holds no objects.
"""

from __future__ import annotations

import operator
from typing import Annotated, Literal, NotRequired, TypedDict

Purpose = Literal["answer", "plan", "work", "close"]


class Assignment(TypedDict):
    """One piece of work for one agent. `purpose` "answer" means a person named the agent.

    `sole` means that the lead gave out this one piece only: its report is the final answer.
    """

    agent: str
    task: str
    purpose: Purpose
    index: int
    sole: NotRequired[bool]


class Report(TypedDict):
    """What came out of one turn: figure references unrendered, receipts in order.

    `fallback` is the model that answered and the one that did not, where these differ.
    """

    agent: str
    text: str
    receipts: list[str]
    index: int
    ended: str
    fallback: NotRequired[list[str]]


class RunState(TypedDict):
    """The state of one run. `reports` grows as parallel turns end; the rest is set once.

    `notice` is the sentence that answers a message on which nobody can work. `answer` is what
    the lead says at the end, when it planned; `warnings` are sentences with figure references.
    """

    run_id: str
    leads: list[str]
    request: str
    notice: str
    assignments: list[Assignment]
    reports: Annotated[list[Report], operator.add]
    answer: Report | None
    warnings: list[str]


def begin(run_id: str) -> RunState:
    """The state with which a run starts."""
    return RunState(
        run_id=run_id,
        leads=[],
        request="",
        notice="",
        assignments=[],
        reports=[],
        answer=None,
        warnings=[],
    )


class WorkState(TypedDict):
    """What one parallel turn is given."""

    run_id: str
    assignment: Assignment
