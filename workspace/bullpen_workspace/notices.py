"""The notices that a channel gives of itself: who came and went, and what became of it.

The rule it protects: a notice is a message with Slack's subtype and words, so that apps and people
read it in the history, but it is nobody's word: it makes nothing unread and mentions nobody. It
knows the forms alone; `doorkeeper.py` posts them.
"""

from __future__ import annotations

NOTICES = frozenset(
    {
        *("channel_join", "channel_leave", "channel_topic", "channel_purpose", "channel_name"),
        *("channel_archive", "channel_unarchive"),
    }
)
"""Subtypes of messages that no person and no app said."""

NOTICES_SQL = ", ".join(f"'{name}'" for name in sorted(NOTICES))
"""The same for a query's NOT IN (…)."""
