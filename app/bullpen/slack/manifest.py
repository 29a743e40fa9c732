"""The manifest of the Slack app that a person pastes in.

The rule it protects: the permissions asked for are the ones the code uses, listed once. It talks
to nobody.
"""

from __future__ import annotations

import json

import yaml

BOT_SCOPES = (
    "app_mentions:read", "assistant:write", "channels:history", "channels:join", "channels:read",
    "chat:write", "chat:write.customize", "chat:write.public", "commands", "emoji:read",
    "files:read", "files:write", "groups:history", "groups:read", "im:history", "im:read",
    "im:write", "metadata.message:read", "mpim:history", "mpim:read", "mpim:write",
    "reactions:read", "reactions:write", "team:read", "users:read",
)  # fmt: skip
BOT_EVENTS = (
    "agent_session_stopped", "app_context_changed", "app_home_opened", "app_mention",
    "app_uninstalled", "file_shared", "member_joined_channel", "message.channels",
    "message.groups", "message.im", "message.mpim", "reaction_added", "tokens_revoked",
)  # fmt: skip
PROMPTS = (
    ("Price a butterfly", "quant: what do I make on an SLV June 70-90-110 call butterfly at 2.50?"),
    ("Compare volatilities", "Compare the volatility of oil and the S&P 500 and chart it."),
    ("What do we know?", "What do we know about oil volatility?"),
)
ASK_SHORTCUT = "ask_about_message"
OPEN_SHORTCUT = "ask_desk"


def manifest(name: str = "Bullpen") -> dict[str, object]:
    """The manifest as Slack's schema (2.0.0) wants it."""
    return {
        "_metadata": {"major_version": 2, "minor_version": 1},
        "display_information": {
            "name": name,
            "description": "A desk of agents that research, calculate and remember with you.",
            "background_color": "#1f2a37",
        },
        "features": {
            "agent_view": {
                "agent_description": "Five colleagues who answer with figures you can trace.",
                "suggested_prompts": [
                    {"title": title, "message": message} for title, message in PROMPTS
                ],
            },
            "app_home": {
                "home_tab_enabled": True,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": False,
            },
            "bot_user": {"display_name": name, "always_online": True},
            "slash_commands": [
                {
                    "command": "/bullpen",
                    "description": "Ask the desk",
                    "usage_hint": "ask [agent] <question> | status | stop | memory | spend | help",
                    "should_escape": True,
                }
            ],
            "shortcuts": [
                {
                    "name": "Ask an agent about this",
                    "type": "message",
                    "callback_id": ASK_SHORTCUT,
                    "description": "Let the desk look at this message",
                },
                {
                    "name": "New task",
                    "type": "global",
                    "callback_id": OPEN_SHORTCUT,
                    "description": "Put a question to the desk",
                },
            ],
        },
        "oauth_config": {"scopes": {"bot": list(BOT_SCOPES)}},
        "settings": {
            "event_subscriptions": {"bot_events": list(BOT_EVENTS)},
            "interactivity": {"is_enabled": True},
            "org_deploy_enabled": False,
            "socket_mode_enabled": True,
            "token_rotation_enabled": False,
        },
    }


def as_json(name: str = "Bullpen") -> str:
    return json.dumps(manifest(name), indent=2)


def as_yaml(name: str = "Bullpen") -> str:
    return yaml.safe_dump(manifest(name), sort_keys=False, allow_unicode=True)
