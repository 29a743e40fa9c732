"""What a thread shows of the colleagues at work: one slot for a session's state and a line of text.

The rule it protects: Slack keeps one slot per thread and the last writer wins, so all writers go
through here; a colleague who ends does not wipe out what another is doing, and the end of a run
is never dropped for the sake of pacing. It never raises and never posts.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bullpen.slack.limits import Pace
from bullpen.slack.live import Persona
from bullpen.slack.refusals import LATER, reason, retry_after
from bullpen_orchestrator.ports import SessionState

STATUS = "assistant.threads.setStatus"
SESSION = "agents.sessions.setStatus"
TEXT_LIMIT = 100
TITLE_LIMIT = 200
REMEMBERED = 2_000
UNSUPPORTED = frozenset({"not_authorized", "missing_scope", "unknown_method", "method_deprecated"})
"""Answers of a workspace where the app is no agent: there the status text is all there is."""
log = logging.getLogger("bullpen.slack.presence")

Slot = tuple[str, str]


@dataclass(slots=True)
class _Shown:
    """One slot: who is at what (the latest last), what Slack shows, and the session's state."""

    doing: dict[str, str] = field(default_factory=dict[str, str])
    shown: tuple[str, str] = ("", "")
    session: SessionState | None = None


class Presence:
    """The slots of one workspace; `persona` gives the face of a colleague."""

    def __init__(
        self, client: AsyncWebClient, pace: Pace, persona: Callable[[str], Persona]
    ) -> None:
        self._client = client
        self._pace = pace
        self._persona = persona
        self._slots: dict[Slot, _Shown] = {}
        self._sessions = True

    async def status(self, channel: str, thread_ts: str, agent: str, text: str) -> None:
        """`agent` is at `text`; "" ends it. The same text is not sent twice, a paced one is dropped."""
        slot = self._slot(channel, thread_ts)
        slot.doing.pop(agent, None)
        if text:
            slot.doing[agent] = text[:TEXT_LIMIT]
        latest = next(reversed(slot.doing.items()), ("", ""))
        if not latest[1] and slot.session == "processing":
            # An empty text would end the session while the run goes on; the next writer follows.
            return
        await self._show(channel, thread_ts, slot, latest)

    async def session(
        self, channel: str, thread_ts: str, state: SessionState, user: str, title: str
    ) -> bool:
        """Move the thread's session to `state`. False where this has to be tried again."""
        slot = self._slot(channel, thread_ts)
        if state != "processing":
            slot.doing.clear()
        if not self._sessions:
            await self._show(channel, thread_ts, slot, next(reversed(slot.doing.items()), ("", "")))
            return True
        if self._pace.claim(SESSION) > 0:
            return False
        done = await self._made(
            SESSION,
            lambda: self._client.agents_sessions_setStatus(
                channel_id=channel, thread_ts=thread_ts, status=state,
                title=title[:TITLE_LIMIT] or None, initiator_user_id=user if user[:1] in ("U", "W") else None,
            ),
        )  # fmt: skip
        if done:
            slot.session, slot.shown = state, ("", "")
        if state != "processing" and done:
            self._slots.pop((channel, thread_ts), None)
        return done

    async def said(self, channel: str, thread_ts: str) -> None:
        """Something was posted there: Slack has wiped the text, so what goes on is shown again."""
        slot = self._slots.get((channel, thread_ts))
        if slot is not None:
            slot.shown = ("", "")
            if slot.doing:
                await self._show(channel, thread_ts, slot, next(reversed(slot.doing.items())))

    async def _show(
        self, channel: str, thread_ts: str, slot: _Shown, latest: tuple[str, str]
    ) -> None:
        agent, text = latest
        if slot.shown == latest or (text and self._pace.claim(STATUS, "", "progress") > 0):
            return
        persona = self._persona(agent)
        if await self._made(
            STATUS,
            lambda: self._client.assistant_threads_setStatus(
                channel_id=channel, thread_ts=thread_ts, status=text,
                username=persona.username, icon_emoji=persona.icon_emoji,
            ),
        ):  # fmt: skip
            slot.shown = latest

    async def _made(self, method: str, call: Callable[[], Awaitable[object]]) -> bool:
        """Whether the call is done with: made, or refused for good."""
        try:
            await call()
        except SlackApiError as error:
            word, seconds = reason(error), retry_after(error)
            if seconds is not None:
                self._pace.freeze(method, seconds)
            log.info("%s refused: %s", method, word)
            if method == SESSION and word in UNSUPPORTED:
                log.warning(
                    "Slack shows no stop button: %s. Paste the manifest again and reinstall.", word
                )
                self._sessions = False
            return word not in LATER and seconds is None and error.response.status_code < 500
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            log.info("%s not made: %s", method, error)
            return False
        return True

    def _slot(self, channel: str, thread_ts: str) -> _Shown:
        slot = self._slots.setdefault((channel, thread_ts), _Shown())
        while len(self._slots) > REMEMBERED:
            del self._slots[next(iter(self._slots))]
        return slot
