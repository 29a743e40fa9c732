"""The connection to Slack: one client, one session, two sockets.

The rule it protects: a wrong token or a dead network is told before anything starts (the SDK's
socket client retries for ever in silence), and a hundred first events cost one auth.test. On
loopback no proxy is used, because the SDK reads HTTPS_PROXY and ignores NO_PROXY. It registers
no listener.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable
from dataclasses import dataclass
from urllib.parse import urlsplit

import aiohttp
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bullpen.slack import setup_messages
from bullpen.slack.answers import Json, answer
from bullpen.slack.health import Missed, Timing, Watch
from bullpen.slack.refusals import reason
from bullpen.slack.scopes import missing

PREFLIGHT_SECONDS = 15.0
SOCKETS = 2
log = logging.getLogger("bullpen.slack")


@dataclass(frozen=True, slots=True)
class Identity:
    """Who an app of ours is in the workspace. `url` ends with a slash; `bot_id` marks its posts."""

    team_id: str
    team: str
    url: str
    bot_id: str
    bot_user_id: str
    bot_name: str
    scopes: frozenset[str] = frozenset()
    """What Slack granted the bot token; empty where it does not say."""
    agent: str = ""
    """The agent whose own app it is; "" for the desk's."""


def is_loopback(address: str) -> bool:
    return (urlsplit(address).hostname or "") in ("127.0.0.1", "localhost", "::1")


class Connection:
    """An open line to one workspace. Open it with `Connection.open`, close it with `close`.

    `client` never repeats a call by itself: a repeated chat.postMessage would post twice.
    `reader` is for calls that change nothing and may wait out a 429.
    """

    def __init__(
        self, client: AsyncWebClient, reader: AsyncWebClient, identity: Identity, app_token: str
    ) -> None:
        self.client = client
        self.reader = reader
        self.identity = identity
        self.app = self._bolt()
        self._app_token = app_token
        self._handlers: list[AsyncSocketModeHandler] = []
        self._watching: asyncio.Task[None] | None = None
        self.watch: Watch | None = None

    @property
    def session(self) -> aiohttp.ClientSession:
        session = self.client.session
        assert session is not None
        return session

    @classmethod
    async def open(
        cls, *, base_url: str, bot_token: str, app_token: str, agent: str = ""
    ) -> Connection:
        """Check both tokens and the network. Raises OperatorError with the remedy.

        `agent` is the id of the agent whose own app it is; "" for the desk's.
        """
        session = aiohttp.ClientSession()
        client = AsyncWebClient(
            token=bot_token, base_url=base_url, session=session, retry_handlers=[], logger=log
        )
        patient = AsyncRateLimitErrorRetryHandler(max_retry_count=2)
        reader = AsyncWebClient(
            token=bot_token,
            base_url=base_url,
            session=session,
            retry_handlers=[patient],
            logger=log,
        )
        if is_loopback(base_url):
            client.proxy = reader.proxy = None
        try:
            identity = await _preflight(client, app_token, agent)
            return cls(client, reader, identity, app_token)
        except BaseException:
            await session.close()
            raise

    def _bolt(self) -> AsyncApp:
        me = self.identity
        known = AuthorizeResult(
            enterprise_id=None,
            team_id=me.team_id,
            team=me.team,
            url=me.url,
            bot_user_id=me.bot_user_id,
            bot_id=me.bot_id,
            bot_token=self.client.token,
        )

        async def authorize() -> AuthorizeResult:
            return known

        async def direct(context: object, next: object) -> None:
            # Bolt builds a client per request, which reads HTTPS_PROXY again.
            context.client.proxy = self.client.proxy  # type: ignore[attr-defined]
            await next()  # type: ignore[operator]

        # Without a token of its own: Bolt takes it from `authorize`, and warns of a second one.
        bare = AsyncWebClient(
            base_url=self.client.base_url, session=self.session, retry_handlers=[], logger=log
        )
        bare.proxy = self.client.proxy
        return AsyncApp(
            client=bare,
            authorize=authorize,
            before_authorize=direct,
            logger=logging.getLogger("bullpen.slack.bolt"),
            request_verification_enabled=False,
            # Slack stamps our bot_id on what a person posts through the app's user token, and
            # Bolt's filter would drop it; `inbound.sender` tells our own posts apart.
            ignoring_self_events_enabled=False,
            # The acknowledgement follows the listener: an event is ours only once it is claimed,
            # and Slack delivers again what we failed to claim.
            process_before_response=True,
        )

    async def listen(
        self,
        catch_up: Missed | None = None,
        *,
        sockets: int = SOCKETS,
        timing: Timing | None = None,
    ) -> None:
        """Open the sockets; events reach the app's listeners from here on.

        Slack gives every event to one of them: while one is renewed, the other hears. With
        `catch_up` they are watched, and what was missed is fetched after every connection.
        """
        for _ in range(sockets):
            handler = AsyncSocketModeHandler(self.app, self._app_token, logger=log)
            if is_loopback(self.client.base_url):
                handler.client.proxy = None
            self._handlers.append(handler)
        if catch_up is not None:
            clients = [handler.client for handler in self._handlers]
            self.watch = Watch(clients, self.reader, catch_up, timing)
        for handler in self._handlers:
            await handler.connect_async()
        if self.watch is not None:
            self._watching = asyncio.create_task(self.watch.run())

    async def connected(self) -> bool:
        """Whether every socket is open."""
        return bool(self._handlers) and all(
            [await handler.client.is_connected() for handler in self._handlers]
        )

    async def deafen(self) -> None:
        """Close the sockets: nothing is heard any more, and what comes is delivered again later."""
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.gather(self._watching, return_exceptions=True)
            self._watching = None
        handlers, self._handlers = self._handlers, []
        for handler in handlers:
            with contextlib.suppress(Exception):
                await handler.close_async()
            for task in (handler.client.message_processor, handler.client.message_receiver):
                if task is not None:
                    await asyncio.gather(task, return_exceptions=True)

    async def close(self) -> None:
        """Close the sockets and the session; safe to call twice."""
        await self.deafen()
        await self.session.close()


