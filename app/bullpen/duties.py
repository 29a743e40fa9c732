"""The duties of a home: `schedule.yaml`, the command that keeps it, and the clock that asks them.

The rule it protects: a wrong line is told with its remedy before anything is asked, and the file
is replaced whole or not at all. It knows no Slack; `orchestrator/schedule.py` asks.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import yaml

from bullpen import messages

if TYPE_CHECKING:
    from bullpen.slack.connect import Identity
    from bullpen.slack.directory import Directory
    from bullpen.slack.home import Due
    from bullpen_agents.roster import Roster
    from bullpen_orchestrator.desk import Desk
    from bullpen_orchestrator.ports import Chat
    from bullpen_orchestrator.schedule import Duty, Schedule, Venue

FILE = "schedule.yaml"
_DAYS = {
    "monday": "mon", "tuesday": "tue", "wednesday": "wed", "thursday": "thu", "friday": "fri", "saturday": "sat",
    "sunday": "sun", "day": "*", "weekday": "mon-fri",
}  # fmt: skip
_PLAIN = re.compile(r"(?P<day>[a-z]+?)s?(?:\s+at)?\s+(?P<hour>\d{1,2}):(?P<minute>\d{2})")


def cron_of(every: str) -> str:
    """`monday 08:00`, `weekday 17:30` or `day 7:00` as a cron expression; others pass unchanged.

    Raises InputError for what is neither.
    """
    from bullpen_orchestrator.schedule import checked

    plain = _PLAIN.fullmatch(every.strip().lower().removeprefix("every "))
    if plain is None or plain["day"] not in _DAYS:
        return checked(every.strip())
    return checked(f"{int(plain['minute'])} {int(plain['hour'])} * * {_DAYS[plain['day']]}")


def load(home: Path) -> list[Duty]:
    """The duties of this home; none without a file. Raises OperatorError for a file that is wrong."""
    from bullpen_memory.errors import InputError
    from bullpen_orchestrator.schedule import Duty, checked

    path = home / FILE
    if not path.exists():
        return []
    try:
        lines: Any = yaml.safe_load(path.read_text(encoding="utf-8")) or []
        found = [Duty(**cast("dict[str, str]", line)) for line in lines]
        for duty in found:
            checked(duty.cron)
    except (yaml.YAMLError, TypeError, InputError) as error:
        raise messages.bad_schedule(path, str(error)) from error
    return found


def save(home: Path, duties: Sequence[Duty]) -> None:
    """Write the file anew."""
    home.mkdir(parents=True, exist_ok=True)
    text = yaml.safe_dump([asdict(duty) for duty in duties], sort_keys=False, allow_unicode=True)
    with tempfile.NamedTemporaryFile("w", dir=home, delete=False, encoding="utf-8") as file:
        file.write(text)
    os.replace(file.name, home / FILE)


def add(home: Path, name: str, every: str, channel: str, ask: str) -> Duty:
    """Add a duty, or replace the one of that name. Raises InputError for a wrong field."""
    from bullpen_orchestrator.schedule import Duty

    if not re.fullmatch(r"[\w-]{1,40}", name):
        raise messages.bad_duty_name(name)
    if not ask.strip():
        raise messages.nothing_asked()
    duty = Duty(name=name, cron=cron_of(every), channel=channel.lstrip("#"), ask=ask.strip())
    save(home, [one for one in load(home) if one.name != name] + [duty])
    return duty


def remove(home: Path, name: str) -> None:
    """Take a duty away. Raises InputError when there is none of that name."""
    kept = load(home)
    left = [one for one in kept if one.name != name]
    if len(left) == len(kept):
        raise messages.no_duty(name, [one.name for one in kept])
    save(home, left)


def lines(home: Path, now: datetime) -> list[str]:
    """The duties for a person to read, each with its next time."""
    return [_line(one, now) for one in load(home)]


def _line(duty: Duty, now: datetime) -> str:
    from bullpen_orchestrator.schedule import next_due

    at = next_due(duty.cron, now)
    return f"{duty.name}: {duty.ask} · #{duty.channel} · next {at:%a %-d %b %Y, %H:%M}"


class Kept:
    """The duties of a home, as the app's home tab shows and cancels them."""

    def __init__(self, home: Path) -> None:
        self._home = home

    def due(self) -> list[Due]:
        """Every duty with its next time."""
        from bullpen.slack.home import Due

        now = datetime.now().astimezone()
        return [
            Due(name=one.name, channel=one.channel, line=_line(one, now))
            for one in load(self._home)
        ]

    def cancel(self, name: str) -> bool:
        """Take a duty away; False where there is none of that name."""
        if all(one.name != name for one in load(self._home)):
            return False
        remove(self._home, name)
        return True


def clock(
    home: Path, desk: Desk, chat: Chat, directory: Directory, roster: Roster, me: Identity
) -> Schedule:
    """The schedule of a running desk, in the machine's time zone."""
    from bullpen_orchestrator.schedule import Schedule, Venue

    async def place(name: str) -> Venue | None:
        for channel in await directory.channels_of(me.bot_user_id):
            if channel.name == name:
                return Venue(
                    team=me.team_id, channel=channel.id, name=name, audience=channel.audience
                )
        return None

    def duties() -> list[Duty]:
        return load(home)

    return Schedule(duties, desk.ledger, chat, roster.lead.id, place, desk.receive)
