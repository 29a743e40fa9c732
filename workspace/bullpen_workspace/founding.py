"""The first day of a workspace: team, person, app, tokens and channels, made once.

The rule it protects: starting again changes no id and no token; it only brings names, agents,
commands and shortcuts up to the configuration. It does not remove what people made.
"""

from __future__ import annotations

from dataclasses import replace

from bullpen_workspace.config import APP_SCOPES, AppSpec, Credentials, WorkspaceConfig
from bullpen_workspace.people import SLACKBOT
from bullpen_workspace.rooms import Rooms
from bullpen_workspace.types import App, TokenKind

_PURPOSES = {
    "desk": "Where the desk and you talk.",
    "research": "Findings, write-ups and what to remember.",
    "markets": "Prices, curves and what moved.",
}


def found(rooms: Rooms, config: WorkspaceConfig) -> Credentials:
    """Make what is missing and return the credentials."""
    with rooms.transaction():
        team = rooms.people.set_team(config.team_name)
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
        return Credentials(
            bot_token=token(rooms, "bot", app.bot_user, app, config.app.bot_scopes),
            app_token=token(rooms, "app", "", app, APP_SCOPES),
            user_token=token(rooms, "user", person, app, config.app.user_scopes),
            bot_user_id=app.bot_user,
            bot_id=app.bot_id,
            app_id=app.id,
            team_id=team.id,
            person_id=person,
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
        settings=spec.settings,
    )
    if current != app:
        rooms.people.put_app(current)
    return current


def token(rooms: Rooms, kind: TokenKind, user: str, app: App, scopes: tuple[str, ...]) -> str:
    """The token of a kind for an app's user, made when there is none, with these scopes."""
    known = rooms.people.tokens(kind, user=user, app_id=app.id)
    made = known[0] if known else rooms.people.add_token(kind, user=user, app_id=app.id)
    rooms.people.grant(made.token, scopes)
    return made.token
