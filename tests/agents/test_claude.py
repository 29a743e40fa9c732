"""Claude's client against a raw server: what is sent, what is accepted, and every fault."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from bullpen_agents.claude import ClaudeModel, Patience
from bullpen_agents.messages_api import Capabilities
from bullpen_agents.model import (
    Completed,
    Event,
    GaveUp,
    Msg,
    Opaque,
    Request,
    Restarted,
    Text,
    TextDelta,
    ToolCall,
    ToolResult,
)
from bullpen_agents.turn import take_turn
from bullpen_memory.errors import BullpenError, ModelError, OperatorError
from bullpen_tools.tool import ToolSpec

SONNET = "claude-sonnet-5-5"
QUICK = Patience(
    attempts=4, connects=2, first=0.001, longest=0.002, retry_after_limit=0.5, connect=1, read=0.3
)


def wire(*events: dict[str, Any]) -> bytes:
    return b"".join(
        f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode() for event in events
    )


def start(tokens: int = 100) -> dict[str, Any]:
    usage = {"input_tokens": tokens, "output_tokens": 1, "cache_read_input_tokens": 10}
    return {"type": "message_start", "message": {"id": "m", "usage": usage}}


def block(index: int, begin: dict[str, Any], *deltas: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {"type": "content_block_start", "index": index, "content_block": begin},
        *({"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas),
        {"type": "content_block_stop", "index": index},
    ]


def text(index: int, *pieces: str) -> list[dict[str, Any]]:
    deltas = [{"type": "text_delta", "text": piece} for piece in pieces]
    return block(index, {"type": "text", "text": ""}, *deltas)


def tool(index: int, *pieces: str, given: dict[str, Any] | None = None) -> list[dict[str, Any]]:
    deltas = [{"type": "input_json_delta", "partial_json": piece} for piece in pieces]
    begin = {"type": "tool_use", "id": f"t{index}", "name": "recall", "input": given or {}}
    return block(index, begin, *deltas)


def end(stop: str | None = "end_turn", output: int = 20) -> list[dict[str, Any]]:
    delta = {"type": "message_delta", "delta": {"stop_reason": stop}}
    return [{**delta, "usage": {"output_tokens": output}}, {"type": "message_stop"}]


GOOD = wire(start(), *text(0, "Hello ", "there"), *end())


def request(**changes: Any) -> Request:
    given: dict[str, Any] = {
        "agent": "quant",
        "model": SONNET,
        "system": "You are Quant.\nNow.",
        "stable": 15,
        "messages": (Msg("user", (Text("hi"),)),),
        "tools": (ToolSpec(name="recall", description="look", schema={"type": "object"}),),
        "max_tokens": 500,
    }
    return Request(**(given | changes))


async def ask(server, *, raw: bool = False, **options: Any) -> list[Event]:
    model = ClaudeModel("key", server.url, patience=QUICK, **options)
    try:
        return [event async for event in model.stream(request())]
    finally:
        await model.close()


def completed(events: list[Event]) -> Completed:
    last = events[-1]
    assert isinstance(last, Completed)
    return last


async def test_text_arrives_in_pieces_and_then_whole(server) -> None:
    server.play(GOOD)
    events = await ask(server)
    assert events[:2] == [TextDelta("Hello "), TextDelta("there")]
    answer = completed(events)
    assert answer.message == Msg("assistant", (Text("Hello there"),))
    assert (answer.stop, answer.model) == ("end_turn", SONNET)
    usage = answer.usage
    assert (usage.input_tokens, usage.output_tokens, usage.cache_read_tokens) == (100, 20, 10)
    assert usage.cost_usd is None


async def test_a_local_server_is_sent_the_core_of_the_api_only(server) -> None:
    server.play(GOOD)
    await ask(server)
    body = server.bodies[0]
    assert body["system"] == "You are Quant.\nNow."
    assert "cache_control" not in json.dumps(body)
    assert set(body) == {"model", "max_tokens", "system", "messages", "tools", "stream"}
    assert body["max_tokens"] == 500


async def test_a_local_server_is_asked_for_its_own_model(server) -> None:
    server.play(GOOD)
    await ask(server, model="qwen3")
    assert server.bodies[0]["model"] == "qwen3"


async def test_claude_is_sent_cache_marks_and_an_effort(server) -> None:
    server.play(GOOD)
    await ask(server, capabilities=Capabilities.of_claude())
    body = server.bodies[0]
    assert [part["text"] for part in body["system"]] == ["You are Quant.\n", "Now."]
    marked = [body["tools"][-1], *body["system"], body["messages"][-1]["content"][-1]]
    assert all(part["cache_control"] == {"type": "ephemeral"} for part in marked)
    assert body["output_config"] == {"effort": "medium"}
    assert body["max_tokens"] > 500
    assert "thinking" not in body


async def test_tool_input_is_rebuilt_from_its_raw_pieces(server) -> None:
    call = tool(1, '{"query": "o', 'il", "limit": 3}')
    server.play(wire(start(), *text(0, "Looking."), *call, *end("tool_use")))
    answer = completed(await ask(server))
    assert answer.stop == "tool_use"
    assert answer.message.content[1] == ToolCall("t1", "recall", {"query": "oil", "limit": 3})


async def test_input_sent_whole_with_the_start_of_the_block_counts(server) -> None:
    server.play(wire(start(), *tool(0, given={"query": "oil"}), *end("end_turn")))
    answer = completed(await ask(server))
    assert answer.message.content == (ToolCall("t0", "recall", {"query": "oil"}),)
    assert answer.stop == "tool_use"


async def test_thinking_goes_back_unchanged_to_the_same_model_only(server) -> None:
    begin = {"type": "thinking", "thinking": "", "signature": ""}
    thought = block(
        0,
        begin,
        {"type": "thinking_delta", "thinking": "hm"},
        {"type": "signature_delta", "signature": "sig"},
    )
    server.play(wire(start(), *thought, *tool(1, "{}"), *end("tool_use")))
    first = completed(await ask(server)).message
    assert first.content[0] == Opaque(
        SONNET, {"type": "thinking", "thinking": "hm", "signature": "sig"}
    )
    history = (Msg("user", (Text("hi"),)), first, Msg("user", (ToolResult("t1", "", True),)))
    for name in (SONNET, "another"):
        model = ClaudeModel("key", server.url, model=name, patience=QUICK)
        async for _ in model.stream(request(messages=history)):
            pass
        await model.close()
    same, other = server.bodies[1]["messages"][1], server.bodies[2]["messages"][1]
    assert [part["type"] for part in same["content"]] == ["thinking", "tool_use"]
    assert [part["type"] for part in other["content"]] == ["tool_use"]
    assert server.bodies[1]["messages"][2]["content"][0]["is_error"] is True


async def test_f01_a_rate_limit_is_waited_for_as_told(server) -> None:
    server.fail(429, "rate_limit_error", retry_after="0.2")
    server.play(GOOD)
    clock = asyncio.get_running_loop().time
    began = clock()
    events = await ask(server)
    assert clock() - began >= 0.2
    assert events[0] == Restarted("the server is busy (429)")
    assert len(server.bodies) == 2


async def test_f02_a_wait_that_is_too_long_is_not_waited(server) -> None:
    server.fail(429, "rate_limit_error", retry_after="600")
    with pytest.raises(GaveUp, match="wait 600 s"):
        await ask(server)
    assert len(server.bodies) == 1


@pytest.mark.parametrize("status", [500, 502, 503, 529])
async def test_f03_f04_a_failing_server_is_tried_again_and_then_given_up(server, status) -> None:
    server.fail(status)
    with pytest.raises(GaveUp, match="4 attempts failed") as caught:
        await ask(server)
    assert len(server.bodies) == 4
    assert str(status) in caught.value.cause


async def test_f04_an_html_page_is_a_failed_attempt(server) -> None:
    server.play(b"<html>gateway</html>", status=502, headers={"content-type": "text/html"})
    server.play(b"<html>welcome</html>", headers={"content-type": "text/html"})
    server.play(b"")
    server.play(GOOD)
    events = await ask(server)
    assert [type(event) for event in events[:3]] == [Restarted] * 3
    assert completed(events).stop == "end_turn"


async def test_f03_the_fallback_is_asked_when_the_model_stays_overloaded(server) -> None:
    for _ in range(4):
        server.fail(529, "overloaded_error")
    server.play(GOOD)
    answer = completed(await ask(server, fallback="claude-haiku-5-5"))
    assert answer.model == server.bodies[-1]["model"] == "claude-haiku-5-5"
    assert answer.instead_of == server.bodies[0]["model"] != answer.model


async def test_f07_the_fallback_is_asked_when_the_model_is_gone(server) -> None:
    server.fail(404, "not_found_error", "model: gone")
    server.play(GOOD)
    answer = completed(await ask(server, fallback="claude-haiku-5-5"))
    assert answer.model == "claude-haiku-5-5"


async def test_f06_a_wrong_key_is_not_tried_on_the_fallback(server) -> None:
    server.fail(401, "authentication_error", "invalid x-api-key")
    with pytest.raises(OperatorError, match="refused the key"):
        await ask(server, fallback="claude-haiku-5-5")
    assert len(server.bodies) == 1


@pytest.mark.parametrize(
    ("status", "kind", "message", "error", "says"),
    [
        (400, "invalid_request_error", "prompt is too long: 9", ModelError, "too long"),
        (400, "invalid_request_error", "bad schema", ModelError, "bad schema"),
        (400, "invalid_request_error", "credit balance is low", OperatorError, "no credit"),
        (401, "authentication_error", "invalid x-api-key", OperatorError, "ANTHROPIC_API_KEY"),
        (402, "billing_error", "pay", OperatorError, "no credit"),
        (403, "permission_error", "not yours", OperatorError, "ANTHROPIC_API_KEY"),
        (404, "not_found_error", "model: x", OperatorError, "claude-sonnet-5-5"),
        (413, "request_too_large", "big", ModelError, "too long"),
    ],
)
async def test_f05_to_f08_what_cannot_pass_is_told_at_once(
    server, status: int, kind: str, message: str, error: type[BullpenError], says: str
) -> None:
    server.fail(status, kind, message)
    with pytest.raises(error, match=says) as caught:
        await ask(server)
    assert len(server.bodies) == 1
    assert caught.value.remedy


async def test_f09_nobody_listening_is_an_operators_matter() -> None:
    model = ClaudeModel("key", "http://127.0.0.1:1", patience=QUICK)
    with pytest.raises(OperatorError, match=r"2 attempts failed.*ANTHROPIC_BASE_URL"):
        [event async for event in model.stream(request())]
    await model.close()


@pytest.mark.parametrize(
    ("name", "pieces", "ending", "says"),
    [
        ("f10 nothing at all", [], "hang", "silent"),
        ("f11 a stall", [wire(start(), *text(0, "Hal")[:2])], "hang", "silent"),
        ("f12 a hang-up", [wire(start(), *text(0, "Hal")[:2])], "cut", "broke"),
        ("f13 no message_stop", [wire(start(), *text(0, "Half"))], "close", "message_stop"),
        ("f13 no stop reason", [wire(start(), *text(0, "Half"), *end(None))], "close", "None"),
        ("f14 cut in a call", [wire(start(), *tool(0, '{"q": "o')[:2])], "close", "message_stop"),
        ("f14 an open call", [wire(start(), *tool(0, "{}")[:2], *end("tool_use"))], "close", "closed"),
        ("f15 not JSON", [wire(start(), *tool(0, '{"q": }'), *end("tool_use"))], "close", "JSON"),
        ("f15 no object", [wire(start(), *tool(0, "[1]"), *end("tool_use"))], "close", "object"),
        (
            "f17 an error event",
            [wire(start(), {"type": "error", "error": {"type": "overloaded_error"}})],
            "close",
            "busy (529)",
        ),
        ("f18 garbage", [wire(start()) + b"data: {nope\n\n"], "close", "JSONDecodeError"),
        (
            "f18 a wrong index",
            [wire(start(), {"type": "content_block_stop", "index": 7})],
            "close",
            "no open block 7",
        ),
    ],
)  # fmt: skip
async def test_a_broken_attempt_is_announced_and_repeated(
    server, name: str, pieces: list[bytes], ending: str, says: str
) -> None:
    server.play(*pieces, end=ending)
    server.play(GOOD)
    events = await ask(server)
    restarts = [event for event in events if isinstance(event, Restarted)]
    assert len(restarts) == 1
    assert says in restarts[0].reason
    answer = completed(events)
    assert answer.message == Msg("assistant", (Text("Hello there"),))
    assert not any(isinstance(block, ToolCall) for block in answer.message.content)


async def test_failed_attempts_are_charged(server) -> None:
    server.play(wire(start(1000), *text(0, "x" * 400)), end="cut")
    server.play(GOOD)
    usage = completed(await ask(server)).usage
    assert usage.input_tokens == 1100
    assert usage.output_tokens == 120


async def test_the_charge_of_failed_attempts_survives_giving_up(server) -> None:
    server.play(wire(start(1000)), end="cut")
    with pytest.raises(GaveUp) as caught:
        await ask(server)
    assert caught.value.usage.input_tokens == 4000


async def test_the_charge_of_failed_attempts_survives_a_final_error(
    server, quant, task, journal, watch
) -> None:
    server.play(wire(start(1000)), end="cut")
    server.play(wire(start(1000), *text(0, "x" * 400)), end="cut")
    server.fail(401, "authentication_error", "invalid x-api-key")
    model = ClaudeModel("key", server.url, patience=QUICK)
    reply = await take_turn(
        quant, task, model=model, tools={}, journal=journal, watch=watch, default_model=SONNET
    )
    await model.close()
    assert reply.ended == "failed"
    assert "refused the key" in reply.text
    assert (reply.usage.input_tokens, reply.usage.output_tokens) == (2000, 101)
    [charged] = watch.charged
    assert charged.usage == reply.usage


async def test_the_charge_of_failed_attempts_survives_the_change_to_the_fallback(server) -> None:
    server.play(wire(start(1000)), end="cut")
    server.fail(404, "not_found_error", "model: x")
    server.play(GOOD)
    usage = completed(await ask(server, fallback="claude-haiku-5-5")).usage
    assert usage.input_tokens == 1100


@pytest.mark.parametrize("counted", [True, False])
async def test_a_call_that_was_stopped_is_charged(
    server, quant, task, journal, watch, counted: bool
) -> None:
    begun = wire(start(1000), *text(0, "x" * 400)[:2]) if counted else b": wait\n\n"
    server.play(begun, end="hang")
    model = ClaudeModel("key", server.url, patience=Patience(read=30))
    turn = asyncio.create_task(
        take_turn(
            quant, task, model=model, tools={}, journal=journal, watch=watch, default_model=SONNET
        )
    )
    deadline = asyncio.get_running_loop().time() + 5
    while not (watch.texts if counted else server.bodies):
        assert asyncio.get_running_loop().time() < deadline
        await asyncio.sleep(0.01)
    turn.cancel()
    with pytest.raises(asyncio.CancelledError):
        await turn
    await model.close()
    [charged] = watch.charged
    if counted:
        assert (charged.usage.input_tokens, charged.usage.output_tokens) == (1000, 100)
    else:
        assert charged.usage.input_tokens > 10


async def test_f15_a_call_that_never_parses_is_given_up_after_two_repairs(server) -> None:
    server.play(wire(start(), *tool(0, '{"q"'), *end("tool_use")))
    with pytest.raises(GaveUp, match="3 attempts"):
        await ask(server)


async def test_f17_a_final_error_in_the_stream_is_final(server) -> None:
    error = {"type": "authentication_error", "message": "revoked"}
    server.play(wire(start(), {"type": "error", "error": error}))
    with pytest.raises(OperatorError, match="revoked"):
        await ask(server)


async def test_f18_unknown_events_and_blocks_are_passed_over(server) -> None:
    strange = [{"type": "weather", "sun": 1}, {"type": "ping"}]
    server.play(wire(start(), *strange, *block(0, {"type": "poem"}), *text(1, "ok"), *end()))
    assert completed(await ask(server)).message.content == (Text("ok"),)


async def test_f19_a_call_cut_at_the_limit_is_left_out(server) -> None:
    server.play(wire(start(), *text(0, "So"), *tool(1, '{"q": "o')[:2], *end("max_tokens")))
    answer = completed(await ask(server))
    assert (answer.stop, answer.message.content) == ("max_tokens", (Text("So"),))


@pytest.mark.parametrize(
    ("sent", "stop"),
    [("refusal", "refusal"), ("pause_turn", "pause_turn"), ("stop_sequence", "end_turn")],
)
async def test_f20_f21_other_ends_are_handed_on(server, sent: str, stop: str) -> None:
    server.play(wire(start(), *text(0, "a"), *end(sent)))
    assert completed(await ask(server)).stop == stop


async def test_f23_an_empty_answer_is_handed_on_as_empty(server) -> None:
    server.play(wire(start(), *end()))
    answer = completed(await ask(server))
    assert (answer.stop, answer.message.content) == ("end_turn", ())


async def test_cancelling_the_reader_ends_the_stream(server) -> None:
    server.play(wire(start(), *text(0, "Hal")[:2]), end="hang")
    model = ClaudeModel("key", server.url, patience=Patience(read=30))
    seen = asyncio.Event()

    async def read() -> None:
        async for _ in model.stream(request()):
            seen.set()

    reader = asyncio.create_task(read())
    await asyncio.wait_for(seen.wait(), 5)
    reader.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reader
    await model.close()
    assert len(server.bodies) == 1
