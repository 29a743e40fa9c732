"""Every sentence that the Slack side says to a person: about tokens, scopes, commands, forms, the home.

The rule it protects: a sentence gives the fact, its cause and the remedy, and is written once.
It decides nothing; who says it and where is the business of its callers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bullpen_memory.errors import InputError, OperatorError

EVENTS_HELP = (
    "Slack does not show an app its event subscriptions. If a kind of message never arrives, "
    "compare the app's “Event Subscriptions” page with `bullpen slack manifest`."
)
STATES = frozenset({"proposed", "active", "superseded", "retracted", "forgotten"})


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


def unknown_channel(name: str, known: Sequence[str]) -> InputError:
    listed = ", ".join(f"#{channel}" for channel in known) or "no channel yet"
    return InputError(
        f"There is no channel called “#{name}”.",
        f"The workspace has {listed}.",
        "Choose one of them with --channel.",
    )


def file_too_large(name: str, size: int, limit: int) -> str:
    return (
        f"I left out the file “{name}”: it has {size / 1e6:,.1f} MB and the limit is "
        f"{limit / 1e6:,.0f} MB. Send a smaller part of it, or raise BULLPEN_MAX_FILE_MB."
    )


def file_empty(name: str) -> str:
    return f"I left out the file “{name}”: it is empty. Send it again with its content."


def file_unreadable(name: str, cause: str, readable: str) -> str:
    return (
        f"I left out the file “{name}”: {cause[:1].lower()}{cause[1:]} "
        f"I read {readable}; export it as one of these and send it again."
    )


def file_not_fetched(name: str, reason: str) -> str:
    return (
        f"I could not fetch the file “{name}”: {reason}. "
        "Send it again; if that does not help, the app may lack the scope files:read."
    )


def file_not_kept(name: str, reason: str) -> str:
    return (
        f"I could not keep the file “{name}” on the desk's machine: {reason}. "
        "Ask whoever runs the desk to look at its home folder, then send the file again."
    )


def slash_help(agents: Sequence[str]) -> str:
    names = ", ".join(f"`{name}`" for name in agents)
    return (
        "*What I understand*\n"
        "• `/bullpen ask <question>`: the desk answers in this channel\n"
        "• `/bullpen ask <agent> <question>`: that colleague answers\n"
        "• `/bullpen agents`: who works here\n"
        "• `/bullpen status`: what is under way\n"
        "• `/bullpen stop`: ends what you asked for in this channel\n"
        "• `/bullpen memory [words]`: what the desk remembers\n"
        "• `/bullpen approvals`: what waits for a person\n"
        "• `/bullpen spend`: what was used today and in all\n"
        f"The colleagues are {names}. You can also mention me: `@Bullpen quant: …`, and write "
        "`!stop` or `!status` inside a thread, where Slack has no slash commands."
    )


def slash_unknown(verb: str, near: str) -> str:
    meant = f" Did you mean `/bullpen {near}`?" if near else ""
    return f"I know no `/bullpen {verb}`.{meant} `/bullpen help` lists what there is."


def slash_ask_what() -> str:
    return "There was nothing to ask. Write the question after it: `/bullpen ask quant what is …?`"


def slash_stopped(threads: int) -> str:
    if not threads:
        return (
            "Nothing that you asked for is running in this channel, so there is nothing to stop. "
            "In another person's thread write `!stop`."
        )
    return f"Stopped: your work in {threads} thread{'s' if threads > 1 else ''} of this channel."


def slash_memory(counts: Mapping[str, int]) -> str:
    kinds = ", ".join(
        f"{kind} {count:,}" for kind, count in counts.items() if count and kind not in STATES
    )
    waiting = counts.get("proposed", 0)
    review = (
        f"\n{waiting:,} of them wait for a person's review in the app's Home." if waiting else ""
    )
    if not kinds:
        return "The desk remembers nothing yet that you may see here. It keeps what is said in its threads."
    return f"What the desk remembers and you may see here: {kinds}.{review}\nSearch it: `/bullpen memory <words>`"


def slash_found(words: str, lines: Sequence[str]) -> str:
    if not lines:
        return f"Nothing that you may see here matches “{words}”. Try fewer or other words."
    return "\n".join([f"What is remembered about “{words}”:", *(f"• {line}" for line in lines)])


def slash_approvals(proposed: int) -> str:
    reviews = (
        f"{proposed:,} proposed records wait for a review: open the app's Home."
        if proposed != 1
        else "1 proposed record waits for a review: open the app's Home."
    )
    return (
        "No run waits for a person's approval: the colleagues read, calculate and write to the "
        "desk's own memory, and nothing they can do today needs one. "
        + (reviews if proposed else "No record waits for a review either.")
    )


def slash_spend(today: str, ever: str, by_agent: Sequence[str]) -> str:
    return "\n".join([f"Today: {today}", f"In all: {ever}", *(f"• {line}" for line in by_agent)])


def part_shown(first: int, last: int, total: int) -> str:
    return f"_{first:,} to {last:,} of {total:,}_"


def home_stopped(runs: int) -> str:
    return "Stopped." if runs else "That work had ended already, so there was nothing to stop."


def home_approved(record: str) -> str:
    return f"`{record}` is in force now."


def home_retracted(record: str) -> str:
    return f"`{record}` is retracted; the memory page can restore it."


def home_too_late(record: str) -> str:
    return f"`{record}` was changed or decided on meanwhile; this page shows how it is now."


def spent(tokens: int, calls: int, cost: str) -> str:
    if not calls:
        return "no model calls"
    return f"{tokens:,} tokens in {calls:,} model call{'s' if calls > 1 else ''}, {cost}"


def form_empty() -> str:
    return "Write what you want to know."


def form_nowhere() -> str:
    return "Choose the channel in which the desk should answer."


def asked_by(person: str, question: str) -> str:
    return f"{person} asks: {question}"


HELPFUL = "Helpful"
MISLED = "This misled us"
THANKS = "Thank you. It is kept with the answer."
MISLED_KEPT = (
    "Thank you. That this answer misled you is kept with it, with your name and the time. "
    "Say in the thread what is wrong, and the desk answers with the correction before it."
)
JUDGED_NOTHING = "This answer is not in the desk's ledger any more, so nothing was kept."
RETRACTED_AT_HOME = "turned down in the app's home"
PROMPTS_TITLE = "Ask the desk, for example"
SLASH_NOT_HERE = (
    "I cannot post in this channel because I am not a member of it. "
    "Invite me with `/invite @Bullpen` and ask again."
)


def file_lost(name: str, reason: str) -> str:
    return (
        f"The file “{name}” could not be attached: {reason}. It is kept with its receipt; ask again, "
        "or open the receipt to take it from there."
    )


QUESTION_NOT_TAKEN = (
    "Your question stands in the channel, but the desk could not take it in: something failed on its "
    "side. Ask again in that thread in a minute; if that does not help, whoever runs the desk finds "
    "the cause in its log."
)
QUESTION_NOT_POSTED = (
    "Slack did not take your question, so nobody has seen it. Ask again in a minute; if that does not "
    "help, whoever runs the desk finds the cause in its log."
)
COMMAND_FAILED = (
    "The desk could not answer: something failed on its side. Try again in a minute; if that does not "
    "help, whoever runs the desk finds the cause in its log."
)
CHART_LOST = "The chart could not be uploaded."
NO_RECEIPTS = (
    "This answer cites no receipts that you may see: no tool was used for it, or its figures "
    "come from a conversation you are not part of."
)


def in_slack(team: str) -> str:
    return f"the Slack workspace {team}"
