"""What a message says, read from the arguments of chat.* and checked against Slack's limits.

The rule it protects: one reading of text, Markdown, blocks, attachments and metadata for every
method that takes them. It stores nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from bullpen_workspace.blocks import check_blocks, markdown_length
from bullpen_workspace.errors import SlackError
from bullpen_workspace.types import Channel, Json, Message
from bullpen_workspace.web_api.table import Call

MAX_TEXT = 40_000
MAX_MARKDOWN = 12_000
MAX_ATTACHMENTS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """`markdown` says that `text` is standard Markdown. `truncated` that it was cut to 40,000."""

    text: str
    markdown: bool
    blocks: tuple[Json, ...]
    attachments: tuple[Json, ...]
    metadata: Json | None
    truncated: bool


def read_content(call: Call, *, too_long: str = "msg_too_long", truncate: bool = False) -> Content:
    """The content of a message. `too_long` is the error for too much text, unless `truncate`.

    Raises SlackError no_text, markdown_text_conflict, invalid_blocks, too_many_attachments and
    the metadata errors.
    """
    args = call.args
    markdown = "markdown_text" in args
    if markdown and ("text" in args or "blocks" in args):
        raise SlackError("markdown_text_conflict")
    text = args.text("markdown_text") if markdown else args.text("text")
    if len(text) > (MAX_MARKDOWN if markdown else MAX_TEXT) and (markdown or not truncate):
        raise SlackError(too_long)
    blocks = check_blocks(call.rooms, args.objects("blocks", error="invalid_blocks_format"))
    if markdown_length(blocks) > MAX_MARKDOWN:
        raise SlackError(too_long)
    attachments = args.objects("attachments", error="invalid_attachments")
    if len(attachments) > MAX_ATTACHMENTS:
        raise SlackError("too_many_attachments")
    if not text.strip() and not blocks and not attachments:
        raise SlackError("no_text")
    return Content(
        text=text[:MAX_TEXT],
        markdown=markdown,
        blocks=blocks,
        attachments=attachments,
        metadata=read_metadata(call),
        truncated=len(text) > MAX_TEXT,
    )


def read_metadata(call: Call) -> Json | None:
    """Message metadata: {"event_type": str, "event_payload": object}, or None."""
    metadata = call.args.object("metadata", error="invalid_metadata_format")
    if metadata is None:
        return None
    named = isinstance(metadata.get("event_type"), str) and metadata["event_type"]
    if not named or not isinstance(metadata.get("event_payload"), dict):
        raise SlackError("invalid_metadata_schema")
    return metadata


def read_thread(call: Call, channel: Channel, *, error: str = "cannot_reply_to_message") -> str:
    """The root that `thread_ts` leads to ("" without one). Raises SlackError `error`."""
    wanted = call.args.text("thread_ts")
    if not wanted:
        return ""
    message = call.rooms.messages.get(channel.id, wanted)
    if message is None:
        raise SlackError(error)
    return message.thread_ts or message.ts


def authored(call: Call, channel: Channel, *, text: str) -> Message:
    """An unsaved message by the caller, under the name and icon the call asks for."""
    args, caller = call.args, call.caller
    username = args.text("username") if caller.is_bot else ""
    icon = args.text("icon_emoji") if caller.is_bot else ""
    image = args.text("icon_url") if caller.is_bot and not icon else ""
    if username or icon or image:
        call.require_scope("chat:write.customize")
    return Message(
        channel=channel.id,
        ts="",
        user=caller.user,
        text=text,
        subtype="bot_message" if username or icon or image else "",
        bot_id=caller.app.bot_id,
        app_id=caller.app.id,
        username=username,
        icon_emoji=icon,
        icon_url=image,
    )
