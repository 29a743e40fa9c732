"""What the first question would have to wait for, done behind the ready desk.

The rule it protects: the page and the first messages come first, so the slow libraries are
loaded one after the other in one thread, with the loop free in between. A library that is not
there is no concern of this file: the tool that needs it will say so.
"""

from __future__ import annotations

import asyncio
import importlib
import logging
from collections.abc import Callable

LIBRARIES = (
    "matplotlib.figure",
    "matplotlib.backends.backend_agg",
    "matplotlib.dates",
    "matplotlib.font_manager",
    "scipy.linalg",
    "QuantLib",
    "vollib.black.implied_volatility",
)
BREATH = 0.05
log = logging.getLogger("bullpen.warmth")


async def warm_up(*further: Callable[[], object]) -> None:
    """Call `further` (a first embedding, say), then load the libraries; failures are only logged."""
    for step in further:
        await _quietly(getattr(step, "__qualname__", "step"), step)
    for name in LIBRARIES:
        await _quietly(name, lambda name=name: importlib.import_module(name))


async def _quietly(what: str, step: Callable[[], object]) -> None:
    await asyncio.sleep(BREATH)
    try:
        await asyncio.to_thread(step)
    except Exception as error:  # noqa: BLE001 - whoever needs it meets the same error, and tells it
        log.info("not loaded ahead: %s: %s", what, error)
