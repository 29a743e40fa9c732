"""Who is in the workspace: the team, people, apps with their bot users, and tokens.

The rule it protects: ids and tokens are made once and never change, so that a restart looks to
every client like the same workspace. It does not decide what a token may do; `auth.py` does.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import asdict
from typing import Any

from bullpen_workspace.database import Database, new_id
from bullpen_workspace.types import (
    AgentFace,
    App,
    AppSettings,
    Change,
    Command,
    Shortcut,
    Team,
    Token,
    TokenKind,
    User,
)

SLACKBOT = "USLACKBOT"
"""The user that speaks for the workspace itself, as in Slack."""

_PREFIX: dict[TokenKind, str] = {"bot": "xoxb-", "app": "xapp-1-", "user": "xoxp-"}


class People:
    """Users, apps and tokens."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def team(self) -> Team:
        name = self._db.meta("team_name")
        return Team(id=self._db.meta("team_id"), name=name, domain=self._db.meta("team_domain"))

    def set_team(self, name: str) -> Team:
        """Name the team; its id is made the first time."""
        with self._db.transaction():
            if not self._db.meta("team_id"):
                self._db.set_meta("team_id", new_id("T"))
                self._db.set_meta("team_domain", "bullpen-local")
            self._db.set_meta("team_name", name)
        return self.team()

    # -- users ---------------------------------------------------------------------------

    def add_person(self, name: str, *, email: str = "", user_id: str = "") -> User:
        """A new human member."""
        user = User(
            id=user_id or new_id("U"),
            name=handle(name),
            real_name=name,
            email=email,
            created=int(self._db.clock()),
        )
        self._put_user(user)
        return user

    def rename(self, user_id: str, name: str) -> None:
        self._db.run(
            "UPDATE users SET name = ?, real_name = ? WHERE id = ?", (handle(name), name, user_id)
        )

    def _put_user(self, user: User) -> None:
        self._db.insert("users", {**asdict(user), "is_bot": int(user.is_bot)}, replace=True)

    def get(self, user_id: str) -> User | None:
        row = self._db.row("SELECT * FROM users WHERE id = ?", (user_id,))
        return _user(row) if row else None

    def by_email(self, email: str) -> User | None:
        row = self._db.row("SELECT * FROM users WHERE email = ? AND email != ''", (email,))
        return _user(row) if row else None

    def all(self) -> list[User]:
        """Everybody, people and bots, oldest first."""
        return [_user(row) for row in self._db.rows("SELECT * FROM users ORDER BY rowid")]

    # -- apps ----------------------------------------------------------------------------

    def add_app(self, name: str, *, display_name: str, icon: str = "") -> App:
        """A new app with its bot user."""
        app_id, bot_id = new_id("A"), new_id("B")
        bot = User(
            id=new_id("U"),
            name=handle(display_name),
            real_name=display_name,
            is_bot=True,
            bot_id=bot_id,
            app_id=app_id,
            image=icon,
            created=int(self._db.clock()),
        )
        app = App(id=app_id, name=name, bot_user=bot.id, bot_id=bot_id, icon=icon)
        with self._db.transaction():
            self._put_user(bot)
            self.put_app(app)
        return app

    def put_app(self, app: App) -> None:
        """Store what an app is called and offers (agents, commands, shortcuts)."""
        with self._db.transaction():
            self._db.insert(
                "apps",
                {
                    "id": app.id,
                    "name": app.name,
                    "bot_user": app.bot_user,
                    "bot_id": app.bot_id,
                    "icon": app.icon,
                    "agents": json.dumps([asdict(agent) for agent in app.agents]),
                    "commands": json.dumps([asdict(command) for command in app.commands]),
                    "shortcuts": json.dumps([asdict(shortcut) for shortcut in app.shortcuts]),
                    "settings": json.dumps(asdict(app.settings)),
                },
                replace=True,
            )
            self._db.emit(Change(kind="app", user=app.bot_user, detail={"app": app.id}))

    def app(self, app_id: str) -> App | None:
        row = self._db.row("SELECT * FROM apps WHERE id = ?", (app_id,))
        return _app(row) if row else None

    def app_by_bot(self, bot_id: str) -> App | None:
        row = self._db.row("SELECT * FROM apps WHERE bot_id = ?", (bot_id,))
        return _app(row) if row else None

    def apps(self) -> list[App]:
        return [_app(row) for row in self._db.rows("SELECT * FROM apps ORDER BY rowid")]

    # -- tokens --------------------------------------------------------------------------

    def add_token(
        self, kind: TokenKind, *, user: str, app_id: str, scopes: tuple[str, ...] = ()
    ) -> Token:
        token = Token(
            token=_PREFIX[kind] + secrets.token_urlsafe(24),
            kind=kind,
            user=user,
            app_id=app_id,
            scopes=scopes,
        )
        self._db.insert("tokens", {**asdict(token), "scopes": ",".join(scopes)})
        return token

    def add_rotating(
        self, kind: TokenKind, *, user: str, app_id: str, scopes: tuple[str, ...], expires: float
    ) -> tuple[Token, str]:
        """A token that ends at the Unix time `expires`, and the one that is worth its successor."""
        token = Token(
            token=f"xoxe.{_PREFIX[kind]}1-{secrets.token_urlsafe(32)}",
            kind=kind,
            user=user,
            app_id=app_id,
            scopes=scopes,
            expires=expires,
        )
        refresh = f"xoxe-1-{secrets.token_urlsafe(32)}"
        held = {"kind": kind, "user": user, "app_id": app_id, "scopes": ",".join(scopes)}
        with self._db.transaction():
            self._db.insert("tokens", {**asdict(token), "scopes": ",".join(scopes)})
            self._db.insert("refresh_tokens", {"token": refresh, **held})
        return token, refresh

    def take_refresh(self, value: str, *, app_id: str) -> Token | None:
        """What a refresh token of an app stands for, which uses it up; None for any other."""
        row = self._db.row(
            "SELECT * FROM refresh_tokens WHERE token = ? AND app_id = ?", (value, app_id)
        )
        if row is None:
            return None
        self._db.run("DELETE FROM refresh_tokens WHERE token = ?", (value,))
        return _token(row)

    def grant(self, value: str, scopes: tuple[str, ...]) -> None:
        """Set what a token may do."""
        self._db.run("UPDATE tokens SET scopes = ? WHERE token = ?", (",".join(scopes), value))

    def revoke(self, value: str) -> None:
        """End a token, and what could refresh it."""
        held = self.token(value)
        with self._db.transaction():
            self._db.run("DELETE FROM tokens WHERE token = ?", (value,))
            if held is not None and held.expires:
                sql = "DELETE FROM refresh_tokens WHERE kind = ? AND user = ? AND app_id = ?"
                self._db.run(sql, (held.kind, held.user, held.app_id))

    def token(self, value: str) -> Token | None:
        row = self._db.row("SELECT * FROM tokens WHERE token = ?", (value,))
        return _token(row) if row else None

    def tokens(self, kind: TokenKind, *, user: str = "", app_id: str = "") -> list[Token]:
        """Tokens of a kind, of one user or app when given."""
        rows = self._db.rows("SELECT * FROM tokens WHERE kind = ? ORDER BY rowid", (kind,))
        tokens = [_token(row) for row in rows]
        return [
            token
            for token in tokens
            if (not user or token.user == user) and (not app_id or token.app_id == app_id)
        ]


