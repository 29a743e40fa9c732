"""The same desk on a server that speaks the Messages API: model, tool, receipt, rendered figure.

The server is a double, so its events are parsed into the types that the `anthropic` package ships
before any test trusts it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from anthropic.types import RawMessageStreamEvent
from pydantic import TypeAdapter

from desk_process import DeskProcess, readable

CALL = {"structure": "call_butterfly", "strikes": [70, 90, 110], "cost": 2.5}
ANSWER = "You make at most {{r1.max_profit|usd}}, that is {{r1.net_multiple|x}} net."


def events(block: dict[str, Any], delta: dict[str, Any], stop: str) -> list[dict[str, Any]]:
    """One streamed answer with one content block."""
    message = {
        "id": "msg_1", "type": "message", "role": "assistant", "model": "local", "content": [],
        "stop_reason": None, "stop_sequence": None, "usage": {"input_tokens": 9, "output_tokens": 1},
    }  # fmt: skip
    ending = {"stop_reason": stop, "stop_sequence": None}
    return [
        {"type": "message_start", "message": message},
        {"type": "content_block_start", "index": 0, "content_block": block},
        {"type": "content_block_delta", "index": 0, "delta": delta},
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": ending, "usage": {"output_tokens": 20}},
        {"type": "message_stop"},
    ]


USE_TOOL = events(
    {"type": "tool_use", "id": "toolu_1", "name": "strategy_payoff", "input": {}},
    {"type": "input_json_delta", "partial_json": json.dumps(CALL)},
    "tool_use",
)
SAY = events({"type": "text", "text": ""}, {"type": "text_delta", "text": ANSWER}, "end_turn")
SEEN = events(
    {"type": "text", "text": ""}, {"type": "text_delta", "text": "A picture was shown."}, "end_turn"
)
PNG = b"\x89PNG\r\n\x1a\n" + b"p" * 90


class Messages(BaseHTTPRequestHandler):
    """Asks for the tool first, then answers with references to its receipt."""

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        blocks = [
            b for m in asked["messages"] if isinstance(m["content"], list) for b in m["content"]
        ]
        if asked["model"] == "gone":
            self.refuse()
            return
        done = any(b["type"] == "tool_result" for b in blocks)
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.end_headers()
        shown = any(b["type"] == "image" for b in blocks)
        for event in SEEN if shown else SAY if done else USE_TOOL:
            self.wfile.write(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode())

    def refuse(self) -> None:
        """The model that was asked for does not exist here."""
        error = {"type": "not_found_error", "message": "model: gone"}
        body = json.dumps({"type": "error", "error": error}).encode()
        self.send_response(404)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Tests are quiet."""


@pytest.fixture
def server() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Messages) as serving:
        thread = Thread(target=serving.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{serving.server_port}"
        serving.shutdown()
        thread.join()


def test_the_double_speaks_the_published_types() -> None:
    published = TypeAdapter[RawMessageStreamEvent](RawMessageStreamEvent)
    kinds = [published.validate_python(event).type for event in (*USE_TOOL, *SAY)]
    assert kinds[0] == "message_start"
    assert kinds[-1] == "message_stop"


def test_the_desk_runs_on_a_local_server(tmp_path: Path, server: str) -> None:
    settings = {
        "ANTHROPIC_BASE_URL": server,
        "BULLPEN_MODEL": "local",
        "BULLPEN_MODEL_PICTURES": "yes",
    }
    desk = DeskProcess(tmp_path / "home", settings=settings).start()
    try:
        ada = desk.person()
        shown = ada.send_file("desk", "chart.png", PNG, "@Bullpen quant: what does it show?")
        ada.answered("desk", shown, "A picture was shown.")
        ts = ada.say("desk", "@Bullpen quant: the 70-90-110 butterfly at 2.50, please")
        answer = ada.answered("desk", ts, "$17.50", "7.0x")
        assert "¹" in readable(answer)
        assert "strategy_payoff" in readable(answer)
    finally:
        desk.kill()


def test_another_model_answers_and_the_answer_says_so(tmp_path: Path, server: str) -> None:
    settings = {
        "ANTHROPIC_BASE_URL": server,
        "BULLPEN_MODEL": "gone",
        "BULLPEN_FALLBACK_MODEL": "local",
    }
    desk = DeskProcess(tmp_path / "home", settings=settings).start()
    try:
        ada = desk.person()
        ts = ada.say("desk", "@Bullpen quant: the 70-90-110 butterfly at 2.50, please")
        answer = ada.answered("desk", ts, "$17.50")
        assert "Answered by local: gone was overloaded or is not available." in readable(answer)
        unseen = ada.send_file("desk", "chart.png", PNG, "@Bullpen quant: what does it show?")
        ada.answered("desk", unseen, "I left out the picture", "BULLPEN_MODEL_PICTURES=yes")
    finally:
        desk.kill()


def test_a_server_that_is_not_there_is_named_in_the_thread(tmp_path: Path) -> None:
    settings = {"ANTHROPIC_BASE_URL": "http://127.0.0.1:9", "BULLPEN_MODEL": "local"}
    desk = DeskProcess(tmp_path / "home", settings=settings).start()
    try:
        ada = desk.person()
        ts = ada.say("desk", "@Bullpen quant: hello")
        ada.answered("desk", ts, "cannot be reached", "ANTHROPIC_BASE_URL")
    finally:
        desk.kill()
