"""Installing an app: oauth.v2.access, apps.uninstall, apps.manifest.validate and export.

The rule it protects: a code from the authorize page (`installing.py`) is worth tokens once, to
the app that it was made for. Token rotation, PKCE and installations for an organisation are not
offered.
"""

from __future__ import annotations

import hmac

from bullpen_workspace.errors import SlackError
from bullpen_workspace.founding import token
from bullpen_workspace.manifest import find_manifest_problems
from bullpen_workspace.subscriptions import send_event
from bullpen_workspace.types import App, Json
from bullpen_workspace.web_api.table import ANY, BOT_OR_USER, NOBODY, Call, Method


def access(call: Call) -> Json:
    """Tokens for a code."""
    app = _app(call)
    if call.args.text("grant_type", "authorization_code") != "authorization_code":
        raise SlackError("invalid_grant_type")
    install, _ = call.office.codes.redeem(call.args.text("code"), now=call.office.now())
    if install is None or install.app_id != app.id:
        raise SlackError("invalid_code")
    if call.args.text("redirect_uri") != install.redirect_uri and "redirect_uri" in call.args:
        raise SlackError("bad_redirect_uri")
    team = call.rooms.people.team()
    answer: Json = {
        "app_id": app.id,
        "team": {"id": team.id, "name": team.name},
        "enterprise": None,
        "is_enterprise_install": False,
        "authed_user": {"id": install.user},
    }
    with call.rooms.transaction():
        if install.scopes:
            answer |= {
                "access_token": token(call.rooms, "bot", app.bot_user, app, install.scopes),
                "token_type": "bot",
                "scope": ",".join(install.scopes),
                "bot_user_id": app.bot_user,
            }
        if install.user_scopes:
            answer["authed_user"] |= {
                "access_token": token(call.rooms, "user", install.user, app, install.user_scopes),
                "token_type": "user",
                "scope": ",".join(install.user_scopes),
            }
    return answer


def uninstall(call: Call) -> Json:
    """Take the app out: it is told, its tokens end, its bot leaves every channel."""
    app = _app(call)
    if app.id != call.caller.app.id:
        raise SlackError("client_id_token_mismatch")
    people = call.rooms.people
    tokens = [*people.tokens("bot", app_id=app.id), *people.tokens("user", app_id=app.id)]
    gone = {
        "bot": [one.user for one in tokens if one.kind == "bot"],
        "oauth": [one.user for one in tokens if one.kind == "user"],
    }
    with call.rooms.transaction():
        send_event(call.office, app, {"type": "tokens_revoked", "tokens": gone})
        send_event(call.office, app, {"type": "app_uninstalled"})
        for one in tokens:
            people.revoke(one.token)
        for channel in call.rooms.channels.of(app.bot_user):
            call.rooms.channels.leave(channel.id, app.bot_user)
    return {}


def validate_manifest(call: Call) -> Json:
    """Raises SlackError invalid_manifest with every problem and where it is."""
    problems = find_manifest_problems(call.args.object("manifest") or {})
    if problems:
        raise SlackError("invalid_manifest", errors=problems)
    return {"errors": []}


def export_manifest(call: Call) -> Json:
    """What the workspace knows of an app, as a manifest. Raises SlackError app_not_found."""
    app = call.rooms.people.app(call.args.text("app_id"))
    if app is None:
        raise SlackError("app_not_found")
    bot = call.rooms.people.tokens("bot", app_id=app.id)
    commands = [
        {"command": one.name, "description": one.description, "usage_hint": one.usage}
        for one in app.commands
    ]
    shortcuts = [
        {"name": one.label, "type": one.kind, "callback_id": one.callback_id}
        for one in app.shortcuts
    ]
    return {
        "manifest": {
            "display_information": {"name": app.name},
            "features": {
                "app_home": {"home_tab_enabled": True, "messages_tab_enabled": True},
                "bot_user": {"display_name": app.name},
                "slash_commands": commands,
                "shortcuts": shortcuts,
            },
            "oauth_config": {"scopes": {"bot": list(bot[0].scopes) if bot else []}},
            "settings": {
                "event_subscriptions": {"bot_events": list(app.settings.events)},
                "interactivity": {"is_enabled": True},
                "socket_mode_enabled": not app.settings.request_url,
            },
        }
    }


def _app(call: Call) -> App:
    wanted = call.args.text("client_id")
    for app in call.rooms.people.apps():
        if wanted and app.settings.client_id == wanted:
            known, given = app.settings.client_secret, call.args.text("client_secret")
            if not hmac.compare_digest(known.encode(), given.encode()):
                raise SlackError("bad_client_secret")
            return app
    raise SlackError("invalid_client_id")


METHODS = (
    Method(name="oauth.v2.access", handler=access, tokens=NOBODY, tier="t5"),
    Method(
        name="apps.uninstall",
        handler=uninstall,
        tokens=BOT_OR_USER,
        needs=("client_id", "client_secret"),
    ),
    Method(
        name="apps.manifest.validate", handler=validate_manifest, tokens=ANY, needs=("manifest",)
    ),
    Method(name="apps.manifest.export", handler=export_manifest, tokens=ANY, needs=("app_id",)),
)
