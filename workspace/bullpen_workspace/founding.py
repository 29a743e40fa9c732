"""The first day of a workspace: team, person, app, tokens and channels, made once.

The rule it protects: starting again changes no id and no token; it only brings names, agents,
commands and shortcuts up to the configuration. It does not remove what people made.
"""

from __future__ import annotations

import secrets
from dataclasses import replace

from bullpen_workspace.config import APP_SCOPES, AppSpec, Credentials, WorkspaceConfig
from bullpen_workspace.people import SLACKBOT, handle
from bullpen_workspace.rooms import Rooms
from bullpen_workspace.types import App, Token, TokenKind

_PURPOSES = {
    "desk": "Where the desk and you talk.",
    "research": "Findings, write-ups and what to remember.",
    "markets": "Prices, curves and what moved.",
}


def found(rooms: Rooms, config: WorkspaceConfig) -> Credentials:
    """Make what is missing and return the first app's credentials."""
    with rooms.transaction():
        rooms.people.set_team(config.team_name)
        if rooms.people.get(SLACKBOT) is None:
            rooms.people.add_person("Slackbot", user_id=SLACKBOT)
        person = _person(rooms, config.person_name)
        app = add_app(rooms, config.app, key="app_id")
        for name in config.channels:
            if rooms.channels.by_name(name) is None:
                rooms.channels.create(
                    name,
                    creator=person,
                    members=(app.bot_user,),
                    purpose=_PURPOSES.get(name, ""),
                )
        return _credentials(rooms, app, config.app, person)


def found_more(rooms: Rooms, config: WorkspaceConfig, person: str) -> tuple[Credentials, ...]:
    """The further apps, each in the first channels from the start; their credentials."""
    made: list[Credentials] = []
    for spec in config.more_apps:
        with rooms.transaction():
            key = f"app_id:{spec.name}"
            is_new = not rooms.knows(key)
            app = add_app(rooms, spec, key=key)
            for name in config.channels if is_new else ():
                channel = rooms.channels.by_name(name)
                if channel is not None:
                    rooms.channels.join(channel.id, app.bot_user)
            made.append(_credentials(rooms, app, spec, person))
    return tuple(made)


def found_people(rooms: Rooms, config: WorkspaceConfig, app_id: str) -> dict[str, Token]:
    """The further people by name, each with a token of the first app; all in the first channels."""
    app = rooms.people.app(app_id)
    found: dict[str, Token] = {}
    if app is None:
        return found
    for name in config.more_people:
        with rooms.transaction():
            key, email = f"person_id:{name}", f"{handle(name)}@localhost"
            is_new = not rooms.knows(key)
            person = rooms.secret(
                key, lambda n=name, e=email: rooms.people.add_person(n, email=e).id
            )
            for place in config.channels if is_new else ():
                channel = rooms.channels.by_name(place)
                if channel is not None:
                    rooms.channels.join(channel.id, person)
            scopes = config.app.user_scopes
            value = token(rooms, "user", person, app, scopes)
            found[name] = Token(token=value, kind="user", user=person, app_id=app_id, scopes=scopes)
    return found


def _credentials(rooms: Rooms, app: App, spec: AppSpec, person: str) -> Credentials:
    return Credentials(
        bot_token=token(rooms, "bot", app.bot_user, app, spec.bot_scopes),
        app_token=token(rooms, "app", "", app, APP_SCOPES),
        user_token=token(rooms, "user", person, app, spec.user_scopes),
        bot_user_id=app.bot_user,
        bot_id=app.bot_id,
        app_id=app.id,
        team_id=rooms.people.team().id,
        person_id=person,
        client_id=app.settings.client_id,
        client_secret=app.settings.client_secret,
        signing_secret=app.settings.signing_secret,
    )


def _person(rooms: Rooms, name: str) -> str:
    person_id = rooms.secret(
        "person_id", lambda: rooms.people.add_person(name, email="you@localhost").id
    )
    person = rooms.people.get(person_id)
    if person is not None and person.real_name != name:
        rooms.people.rename(person_id, name)
    return person_id


def add_app(rooms: Rooms, spec: AppSpec, *, key: str) -> App:
    """The app remembered under `key`, made when new, with what it offers as `spec` says."""
    app_id = rooms.secret(
        key,
        lambda: rooms.people.add_app(spec.name, display_name=spec.display_name, icon=spec.icon).id,
    )
    app = rooms.people.app(app_id)
    if app is None:
        raise KeyError(app_id)
    current = replace(
        app,
        name=spec.name,
        icon=spec.icon,
        agents=spec.agents,
        commands=spec.commands,
        shortcuts=spec.shortcuts,
        settings=replace(
            spec.settings,
            client_id=app.settings.client_id or _client_id(),
            client_secret=app.settings.client_secret or secrets.token_hex(16),
            signing_secret=app.settings.signing_secret or secrets.token_hex(16),
        ),
    )
    if current != app:
        rooms.people.put_app(current)
    return current


def _client_id() -> str:
    """Two numbers with a point between, as Slack's."""
    return f"{secrets.randbelow(10**12):012d}.{secrets.randbelow(10**12):012d}"


def token(rooms: Rooms, kind: TokenKind, user: str, app: App, scopes: tuple[str, ...]) -> str:
    """The token of a kind for an app's user, made when there is none, with these scopes."""
    known = [t for t in rooms.people.tokens(kind, user=user, app_id=app.id) if not t.expires]
    made = known[0] if known else rooms.people.add_token(kind, user=user, app_id=app.id)
    rooms.people.grant(made.token, scopes)
    return made.token
