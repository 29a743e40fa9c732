"""How model answers and tool outcomes are written into the journal and read back, without loss.

The rule it protects: what is read back equals what was written, field by field, so that a replayed
turn sends the same messages. It stores plain JSON types only and knows no storage.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from bullpen_agents.model import Block, Completed, Msg, Opaque, Text, ToolCall, ToolResult, Usage
from bullpen_tools.tool import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Called:
    """What a turn keeps of one tool call: the text for the model and the ids of what was made."""

    text: str
    error: bool = False
    receipts: tuple[str, ...] = ()
    artifacts: tuple[str, ...] = ()
    meta: dict[str, Any] = field(default_factory=dict)


def called(outcome: Outcome) -> Called:
    """Keep what matters of an outcome. A colleague's receipts come in `meta["receipts"]`."""
    own = (outcome.receipt.id,) if outcome.receipt else ()
    given = tuple(str(item) for item in outcome.meta.get("receipts", ()))
    made = outcome.receipt.result.artifacts if outcome.receipt else ()
    return Called(
        text=outcome.text,
        error=outcome.error,
        receipts=own + tuple(item for item in given if item not in own),
        artifacts=tuple(artifact.path for artifact in made),
        meta=outcome.meta,
    )


def write_called(kept: Called) -> dict[str, Any]:
    """The journal's form of a tool outcome."""
    return asdict(kept)


def read_called(row: dict[str, Any]) -> Called:
    """The inverse of `write_called`."""
    return Called(
        text=row["text"],
        error=row["error"],
        receipts=tuple(row["receipts"]),
        artifacts=tuple(row["artifacts"]),
        meta=row["meta"],
    )


def write_answer(answer: Completed) -> dict[str, Any]:
    """The journal's form of a model answer."""
    return {
        "role": answer.message.role,
        "content": [
            {"type": type(block).__name__, **asdict(block)} for block in answer.message.content
        ],
        "stop": answer.stop,
        "usage": asdict(answer.usage),
        "model": answer.model,
        "instead_of": answer.instead_of,
    }


def read_answer(row: dict[str, Any]) -> Completed:
    """The inverse of `write_answer`."""
    return Completed(
        message=Msg(row["role"], tuple(_block(item) for item in row["content"])),
        stop=row["stop"],
        usage=Usage(**row["usage"]),
        model=row["model"],
        instead_of=row.get("instead_of", ""),
    )


def _block(item: dict[str, Any]) -> Block:
    fields = {key: value for key, value in item.items() if key != "type"}
    match item["type"]:
        case "Text":
            return Text(**fields)
        case "ToolCall":
            return ToolCall(**fields)
        case "Opaque":
            return Opaque(**fields)
        case _:
            return ToolResult(**fields)
