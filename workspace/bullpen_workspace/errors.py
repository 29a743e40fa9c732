"""The workspace's own errors.

    SlackError        an API call cannot be done; carries Slack's error code and goes to the caller
    RateLimited       a SlackError that says after how many seconds to try again
    WorkspaceError    the server itself cannot run; whoever starts it must act
    Refusal           what a person tried on the page cannot be done; the person is told

The rule they protect: an API client sees exactly the code that Slack would give, and a person
sees fact, cause and remedy. They do not carry HTTP statuses: Slack answers 200 to all but too many calls.
"""

from __future__ import annotations

from typing import Any


class SlackError(Exception):
    """A refusal in Slack's words: `code` is the `error` key, `extra` further keys of the answer."""

    def __init__(self, code: str, **extra: Any) -> None:
        self.code = code
        self.extra: dict[str, Any] = extra
        super().__init__(code)


class RateLimited(SlackError):
    """Too many calls: try again in `retry_after` whole seconds."""

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
