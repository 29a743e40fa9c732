"""Pictures that people attach: shown to a model that can look at them, named to one that cannot."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from bullpen_agents.messages_api import Capabilities, payload
from bullpen_agents.model import Image, Request
from bullpen_agents.prompt import opening
from bullpen_agents.task import Task
from bullpen_memory.documents.sniff import picture

PNG = b"\x89PNG\r\n\x1a\n" + b"pixels"


@pytest.fixture
def request_with(tmp_path: Path) -> Request:
    path = tmp_path / "chart.png"
    path.write_bytes(PNG)
    task = Task(
        run_id="r", turn_id="t", purpose="answer", text="What does the chart show?", asked_by="Ada",
        files=("chart.png",), images=(Image("chart.png", "image/png", path),),
    )  # fmt: skip
    return Request(agent="quant", model="m", system="s", messages=(opening(task),))


def test_claude_is_shown_the_picture_before_the_question(request_with: Request) -> None:
    (message,) = payload(request_with, "m", Capabilities.of_claude())["messages"]
    shown, asked = message["content"]
    assert shown == {
        "type": "image",
        "source": {
            "type": "base64",
            "media_type": "image/png",
            "data": base64.b64encode(PNG).decode(),
        },
    }
    assert "What does the chart show?" in asked["text"]


def test_a_server_without_pictures_is_told_of_them(request_with: Request) -> None:
    (message,) = payload(request_with, "m", Capabilities())["messages"]
    assert "chart.png is not shown: this model is sent no pictures" in message["content"][0]["text"]


def test_a_picture_that_is_gone_is_told(request_with: Request, tmp_path: Path) -> None:
    (tmp_path / "chart.png").unlink()
    (message,) = payload(request_with, "m", Capabilities.of_claude())["messages"]
    assert "cannot be read (No such file" in message["content"][0]["text"]


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (PNG, "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"GIF89a", "image/gif"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp"),
        (b"RIFF\x00\x00\x00\x00WAVEfmt ", ""),
        (b"BM\x00\x00", ""),
        (b"%PDF-1.7", ""),
    ],
)
def test_a_picture_is_known_by_its_content(head: bytes, kind: str) -> None:
    assert picture(head) == kind
