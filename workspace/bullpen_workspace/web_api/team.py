"""The workspace itself: api.test, auth.test, apps.connections.open, team, bots, emoji.

The rule it protects: auth.test tells a client the truth about its token. It keeps no state.
"""

from __future__ import annotations

from bullpen_workspace.errors import SlackError
from bullpen_workspace.socket_mode import open_address
from bullpen_workspace.subscriptions import authorization, read_event_context, send_event
from bullpen_workspace.types import Json
from bullpen_workspace.web_api.table import APP_LEVEL, NOBODY, Call, Method
from bullpen_workspace.wire import bot_json


def api_test(call: Call) -> Json:
    if "error" in call.args:
        raise SlackError(call.args.text("error"), args=call.args.raw)
    return {"args": call.args.raw}


def auth_test(call: Call) -> Json:
    team = call.rooms.people.team()
    user = call.rooms.people.get(call.caller.user)
    answer: Json = {
        "url": f"{call.office.url}/",
        "team": team.name,
        "user": user.name if user else "",
        "team_id": team.id,
        "user_id": call.caller.user,
        "is_enterprise_install": False,
    }
    if call.caller.is_bot:
        answer |= {"bot_id": call.caller.app.bot_id, "app_id": call.caller.app.id}
    return answer


def connections_open(call: Call) -> Json:
    return {"url": open_address(call.office, call.caller.app.id)}


def team_info(call: Call) -> Json:
    team = call.rooms.people.team()
    if "team" in call.args and call.args.text("team") != team.id:
        raise SlackError("team_not_found")
    shape: Json = {
        "id": team.id,
        "name": team.name,
        "domain": team.domain,
        "url": f"{call.office.url}/",
        "email_domain": "",
        "icon": {"image_default": True},
    }
    return {"team": shape}


def bots_info(call: Call) -> Json:
    bot = call.args.text("bot", call.caller.app.bot_id)
    app = call.rooms.people.app_by_bot(bot)
    if app is None:
        raise SlackError("bot_not_found")
    return {"bot": bot_json(app)}


def emoji_list(call: Call) -> Json:
    """The workspace has no custom emoji."""
    return {"emoji": {}, "cache_ts": f"{call.office.now():.6f}"}


def authorizations(call: Call) -> Json:
    """For whom an event was sent: the installations of the app that may see it."""
    context = read_event_context(call.args.text("event_context"))
    if context.get("app") != call.caller.app.id:
        raise SlackError("invalid_arguments")
    return {"authorizations": [authorization(call.office, call.caller.app)]}


def revoke(call: Call) -> Json:
    """End the token that the call carries; with `test` only say that it would."""
    if call.args.flag("test"):
        return {"revoked": False}
    token = call.caller.token
    with call.rooms.transaction():
        call.rooms.people.revoke(token.token)
        kind = "bot" if token.kind == "bot" else "oauth"
        gone = {"oauth": [], "bot": [], kind: [token.user]}
        event: Json = {"type": "tokens_revoked", "tokens": gone}
        send_event(call.office, call.caller.app, event)
    return {"revoked": True}


METHODS = (
    Method(name="auth.revoke", handler=revoke),
    Method(
        name="apps.event.authorizations.list",
        handler=authorizations,
        needs=("event_context",),
        tokens=APP_LEVEL,
        scopes=("authorizations:read",),
        tier="t4",
    ),
    Method(name="api.test", handler=api_test, tier="t4", tokens=NOBODY),
    Method(name="auth.test", handler=auth_test, tier="t5"),
    Method(name="apps.connections.open", handler=connections_open, tokens=APP_LEVEL),
    Method(name="team.info", handler=team_info, scopes=("team:read",)),
    Method(name="bots.info", handler=bots_info, scopes=("users:read",)),
    Method(name="emoji.list", handler=emoji_list, scopes=("emoji:read",), tier="t2"),
)
