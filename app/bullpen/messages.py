"""Every sentence the app package says to a person.

The rule it protects: a sentence gives the fact, its cause and the remedy, and is written once.
It decides nothing; who says it and where is the business of its callers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from bullpen_memory.errors import InputError, OperatorError

BOT_TOKEN_HELP = (
    "Copy the Bot User OAuth Token (it begins with xoxb-) from the app's “OAuth & Permissions” "
    "page into SLACK_BOT_TOKEN."
)
APP_TOKEN_HELP = (
    "Create an app-level token with the scope connections:write on the app's “Basic Information” "
    "page and put it (it begins with xapp-) into SLACK_APP_TOKEN."
)
SCOPES_HELP = (
    "Paste the manifest of `bullpen slack manifest` into the app's “App Manifest” page, save, and "
    "choose “Reinstall to Workspace” on its “Install App” page."
)
EVENTS_HELP = (
    "Slack does not show an app its event subscriptions. If a kind of message never arrives, "
    "compare the app's “Event Subscriptions” page with `bullpen slack manifest`."
)
STATES = frozenset({"proposed", "active", "superseded", "retracted", "forgotten"})


def wrong_setting(name: str, problem: str) -> OperatorError:
    return OperatorError(
        f"The setting {name} cannot be used.",
        f"{problem.rstrip('.')}.",
        f"Correct {name}, or unset it to use the default, and start again.",
    )


def home_unusable(home: Path, reason: str) -> OperatorError:
    return OperatorError(
        f"Bullpen cannot keep its data in {home}.",
        f"The system says: {reason}.",
        "Make the folder writable for you, or choose another one with BULLPEN_HOME or --home.",
    )


def home_in_use(home: Path, pid: int | None) -> OperatorError:
    who = f"the process {pid}" if pid else "another process"
    return OperatorError(
        f"A desk already runs on {home}.",
        f"It is held by {who}; two desks on one folder would answer twice.",
        "Stop the other one, or start this one with another --home.",
    )


def port_in_use(port: int) -> OperatorError:
    return OperatorError(
        f"Bullpen cannot open its page on port {port}.",
        "Another program is listening there already.",
        f"Stop that program, or start with another port: bullpen up --port {port + 1}",
    )


def model_unnamed() -> OperatorError:
    return OperatorError(
        "The desk does not know which model to ask for.",
        "ANTHROPIC_BASE_URL names a server, but no model on it is named.",
        "Set BULLPEN_MODEL to the name of a model that the server offers.",
    )


def half_a_slack(missing: str) -> OperatorError:
    present = "SLACK_APP_TOKEN" if missing == "SLACK_BOT_TOKEN" else "SLACK_BOT_TOKEN"
    return OperatorError(
        "Bullpen cannot connect to Slack.",
        f"{present} is set, but {missing} is not; Socket Mode needs both.",
        BOT_TOKEN_HELP if missing == "SLACK_BOT_TOKEN" else APP_TOKEN_HELP,
    )


def wrong_kind_of_token(name: str, expected: str) -> OperatorError:
    return OperatorError(
        f"{name} does not hold the right kind of token.",
        f"It should begin with {expected}.",
        BOT_TOKEN_HELP if name == "SLACK_BOT_TOKEN" else APP_TOKEN_HELP,
    )


def token_refused(name: str, reason: str) -> OperatorError:
    return OperatorError(
        f"Slack does not accept {name}.",
        f"Slack's word for it is “{reason}”.",
        BOT_TOKEN_HELP if name == "SLACK_BOT_TOKEN" else APP_TOKEN_HELP,
    )


def slack_unreachable(address: str, reason: str) -> OperatorError:
    return OperatorError(
        f"Slack does not answer at {address}.",
        f"The connection failed: {reason}.",
        "Check the network and the proxy settings (HTTPS_PROXY), then start again.",
    )


def slack_scopes_missing(scopes: Mapping[str, str]) -> OperatorError:
    listed = "; ".join(f"{scope} ({use})" for scope, use in scopes.items())
    return OperatorError(
        "The Slack app lacks a permission."
        if len(scopes) == 1
        else "The Slack app lacks permissions.",
        f"It needs {listed}.",
        SCOPES_HELP,
    )


def answer_late(minutes: float, link: str) -> OperatorError:
    return OperatorError(
        f"No answer arrived within {minutes:g} minutes.",
        "The desk may still be working.",
        f"Follow the conversation at {link}" if link else "Look at the channel later.",
    )


def ask_in_slack() -> InputError:
    return InputError(
        "The question was not posted.",
        "This desk works in a real Slack workspace, where only you can post as you.",
        "Ask there: mention the app in a channel, or write to it directly.",
    )


def unknown_agent(name: str, known: Sequence[str]) -> InputError:
    return InputError(
        f"There is no agent called “{name}”.",
        f"The desk has {', '.join(known)}.",
        "Use one of these names, or leave the name out and the architect decides.",
    )


def unknown_channel(name: str, known: Sequence[str]) -> InputError:
    listed = ", ".join(f"#{channel}" for channel in known) or "no channel yet"
    return InputError(
        f"There is no channel called “#{name}”.",
        f"The workspace has {listed}.",
        "Choose one of them with --channel.",
    )


def nothing_asked() -> InputError:
    return InputError(
        "There was nothing to ask.", "The question is empty.", 'Write it in quotes: bullpen ask "…"'
    )


def no_record(record_id: str) -> InputError:
    return InputError(
        f"There is no record {record_id} that you may see.",
        "It does not exist, or it belongs to a conversation you are not part of.",
        "Find records with: bullpen memory search",
    )


def no_memory(home: Path) -> InputError:
    return InputError(
        f"There is no memory in {home} yet.",
        "No desk has ever run on this folder.",
        "Start one with `bullpen up`, or name another folder with --home.",
    )


def not_the_owner() -> OperatorError:
    return OperatorError(
        "The desk did not compare its index.",
        "The request did not carry the token of the desk's run file.",
        "Run the command as the user who started the desk.",
    )


def no_index() -> OperatorError:
    return OperatorError(
        "There is no index to compare.",
        "The desk is still starting, or it has no embedder and searches by words only.",
        "Try again in a moment; `bullpen doctor` tells whether there is an embedder.",
    )


def desk_silent(url: str, reason: str) -> OperatorError:
    return OperatorError(
        f"The desk at {url} did not answer.",
        f"The connection failed: {reason}.",
        "Stop it and run the command again.",
    )


def no_receipt(receipt_id: str) -> InputError:
    return InputError(
        f"There is no receipt {receipt_id} that you may see.",
        "It does not exist, or it was made in a conversation you are not part of.",
        "Open it from the footnote of the message that cites it.",
    )


def bad_filter(name: str, value: str, allowed: Sequence[str]) -> InputError:
    return InputError(
        f"“{value}” is not a {name}.",
        f"The choices are {', '.join(allowed)}.",
        f"Choose one of them, or leave the {name} out.",
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
CHART_LOST = "The chart could not be uploaded."
NO_RECEIPTS = (
    "This answer cites no receipts that you may see: no tool was used for it, or its figures "
    "come from a conversation you are not part of."
)
NOT_ONLINE = "Nothing is sent outside this machine unless a key or a token is set."
OTHER_SITE = (
    "This change was not made: the request came from another site. "
    "Open the memory page itself and try again."
)


def in_workspace() -> str:
    return "the local workspace, on this machine only"


def in_slack(team: str) -> str:
    return f"the Slack workspace {team}"


def started(address: str, model: str, slack: str, home: Path) -> list[tuple[str, str]]:
    """The lines that `bullpen up` prints, as label and value."""
    return [("Open", address), ("Model", model), ("Slack", slack), ("Home", str(home))]
