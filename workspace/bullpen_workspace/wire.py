"""Slack's JSON shapes of our rows, as API answers and events carry them.

The rule it protects: one row has one shape everywhere. It adds nothing that is not stored; where
Slack has fields for things that the workspace lacks, they are left out rather than invented.
"""

from __future__ import annotations

from bullpen_workspace.office import Office
from bullpen_workspace.types import App, Bookmark, Channel, File, Json, Message, User, View

CHANNEL_TYPES = {"public": "channel", "private": "group", "im": "im", "mpim": "mpim"}
"""Our channel kinds as the `channel_type` of message events."""


def permalink(office: Office, channel: str, ts: str, thread_ts: str = "") -> str:
    """The address of a message on the page, in the form that Slack's have."""
    address = f"{office.url}/archives/{channel}/p{ts.replace('.', '')}"
    return f"{address}?thread_ts={thread_ts}&cid={channel}" if thread_ts else address


def message_json(office: Office, message: Message, *, metadata: bool = False) -> Json:
    """A message; `metadata` adds its payload, which Slack shows only when asked to."""
    shape: Json = {"type": "message", "ts": message.ts, "text": message.text}
    if message.subtype:
        shape["subtype"] = message.subtype
    if message.user and message.subtype != "bot_message":
        shape["user"] = message.user
        shape["team"] = office.credentials.team_id
    shape |= message.notice
    if message.thread_ts:
        root = office.rooms.messages.author(message.channel, message.thread_ts)
        shape |= {"parent_user_id": root} if root else {}
    if message.bot_id:
        shape |= _bot_fields(office, message)
    if message.blocks:
        shape["blocks"] = list(message.blocks)
    if message.attachments:
        shape["attachments"] = list(message.attachments)
    if message.metadata is not None:
        shown = message.metadata if metadata else {"event_type": message.metadata["event_type"]}
        shape["metadata"] = shown
    if message.edited_ts:
        shape["edited"] = {"user": message.edited_by, "ts": message.edited_ts}
    if message.streaming:
        shape["streaming_state"] = "in_progress"
    return shape | _thread_fields(message) | _files_and_reactions(office, message)


def _bot_fields(office: Office, message: Message) -> Json:
    fields: Json = {"bot_id": message.bot_id, "app_id": message.app_id}
    if message.username:
        fields["username"] = message.username
    icons: Json = {}
    if message.icon_emoji:
        icons["emoji"] = message.icon_emoji
    if message.icon_url:
        icons["image_48"] = message.icon_url
    if icons:
        fields["icons"] = icons
    app = office.rooms.people.app(message.app_id)
    if app is not None and message.subtype != "bot_message":
        fields["bot_profile"] = {
            "id": app.bot_id,
            "app_id": app.id,
            "name": app.name,
            "deleted": False,
            "team_id": office.credentials.team_id,
        }
    return fields


def _thread_fields(message: Message) -> Json:
    if message.thread_ts:
        return {"thread_ts": message.thread_ts}
    if not message.reply_count:
        return {}
    return {
        "thread_ts": message.ts,
        "reply_count": message.reply_count,
        "reply_users_count": len({face.user for face in message.reply_faces}),
        "reply_users": list(dict.fromkeys(face.user for face in message.reply_faces)),
        "latest_reply": message.latest_reply,
    }


def _files_and_reactions(office: Office, message: Message) -> Json:
    fields: Json = {}
    if message.files:
        known = (office.rooms.files.get(file_id) for file_id in message.files)
        fields["files"] = [file_json(office, file) for file in known if file is not None]
    if message.reactions:
        fields["reactions"] = [
            {"name": found.name, "users": list(found.users), "count": len(found.users)}
            for found in message.reactions
        ]
    return fields


