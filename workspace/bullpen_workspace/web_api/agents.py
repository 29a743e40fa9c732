"""assistant.threads.* and agents.sessions.*: what a thread shows of an agent at work.

The rule it protects: both families write the one slot under the thread, and the last writer
wins, as in Slack. The stop button is a person's; see `controls.py`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import cast

from bullpen_workspace.errors import SlackError
from bullpen_workspace.types import Channel, Json, SessionStatus, ThreadStatus
from bullpen_workspace.web_api.table import BOT, Call, Method

SESSION_STATUSES = ("active", "processing", "suspended", "closed")
MAX_LOADING = 10
MAX_TITLE = 200


def set_status(call: Call) -> Json:
    channel = call.channel("channel_id", member=True)
    thread_ts = _thread(call, channel)
    text = call.args.text("status")
    before = _status(call, channel.id, thread_ts)
    loading = call.args.listed("loading_messages")[:MAX_LOADING]
    # Clearing the slot also ends "processing", or the thread would look busy for ever.
    ended = not text and before.session == "processing"
    call.rooms.surfaces.set_status(
        replace(
            before,
            text=text,
            loading=loading,
            username=call.args.text("username"),
            icon_emoji=call.args.text("icon_emoji"),
            icon_url=call.args.text("icon_url"),
            session="active" if ended else before.session,
        )
    )
    return {}


def set_title(call: Call) -> Json:
    channel = call.channel("channel_id", member=True)
    status = _status(call, channel.id, _thread(call, channel))
    call.rooms.surfaces.set_status(replace(status, title=call.args.text("title")[:MAX_TITLE]))
    return {}


def set_suggested_prompts(call: Call) -> Json:
    channel = call.channel("channel_id", member=True)
    thread_ts = _thread(call, channel) if "thread_ts" in call.args else ""
    prompts = call.args.objects("prompts")
    if any(not prompt.get("title") or not prompt.get("message") for prompt in prompts):
        raise SlackError("invalid_arguments")
    status = _status(call, channel.id, thread_ts)
    call.rooms.surfaces.set_status(
        replace(status, prompts=prompts, prompts_title=call.args.text("title"))
    )
    return {}


def session_set_status(call: Call) -> Json:
    channel = call.channel("channel_id", member=True)
    if call.args.text("status") not in SESSION_STATUSES:
        raise SlackError("invalid_status")
    thread_ts = _session_thread(call, channel)
    initiator = call.args.text("initiator_user_id")
    if initiator and call.rooms.people.get(initiator) is None:
        raise SlackError("user_not_found")
    set_session(call, channel.id, thread_ts, call.args.text("status"))
    return {}


def session_rename(call: Call) -> Json:
    channel = call.channel("channel_id", member=True)
    thread_ts = _session_thread(call, channel)
    status = call.rooms.surfaces.status(channel.id, thread_ts, call.caller.app.id)
    if status is None or not status.session:
        raise SlackError("session_not_found")
    if len(call.args.text("title")) > MAX_TITLE:
        raise SlackError("invalid_name")
    call.rooms.surfaces.set_status(replace(status, title=call.args.text("title")))
    return {}


def set_session(call: Call, channel: str, thread_ts: str, session: str) -> None:
    """Make or move on the session of a thread; it takes the slot from a status text."""
    before = _status(call, channel, thread_ts)
    call.rooms.surfaces.set_status(
        replace(
            before,
            text="",
            loading=(),
            session=cast("SessionStatus", session),
            title=call.args.text("title", before.title)[:MAX_TITLE],
            initiator=call.args.text("initiator_user_id", before.initiator),
            username=call.args.text("username", before.username),
            icon_emoji=call.args.text("icon_emoji", before.icon_emoji),
            icon_url=call.args.text("icon_url", before.icon_url),
        )
    )


def _status(call: Call, channel: str, thread_ts: str) -> ThreadStatus:
    app_id = call.caller.app.id
    known = call.rooms.surfaces.status(channel, thread_ts, app_id)
    return known or ThreadStatus(channel=channel, thread_ts=thread_ts, app_id=app_id)


def _thread(call: Call, channel: Channel) -> str:
    message = call.rooms.messages.get(channel.id, call.args.text("thread_ts"))
    if message is None:
        raise SlackError("invalid_thread_ts")
    return message.thread_ts or message.ts


def _session_thread(call: Call, channel: Channel) -> str:
    if "thread_ts" in call.args:
        return call.args.text("thread_ts")
    if channel.kind != "im":
        raise SlackError("thread_ts_required")
    return ""


METHODS = (
    Method(
        name="assistant.threads.setStatus",
        handler=set_status,
        scopes=("chat:write",),
        tier="t5",
        needs=("channel_id", "thread_ts"),
        tokens=BOT,
    ),
    Method(
        name="assistant.threads.setTitle",
        handler=set_title,
        scopes=("assistant:write",),
        tier="t4",
        needs=("channel_id", "thread_ts", "title"),
        tokens=BOT,
    ),
    Method(
        name="assistant.threads.setSuggestedPrompts",
        handler=set_suggested_prompts,
        scopes=("assistant:write",),
        tier="t4",
        needs=("channel_id", "prompts"),
        tokens=BOT,
    ),
    Method(
        name="agents.sessions.setStatus",
        handler=session_set_status,
        scopes=("chat:write",),
        needs=("channel_id", "status"),
        tokens=BOT,
    ),
    Method(
        name="agents.sessions.rename",
        handler=session_rename,
        scopes=("chat:write",),
        needs=("channel_id", "title"),
        tokens=BOT,
    ),
)
