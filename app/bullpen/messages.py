"""Every sentence the app package says to a person; those of Slack stand in `slack/messages.py`.

The rule it protects: a sentence gives the fact, its cause and the remedy, and is written once.
It decides nothing; who says it and where is the business of its callers.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bullpen_memory.errors import InputError, OperatorError


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


def no_such_file(path: Path) -> InputError:
    return InputError(
        f"There is no file {path}.", "It was to go with the question.", "Check the path."
    )


def nothing_asked() -> InputError:
    return InputError(
        "There was nothing to ask.", "The question is empty.", 'Write it in quotes: bullpen ask "…"'
    )


def wrong_day(day: str, problem: str) -> InputError:
    return InputError(
        f"“{day}” pins no question.",
        problem or "It names no day that can be read.",
        "Write --as-of as year-month-day, such as 2026-03-05.",
    )


def no_record(record_id: str) -> InputError:
    return InputError(
        f"There is no record {record_id} that you may see.",
        "It does not exist, or it belongs to a conversation you are not part of.",
        "Find records with: bullpen memory search",
    )


DONE: dict[str, str] = {
    "approve": "Approved", "dispute": "Disputed", "settle": "Settled", "retract": "Withdrawn",
    "restore": "Restored", "pin": "Pinned", "unpin": "Released", "separate": "Separated",
    "share": "Moved as",
}  # fmt: skip


def ambiguous_record(named: str, ids: Sequence[str]) -> InputError:
    return InputError(
        f"“{named}” names more than one record.",
        f"There are {', '.join(ids)}.",
        "Write more of the id.",
    )


def no_cursor(text: str) -> InputError:
    return InputError(
        "There is no further page.",
        f"“{text[:40]}” is not what a search printed, or was cut off.",
        "Search again and copy the whole line after “More:”.",
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


def not_rerun(receipt_id: str) -> str:
    return (
        f"{receipt_id} was not run again: the desk failed over it, and its log says how. "
        "Its figures stand in the receipt as they were."
    )


OTHER_SITE = (
    "This change was not made: the request came from another site. "
    "Open the memory page itself and try again."
)


def in_workspace() -> str:
    return "the local workspace, on this machine only"


def started(address: str, model: str, slack: str, home: Path) -> list[tuple[str, str]]:
    """The lines that `bullpen up` prints, as label and value."""
    return [("Open", address), ("Model", model), ("Slack", slack), ("Home", str(home))]


def bad_schedule(path: Path, cause: str) -> OperatorError:
    return OperatorError(
        f"The schedule {path} cannot be used.",
        f"{cause.rstrip('.')}.",
        "Each entry has name, cron, channel and ask; `bullpen schedule add` writes them.",
    )


def bad_duty_name(name: str) -> InputError:
    return InputError(
        f"“{name}” is no name for a duty.",
        "A name has up to 40 letters, digits, dashes or underscores.",
        "Choose one such as `ideas`.",
    )


def no_duty(name: str, names: Sequence[str]) -> InputError:
    return InputError(
        f"There is no duty “{name}”.",
        f"There are: {', '.join(names)}." if names else "The schedule is empty.",
        "Add one with `bullpen schedule add`.",
    )
