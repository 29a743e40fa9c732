"""The stations of a run and the ways between them.

    route ─┬─ plan ─┬─ work (side by side) ─┬─ review ─ answer ─ say ─ remember
           │        └───────────────────────┘                  │
           ├─ work …                                           │
           └───────────────────────────────────────────────────┘

The rule it protects: a run is resumed where its last checkpoint is, never begun again. One
process only may drive a run; the engine's queue sees to that.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.types import Send

from bullpen_orchestrator.nodes import Nodes
from bullpen_orchestrator.state import RunState, WorkState, begin

Graph = CompiledStateGraph[RunState, None, RunState, RunState]


def build(nodes: Nodes, saver: BaseCheckpointSaver[Any]) -> Graph:
    """Compile the graph over `saver`, which belongs to the running event loop."""
    graph: StateGraph[RunState, None, RunState, RunState] = StateGraph(RunState)
    graph.add_node("route", nodes.route)
    graph.add_node("plan", nodes.plan)
    graph.add_node("work", nodes.work)
    graph.add_node("review", nodes.review)
    graph.add_node("answer", nodes.answer)
    graph.add_node("say", nodes.say)
    graph.add_node("remember", nodes.remember)
    graph.add_edge(START, "route")
    graph.add_conditional_edges("route", _after_route, ["say", "plan", "work"])
    graph.add_conditional_edges("plan", _after_plan, ["review", "work"])
    graph.add_edge("work", "review")
    graph.add_edge("review", "answer")
    graph.add_edge("answer", "say")
    graph.add_edge("say", "remember")
    graph.add_edge("remember", END)
    return graph.compile(checkpointer=saver)


async def resume_or_start(graph: Graph, run_id: str, checkpoint: Callable[[str], None]) -> None:
    """Drive the run to its end from wherever it is."""
    config: RunnableConfig = {"configurable": {"thread_id": run_id}}
    state = await graph.aget_state(config)
    # Not `state.next`: it leaves out tasks whose writes are stored, so a process killed after the
    # last of them and before the next checkpoint would look finished, and never close.
    if state.values and not state.tasks:
        return
    start = None if state.values else begin(run_id)
    async for _ in graph.astream(start, config, stream_mode="updates", durability="sync"):
        checkpoint("graph.step")


def _after_route(state: RunState) -> str | list[Send]:
    if state["notice"]:
        return "say"
    return _sends(state) or "plan"


def _after_plan(state: RunState) -> str | list[Send]:
    # Whoever answered alone may have asked colleagues, and these may disagree.
    return _sends(state) or "review"


def _sends(state: RunState) -> list[Send]:
    pieces = state["assignments"]
    return [Send("work", WorkState(run_id=state["run_id"], assignment=p)) for p in pieces]
