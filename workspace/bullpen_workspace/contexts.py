"""What an agent is told of where a person is: the open channel, the legacy assistant thread.

The rule it protects: an app hears of a person's whereabouts only when it asked to, by
subscribing to the event or by being an assistant. It shows nothing.
"""

from __future__ import annotations

from bullpen_workspace.office import Office
from bullpen_workspace.subscriptions import event_ts, send_event
from bullpen_workspace.types import App, Json, Message


def tell_context(office: Office, app: App, user: str, channel: str) -> None:
    """`user` looks at `channel` now.

    Told only to apps that name the event in their manifest: it comes with every step a person
    takes. Assistants get the legacy event for the thread that they began last.
    """
    context = _context(office, channel)
    if "app_context_changed" in app.settings.events:
        event: Json = {
            "type": "app_context_changed",
            "user": user,
            "context": context,
            "event_ts": event_ts(office),
        }
        send_event(office, app, event)
    if app.settings.assistant:
        _tell_assistant(office, app, user, context)


def start_assistant_thread(office: Office, app: App, user: str) -> str:
    """Open a new thread of the legacy assistant view; the ts of its root."""
    place = office.rooms.channels.direct((app.bot_user,), creator=user)
    with office.rooms.transaction():
        root = office.rooms.messages.post(
            Message(
                channel=place.id,
                ts="",
                user=app.bot_user,
                text="New Assistant Thread",
                subtype="assistant_app_thread",
                bot_id=app.bot_id,
                app_id=app.id,
            )
        )
        thread = _thread(user, place.id, root.ts, _context(office, place.id))
        event: Json = {
            "type": "assistant_thread_started",
            "assistant_thread": thread,
            "event_ts": event_ts(office),
        }
        send_event(office, app, event)
    return root.ts


def _tell_assistant(office: Office, app: App, user: str, context: Json) -> None:
    place = office.rooms.channels.direct((app.bot_user,), creator=user)
    roots = [
        message
        for message in office.rooms.messages.timeline(place.id)
        if message.subtype == "assistant_app_thread" and message.app_id == app.id
    ]
    if roots:
        event: Json = {
            "type": "assistant_thread_context_changed",
            "assistant_thread": _thread(user, place.id, roots[-1].ts, context),
            "event_ts": event_ts(office),
        }
        send_event(office, app, event)


def _thread(user: str, channel: str, ts: str, context: Json) -> Json:
    return {"user_id": user, "context": context, "channel_id": channel, "thread_ts": ts}


def _context(office: Office, channel: str) -> Json:
    team = office.credentials.team_id
    return {"channel_id": channel, "team_id": team, "enterprise_id": None}
