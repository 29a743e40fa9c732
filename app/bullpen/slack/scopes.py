"""The permissions of the Slack app, each with what it is for, and what is lost without it.

The rule it protects: a scope that is asked for has a reason a person can read; a desk that cannot
hear or speak does not start, and one that can do less says what. It talks to nobody.
"""

from __future__ import annotations

from dataclasses import dataclass

REQUIRED = {
    "app_mentions:read": "hearing that it is mentioned",
    "channels:history": "reading threads of public channels",
    "channels:read": "knowing which channels there are",
    "chat:write": "speaking",
    "im:history": "reading direct messages",
    "users:read": "knowing people's names",
}
"""Without these the desk cannot do its work."""
USUAL = {
    "assistant:write": "showing what it is at, and Slack's stop button",
    "commands": "the command /bullpen and the shortcuts",
    "files:read": "reading files that people send",
    "files:write": "showing charts",
    "groups:history": "working in private channels",
    "groups:read": "knowing private channels",
    "im:read": "fetching direct messages that were missed",
    "im:write": "opening direct messages",
}
"""The minimal manifest asks for these as well."""
COMFORT = {
    "channels:join": "joining public channels by itself",
    "chat:write.customize": "speaking under each colleague's own name and icon",
    "chat:write.public": "answering /bullpen ask in channels it has not joined",
    "emoji:read": "the workspace's own emoji",
    "metadata.message:read": "finding its own posts again after a crash",
    "mpim:history": "working in group messages",
    "mpim:read": "knowing group messages",
    "mpim:write": "opening group messages",
    "reactions:read": "seeing reactions",
    "reactions:write": "reacting",
    "team:read": "the workspace's name",
}
"""The full manifest asks for these as well."""
APART = frozenset(
    {
        *("channels:join", "chat:write.customize", "emoji:read", "mpim:write", "reactions:read"),
        *("reactions:write", "team:read"),
    }
)
"""What an agent's own app does not ask for: the desk's app does it for all, or the face is its own."""
MINIMAL = tuple(sorted(REQUIRED | USUAL))
FULL = tuple(sorted(REQUIRED | USUAL | COMFORT))
OWN = tuple(scope for scope in FULL if scope not in APART)
"""The manifest of an agent's own app asks for these."""


@dataclass(frozen=True, slots=True)
class Missing:
    """What was not granted: `required` stops the start, `other` is told. Each scope with its use."""

    required: dict[str, str]
    other: dict[str, str]


def missing(granted: frozenset[str], *, own: bool = False) -> Missing:
    """Compare what Slack granted with what is asked for; `own` for an agent's own app."""
    wanted = USUAL | COMFORT
    if own:
        wanted = {scope: use for scope, use in wanted.items() if scope not in APART}
    return Missing(
        {scope: use for scope, use in REQUIRED.items() if scope not in granted},
        {scope: use for scope, use in wanted.items() if scope not in granted},
    )
