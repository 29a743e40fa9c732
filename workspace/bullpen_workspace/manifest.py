"""An app's manifest, read into what the workspace needs to host it.

The rule it protects: a manifest that Slack would take is taken as it is; what is wrong is named by
a JSON pointer. What only decides how Slack shows an app (descriptions, colours) is ignored.
"""

from __future__ import annotations

from typing import Any, cast
from urllib.parse import urlsplit

from bullpen_workspace.config import BOT_SCOPES, AppSpec
from bullpen_workspace.errors import WorkspaceError
from bullpen_workspace.types import AppSettings, Command, Json, Shortcut

LOOPBACK = ("127.0.0.1", "localhost", "::1")
_KINDS = ("global", "message")


def find_manifest_problems(manifest: Json) -> list[Json]:
    """What keeps the manifest from being taken: [{"message", "pointer"}]."""
    found: list[Json] = []

    def wrong(message: str, pointer: str) -> None:
        found.append({"message": message, "pointer": pointer})

    name = _at(manifest, "display_information", "name")
    if not isinstance(name, str) or not name:
        wrong("missing required field: name", "/display_information/name")
    elif len(name) > 35:
        wrong("must be less than 36 characters", "/display_information/name")
    found += _feature_problems(manifest)
    for pointer, url in _addresses(manifest):
        if urlsplit(url).hostname not in LOOPBACK:
            wrong("a local workspace sends only to this machine", pointer)
    if _at(manifest, "settings", "event_subscriptions") and not _is_reachable(manifest):
        wrong(
            "events need socket_mode_enabled or a request_url",
            "/settings/event_subscriptions/request_url",
        )
    return found


def _feature_problems(manifest: Json) -> list[Json]:
    found: list[Json] = []
    for number, command in enumerate(_items(manifest, "features", "slash_commands")):
        if not str(command.get("command", "")).startswith("/"):
            pointer = f"/features/slash_commands/{number}/command"
            found.append({"message": "must begin with /", "pointer": pointer})
    for number, shortcut in enumerate(_items(manifest, "features", "shortcuts")):
        if shortcut.get("type") not in _KINDS or not shortcut.get("callback_id"):
            pointer = f"/features/shortcuts/{number}"
            found.append({"message": "needs type and callback_id", "pointer": pointer})
    return found


def read_manifest(manifest: Json) -> AppSpec:
    """The app that a manifest describes. Raises WorkspaceError when it cannot be taken."""
    problems = find_manifest_problems(manifest)
    if problems:
        told = "; ".join(f"{one['pointer']}: {one['message']}" for one in problems)
        raise WorkspaceError(
            "The manifest cannot be used.", f"It says: {told}.", "Correct it and start again."
        )
    name = str(_at(manifest, "display_information", "name"))
    bot = _at(manifest, "features", "bot_user", "display_name")
    return AppSpec(
        name=name,
        display_name=str(bot or name),
        commands=tuple(_command(item) for item in _items(manifest, "features", "slash_commands")),
        shortcuts=tuple(_shortcut(item) for item in _items(manifest, "features", "shortcuts")),
        bot_scopes=_texts(manifest, "oauth_config", "scopes", "bot") or BOT_SCOPES,
        user_scopes=_texts(manifest, "oauth_config", "scopes", "user"),
        settings=_settings(manifest),
    )


def _settings(manifest: Json) -> AppSettings:
    socket_mode = _at(manifest, "settings", "socket_mode_enabled") is True
    subscribed = "settings", "event_subscriptions"
    addresses = {} if socket_mode else dict(_addresses(manifest))
    events = addresses.get("/settings/event_subscriptions/request_url", "")
    pressed = addresses.get("/settings/interactivity/request_url", events)
    options = addresses.get("/settings/interactivity/message_menu_options_url", pressed)
    return AppSettings(
        events=_texts(manifest, *subscribed, "bot_events"),
        assistant=_at(manifest, "features", "assistant_view") is not None,
        rotation=_at(manifest, "settings", "token_rotation_enabled") is True,
        unfurl_domains=_texts(manifest, "features", "unfurl_domains"),
        request_url=events,
        interactivity_url=pressed,
        options_url=options,
        redirect_urls=_texts(manifest, "oauth_config", "redirect_urls"),
    )


def _addresses(manifest: Json) -> list[tuple[str, str]]:
    places = (
        ("settings", "event_subscriptions", "request_url"),
        ("settings", "interactivity", "request_url"),
        ("settings", "interactivity", "message_menu_options_url"),
    )
    found = [("/" + "/".join(path), _at(manifest, *path)) for path in places]
    for number, command in enumerate(_items(manifest, "features", "slash_commands")):
        found.append((f"/features/slash_commands/{number}/url", command.get("url")))
    if _at(manifest, "settings", "socket_mode_enabled") is True:
        return []
    return [(pointer, str(url)) for pointer, url in found if url]


def _is_reachable(manifest: Json) -> bool:
    return bool(
        _at(manifest, "settings", "socket_mode_enabled")
        or _at(manifest, "settings", "event_subscriptions", "request_url")
    )


def _command(item: Json) -> Command:
    return Command(
        name=str(item["command"]),
        usage=str(item.get("usage_hint", "")),
        description=str(item.get("description", "")),
        url=str(item.get("url", "")),
    )


def _shortcut(item: Json) -> Shortcut:
    return Shortcut(
        callback_id=str(item["callback_id"]),
        label=str(item.get("name", item["callback_id"])),
        kind="message" if item.get("type") == "message" else "global",
    )


def _at(manifest: Json, *path: str) -> Any:
    found: Any = manifest
    for key in path:
        found = cast("Json", found).get(key) if isinstance(found, dict) else None
    return found


def _items(manifest: Json, *path: str) -> list[Json]:
    found = _at(manifest, *path)
    known = cast("list[Any]", found) if isinstance(found, list) else []
    return [cast("Json", item) for item in known if isinstance(item, dict)]


def _texts(manifest: Json, *path: str) -> tuple[str, ...]:
    found = _at(manifest, *path)
    return tuple(str(item) for item in cast("list[Any]", found)) if isinstance(found, list) else ()
