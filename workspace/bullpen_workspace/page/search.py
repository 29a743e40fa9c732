"""Search in what was said: words, from:, in: and has:, newest first.

The rule it protects: nobody finds a message of a place they are not in, unless the place is
public. It ranks nothing: a chat is searched for what was just said.
"""

from __future__ import annotations

import html
import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup

from bullpen_workspace.page import mrkdwn
from bullpen_workspace.page.faces import Faces
from bullpen_workspace.page.present import ago, permalink, when
from bullpen_workspace.page.views import Hit
from bullpen_workspace.rooms import Rooms
from bullpen_workspace.types import Channel, Message

_SHOWN = 30
_AROUND = 70
_PATTERN = re.compile(r"<[@#!]([^|>]+)(?:\|([^>]*))?>")


@dataclass(frozen=True, slots=True)
class Asked:
    """A search as typed, taken apart. `people` and `places` are names without @ and #."""

    words: tuple[str, ...]
    people: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    files: bool = False

    @classmethod
    def of(cls, typed: str) -> Asked:
        """Read "payoff from:quant in:#desk has:file"; quotation marks keep words together."""
        try:
            parts = shlex.split(typed.replace("'", "\\'"))
        except ValueError:
            parts = typed.split()
        words: list[str] = []
        people: list[str] = []
        places: list[str] = []
        files = False
        for part in parts:
            key, _, value = part.partition(":")
            if key == "from" and value:
                people.append(value.lstrip("@").lower())
            elif key == "in" and value:
                places.append(value.lstrip("#@").lower())
            elif part == "has:file":
                files = True
            elif part not in ("from:", "in:", "has:"):
                words.append(part)
        return cls(tuple(words), tuple(people), tuple(places), files)


class Searches:
    """The searches of one person."""

    def __init__(self, rooms: Rooms, faces: Faces) -> None:
        self._rooms = rooms
        self._faces = faces

    def find(self, typed: str) -> list[Hit]:
        """The newest hits; [] when nothing fits, or when nothing was asked for."""
        asked = Asked.of(typed.strip())
        places = self._places(asked.places)
        if not places or not (asked.words or asked.people or asked.places or asked.files):
            return []
        users = [
            user.id
            for user in self._rooms.people.all()
            if any(name in (user.name, user.real_name.lower()) for name in self._wide(asked))
        ]
        names = self._wide(asked)
        if asked.people and "me" in asked.people:
            users.append(self._faces.me)
        found = self._rooms.messages.matching(
            [html.escape(word, quote=False) for word in asked.words],
            channels=[place.id for place in places],
            users=users if asked.people else (),
            names=names if asked.people else (),
            limit=_SHOWN * 4 if asked.files else _SHOWN,
        )
        kept = [m for m in found if m.files or not asked.files][:_SHOWN]
        by_id = {place.id: place for place in places}
        now = datetime.fromtimestamp(self._rooms.clock()).astimezone()
        return [self._hit(message, by_id[message.channel], asked, now) for message in kept]

    def _wide(self, asked: Asked) -> list[str]:
        """The names asked for, with those they begin: from:data is the Data Analyst, too."""
        known = {user.real_name.lower() for user in self._rooms.people.all()}
        known |= {agent.name.lower() for app in self._rooms.people.apps() for agent in app.agents}
        begun = [name for name in known if any(name.startswith(part) for part in asked.people)]
        return [*asked.people, *begun]

    def _places(self, names: Sequence[str]) -> list[Channel]:
        me = self._faces.me
        open_to_me = [
            place
            for place in self._rooms.channels.all()
            if me in place.members or place.kind == "public"
        ]
        if not names:
            return open_to_me
        return [
            place
            for place in open_to_me
            if any(self._faces.title(place).lower().startswith(name) for name in names)
        ]

    def _hit(self, message: Message, place: Channel, asked: Asked, now: datetime) -> Hit:
        title = self._faces.title(place)
        at = when(message.ts)
        return Hit(
            face=self._faces.of(message.face, app=bool(message.bot_id)),
            place=f"#{title}" if place.name else title,
            when=ago(at, now),
            stamp=f"{at:%A}, {at.day} {at:%B %Y, %H:%M}",
            href=permalink(message.channel, message.ts, message.thread_ts),
            snippet=marked(self._plain(message.text), asked.words),
            threaded=bool(message.thread_ts),
        )

    def _plain(self, text: str) -> str:
        def name(match: re.Match[str]) -> str:
            who, label = match.groups()
            known = self._faces.user_name(who) or self._faces.channel_name(who)
            return f"@{label or known or who}"

        return mrkdwn.plain(html.unescape(_PATTERN.sub(name, text)))


def marked(text: str, words: Sequence[str]) -> Markup:
    """The part of a text around the first word, with every word marked."""
    line = " ".join(text.split())
    first = min((at for word in words if (at := line.lower().find(word.lower())) >= 0), default=0)
    start = max(0, first - _AROUND)
    shown = ("…" if start else "") + line[start : start + 3 * _AROUND]
    if start + 3 * _AROUND < len(line):
        shown += "…"
    if not words:
        return Markup.escape(shown)
    pattern = re.compile("|".join(re.escape(word) for word in words), re.IGNORECASE)
    made = Markup("")
    last = 0
    for match in pattern.finditer(shown):
        made += Markup.escape(shown[last : match.start()]) + Markup("<mark>{}</mark>").format(
            match.group()
        )
        last = match.end()
    return made + Markup.escape(shown[last:])
