"""chat.scheduleMessage, deleteScheduledMessage and scheduledMessages.list.

The rule it protects: what is scheduled is checked as if it were posted now, and an app sees and
cancels only its own. Posting at the time is `scheduled.py`'s, a few seconds late at most.
"""

from __future__ import annotations

from dataclasses import replace

from bullpen_workspace.errors import SlackError
from bullpen_workspace.types import Json
from bullpen_workspace.web_api.content import authored, read_content, read_thread
from bullpen_workspace.web_api.paging import page
from bullpen_workspace.web_api.table import Call, Method
from bullpen_workspace.web_api.upkeep import active
from bullpen_workspace.wire import message_json

MAX_AHEAD = 120 * 86_400
"""Seconds ahead that Slack takes a message for: 120 days."""
_CROWD, _CROWD_SECONDS = 30, 300
"""Slack takes at most 30 messages for one channel within five minutes."""


def schedule(call: Call) -> Json:
    channel = active(call)
    post_at, now = call.args.number("post_at", 0), call.office.now()
    if post_at <= now:
        raise SlackError("time_in_past")
    if post_at > now + MAX_AHEAD:
        raise SlackError("time_too_far")
    near = [
        other
        for other in call.rooms.schedule.of(call.caller.app.id)
        if other.channel == channel.id and abs(other.post_at - post_at) < _CROWD_SECONDS
    ]
    if len(near) >= _CROWD:
        raise SlackError("restricted_too_many")
    content = read_content(call)
    thread_ts = read_thread(call, channel, error="channel_not_found")
    message = replace(
        authored(call, channel, text=content.text),
        markdown=content.markdown,
        blocks=content.blocks,
        attachments=content.attachments,
        metadata=content.metadata,
        thread_ts=thread_ts,
        broadcast=bool(thread_ts) and call.args.flag("reply_broadcast"),
    )
    scheduled = call.rooms.schedule.add(message, post_at=post_at)
    shown = message_json(call.office, message, metadata=True)
    shown.pop("ts")
    return {
        "channel": channel.id,
        "scheduled_message_id": scheduled.id,
        "post_at": post_at,
        "message": shown,
    }


def cancel(call: Call) -> Json:
    channel = call.channel()
    scheduled_id = call.args.text("scheduled_message_id")
    if not call.rooms.schedule.cancel(call.caller.app.id, channel.id, scheduled_id):
        raise SlackError("invalid_scheduled_message_id")
    return {}


def list_(call: Call) -> Json:
    wanted = call.args.text("channel")
    if wanted and call.rooms.channels.get(wanted) is None:
        raise SlackError("invalid_channel")
    oldest, latest = call.args.number("oldest", 0), call.args.number("latest", 1 << 40)
    known = [
        one
        for one in call.rooms.schedule.of(call.caller.app.id)
        if (not wanted or one.channel == wanted) and oldest <= one.post_at <= latest
    ]
    part, more = page(call, known)
    shapes = [
        {
            "id": one.id,
            "channel_id": one.channel,
            "post_at": one.post_at,
            "date_created": one.created,
            "text": one.message.text,
        }
        for one in part
    ]
    return {"scheduled_messages": shapes, **more}


METHODS = (
    Method(
        name="chat.scheduleMessage",
        handler=schedule,
        needs=("channel", "post_at"),
        scopes=("chat:write",),
        missing={"post_at": "invalid_time"},
    ),
    Method(
        name="chat.deleteScheduledMessage",
        handler=cancel,
        needs=("channel", "scheduled_message_id"),
        scopes=("chat:write",),
        missing={"scheduled_message_id": "invalid_scheduled_message_id"},
    ),
    Method(name="chat.scheduledMessages.list", handler=list_),
)