def user_json(office: Office, user: User) -> Json:
    """A user with the profile that clients read names from."""
    profile: Json = {
        "real_name": user.real_name,
        "display_name": user.real_name,
        "real_name_normalized": user.real_name,
        "display_name_normalized": user.real_name,
        "team": office.credentials.team_id,
    }
    if user.email:
        profile["email"] = user.email
    if user.is_bot:
        profile |= {"bot_id": user.bot_id, "api_app_id": user.app_id}
    return {
        "id": user.id,
        "team_id": office.credentials.team_id,
        "name": user.name,
        "real_name": user.real_name,
        "deleted": False,
        "is_bot": user.is_bot,
        "is_app_user": False,
        "is_admin": not user.is_bot,
        "tz": "Etc/UTC",
        "tz_offset": 0,
        "updated": user.created,
        "profile": profile,
    }


def bot_json(app: App) -> Json:
    return {
        "id": app.bot_id,
        "app_id": app.id,
        "user_id": app.bot_user,
        "name": app.name,
        "deleted": False,
        "updated": 0,
        "icons": {"emoji": app.icon} if app.icon else {},
    }


def channel_json(office: Office, channel: Channel, *, viewer: str = "") -> Json:
    """A conversation as `viewer` sees it: a direct message names the other person."""
    shape: Json = {
        "id": channel.id,
        "created": channel.created,
        "creator": channel.creator,
        "is_archived": channel.archived,
        "is_channel": channel.kind == "public",
        "is_group": channel.kind == "private",
        "is_im": channel.kind == "im",
        "is_mpim": channel.kind == "mpim",
        "is_private": channel.kind != "public",
        "is_shared": False,
        "is_ext_shared": False,
        "is_org_shared": False,
        "is_pending_ext_shared": False,
        "is_member": viewer in channel.members,
        "context_team_id": office.credentials.team_id,
    }
    if channel.kind == "im":
        others = [user for user in channel.members if user != viewer]
        return shape | {"user": others[0] if others else viewer, "is_open": True}
    return shape | {
        "name": channel.name or "mpdm-" + "--".join(channel.members),
        "name_normalized": channel.name,
        "is_general": False,
        "num_members": len(channel.members),
        "topic": {"value": channel.topic, "creator": "", "last_set": 0},
        "purpose": {"value": channel.purpose, "creator": channel.creator, "last_set": 0},
    }


def file_json(office: Office, file: File) -> Json:
    """A file with the addresses at which a token opens it."""
    address = f"{office.url}/files-pri/{office.credentials.team_id}/{file.id}/{file.name}"
    shape: Json = {
        "id": file.id,
        "created": file.created,
        "timestamp": file.created,
        "name": file.name,
        "title": file.title,
        "mimetype": file.mimetype,
        "filetype": file.filetype,
        "pretty_type": file.filetype.upper(),
        "user": file.user,
        "size": file.size,
        "mode": "hosted",
        "is_external": False,
        "is_public": bool(file.channels),
        "url_private": address,
        "url_private_download": address,
        "permalink": f"{office.url}/files/{file.id}",
        "channels": list(file.channels),
    }
    if file.width:
        shape |= {"original_w": file.width, "original_h": file.height}
    if file.alt:
        shape["alt_txt"] = file.alt
    return shape


def bookmark_json(bookmark: Bookmark) -> Json:
    return {
        "id": bookmark.id,
        "channel_id": bookmark.channel,
        "title": bookmark.title,
        "link": bookmark.link,
        "emoji": bookmark.emoji,
        "icon_url": None,
        "type": "link",
        "entity_id": None,
        "date_created": bookmark.created,
        "date_updated": bookmark.updated,
        "rank": "u",
        "app_id": bookmark.app_id,
        "shortcut_id": None,
    }


def view_json(office: Office, view: View) -> Json:
    """A view as the API answers it: the app's own body with ids, hash and state."""
    app = office.rooms.people.app(view.app_id)
    return {
        "private_metadata": "",
        "callback_id": "",
        "clear_on_close": False,
        "notify_on_close": False,
        "submit_disabled": False,
        "close": None,
        "submit": None,
        **view.body,
        "id": view.id,
        "team_id": office.credentials.team_id,
        "app_id": view.app_id,
        "app_installed_team_id": office.credentials.team_id,
        "bot_id": app.bot_id if app else "",
        "hash": view.hash,
        "root_view_id": view.root_id,
        "previous_view_id": view.previous_id or None,
        "external_id": view.external_id,
        "state": view.body.get("state", {"values": {}}),
    }