async def _preflight(client: AsyncWebClient, app_token: str, agent: str) -> Identity:
    bot, app = setup_messages.token_names(agent)
    try:
        async with asyncio.timeout(PREFLIGHT_SECONDS):
            me, granted = await _call(bot, client.auth_test())
            await _call(app, client.apps_connections_open(app_token=app_token))
    except TimeoutError:
        raise setup_messages.slack_unreachable(
            client.base_url, f"no answer within {PREFLIGHT_SECONDS:g} seconds"
        ) from None
    except (aiohttp.ClientError, OSError) as error:
        raise setup_messages.slack_unreachable(
            client.base_url, str(error) or type(error).__name__
        ) from None
    return Identity(
        team_id=str(me["team_id"]),
        team=str(me.get("team", "")),
        url=str(me.get("url", "")).rstrip("/") + "/",
        bot_id=str(me.get("bot_id", "")),
        bot_user_id=str(me["user_id"]),
        bot_name=str(me.get("user", "Bullpen")),
        scopes=_granted(granted, agent),
        agent=agent,
    )


def _granted(header: str, agent: str) -> frozenset[str]:
    """The scopes of the header x-oauth-scopes. Raises OperatorError where a needed one is missing."""
    granted = frozenset(filter(None, (scope.strip() for scope in header.split(","))))
    if granted:
        lacking = missing(granted, own=bool(agent))
        if lacking.required:
            raise setup_messages.slack_scopes_missing(lacking.required, agent)
        for scope, use in lacking.other.items():
            log.info("the scope %s was not granted; it is for %s", scope, use)
    return granted


async def _call(name: str, call: Awaitable[AsyncSlackResponse]) -> tuple[Json, str]:
    """The answer, and the scopes that its header names."""
    try:
        response = await call
    except SlackApiError as error:
        word = reason(error)
        if word == "missing_scope":
            needed = str(error.response.get("needed", ""))
            raise setup_messages.app_token_cannot_connect(name, needed) from None
        raise setup_messages.token_refused(name, word) from None
    headers = {str(key).lower(): str(value) for key, value in dict(response.headers).items()}
    return answer(response), headers.get("x-oauth-scopes", "")
