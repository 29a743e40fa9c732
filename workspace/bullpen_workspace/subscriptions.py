"""Who hears of an event, and the outer shape in which it comes.

The rule it protects: an app hears what it subscribed to and nothing else, and every event says
for which installation it was sent. It decides nothing about channels; `events.py` does.
"""

from __future__ import annotations

import base64
import json
import secrets
from typing import Any, cast

from bullpen_workspace.office import Office
from bullpen_workspace.types import App, Json


def authorization(office: Office, app: App) -> Json:
    """The installation of an app, as events and apps.event.authorizations.list show it."""
    return {
        "enterprise_id": None,
        "team_id": office.credentials.team_id,
        "user_id": app.bot_user,
        "is_bot": True,
        "is_enterprise_install": False,
    }


def read_event_context(context: str) -> Json:
    """What an event_context of ours stands for; {} for any other text."""
    try:
        value: Any = json.loads(base64.urlsafe_b64decode(context.removeprefix("4-").encode()))
    except ValueError:
        return {}
    return cast("Json", value) if isinstance(value, dict) else {}


def _event_context(app: App, event_id: str) -> str:
    told = json.dumps({"app": app.id, "event": event_id}).encode()
    return "4-" + base64.urlsafe_b64encode(told).decode()


_BY_KIND = {
    "channel": "message.channels",
    "group": "message.groups",
    "im": "message.im",
    "mpim": "message.mpim",
}


def _is_wanted(app: App, event: Json) -> bool:
    """Whether the app subscribed; one that names no events hears all."""
    name = str(event["type"])
    if name == "message":
        name = _BY_KIND[event["channel_type"]]
    return not app.settings.events or name in app.settings.events


def send_event(office: Office, app: App, event: Json) -> None:
    """Queue an event for an app that subscribed to it, in Slack's outer shape."""
    if not _is_wanted(app, event):
        return
    event_id = "Ev" + secrets.token_hex(5).upper()
    payload: Json = {
        "token": "",
        "team_id": office.credentials.team_id,
        "context_team_id": office.credentials.team_id,
        "api_app_id": app.id,
        "event": event,
        "type": "event_callback",
        "event_id": event_id,
        "event_time": int(office.now()),
        "authorizations": [authorization(office, app)],
        "is_ext_shared_channel": False,
        "event_context": _event_context(app, event_id),
    }
    office.courier.enqueue(app.id, "events_api", payload)


def event_ts(office: Office) -> str:
    """The moment of an event that has no message of its own."""
    return f"{office.now():.6f}"
