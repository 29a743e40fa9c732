"""The workspace's own errors.

    SlackError        an API call cannot be done; carries Slack's error code and goes to the caller
    Broken            a SlackError for a fault that was ordered, answered with a 500
    RateLimited       a SlackError that says after how many seconds to try again
    WorkspaceError    the server itself cannot run; whoever starts it must act
    Refusal           what a person tried on the page cannot be done; the person is told

The rule they protect: an API client sees exactly the code that Slack would give, and a person
sees fact, cause and remedy. Slack answers almost all with HTTP 200; only the two that say so differ.
"""

from __future__ import annotations

from typing import Any


class SlackError(Exception):
    """A refusal in Slack's words: `code` is the `error` key, `extra` further keys of the answer."""

    status = 200
    """The HTTP status of the answer."""

    def __init__(self, code: str, **extra: Any) -> None:
        self.code = code
        self.extra: dict[str, Any] = extra
        super().__init__(code)


class Broken(SlackError):
    """Slack itself failed, because a test ordered it to."""

    status = 500

    def __init__(self) -> None:
        super().__init__("internal_error")


class RateLimited(SlackError):
    """Too many calls: try again in `retry_after` whole seconds."""

    status = 429

    def __init__(self, retry_after: int) -> None:
        self.retry_after = retry_after
        super().__init__("ratelimited")


class WorkspaceError(Exception):
    """The workspace cannot start or go on: `fact`, `cause` and `remedy` are whole sentences."""

    def __init__(self, fact: str, cause: str = "", remedy: str = "") -> None:
        self.fact, self.cause, self.remedy = fact, cause, remedy
        super().__init__(" ".join(part for part in (fact, cause, remedy) if part))


class Refusal(Exception):
    """What a person tried cannot be done: `fact`, `cause` and `remedy` are whole sentences."""

    def __init__(self, fact: str, cause: str = "", remedy: str = "") -> None:
        self.fact, self.cause, self.remedy = fact, cause, remedy
        super().__init__(" ".join(part for part in (fact, cause, remedy) if part))
