"""files.*: the upload in three steps, and what is known of a file.

The rule it protects: a file is usable only after its bytes came and the upload was completed;
completing shares it in one message. Bytes travel through `downloads.py`.
"""

from __future__ import annotations

from dataclasses import replace

from bullpen_workspace.blocks import check_blocks
from bullpen_workspace.downloads import MAX_UPLOAD
from bullpen_workspace.errors import SlackError
from bullpen_workspace.types import Channel, File, Json
from bullpen_workspace.web_api.chat import clear_status
from bullpen_workspace.web_api.content import authored, read_thread
from bullpen_workspace.web_api.table import Call, Method
from bullpen_workspace.wire import file_json

_FOR_EVER = 1 << 62


def get_upload_url(call: Call) -> Json:
    size = call.args.number("length", 0)
    if size < 1:
        raise SlackError("missing_argument")
    if size > MAX_UPLOAD:
        raise SlackError("file_upload_size_restricted")
    file, ticket = call.rooms.files.reserve(
        call.args.text("filename"),
        size=size,
        user=call.caller.user,
        alt=call.args.text("alt_txt"),
    )
    return {"upload_url": f"{call.office.url}/upload/v1/{ticket}", "file_id": file.id}


def complete_upload(call: Call) -> Json:
    """Finish uploads and, with a channel, post them as one message.

    Slack posts the message a moment later; here it is there when the call returns.
    """
    wanted = call.args.objects("files")
    uploaded = [_uploaded(call, str(item.get("id", ""))) for item in wanted]
    names = [call.args.text("channel_id"), *call.args.listed("channels")]
    channels = [_target(call, name) for name in dict.fromkeys(names) if name]
    blocks = check_blocks(call.rooms, call.args.objects("blocks", error="invalid_blocks_format"))
    with call.rooms.transaction():
        files = [
            call.rooms.files.complete(
                file.id,
                title=str(item.get("title") or ""),
                username=call.args.text("username"),
            )
            for file, item in zip(uploaded, wanted, strict=True)
        ]
        for channel in channels:
            _share(call, channel, files, blocks)
    known = [call.rooms.files.require(file.id) for file in files]
    return {"files": [file_json(call.office, file) for file in known]}


def _uploaded(call: Call, file_id: str) -> File:
    file = call.rooms.files.get(file_id)
    if file is None or not call.rooms.files.has_bytes(file_id) or file.user != call.caller.user:
        raise SlackError("file_not_found")
    return file


def _target(call: Call, name: str) -> Channel:
    channel = call.rooms.channels.get(name)
    if channel is None or (channel.kind != "public" and call.caller.user not in channel.members):
        raise SlackError("channel_not_found")
    if call.caller.user not in channel.members:
        raise SlackError("not_in_channel")
    return channel


def _share(call: Call, channel: Channel, files: list[File], blocks: tuple[Json, ...]) -> None:
    thread_ts = read_thread(call, channel, error="invalid_channel")
    message = replace(
        authored(call, channel, text=call.args.text("initial_comment")),
        thread_ts=thread_ts,
        blocks=blocks,
        files=tuple(file.id for file in files),
    )
    call.rooms.messages.post(message)
    for file in files:
        call.rooms.files.share(file.id, channel.id)
    clear_status(call, channel.id, thread_ts)


def info(call: Call) -> Json:
    return {"file": file_json(call.office, _visible(call, call.args.text("file")))}


def list_(call: Call) -> Json:
    channel, user = call.args.text("channel"), call.args.text("user")
    types = set(call.args.listed("types")) - {"all"}
    since, until = call.args.number("ts_from", 0), call.args.number("ts_to", _FOR_EVER)
    found = [
        file
        for file in call.rooms.files.all()
        if call.rooms.sees(call.caller.user, file)
        and (not channel or channel in file.channels)
        and (not user or file.user == user)
        and _is_of_type(file, types)
        and since <= file.created <= until
    ]
    count = max(call.args.number("count", 100), 1)
    number = max(call.args.number("page", 1), 1)
    part = found[(number - 1) * count : number * count]
    pages = -(-len(found) // count)
    return {
        "files": [file_json(call.office, file) for file in part],
        "paging": {"count": count, "total": len(found), "page": number, "pages": pages},
    }


def _is_of_type(file: File, types: set[str]) -> bool:
    """Whether a file is of one of Slack's types; of no kind that they name when they name none."""
    kind = file.mimetype.partition("/")[0]
    known = {
        "images": kind == "image",
        "pdfs": file.filetype == "pdf",
        "zips": file.filetype == "zip",
        "snippets": kind == "text",
        "gdocs": False,
        "spaces": False,
    }
    return not types or any(known.get(name, False) for name in types)


def delete(call: Call) -> Json:
    file = _visible(call, call.args.text("file"))
    if file.user != call.caller.user:
        raise SlackError("cant_delete_file")
    call.rooms.files.delete(file.id)
    return {}


def _visible(call: Call, file_id: str) -> File:
    file = call.rooms.files.get(file_id)
    if file is None or not call.rooms.sees(call.caller.user, file):
        raise SlackError("file_not_found")
    return file


METHODS = (
    Method(
        name="files.getUploadURLExternal",
        handler=get_upload_url,
        scopes=("files:write",),
        tier="t4",
        needs=("filename", "length"),
        missing={"": "missing_argument"},
    ),
    Method(
        name="files.completeUploadExternal",
        handler=complete_upload,
        scopes=("files:write",),
        tier="t4",
        needs=("files",),
    ),
    Method(name="files.info", handler=info, scopes=("files:read",), tier="t4", needs=("file",)),
    Method(name="files.list", handler=list_, scopes=("files:read",)),
    Method(name="files.delete", handler=delete, scopes=("files:write",), needs=("file",)),
)
