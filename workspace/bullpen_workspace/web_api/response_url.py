"""response_url: the address at which an app answers a command or a press, without a token.

The rule it protects: an address works five times within thirty minutes, and only for the place
it was made for. Unlike the Web API it answers "ok" or an HTTP error, as Slack does.
"""

from __future__ import annotations

from dataclasses import replace

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from bullpen_workspace.addresses import Reply
from bullpen_workspace.args import Arguments, read_arguments
from bullpen_workspace.blocks import check_blocks
from bullpen_workspace.errors import SlackError
from bullpen_workspace.office import Office
from bullpen_workspace.types import Message


async def respond(office: Office, request: Request) -> Response:
    """Post, replace or delete as the body says."""
    reply = office.rooms.addresses.redeem(request.path_params["key"])
    if reply is None:
        return PlainTextResponse("expired_url", 404)
    try:
        _apply(office, reply, await read_arguments(request))
    except SlackError as error:
        return PlainTextResponse(error.code, 400)
    return PlainTextResponse("ok")


def _apply(office: Office, reply: Reply, args: Arguments) -> None:
    original = office.rooms.messages.get(reply.channel, reply.ts) if reply.ts else None
    if args.flag("delete_original"):
        if original is None:
            raise SlackError("message_not_found")
        office.rooms.messages.delete(reply.channel, reply.ts)
        return
    blocks = check_blocks(office.rooms, args.objects("blocks", error="invalid_blocks_format"))
    text = args.text("text")
    if not text.strip() and not blocks:
        raise SlackError("no_text")
    if args.flag("replace_original") and original is not None:
        now = f"{office.now():.6f}"
        changed = replace(
            original, text=text, blocks=blocks, edited_by=original.user, edited_ts=now
        )
        office.rooms.messages.change(changed)
        return
    app = office.rooms.people.app(reply.app_id)
    if app is None:
        raise SlackError("app_missing_action_url")
    in_channel = args.text("response_type") == "in_channel"
    office.rooms.messages.post(
        Message(
            channel=reply.channel,
            ts="",
            user=app.bot_user,
            text=text,
            bot_id=app.bot_id,
            app_id=app.id,
            blocks=blocks,
            thread_ts=args.text("thread_ts", reply.thread_ts),
            visible_to="" if in_channel else reply.user,
        )
    )
