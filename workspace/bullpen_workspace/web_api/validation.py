"""blocks.validate: what is wrong with blocks, a message or a view, before anybody sends it.

The rule it protects: it says exactly what chat.* and views.* would refuse. It stores nothing
and needs no token. The codes of the single problems are this workspace's: Slack documents the
form of `errors`, not the codes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from bullpen_workspace.blocks import Problem, find_problems, find_view_problems
from bullpen_workspace.errors import SlackError
from bullpen_workspace.types import Json
from bullpen_workspace.web_api.table import NOBODY, Call, Method


def validate(call: Call) -> Json:
    """Exactly one of `blocks`, `message` and `view`. Raises SlackError with every problem."""
    given = [name for name in ("blocks", "message", "view") if name in call.args]
    if len(given) != 1:
        messages = ["[ERROR] provide exactly one of blocks, message or view"]
        raise SlackError("invalid_arguments", response_metadata={"messages": messages})
    kind = given[0]
    error = f"invalid_{kind}"
    if kind == "view":
        found = find_view_problems(call.rooms, call.args.object("view", error=error) or {})
    elif kind == "message":
        found = _message(call, call.args.object("message", error=error) or {})
    else:
        found = find_problems(call.rooms, call.args.objects("blocks", error=error))
    if found:
        raise SlackError(error, errors=[problem.as_json() for problem in found])
    return {"errors": []}


def _message(call: Call, message: Json) -> Sequence[Problem]:
    blocks: Any = message.get("blocks", [])
    if not isinstance(blocks, list):
        wrong = Problem(
            code="invalid_type",
            message="must be an array of objects",
            pointer="/message/blocks",
            constraint={"type": "array"},
        )
        return [wrong]
    known = [block for block in cast("list[Any]", blocks) if isinstance(block, dict)]
    return find_problems(call.rooms, cast("list[Json]", known), at="/message/blocks")


METHODS = (Method(name="blocks.validate", handler=validate, tokens=NOBODY, tier="t4"),)
