"""Work that comes due by the clock: a question that the desk asks in a channel by itself.

The rule it protects: each time of a duty is asked once, whatever dies in between, and of several
times that a machine slept through only the last is asked. It decides neither who answers nor what
is due to whom; a duty runs with the rights of the channel it stands in.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

import structlog
from croniter import croniter

from bullpen_memory.errors import InputError
from bullpen_orchestrator import messages
from bullpen_orchestrator.ledger import Ledger
from bullpen_orchestrator.ports import Audience, Busy, Chat, Inbound, Post, Undeliverable

_log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """What is asked when. `cron` has five fields, read in the desk's time zone."""

    name: str
    cron: str
    channel: str
    ask: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Venue:
    """The channel of a duty as the platform knows it."""

    team: str
    channel: str
    name: str
    audience: Audience


def checked(cron: str) -> str:
    """The expression as it came. Raises InputError when it is none of five fields."""
    if len(cron.split()) != 5 or not croniter.is_valid(cron):
        raise InputError(
            f"“{cron}” is no time for a duty.",
            "A time has five fields: minute, hour, day of the month, month, day of the week.",
            "Write for instance `0 8 * * mon` for Mondays at 8.",
        )
    return cron


def next_due(cron: str, after: datetime) -> datetime:
    """The first time after `after` (aware), in its zone."""
    return croniter(checked(cron), after).get_next(datetime)


def last_due(cron: str, now: datetime) -> datetime:
    """The latest time up to `now` (aware), in its zone."""
    at = croniter(checked(cron), now).get_prev(datetime)
    following = croniter(cron, at).get_next(datetime)
    return following if following <= now else at


class Schedule:
    """Looks at the clock every `beat` seconds.

    `duties` is asked at every look, so a change holds at once. `place` finds a channel by its name and answers None while it is not there; `receive` is the
    desk's; `zone` is the time zone of the expressions, the machine's where it is None.
    """

    def __init__(
        self,
        duties: Callable[[], Sequence[Duty]],
        ledger: Ledger,
        chat: Chat,
        lead: str,
        place: Callable[[str], Awaitable[Venue | None]],
        receive: Callable[[Inbound], Awaitable[str]],
        zone: tzinfo | None = None,
    ) -> None:
        self._duties = duties
        self._ledger = ledger
        self._chat = chat
        self._lead = lead
        self._place = place
        self._receive = receive
        self._zone = zone

    async def watch(self, beat: float = 20.0) -> None:
        """Ask what is due, until cancelled."""
        while True:
            try:
                await self.look(datetime.now(UTC))
            except Busy as busy:
                await asyncio.sleep(busy.seconds)
            except Exception:  # noqa: BLE001
                # The clock must go on; the duty stays due and is tried at the next look.
                _log.exception("the schedule was not looked at")
            await asyncio.sleep(beat)

    async def look(self, now: datetime) -> list[str]:
        """Ask every duty whose time has come; returns their names."""
        asked: list[str] = []
        for duty in self._duties():
            begun = await self._ledger.put(_since(duty), {"at": now.isoformat()})
            due = last_due(duty.cron, now.astimezone(self._zone))
            if due <= datetime.fromisoformat(begun["at"]):
                continue
            # The wall clock's time: when summer time ends, Monday at 8 stays the same Monday at 8.
            key = f"duty:{duty.name}:{due.replace(tzinfo=None).isoformat(timespec='minutes')}"
            if await self._ledger.get(f"{key}:asked") is None and await self._ask(duty, key):
                await self._ledger.put(f"{key}:asked", {"at": now.isoformat()})
                asked.append(duty.name)
        return asked

    async def _ask(self, duty: Duty, key: str) -> bool:
        """Post the question once and hand it to the desk; False where that cannot be done now."""
        venue = await self._place(duty.channel)
        if venue is None:
            _log.warning("%s", messages.duty_nowhere(duty.name, duty.channel))
            return False
        try:
            # An earlier attempt may have posted it and died before it was written down.
            ts = await self._chat.find(venue.channel, "", key) or await self._chat.post(
                Post(
                    key=key, channel=venue.channel, thread_ts="", agent=self._lead,
                    text=messages.duty(duty.name, duty.ask), priority="progress",
                )
            )  # fmt: skip
        except Undeliverable as refused:
            _log.warning("%s (%s)", messages.duty_nowhere(duty.name, duty.channel), refused.reason)
            return False
        await self._receive(
            Inbound(
                event_id=key,
                team=venue.team,
                channel=venue.channel,
                channel_name=venue.name,
                audience=venue.audience,
                user=f"duty:{duty.name}",
                user_name=messages.duty_asker(duty.name),
                text=duty.ask,
                ts=ts,
                thread_ts=ts,
                addressed=True,
                permalink=self._chat.permalink(venue.channel, ts),
            )
        )
        return True


def _since(duty: Duty) -> str:
    # A changed time begins anew: what lies before the change was never due.
    return f"duty:{duty.name}:{duty.cron}:since"
