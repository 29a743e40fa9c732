"""The log of one desk: JSON lines in home/logs/bullpen.log.

The rule it protects: no token ever reaches the log, whoever wrote the line; redaction is the
last step, over the finished text. It prints nothing on the console.
"""

from __future__ import annotations

import logging
import re
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import cast

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

TOKEN = re.compile(r"(xox[a-z]|xapp|sk-ant)-[A-Za-z0-9_\-\.%]{6,}")
TICKET = re.compile(r"(ticket=|authorization\"?: ?\"?(?:bearer )?)[^&\s\"]{6,}", re.IGNORECASE)
QUIET = ("slack_sdk", "slack_bolt", "aiohttp", "uvicorn", "chromadb", "dbos", "httpx", "httpx2")


def redact(text: str) -> str:
    """`text` with every token replaced by its kind and an ellipsis."""
    return TICKET.sub(r"\1…", TOKEN.sub(r"\1-…", text))


def _redact_rendered(_logger: WrappedLogger, _name: str, rendered: EventDict) -> str:
    return redact(cast("str", rendered))


def start_logging(home: Path, *, debug: bool = False) -> logging.Handler:
    """Send our own and the libraries' log lines to the file; returns the handler, to close it."""
    folder = home / "logs"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    handler = RotatingFileHandler(
        folder / "bullpen.log", maxBytes=5_000_000, backupCount=3, encoding="utf-8", delay=True
    )
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(ensure_ascii=False, default=str),
                _redact_rendered,
            ],
        )
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.DEBUG if debug else logging.INFO)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.DEBUG if debug else logging.WARNING)
    return handler


def stop_logging(handler: logging.Handler) -> None:
    """Close the file and take it off the root logger."""
    logging.getLogger().removeHandler(handler)
    handler.close()