def handle(name: str) -> str:
    """The handle of a display name: "Ann Lee" is "ann.lee"."""
    return ".".join(name.lower().split()) or "someone"


def _token(row: dict[str, Any]) -> Token:
    fields: dict[str, Any] = dict(row)
    fields["scopes"] = tuple(filter(None, str(row["scopes"]).split(",")))
    return Token(**fields)


def _user(row: dict[str, Any]) -> User:
    fields: dict[str, Any] = {**row, "is_bot": bool(row["is_bot"])}
    return User(**fields)


def _app(row: dict[str, Any]) -> App:
    agents: list[dict[str, Any]] = json.loads(row["agents"])
    return App(
        id=row["id"],
        name=row["name"],
        bot_user=row["bot_user"],
        bot_id=row["bot_id"],
        icon=row["icon"],
        agents=tuple(_agent(agent) for agent in agents),
        commands=tuple(Command(**command) for command in json.loads(row["commands"])),
        shortcuts=tuple(Shortcut(**shortcut) for shortcut in json.loads(row["shortcuts"])),
        settings=_settings(json.loads(row["settings"])),
    )


def _settings(fields: dict[str, Any]) -> AppSettings:
    for name in ("events", "unfurl_domains", "redirect_urls"):
        fields[name] = tuple(fields.get(name, ()))
    return AppSettings(**fields)


def _agent(fields: dict[str, Any]) -> AgentFace:
    fields["aliases"] = tuple(fields["aliases"])
    return AgentFace(**fields)
