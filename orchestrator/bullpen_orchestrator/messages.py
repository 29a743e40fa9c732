"""Every sentence that the orchestrator says to a person: fact, cause, remedy.

The rule it protects: what people read is written in one place, in one voice. It decides nothing
and formats no figures.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from bullpen_memory.errors import BullpenError, OperatorError

THINKING = "thinking"
FILES_ONLY = "Look at the attached files and say what they hold."


def other_team(home: Path, kept: str, team: str, waiting: int) -> OperatorError:
    """A home folder with unfinished work for another workspace."""
    pieces = "1 request or post is" if waiting == 1 else f"{waiting} requests or posts are"
    return OperatorError(
        f"The desk in {home} was not started.",
        f"{pieces} unfinished for the Slack team {kept}, to which this home belongs, and you are "
        f"connecting to {team}, where they cannot be delivered.",
        f"Start once more with the tokens of {kept} (none for the local workspace) and let it finish, "
        "or choose another home folder with BULLPEN_HOME or --home.",
    )


def empty(desk: str, lead: str) -> str:
    """A message without words or files."""
    return (
        "Your message reached me without any text, so there is nothing to work on. "
        "Write what you want to know after the mention, for example "
        f"`@{desk} compare the volatility of oil and the S&P 500`, "
        f"or name a colleague first: `@{desk} {lead}: …`."
    )


def unknown_colleague(name: str, near: str, roster: Sequence[str]) -> str:
    """A name that nobody here has."""
    meant = f"Did you mean {near}? " if near else ""
    return f"I know no colleague called '{name}'. {meant}The desk is: {', '.join(roster)}."


def too_long(length: int, limit: int) -> str:
    """A message of which only the beginning is worked on."""
    return (
        f"Your message has {length:,} characters, and I read the first {limit:,}. "
        "The whole of it is kept in the conversation; send the rest as a file or in parts."
    )


def bad_files(problems: Sequence[str]) -> str:
    """Files that could not be taken in; each problem is a whole sentence from the adapter."""
    if len(problems) == 1:
        return problems[0]
    return "\n".join(["Some of your files could not be used:", *(f"• {p}" for p in problems)])


def stopped(by: str) -> str:
    """A person ended the work."""
    return f"Stopped by {by}. Nothing more of this will be posted; write again to go on."


def corrected(by: str, *, running: bool) -> str:
    """A person changed a message that is worked on, or was answered."""
    if running:
        return f"{by} corrected the message while I was at it: I start again with the new text."
    return f"{by} corrected the message after it was answered: this is about the new text."


def nothing_to_stop() -> str:
    """A person said stop where nothing is running."""
    return "Nothing is running in this thread, so there is nothing to stop."


def running(lines: Sequence[str]) -> str:
    """What is under way; each line is one request."""
    if not lines:
        return "Nothing is running here."
    return "\n".join(["Under way:", *(f"• {line}" for line in lines)])


def request(text: str, agents: Sequence[str], asked_by: str, *, waiting: bool) -> str:
    """One request that has not ended."""
    shown = " ".join(text.split())
    shown = f"{shown[:77]}…" if len(shown) > 78 else shown
    who = ", ".join(agents) or "the desk"
    state = "waits for the work before it in its thread" if waiting else f"{who} at work"
    return f"“{shown}” ({state}, asked by {asked_by})"


def colleagues(people: Sequence[tuple[str, str, str]]) -> str:
    """Who works here: id, name and title of each."""
    return "\n".join(f"• **{name}** (`{id_}`): {title}" for id_, name, title in people)


def words_in_threads() -> str:
    """What can be said in a thread besides a request."""
    return (
        "In a thread of the desk you can write `!stop` (or `stop`), `!status`, `!agents` and `!help`. "
        "A colleague's name before a colon chooses who answers: `quant: …`, "
        "`quant, data analyst: …`. Outside of threads there is `/bullpen help`."
    )


def unknown_word(word: str) -> str:
    """An exclamation mark before something else."""
    return f"I know no `!{word}`. {words_in_threads()}"


def failed(error: BullpenError) -> str:
    """A failure that can be explained."""
    return " ".join(part for part in (error.fact, error.cause, error.remedy) if part)


def broke(run_id: str) -> str:
    """A defect of ours."""
    return (
        "I could not finish this because of a fault in Bullpen; what was said so far stands. "
        f"Ask again, and if it happens twice report it with the run id `{run_id}`: "
        "the log holds the details under it."
    )


def parked(run_id: str, crashes: int) -> str:
    """A run that keeps taking its worker down."""
    return (
        f"I set this request aside: it took the desk down {crashes} times. "
        f"Other threads are not affected. Ask again in other words, and report run `{run_id}`."
    )


def handed_off(work: Sequence[tuple[str, str]]) -> str:
    """Who does what."""
    return "\n".join(f"• **{name}**: {task}" for name, task in work)


def plan_title(names: Sequence[str], over: str | None, seconds: int) -> str:
    """What stands above the steps of a run: who is at work, and at the end how long it took."""
    who = names[0] if len(names) == 1 else f"{len(names)} colleagues" if names else "The desk"
    if over is None:
        return f"{who} at work"
    return f"{who}: {'done in' if over == 'done' else 'ended early, after'} {seconds} s"


def made(receipts: Sequence[str]) -> str:
    """What a step has left behind."""
    if not receipts:
        return ""
    shown = ", ".join(receipts[:8]) + (" …" if len(receipts) > 8 else "")
    return f"Receipt {shown}" if len(receipts) == 1 else f"Receipts {shown}"


def asks(name: str, question: str) -> str:
    """A visible question to a colleague."""
    return f"@{name} {question}"


def no_answer(name: str) -> str:
    """A turn that ended without words."""
    return f"{name} came back without an answer. Ask again with more detail."


def disagree(lines: Sequence[str]) -> str:
    """Colleagues who gave one metric two values."""
    return "\n".join(f"⚠️ {line}" for line in lines)


def unsourced(figures: Sequence[str]) -> str:
    """Numbers that no receipt stands behind."""
    shown = ", ".join(figures[:6]) + (" …" if len(figures) > 6 else "")
    return f"Without a receipt: {shown}"


def fell_back(model: str, instead_of: str) -> str:
    """Under an answer that another model gave."""
    return f"Answered by {model}: {instead_of} was overloaded or is not available."


def pinned(day: date) -> str:
    """Under what was said in a run that is pinned to a day."""
    return f"As of {day.day} {day:%B %Y}: nothing that became known later was used."


def needs_approval(tool: str) -> str:
    """A call that a model may not make by itself."""
    return (
        f"`{tool}` was not run: it changes something outside the desk, and only a person may have that "
        "done. Say in your answer what you would do and why, and leave it to them."
    )


def not_shown(where: str, reason: str) -> str:
    """A post that the platform refuses for good."""
    return (
        f"I could not post all of my answer to you in {where}: it was refused there (“{reason}”). "
        "Check that I am a member and may write there, then ask again."
    )


def cut() -> str:
    """The last word of a message that was still growing when its run ended."""
    return "(This message was not finished.)"


def duty(name: str, ask: str) -> str:
    """The message a duty's run hangs under."""
    return f"⏰ Due now, **{name}**: {ask}"


def duty_asker(name: str) -> str:
    """Who asks, where a person's name would stand."""
    return f"the schedule “{name}”"


def duty_nowhere(name: str, channel: str) -> str:
    """A duty whose channel the desk cannot write to."""
    return (
        f"The duty “{name}” was not asked. The desk is not in a channel #{channel}. "
        f"Invite it there, or change the channel with `bullpen schedule add {name}`."
    )
