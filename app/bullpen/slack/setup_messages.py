"""Every sentence about setting Slack up: tokens, apps, permissions, events.

The rule it protects: a sentence gives the fact, its cause and the remedy, and is written once.
It decides nothing; who says it and where is the business of its callers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bullpen_memory.errors import InputError, OperatorError


def token_names(agent: str = "") -> tuple[str, str]:
    """The settings that hold the bot token and the app-level token, of an agent's own app too."""
    tail = f"_{agent.upper()}" if agent else ""
    return f"SLACK_BOT_TOKEN{tail}", f"SLACK_APP_TOKEN{tail}"


def token_help(name: str) -> str:
    """Where the token of a setting comes from."""
    if name.startswith("SLACK_BOT_TOKEN"):
        return (
            "Copy the Bot User OAuth Token (it begins with xoxb-) from the app's “OAuth & "
            f"Permissions” page into {name}."
        )
    return (
        "Create an app-level token with the scope connections:write on the app's “Basic "
        f"Information” page and put it (it begins with xapp-) into {name}."
    )


def manifest_help(agent: str = "") -> str:
    """How an app gets the permissions and events it lacks."""
    option = f" --agent {agent}" if agent else ""
    return (
        f"Paste the manifest of `bullpen slack manifest{option}` into the app's “App Manifest” page, "
        "save, and choose “Reinstall to Workspace” on its “Install App” page."
    )


CONFIG_TOKEN_HELP = (
    "Generate an app configuration token on Slack's “Your apps” page (it lives 12 hours), put it into "
    "SLACK_CONFIG_TOKEN for this command only, and run `bullpen doctor` again; or compare the app's "
    "“Event Subscriptions” page with `bullpen slack manifest`."
)
INTERACTIVITY_HELP = "Switch it on under “Interactivity & Shortcuts”, and save."
MESSAGES_TAB_HELP = (
    "Tick “Allow users to send Slash commands and messages from the messages tab” under “App Home”."
)
COMMAND_HELP = "Create /bullpen under “Slash Commands”, and reinstall the app."


def app_of(agent: str) -> str:
    return f"The app of {agent}" if agent else "The app"


def app_connects(app: str, bot: str, team: str) -> str:
    return f"{app} connects to the Slack workspace {team} as @{bot}."


def scopes_unknown(app: str) -> str:
    return f"Slack does not say which scopes {app[0].lower()}{app[1:]} was granted."


def scope_lacking(app: str, scope: str, use: str) -> str:
    return f"{app} was not granted {scope}; it is for {use}."


def scope_help(scope: str) -> str:
    return (
        f"On “OAuth & Permissions”, under “Bot Token Scopes”, add {scope}; then choose “Reinstall to "
        "Workspace”."
    )


def events_unknown(app: str) -> str:
    return f"{app} does not show which events it subscribed to; Slack tells only the app's makers."


def configuration_refused(app: str, word: str) -> str:
    return f"{app} was not exported: Slack's word for it is “{word}”."


def event_lacking(app: str, event: str, use: str) -> str:
    return f"{app} did not subscribe to {event}; it is for {use}."


def event_help(event: str) -> str:
    return (
        f"On “Event Subscriptions”, under “Subscribe to bot events”, add {event}, save, and reinstall "
        "the app where Slack asks for it."
    )


def no_interactivity(app: str) -> str:
    return f"{app} has interactivity switched off: no button, form or shortcut works."


def no_messages_tab(app: str) -> str:
    return f"{app} takes no direct messages: its Messages tab is off."


def no_command(app: str) -> str:
    return f"{app} has no command /bullpen."


def half_a_slack(missing: str) -> OperatorError:
    here, there = ("BOT", "APP") if "_APP_" in missing else ("APP", "BOT")
    present = missing.replace(f"_{there}_", f"_{here}_")
    return OperatorError(
        "Bullpen cannot connect to Slack.",
        f"{present} is set, but {missing} is not; Socket Mode needs both.",
        token_help(missing),
    )


def agents_without_a_desk() -> OperatorError:
    return OperatorError(
        "Bullpen cannot connect to Slack.",
        "Agents have apps of their own, but SLACK_BOT_TOKEN and SLACK_APP_TOKEN, the desk's, are "
        "not set: it holds the command /bullpen and whatever belongs to no agent.",
        "Make the desk's app with `bullpen slack manifest` and set both tokens.",
    )


def tokens_of_nobody(name: str, known: Sequence[str]) -> OperatorError:
    return OperatorError(
        f"{name} names no agent.",
        f"The desk has {', '.join(known)}.",
        "End the setting's name with one of these ids in capitals, such as "
        f"{token_names(known[0])[0]}, or unset it.",
    )


def app_used_twice(name: str, other: str) -> OperatorError:
    return OperatorError(
        f"{name} belongs to an app that is in use already.",
        f"It is the app of {other}; one app cannot stand for two.",
        token_help(name),
    )


def app_elsewhere(name: str, team: str, desk: str) -> OperatorError:
    return OperatorError(
        f"{name} belongs to another Slack workspace.",
        f"That app is installed in {team}, the desk's own in {desk}.",
        f"Install it in {desk}, and copy its new tokens.",
    )


def app_token_cannot_connect(name: str, scope: str) -> OperatorError:
    return OperatorError(
        f"{name} may not open a connection.",
        f"It lacks the scope {scope}.",
        token_help(name),
    )


def wrong_kind_of_token(name: str, expected: str) -> OperatorError:
    return OperatorError(
        f"{name} does not hold the right kind of token.",
        f"It should begin with {expected}.",
        token_help(name),
    )


def token_refused(name: str, reason: str) -> OperatorError:
    return OperatorError(
        f"Slack does not accept {name}.",
        f"Slack's word for it is “{reason}”.",
        token_help(name),
    )


def slack_unreachable(address: str, reason: str) -> OperatorError:
    return OperatorError(
        f"Slack does not answer at {address}.",
        f"The connection failed: {reason}.",
        "Check the network and the proxy settings (HTTPS_PROXY), then start again.",
    )


def slack_scopes_missing(scopes: Mapping[str, str], agent: str = "") -> OperatorError:
    listed = "; ".join(f"{scope} ({use})" for scope, use in scopes.items())
    whose = f"The Slack app of {agent}" if agent else "The Slack app"
    return OperatorError(
        f"{whose} lacks a permission." if len(scopes) == 1 else f"{whose} lacks permissions.",
        f"It needs {listed}.",
        manifest_help(agent),
    )


def app_name_unfit(name: str, limit: int) -> InputError:
    return InputError(
        f"Slack takes no app called “{name}”.",
        f"A name has 1 to {limit} characters; this one has {len(name.strip())}.",
        "Choose a shorter one with --name." if name.strip() else "Choose one with --name.",
    )


def in_slack(team: str) -> str:
    return f"the Slack workspace {team}"
