"""What Slack's error words mean for a post: try later, give up, or find out.

The rule it protects: only an answer that proves that nothing was posted may lead to another
attempt without looking; everything else is in doubt. It makes no call.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any, cast

from slack_sdk.errors import SlackApiError

from bullpen_orchestrator.ports import Busy, Undeliverable

LATER = frozenset(
    {"ratelimited", "rate_limited", "message_limit_exceeded", "streaming_state_conflict"}
)
"""Nothing was posted, and the same call may succeed soon (a stream that was not stopped yet, too)."""
IN_DOUBT = frozenset(
    {"fatal_error", "internal_error", "service_unavailable", "request_timeout", "team_added_to_org"}
)
OPERATOR = frozenset(
    {
        "account_inactive", "invalid_auth", "missing_scope", "no_permission", "not_authed",
        "not_allowed_token_type", "token_expired", "token_revoked", "ekm_access_denied",
    }
)  # fmt: skip
"""Nothing was posted, and posting works again once the operator has mended the token."""
ABSENT = frozenset({"not_in_channel", "channel_not_found"})
"""Nothing was posted: the app does not see the channel, another one may."""
OPERATOR_WAIT = 60.0
log = logging.getLogger("bullpen.slack")


def reason(error: SlackApiError) -> str:
    """Slack's word for the refusal."""
    data = error.response.data if hasattr(error.response, "data") else error.response
    if isinstance(data, Mapping):
        return str(cast("Mapping[str, Any]", data).get("error", "unknown"))
    return "unknown"


def retry_after(error: SlackApiError) -> float | None:
    """Seconds to wait where Slack answered 429, else None."""
    if error.response.status_code != 429 and reason(error) not in LATER:
        return None
    headers = {str(k).lower(): v for k, v in dict(error.response.headers or {}).items()}
    try:
        return max(1.0, float(headers.get("retry-after", "1")))
    except (TypeError, ValueError):
        return 1.0


def of_form(error: SlackApiError) -> bool:
    """Whether Slack refuses how the message is built, and not that it is posted."""
    word = reason(error)
    return word.startswith("invalid_blocks") or word in ("msg_too_long", "msg_blocks_too_long")


def of_post(error: SlackApiError) -> Exception:
    """The exception that a failed post becomes: Busy, Undeliverable, or the error itself (in doubt)."""
    seconds = retry_after(error)
    if seconds is not None:
        return Busy(seconds)
    word = reason(error)
    if word in OPERATOR:
        log.error("slack refuses the app: %s; posts wait until this is mended", word)
        return Busy(OPERATOR_WAIT)
    if word in IN_DOUBT or error.response.status_code >= 500:
        return error
    return Undeliverable(word)
