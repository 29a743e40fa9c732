"""Payloads that a person's clicks cause: buttons, views, shortcuts, slash commands.

The rule it protects: an interactive payload names the person, the app, the place and a fresh
trigger, in Slack's shape. It sends nothing; `actions.py` does.
"""

from __future__ import annotations

from bullpen_workspace.addresses import Reply
from bullpen_workspace.office import Office, Trigger
from bullpen_workspace.types import App, Channel, Json, Message, Shortcut, View
from bullpen_workspace.wire import message_json, view_json


def block_action(block: Json, element: Json, choice: Json, *, now: float) -> Json:
    """One entry of `actions`: the element as sent, what the person chose, and when."""
    action: Json = {
        "type": element.get("type", "button"),
        "action_id": element.get("action_id", ""),
        "block_id": block.get("block_id", ""),
        "action_ts": f"{now:.6f}",
    }
    for key in ("text", "value", "style", "url"):
        if key in element:
            action[key] = element[key]
    return action | choice


def from_message(office: Office, app: App, user: str, message: Message, action: Json) -> Json:
    """block_actions of an element in a message."""
    channel = office.rooms.channels.require(message.channel)
    reply = Reply(
        app_id=app.id,
        user=user,
        channel=message.channel,
        ts=message.ts,
        thread_ts=message.thread_ts,
    )
    return {
        "type": "block_actions",
        **_person(office, app, user),
        "trigger_id": _trigger(office, app, user),
        "container": _container(message),
        "channel": {"id": message.channel, "name": _label(channel)},
        "message": message_json(office, message),
        "state": {"values": {}},
        "response_url": _response_url(office, reply),
        "actions": [action],
    }


def from_view(office: Office, app: App, user: str, view: View, action: Json) -> Json:
    """block_actions of an element in a modal or the App Home."""
    return {
        "type": "block_actions",
        **_person(office, app, user),
        "trigger_id": _trigger(office, app, user, view_id=view.id),
        "container": {"type": "view", "view_id": view.id},
        "view": view_json(office, view),
        "actions": [action],
    }


def submission(office: Office, app: App, user: str, view: View, values: Json) -> Json:
    """view_submission with `values` as {block_id: {action_id: state}}."""
    return {
        "type": "view_submission",
        **_person(office, app, user),
        "trigger_id": _trigger(office, app, user, view_id=view.id),
        "view": {**view_json(office, view), "state": {"values": values}},
        "response_urls": [],
    }


def closed(office: Office, app: App, user: str, view: View, *, cleared: bool) -> Json:
    """view_closed; `cleared` when the whole stack went."""
    return {
        "type": "view_closed",
        **_person(office, app, user),
        "view": view_json(office, view),
        "is_cleared": cleared,
    }


def suggestion_in_view(office: Office, app: App, user: str, view: View, query: Json) -> Json:
    """block_suggestion: `query` names block_id, action_id and the value typed so far."""
    return {
        "type": "block_suggestion",
        **_person(office, app, user),
        "container": {"type": "view", "view_id": view.id},
        "view": view_json(office, view),
        **query,
    }


def suggestion_in_message(
    office: Office, app: App, user: str, message: Message, query: Json
) -> Json:
    """block_suggestion for an element of a message."""
    channel = office.rooms.channels.require(message.channel)
    return {
        "type": "block_suggestion",
        **_person(office, app, user),
        "container": _container(message),
        "channel": {"id": message.channel, "name": _label(channel)},
        "message": message_json(office, message),
        **query,
    }


def global_shortcut(office: Office, app: App, user: str, shortcut: Shortcut) -> Json:
    return {
        "type": "shortcut",
        **_person(office, app, user),
        "callback_id": shortcut.callback_id,
        "trigger_id": _trigger(office, app, user),
        "action_ts": f"{office.now():.6f}",
    }


def message_shortcut(
    office: Office, app: App, user: str, shortcut: Shortcut, message: Message
) -> Json:
    channel = office.rooms.channels.require(message.channel)
    reply = Reply(app_id=app.id, user=user, channel=message.channel, thread_ts=message.thread_ts)
    return {
        "type": "message_action",
        **_person(office, app, user),
        "callback_id": shortcut.callback_id,
        "trigger_id": _trigger(office, app, user),
        "action_ts": f"{office.now():.6f}",
        "message_ts": message.ts,
        "channel": {"id": message.channel, "name": _label(channel)},
        "message": message_json(office, message),
        "response_url": _response_url(office, reply),
    }


def slash_command(
    office: Office, app: App, user: str, *, channel_id: str, command: str, text: str
) -> Json:
    """A slash command; Slack gives no thread, so neither do we."""
    person = office.rooms.people.get(user)
    channel = office.rooms.channels.require(channel_id)
    team = office.rooms.people.team()
    return {
        "token": "",
        "team_id": team.id,
        "team_domain": team.domain,
        "channel_id": channel_id,
        "channel_name": _label(channel),
        "user_id": user,
        "user_name": person.name if person else "",
        "command": command,
        "text": text,
        "api_app_id": app.id,
        "is_enterprise_install": "false",
        "response_url": _response_url(office, Reply(app_id=app.id, user=user, channel=channel_id)),
        "trigger_id": _trigger(office, app, user),
    }


def _container(message: Message) -> Json:
    return {
        "type": "message",
        "message_ts": message.ts,
        "channel_id": message.channel,
        "is_ephemeral": bool(message.visible_to),
        **({"thread_ts": message.thread_ts} if message.thread_ts else {}),
    }


def _label(channel: Channel) -> str:
    """What Slack calls a channel in payloads: private ones are named only to their members."""
    names = {"im": "directmessage", "private": "privategroup"}
    return names.get(channel.kind, "") or channel.name or "mpim"


def _person(office: Office, app: App, user: str) -> Json:
    person = office.rooms.people.get(user)
    team = office.rooms.people.team()
    name = person.name if person else ""
    return {
        "user": {"id": user, "username": name, "name": name, "team_id": team.id},
        "api_app_id": app.id,
        "token": "",
        "team": {"id": team.id, "domain": team.domain},
        "enterprise": None,
        "is_enterprise_install": False,
    }


def _trigger(office: Office, app: App, user: str, *, view_id: str = "") -> str:
    trigger = Trigger(user=user, app_id=app.id, view_id=view_id)
    return office.triggers.issue(trigger, now=office.now())


def _response_url(office: Office, reply: Reply) -> str:
    key = office.rooms.addresses.issue(reply, seconds=office.config.timing.response_url)
    return f"{office.url}/actions/{office.credentials.team_id}/{key}"
