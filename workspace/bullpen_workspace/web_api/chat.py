"""chat.postMessage, update, delete, postEphemeral and getPermalink.

The rule it protects: an app changes only what it has posted itself. Streams are in
`streaming.py`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import cast

from bullpen_workspace.errors import SlackError
from bullpen_workspace.notices import NOTICES
from bullpen_workspace.types import Channel, Json, Message
from bullpen_workspace.web_api.content import authored, read_content, read_metadata, read_thread
from bullpen_workspace.web_api.table import Call, Method
from bullpen_workspace.wire import message_json, permalink


def post_message(call: Call) -> Json:
    channel = _open_channel(call)
    content = read_content(call, too_long="msg_blocks_too_long", truncate=True)
    if call.office.config.strict_limits:
        call.office.limits.post(call.caller.app.id, channel.id)
    thread_ts = read_thread(call, channel)
    message = replace(
        authored(call, channel, text=content.text),
        markdown=content.markdown,
        blocks=content.blocks,
        attachments=content.attachments,
        metadata=content.metadata,
        thread_ts=thread_ts,
        broadcast=bool(thread_ts) and call.args.flag("reply_broadcast"),
    )
    with call.rooms.transaction():
        posted = call.rooms.messages.post(message)
        clear_status(call, channel.id, thread_ts)
    answer: Json = {
        "channel": channel.id,
        "ts": posted.ts,
        "message": message_json(call.office, posted, metadata=True),
    }
    if content.truncated:
        answer |= {
            "warning": "message_truncated",
            "response_metadata": {"warnings": ["message_truncated"]},
        }
    return answer


def update(call: Call) -> Json:
    channel = call.channel()
    message = call.message(channel, call.args.text("ts"))
    if not _is_own(call, message):
        raise SlackError("cant_update_message")
    if message.streaming:
        raise SlackError("streaming_state_conflict")
    content = read_content(call)
    changed = replace(
        message,
        text=content.text or message.text,
        markdown=content.markdown,
        blocks=content.blocks if "blocks" in call.args else message.blocks,
        attachments=content.attachments if "attachments" in call.args else message.attachments,
        metadata=content.metadata or message.metadata,
        files=_files(call) if "file_ids" in call.args else message.files,
        edited_by=call.caller.user,
        edited_ts=f"{call.office.now():.6f}",
    )
    if content.markdown:
        changed = replace(changed, blocks=())
    stored = call.rooms.messages.change(changed)
    return {
        "channel": channel.id,
        "ts": stored.ts,
        "text": stored.text,
        "message": message_json(call.office, stored, metadata=True),
    }


def delete(call: Call) -> Json:
    channel = call.channel()
    message = call.message(channel, call.args.text("ts"))
    if not _is_own(call, message):
        raise SlackError("cant_delete_message")
    call.rooms.messages.delete(channel.id, message.ts)
    return {"channel": channel.id, "ts": message.ts}


def post_ephemeral(call: Call) -> Json:
    channel = _open_channel(call)
    user = call.args.text("user")
    if user not in channel.members:
        raise SlackError("user_not_in_channel")
    content = read_content(call)
    message = replace(
        authored(call, channel, text=content.text),
        markdown=content.markdown,
        blocks=content.blocks,
        attachments=content.attachments,
        metadata=read_metadata(call),
        thread_ts=read_thread(call, channel),
        visible_to=user,
    )
    return {"message_ts": call.rooms.messages.post(message).ts}


def get_permalink(call: Call) -> Json:
    channel = call.channel()
    message = call.message(channel, call.args.text("message_ts"))
    address = permalink(call.office, channel.id, message.ts, message.thread_ts)
    return {"channel": channel.id, "permalink": address}


def unfurl(call: Call) -> Json:
    """Give a message previews of its links, {address: attachment}."""
    channel = call.channel(member=True)
    message = call.message(channel, call.args.text("ts"))
    unfurls = call.args.object("unfurls", error="cannot_parse_attachment") or {}
    shown: list[Json] = []
    for number, (address, preview) in enumerate(unfurls.items(), start=1):
        if address not in message.text.replace("&amp;", "&"):
            raise SlackError("cannot_unfurl_url")
        if not isinstance(preview, dict):
            raise SlackError("cannot_parse_attachment")
        whole = cast("Json", preview)
        shown.append({"id": number, "app_unfurl_url": address, "from_url": address, **whole})
    call.rooms.messages.change(replace(message, attachments=(*message.attachments, *shown)))
    return {}


def clear_status(call: Call, channel: str, thread_ts: str) -> None:
    """An app's message ends its status line in that thread, as in Slack."""
    status = call.rooms.surfaces.status(channel, thread_ts, call.caller.app.id)
    if status is not None and status.text:
        call.rooms.surfaces.set_status(replace(status, text="", loading=()))


def _open_channel(call: Call) -> Channel:
    channel = call.channel()
    public_too = channel.kind == "public" and "chat:write.public" in call.caller.token.scopes
    if call.caller.user not in channel.members and not public_too:
        raise SlackError("not_in_channel")
    if channel.archived:
        raise SlackError("is_archived")
    return channel


def _is_own(call: Call, message: Message) -> bool:
    if message.subtype == "tombstone" or message.subtype in NOTICES:
        return False
    if call.caller.is_bot:
        return message.app_id == call.caller.app.id and message.user == call.caller.user
    return message.user == call.caller.user


def _files(call: Call) -> tuple[str, ...]:
    wanted = call.args.listed("file_ids")
    if any(call.rooms.files.get(file_id) is None for file_id in wanted):
        raise SlackError("file_not_found")
    return wanted


METHODS = (
    Method(
        name="chat.postMessage",
        handler=post_message,
        scopes=("chat:write",),
        tier="t5",
        needs=("channel",),
    ),
    Method(name="chat.update", handler=update, scopes=("chat:write",), needs=("channel", "ts")),
    Method(name="chat.delete", handler=delete, scopes=("chat:write",), needs=("channel", "ts")),
    Method(
        name="chat.postEphemeral",
        handler=post_ephemeral,
        scopes=("chat:write",),
        tier="t4",
        needs=("channel", "user"),
    ),
    Method(
        name="chat.unfurl",
        handler=unfurl,
        needs=("channel", "ts", "unfurls"),
        scopes=("links:write",),
    ),
    Method(
        name="chat.getPermalink", handler=get_permalink, tier="t5", needs=("channel", "message_ts")
    ),
)
