"""No token reaches the log, whoever writes the line."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import structlog

from bullpen.log import redact, start_logging, stop_logging

TOKENS = (
    "xoxb-1234567890-abcdef",
    "xapp-1-A0123-456-abcdef",
    "xoxp-1234567890-abcdef",
    "xoxe.xoxp-1-abcdef123456",
    "sk-ant-api03-abcdef_123",
)


def test_tokens_are_redacted_wherever_they_stand() -> None:
    for token in TOKENS:
        secret = token.rsplit("-", 1)[-1]
        for text in (token, f"Bearer {token}", f"https://x/?t={token}&y=1", f'{{"a": "{token}"}}'):
            assert secret not in redact(text)
    assert redact("task-1 costs 5") == "task-1 costs 5"


def test_lines_are_json_and_clean(tmp_path: Path) -> None:
    handler = start_logging(tmp_path)
    try:
        logging.getLogger("slack_sdk.web").warning("sent with %s", TOKENS[0])
        structlog.get_logger("bullpen.test").info("started", key=TOKENS[4], port=4747)
        try:
            raise RuntimeError(f"refused {TOKENS[1]}")
        except RuntimeError:
            logging.getLogger("bullpen.test").exception("it broke")
    finally:
        stop_logging(handler)
    lines = [json.loads(x) for x in (tmp_path / "logs/bullpen.log").read_text().splitlines()]
    assert [line["event"] for line in lines] == ["sent with xoxb-…", "started", "it broke"]
    assert lines[1]["port"] == 4747
    assert "xapp-…" in lines[2]["exception"]
    assert not any(t.rsplit("-", 1)[-1] in json.dumps(lines) for t in TOKENS)
