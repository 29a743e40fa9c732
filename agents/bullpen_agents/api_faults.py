"""What a failed attempt means: try again, or an error for the one person who can mend it.

The rule it protects: a wrong key, an unknown model or a request that is too long is never
repeated; everything that may pass is. It looks only at status codes, error types and the names of
exceptions, so that it needs no SDK.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, cast

from bullpen_agents.assembly import BrokenCall, BrokenStream, StreamError
from bullpen_agents.models import KNOWN
from bullpen_memory.errors import BullpenError, ModelError, OperatorError

_STATUS_OF = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "api_error": 500,
    "timeout_error": 504,
    "overloaded_error": 529,
}
_TRANSIENT = {408, 409, 425, 429}


class UnknownModel(OperatorError):
    """The server knows no model of this name: another model may still answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """The verdict on one failed attempt. `final` is raised instead of trying again."""

    kind: Literal["busy", "server", "stream", "silence", "call", "connect", "final"]
    reason: str
    retry_after: float | None = None
    final: BullpenError | None = None


def judge(error: Exception, model: str, base_url: str | None) -> Fault:
    """What `error`, raised during an attempt on `model`, means for the next attempt."""
    if isinstance(error, BullpenError):
        return Fault(kind="final", reason=error.fact, final=error)
    if isinstance(error, StreamError):
        return _by_status(_STATUS_OF.get(error.kind, 500), str(error), None, model)
    if isinstance(error, BrokenCall):
        return Fault(kind="call", reason=str(error))
    if isinstance(error, BrokenStream):
        return Fault(kind="stream", reason=str(error))
    status = getattr(error, "status_code", None)
    if isinstance(status, int) and status >= 400:
        said = str(getattr(error, "api_message", None) or f"the server answered {status}")
        return _by_status(status, said, _retry_after(error), model)
    name = type(error).__name__
    if name in ("APIConnectionError", "ConnectError", "ConnectTimeout"):
        cause = error.__cause__ or error
        where = f" at {base_url}" if base_url else ""
        return Fault(kind="connect", reason=f"no connection{where} ({cause})")
    if isinstance(error, TimeoutError) or "Timeout" in name:
        return Fault(kind="silence", reason="the server was silent for too long")
    return Fault(kind="stream", reason=f"the stream broke ({name}: {error})")


def _by_status(status: int, said: str, retry_after: float | None, model: str) -> Fault:
    if status in _TRANSIENT or status >= 500:
        busy = status in (429, 529, 503)
        reason = f"the server is busy ({status})" if busy else f"the server failed ({status})"
        return Fault(kind="busy" if busy else "server", reason=reason, retry_after=retry_after)
    return Fault(kind="final", reason=said, final=_final(status, said, model))


def _final(status: int, said: str, model: str) -> BullpenError:
    lower = said.lower()
    if status in (401, 403):
        return OperatorError(
            "The language model refused the key.",
            f"It answered {status}: {said}.",
            "Check ANTHROPIC_API_KEY; `bullpen doctor` shows which key is used.",
        )
    if status == 402 or "credit balance" in lower:
        return OperatorError(
            "The language model account has no credit.", f"It said: {said}.", "Add credit to it."
        )
    if status == 404:
        return UnknownModel(
            f"There is no model `{model}` for this key.",
            f"It answered 404: {said}.",
            f"Set BULLPEN_MODEL to one of {', '.join(KNOWN)}, or a model your server has.",
        )
    if status == 413 or "too long" in lower or "context window" in lower:
        return ModelError(
            "This conversation is too long for the model.",
            f"It answered {status}: {said}.",
            "Start a new thread, or attach less.",
        )
    return ModelError(
        "The language model refused the request.",
        f"It answered {status}: {said}.",
        "Rephrase it; if it happens again, report it with this sentence.",
    )


def _retry_after(error: Exception) -> float | None:
    """Seconds the server asks to wait, from its headers (seconds only, as the API sends them)."""
    response: Any = getattr(error, "response", None)
    headers = cast("dict[str, str]", getattr(response, "headers", None) or {})
    for name, scale in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            return max(0.0, float(headers[name]) * scale)
        except (KeyError, ValueError):
            continue
    return None
