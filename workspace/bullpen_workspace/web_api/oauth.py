"""Installing an app: oauth.v2.access, apps.uninstall, apps.manifest.validate and export.

The rule it protects: a code from the authorize page (`installing.py`), and a refresh token, is
worth tokens once, to the app that it was made for. Installations for an organisation are not offered.
"""

from __future__ import annotations

import base64
import hashlib
import hmac

from bullpen_workspace.errors import SlackError
from bullpen_workspace.founding import token
from bullpen_workspace.manifest import find_manifest_problems
from bullpen_workspace.subscriptions import send_event
from bullpen_workspace.types import App, Json, TokenKind
from bullpen_workspace.web_api.table import ANY, BOT_OR_USER, NOBODY, Call, Method

EXPIRY = 43_200
"""Seconds for which a rotating token is good, as Slack's."""


def access(call: Call) -> Json:
    """Tokens for a code, or a new token for a refresh token."""
    kind = call.args.text("grant_type", "authorization_code")
    if kind == "refresh_token":
        return _refreshed(call, _app(call))
    if kind != "authorization_code":
        raise SlackError("invalid_grant_type")
    app = _app(call, secret="code_verifier" not in call.args)
    install, _ = call.office.codes.redeem(call.args.text("code"), now=call.office.now())
    if install is None or install.app_id != app.id:
        raise SlackError("invalid_code")
    if call.args.text("redirect_uri") != install.redirect_uri and "redirect_uri" in call.args:
        raise SlackError("bad_redirect_uri")
    _check_verifier(install.code_challenge, call.args.text("code_verifier"))
    answer = _about(call, app, install.user)
    with call.rooms.transaction():
        if install.scopes:
            answer |= _given(call, app, "bot", app.bot_user, install.scopes)
        if install.user_scopes:
            answer["authed_user"] |= _given(call, app, "user", install.user, install.user_scopes)
    return answer


def _about(call: Call, app: App, user: str) -> Json:
    team = call.rooms.people.team()
    return {
        "app_id": app.id,
        "team": {"id": team.id, "name": team.name},
        "enterprise": None,
        "is_enterprise_install": False,
        "authed_user": {"id": user},
    }


def _given(call: Call, app: App, kind: TokenKind, user: str, scopes: tuple[str, ...]) -> Json:
    """A token as the answer names it; one that expires where the app asked for rotation."""
    shape: Json = {"token_type": kind, "scope": ",".join(scopes)}
    if kind == "bot":
        shape["bot_user_id"] = user
    if not app.settings.rotation:
        return shape | {"access_token": token(call.rooms, kind, user, app, scopes)}
    expires = call.office.now() + EXPIRY
    made, refresh = call.rooms.people.add_rotating(
        kind, user=user, app_id=app.id, scopes=scopes, expires=expires
    )
    return shape | {"access_token": made.token, "refresh_token": refresh, "expires_in": EXPIRY}


def _refreshed(call: Call, app: App) -> Json:
    """The next token. The refresh token is used up; the old token lives on until it expires."""
    with call.rooms.transaction():
        held = call.rooms.people.take_refresh(call.args.text("refresh_token"), app_id=app.id)
        if held is None or not app.settings.rotation:
            raise SlackError("invalid_refresh_token")
        given = _given(call, app, held.kind, held.user, held.scopes)
    if held.kind == "user":
        given["user_id"] = held.user
    return _about(call, app, held.user) | given


def _check_verifier(challenge: str, verifier: str) -> None:
    """Raises SlackError invalid_code_verifier unless the verifier fits the challenge (RFC 7636)."""
    if not challenge and not verifier:
        return
    digest = hashlib.sha256(verifier.encode()).digest()
    made = base64.urlsafe_b64encode(digest).rstrip(b"=")
    if not challenge or not hmac.compare_digest(made, challenge.encode()):
        raise SlackError("invalid_code_verifier")


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


def _app(call: Call, *, secret: bool = True) -> App:
    """The app that calls. With PKCE the verifier stands in for its `secret`."""
    wanted = call.args.text("client_id")
    for app in call.rooms.people.apps():
        if wanted and app.settings.client_id == wanted:
            known, given = app.settings.client_secret, call.args.text("client_secret")
            if secret and not hmac.compare_digest(known.encode(), given.encode()):
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
