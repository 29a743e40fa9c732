"""The manifests of the Slack apps that a person pastes in: the desk's, and those of single agents.

The rule it protects: the permissions asked for are listed once, each with its use, in `scopes.py`,
and every text fits the length that Slack's manifest schema (2.0.0) allows. It talks to nobody.
"""

from __future__ import annotations

import json
from typing import Any

import yaml

from bullpen.slack import scopes, setup_messages
from bullpen_agents.task import Agent

Json = dict[str, Any]
NAME, DESCRIPTION, SHORTCUT, AGENT = 35, 140, 24, 300
"""What the schema allows: characters of an app's name and description, a shortcut's name, an agent's."""

BOT_EVENTS = (
    "agent_session_stopped", "app_context_changed", "app_home_opened", "app_mention",
    "app_uninstalled", "file_shared", "member_joined_channel", "message.channels",
    "message.groups", "message.im", "message.mpim", "reaction_added", "tokens_revoked",
)  # fmt: skip
MINIMAL_EVENTS = (
    "agent_session_stopped", "app_home_opened", "app_mention", "message.channels",
    "message.groups", "message.im",
)  # fmt: skip
EVENT_USES = {
    "agent_session_stopped": "Slack's own stop button",
    "app_context_changed": "knowing what a person looks at beside the conversation",
    "app_home_opened": "showing the app's Home and suggesting prompts",
    "app_mention": "hearing that it is mentioned",
    "app_uninstalled": "knowing that it was removed",
    "file_shared": "knowing of files",
    "member_joined_channel": "knowing who joined",
    "message.channels": "hearing threads in public channels",
    "message.groups": "hearing threads in private channels",
    "message.im": "hearing direct messages",
    "message.mpim": "hearing group messages",
    "reaction_added": "seeing reactions",
    "tokens_revoked": "knowing that its token was revoked",
}
"""What each event is for."""
PROMPTS = (
    ("Price a butterfly", "quant: what do I make on an SLV June 70-90-110 call butterfly at 2.50?"),
    ("Compare volatilities", "Compare the volatility of oil and the S&P 500 and chart it."),
    ("What do we know?", "What do we know about oil volatility?"),
)
AGENT_PROMPTS = (
    ("What can you do?", "What can you do, and with which tools?"),
    ("What do we know?", "What do we know about oil volatility?"),
)
AGENT_EVENTS = tuple(
    event for event in BOT_EVENTS if event not in ("file_shared", "member_joined_channel", "reaction_added")
)  # fmt: skip
ASK_SHORTCUT = "ask_about_message"
OPEN_SHORTCUT = "ask_desk"
REMEMBER_SHORTCUT = "remember_message"
IDEA_SHORTCUT = "open_idea"


def manifest(name: str = "Bullpen", *, minimal: bool = False) -> Json:
    """The desk's manifest; `minimal` asks for what is needed only.

    Raises InputError for a name that Slack would refuse.
    """
    if not 1 <= len(name.strip()) <= NAME:
        raise setup_messages.app_name_unfit(name, NAME)
    made = _manifest(
        name,
        "A desk of agents that research, calculate and remember with you.",
        "Five colleagues who answer with figures you can trace.",
        PROMPTS,
    )
    made["features"] |= {
        "slash_commands": [
            {
                "command": "/bullpen",
                "description": "Ask the desk",
                "usage_hint": "ask [agent] <question> | status | stop | memory | spend | help",
                "should_escape": True,
            }
        ],
        "shortcuts": [
            _shortcut("Ask an agent about this", "message", "Let the desk look at this message"),
            _shortcut("New task", "global", "Put a question to the desk"),
            _shortcut("Remember this", "message", "Keep this message in memory", REMEMBER_SHORTCUT),
            _shortcut(
                "Open an idea from this",
                "message",
                "Lock a market call that is scored later",
                IDEA_SHORTCUT,
            ),
        ],
    }
    made["oauth_config"] = {"scopes": {"bot": list(scopes.MINIMAL if minimal else scopes.FULL)}}
    made["settings"] |= _events(MINIMAL_EVENTS if minimal else BOT_EVENTS)
    return made


def of_agent(agent: Agent) -> Json:
    """The manifest of an agent's own app, beside the desk's: it has no slash command."""
    name = agent.name[:NAME]
    made = _manifest(
        name,
        f"{name}, {agent.title} at the desk."[:DESCRIPTION],
        f"{name} is the {agent.title} of a desk of agents and answers with figures you can trace."[:AGENT],
        AGENT_PROMPTS,
    )  # fmt: skip
    ask = f"Ask {name} about this"
    made["features"]["shortcuts"] = [
        _shortcut(
            ask if len(ask) <= SHORTCUT else f"Ask {name}"[:SHORTCUT],
            "message",
            f"Let {name} look at this message",
        )
    ]
    made["oauth_config"] = {"scopes": {"bot": list(scopes.OWN)}}
    made["settings"] |= _events(AGENT_EVENTS)
    return made


def prompts(agent: str) -> tuple[tuple[str, str], ...]:
    """What one may begin with in a direct message, title and message; `agent` "" is the desk's app."""
    return AGENT_PROMPTS if agent else PROMPTS


def _manifest(
    name: str, description: str, agent: str, suggested: tuple[tuple[str, str], ...]
) -> Json:
    """What all manifests have in common."""
    return {
        "_metadata": {"major_version": 2, "minor_version": 1},
        "display_information": {
            "name": name,
            "description": description,
            "background_color": "#1f2a37",
        },
        "features": {
            "agent_view": {
                "agent_description": agent,
                "suggested_prompts": [
                    {"title": title, "message": message} for title, message in suggested
                ],
            },
            "app_home": {
                "home_tab_enabled": True,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": False,
            },
            "bot_user": {"display_name": name, "always_online": True},
        },
        "settings": {
            "interactivity": {"is_enabled": True},
            "org_deploy_enabled": False,
            "socket_mode_enabled": True,
            "token_rotation_enabled": False,
        },
    }


def _shortcut(name: str, kind: str, description: str, callback: str = "") -> Json:
    callback = callback or (ASK_SHORTCUT if kind == "message" else OPEN_SHORTCUT)
    return {"name": name, "type": kind, "callback_id": callback, "description": description}


def _events(names: tuple[str, ...]) -> Json:
    return {"event_subscriptions": {"bot_events": list(names)}}


def as_json(made: dict[str, Any]) -> str:
    return json.dumps(made, indent=2)


def as_yaml(made: dict[str, Any]) -> str:
    return yaml.safe_dump(made, sort_keys=False, allow_unicode=True)
