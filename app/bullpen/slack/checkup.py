"""What an installed Slack app lacks, compared with what the desk needs, each with its remedy.

The rule it protects: every lack is named with what is lost by it and the one step that mends it;
what Slack does not show is said not to be known. It changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast

from slack_sdk.errors import SlackApiError

from bullpen.slack import setup_messages
from bullpen.slack.answers import Json, answer
from bullpen.slack.connect import Connection
from bullpen.slack.manifest import AGENT_EVENTS, BOT_EVENTS, EVENT_USES, MINIMAL_EVENTS
from bullpen.slack.refusals import reason
from bullpen.slack.scopes import missing

State = Literal["ok", "note", "broken"]


@dataclass(frozen=True, slots=True)
class Symptom:
    """One thing that was looked at; `remedy` is "" where nothing is to be done."""

    state: State
    fact: str
    remedy: str = ""


async def examine(
    address: str, tokens: tuple[str, str], config_token: str, agent: str = ""
) -> list[Symptom]:
    """Look at one app. `config_token` ("" for none) lets Slack show its events and features.

    Raises OperatorError where the tokens do not connect or a scope is missing that is needed.
    """
    bot, app = tokens
    connection = await Connection.open(base_url=address, bot_token=bot, app_token=app, agent=agent)
    try:
        me = connection.identity
        whose = setup_messages.app_of(agent)
        found = [Symptom("ok", setup_messages.app_connects(whose, me.bot_name, me.team))]
        found += _scopes(me.scopes, agent)
        found += await _configuration(connection, config_token, agent)
        return found
    finally:
        await connection.close()


def _scopes(granted: frozenset[str], agent: str) -> Iterator[Symptom]:
    if not granted:
        yield Symptom("note", setup_messages.scopes_unknown(setup_messages.app_of(agent)))
        return
    for scope, use in missing(granted, own=bool(agent)).other.items():
        fact = setup_messages.scope_lacking(setup_messages.app_of(agent), scope, use)
        yield Symptom("note", fact, setup_messages.scope_help(scope))


async def _configuration(connection: Connection, config_token: str, agent: str) -> list[Symptom]:
    if not config_token:
        return [Symptom("note", setup_messages.events_unknown(setup_messages.app_of(agent)), setup_messages.CONFIG_TOKEN_HELP)]  # fmt: skip
    try:
        bot = answer(await connection.reader.bots_info(bot=connection.identity.bot_id))["bot"]
        exported = await connection.reader.apps_manifest_export(
            app_id=str(bot["app_id"]), token=config_token
        )
    except SlackApiError as error:
        fact = setup_messages.configuration_refused(setup_messages.app_of(agent), reason(error))
        return [Symptom("note", fact, setup_messages.CONFIG_TOKEN_HELP)]
    return [*compared(answer(exported)["manifest"], agent)]


def compared(installed: Mapping[str, Any], agent: str = "") -> Iterator[Symptom]:
    """What the manifest of an installed app lacks, the gravest first."""
    whose = setup_messages.app_of(agent)
    events = {
        str(e) for e in _at(installed, "settings", "event_subscriptions").get("bot_events") or ()
    }
    for event in AGENT_EVENTS if agent else BOT_EVENTS:
        if event not in events:
            state: State = "broken" if event in MINIMAL_EVENTS else "note"
            fact = setup_messages.event_lacking(whose, event, EVENT_USES[event])
            yield Symptom(state, fact, setup_messages.event_help(event))
    settings, features = _at(installed, "settings"), _at(installed, "features")
    if not _at(settings, "interactivity").get("is_enabled"):
        yield Symptom(
            "broken", setup_messages.no_interactivity(whose), setup_messages.INTERACTIVITY_HELP
        )
    if not _at(features, "app_home").get("messages_tab_enabled"):
        yield Symptom(
            "note", setup_messages.no_messages_tab(whose), setup_messages.MESSAGES_TAB_HELP
        )
    commands = [str(one.get("command")) for one in features.get("slash_commands") or ()]
    if not agent and "/bullpen" not in commands:
        yield Symptom("note", setup_messages.no_command(whose), setup_messages.COMMAND_HELP)


def _at(part: Mapping[str, Any], *path: str) -> Json:
    found: Any = part
    for key in path:
        found = cast("Json", found).get(key) if isinstance(found, Mapping) else None
    return cast("Json", found) if isinstance(found, Mapping) else {}
