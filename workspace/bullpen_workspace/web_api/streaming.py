"""chat.startStream, appendStream and stopStream.

The rule it protects: a stream ends once, by the app, by the person or by age, and what was
streamed until then stays in the message. How pieces make a message is in `streams.py`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from bullpen_workspace.blocks import check_blocks
from bullpen_workspace.errors import SlackError
from bullpen_workspace.streams import add_chunks, composed, expire_streams
from bullpen_workspace.types import Json, Message, Stream
from bullpen_workspace.web_api.agents import SESSION_STATUSES, set_session
from bullpen_workspace.web_api.content import (
    MAX_MARKDOWN,
    authored,
    read_metadata,
    read_thread,
)
from bullpen_workspace.web_api.table import Call, Method
from bullpen_workspace.wire import message_json


def start(call: Call) -> Json:
    channel = call.channel(member=True)
    if channel.kind != "im":
        for name in ("recipient_user_id", "recipient_team_id"):
            if name not in call.args:
                raise SlackError(f"missing_{name}")
    recipient = call.args.text("recipient_user_id")
    if recipient and call.rooms.people.get(recipient) is None:
        raise SlackError("user_not_found")
    mode: Literal["timeline", "plan"] = (
        "plan" if call.args.text("task_display_mode") == "plan" else "timeline"
    )
    parts = add_chunks((), _chunks(call))
    thread_ts = read_thread(call, channel, error="channel_type_not_supported")
    message = replace(authored(call, channel, text=""), thread_ts=thread_ts, streaming=True)
    now = call.office.now()
    with call.rooms.transaction():
        ts = call.rooms.next_ts()
        stream = Stream(
            channel=channel.id,
            ts=ts,
            app_id=call.caller.app.id,
            state="streaming",
            mode=mode,
            recipient=recipient,
            started=now,
            touched=now,
            parts=parts,
        )
        call.rooms.streams.put(stream)
        call.rooms.messages.post(composed(replace(message, ts=ts), stream))
        set_session(call, channel.id, thread_ts or ts, "processing")
    return {"channel": channel.id, "ts": ts}


def append(call: Call) -> Json:
    stream, message = _running(call)
    chunks = _chunks(call)
    if not chunks:
        raise SlackError("no_text")
    with call.rooms.transaction():
        stream = call.rooms.streams.put(replace(stream, parts=add_chunks(stream.parts, chunks)))
        call.rooms.messages.change(composed(message, stream), quiet=True)
    return {"channel": stream.channel, "ts": stream.ts}


def stop(call: Call) -> Json:
    stream, message = _running(call)
    status = call.args.text("session_status", "active")
    if status not in SESSION_STATUSES:
        raise SlackError("invalid_arguments")
    blocks = check_blocks(call.rooms, call.args.objects("blocks", error="invalid_blocks"))
    metadata = read_metadata(call)
    parts = add_chunks(stream.parts, _chunks(call))
    if blocks:
        parts = (*parts, {"kind": "blocks", "blocks": list(blocks)})
    if not parts:
        raise SlackError("no_text")
    with call.rooms.transaction():
        stream = call.rooms.streams.put(replace(stream, parts=parts, state="stopped"))
        final = replace(composed(message, stream), metadata=metadata or message.metadata)
        stored = call.rooms.messages.change(final)
        set_session(call, stream.channel, message.thread_ts or message.ts, status)
    return {
        "channel": stream.channel,
        "ts": stream.ts,
        "message": message_json(call.office, stored, metadata=True),
    }


def _running(call: Call) -> tuple[Stream, Message]:
    """The stream that the call means. Raises SlackError when it cannot grow any more."""
    expire_streams(call.rooms, call.office.config.timing.stream)
    channel = call.channel(member=True)
    message = call.message(channel, call.args.text("ts"))
    stream = call.rooms.streams.get(channel.id, message.ts)
    if message.app_id != call.caller.app.id:
        raise SlackError("message_not_owned_by_app")
    if stream is None or stream.state in ("stopped", "expired"):
        raise SlackError("message_not_in_streaming_state")
    if stream.state == "stopped_by_user":
        if call.args.text("ts") and "session_status" not in call.args:
            raise SlackError("stopped_by_user")
        raise SlackError("message_not_in_streaming_state")
    return stream, message


def _chunks(call: Call) -> tuple[Json, ...]:
    """markdown_text and chunks together, as chunks."""
    text = call.args.text("markdown_text")
    chunks = call.args.objects("chunks", error="invalid_chunks")
    texts = [text, *(str(chunk.get("text", "")) for chunk in chunks)]
    if sum(len(piece) for piece in texts) > MAX_MARKDOWN:
        raise SlackError("msg_blocks_too_long")
    for chunk in chunks:
        if chunk.get("type") == "blocks" and isinstance(chunk.get("blocks"), list):
            chunk["blocks"] = list(check_blocks(call.rooms, chunk["blocks"]))
    first: tuple[Json, ...] = ({"type": "markdown_text", "text": text},) if text else ()
    return (*first, *chunks)


METHODS = (
    Method(
        name="chat.startStream",
        handler=start,
        scopes=("chat:write",),
        tier="t2",
        needs=("channel",),
    ),
    Method(
        name="chat.appendStream",
        handler=append,
        scopes=("chat:write",),
        tier="t4",
        needs=("channel", "ts"),
    ),
    Method(
        name="chat.stopStream",
        handler=stop,
        scopes=("chat:write",),
        tier="t2",
        needs=("channel", "ts"),
    ),
)
