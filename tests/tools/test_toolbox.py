from __future__ import annotations

import asyncio
import json
import threading
from dataclasses import replace

import pytest
from jsonschema import Draft202012Validator

from bullpen_memory.errors import DefectError, InputError, OperatorError
from bullpen_tools.context import Result, ToolContext, Value
from bullpen_tools.receipts import Receipts
from bullpen_tools.structures import Leg
from bullpen_tools.tool import tool
from bullpen_tools.toolbox import Toolbox, default_toolbox

ran: list[str] = []


@tool(risk="read", label="adding the numbers", version="3")
def add(ctx: ToolContext, a: float, legs: list[Leg], note: str = "") -> Result:
    """Add numbers.

    In two paragraphs.

    Args:
        a: The first number,
            which may be long.
        legs: The legs.
        note: A note.

    Raises: nothing that a model should read.
    """
    ran.append(threading.current_thread().name)
    total = a + sum(leg.quantity for leg in legs)
    return Result(summary=f"Added {note}.", values={"total": Value(value=total, unit="count")})


@tool(risk="write", label="waiting")
async def wait(ctx: ToolContext) -> Result:
    """Wait a little."""
    ran.append("wait")
    await asyncio.sleep(0.01)
    return Result(summary="Waited.")


@tool(risk="read", label="failing")
def fail(ctx: ToolContext, how: str) -> Result:
    """Fail.

    Args:
        how: In which way.
    """
    ran.append("fail")
    if how == "input":
        raise InputError("It did not work.", "You asked for it.", "Ask for something else.")
    if how == "defect":
        raise DefectError("Ours.")
    raise ZeroDivisionError("division by zero")


@pytest.fixture
def box(receipts: Receipts) -> Toolbox:
    ran.clear()
    return Toolbox(receipts, [add, wait, fail])


def test_the_schema_is_drawn_from_the_signature() -> None:
    schema = add.spec.schema
    Draft202012Validator.check_schema(schema)
    assert add.spec.description == "Add numbers.\n\nIn two paragraphs."
    assert schema["properties"]["a"]["description"] == "The first number, which may be long."
    assert schema["properties"]["a"]["type"] == "number"
    assert schema["required"] == ["a", "legs"]
    assert schema["additionalProperties"] is False
    leg = schema["properties"]["legs"]["items"]
    assert leg["properties"]["kind"]["enum"] == ["call", "put", "underlying"]
    assert "$ref" not in json.dumps(schema)
    assert wait.spec.schema["properties"] == {}


def test_an_undescribed_argument_is_a_defect() -> None:
    def bad(ctx: ToolContext, a: int) -> Result:
        """Do."""
        return Result(summary="")

    with pytest.raises(DefectError, match="`a` lacks"):
        tool(risk="read", label="x")(bad)


async def test_a_call_leaves_a_receipt_and_is_read_as_compact_json(
    box: Toolbox, ctx: ToolContext, receipts: Receipts
) -> None:
    bound = box.bind(ctx, ["add"])["add"]
    args = {"a": 2, "legs": [{"kind": "call", "quantity": 3, "strike": 5}], "note": "é"}
    outcome = await bound.call(args, call_key="t1:0")
    assert not outcome.error
    assert json.loads(outcome.text) == {
        "receipt": "r1",
        "summary": "Added é.",
        "values": {
            "total": {"value": 5.0, "unit": "count", "kind": "derived", "cite": "{{r1.total}}"}
        },
        "table": [],
        "warnings": [],
        "artifacts": [],
    }
    assert ": " not in outcome.text
    stored = receipts.get("r1")
    assert stored == outcome.receipt
    assert stored is not None
    assert (stored.version, stored.scope, stored.agent, stored.inputs) == (
        "3",
        ctx.home,
        "quant",
        args,
    )
    assert ran != ["MainThread"]


async def test_a_replayed_call_neither_runs_nor_stores_again(
    box: Toolbox, ctx: ToolContext, receipts: Receipts
) -> None:
    bound = box.bind(ctx, ["wait"])["wait"]
    first, second = await asyncio.gather(bound.call({}, call_key="k"), bound.call({}, call_key="k"))
    later = Toolbox(receipts, [wait]).bind(replace(ctx, agent="architect"), ["wait"])["wait"]
    third = await later.call({}, call_key="k")
    assert first == second == third
    assert ran == ["wait"]
    assert len(receipts.by_run("run-1")) == 1


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ({}, "`a` is missing; `legs` is missing"),
        ({"a": "two", "legs": []}, "`a` is “two”; it takes a number"),
        ({"a": 1, "legs": [], "b": 2}, "`b` is not an argument"),
        ({"a": 1, "legs": [{"kind": "call", "quantity": True}]}, "`legs.1.quantity` is true"),
        ({"a": 1, "legs": [{"kind": "swap", "quantity": 1}]}, "`legs.1.kind` is “swap”"),
        ({"a": float("nan"), "legs": []}, "finite"),
        ({"a": 1, "legs": [], "note": 5}, "`note` is 5; it takes words"),
    ],
)
async def test_bad_arguments_never_reach_the_function(
    box: Toolbox, ctx: ToolContext, receipts: Receipts, args: dict[str, object], said: str
) -> None:
    outcome = await box.bind(ctx, ["add"])["add"].call(args, call_key="k")
    assert outcome.error
    assert said in outcome.text
    assert "`add` was not run" in outcome.text
    assert "a, legs, note" in outcome.text
    assert ran == []
    assert outcome.receipt is not None
    assert outcome.receipt.error == outcome.text
    assert outcome.receipt.result.values == {}


async def test_a_failing_tool_tells_the_model_and_leaves_a_receipt(
    box: Toolbox, ctx: ToolContext, receipts: Receipts, caplog: pytest.LogCaptureFixture
) -> None:
    bound = box.bind(ctx, ["fail"])["fail"]
    asked = await bound.call({"how": "input"}, call_key="k1")
    assert asked.error
    assert asked.text == "It did not work. You asked for it. Ask for something else."
    broke = await bound.call({"how": "zero"}, call_key="k2")
    assert broke.error
    assert "ZeroDivisionError: division by zero" in broke.text
    assert "the tool fail failed" in caplog.text
    assert [r.error != "" for r in receipts.by_run("run-1")] == [True, True]
    assert await bound.call({"how": "zero"}, call_key="k1") == asked
    assert ran == ["fail", "fail"]
    with pytest.raises(DefectError, match=r"Ours\."):
        await bound.call({"how": "defect"}, call_key="k3")


def test_an_unknown_tool_names_the_charter(box: Toolbox, ctx: ToolContext) -> None:
    with pytest.raises(
        OperatorError, match=r"charter `quant` names the tool `fly`.*add, fail, wait"
    ):
        box.bind(ctx, ["add", "fly"])


def test_two_tools_of_one_name_are_a_defect(box: Toolbox) -> None:
    with pytest.raises(DefectError, match="`add`"):
        box.register(add)


def test_every_tool_of_the_desk_describes_itself(receipts: Receipts) -> None:
    box = default_toolbox(receipts)
    for name in box.names():
        spec = box.spec(name)
        Draft202012Validator.check_schema(spec.schema)
        assert spec.label.split()[0].endswith("ing"), name
        assert len(spec.label) <= 40
        assert len(spec.description) > 40
        for argument, schema in spec.schema["properties"].items():
            assert schema.get("description"), f"{name}.{argument}"
