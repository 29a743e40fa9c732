"""Every sentence of the Slack side: commands, forms, files, the home; the set-up has `setup_messages.py`.

The rule it protects: a sentence gives the fact, its cause and the remedy, and is written once.
It decides nothing; who says it and where is the business of its callers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from bullpen.wording import Rerun
from bullpen_memory.errors import InputError

PLAN_STOPPED = "Interrupted: the desk was stopped. What was under way goes on when it starts again."
PLAN_RESTARTED = "Interrupted: the desk stopped. What was under way goes on below."
IDEA_WHY = "Say in a few words why."
IDEA_WHAT = "Say what is bought or sold."
IDEA_WHEN = "Choose the day on which the idea ends at the latest."
IDEA_NUMBER = "Write a number, such as 2.5."
IDEA_CHANCE = "Write a probability between 0 and 100, both excluded."
IDEA_SIZE = "Write a size above 0, at most 1000 percent of the book."
IDEA_NO_EXIT = "An idea needs an end: a target, a stop, or to be held to its last day."
IDEA_FAILED = "The idea was not opened: the desk failed over it, and its log says how. Try again."
STATES = frozenset({"proposed", "active", "superseded", "retracted", "forgotten"})


def replayed(rerun: Rerun) -> str:
    """What running a receipt again gave."""
    mark = ":white_check_mark:" if rerun.same else ":warning:"
    return "\n".join([f"{mark} {rerun.sentence}", *(f"• {line}" for line in rerun.differences)])


def idea_in_future(day: date) -> str:
    return f"{day} has not come yet: hindsight is about an earlier day. Leave it empty for a call made now."


def idea_too_soon(day: date) -> str:
    return f"The idea begins on {day}: choose a later day."


def idea_opened(name: str, terms: str) -> str:
    return f":bulb: *{name} opened an idea from this.* {terms}"


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


def picture_unseen(name: str) -> str:
    return (
        f"I left out the picture “{name}”: the model this desk runs on is not set up to look at pictures. "
        "Claude does; for a server whose model does, whoever runs the desk sets BULLPEN_MODEL_PICTURES=yes. "
        "Or say in words what it shows."
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


def _many(kind: str, count: int) -> str:
    """A kind of record in the plural, where there are several."""
    if count == 1:
        return kind
    return {"series": "series"}.get(kind, f"{kind}s")


def slash_memory(counts: Mapping[str, int]) -> str:
    kinds = ", ".join(
        f"{count:,} {_many(kind, count)}"
        for kind, count in counts.items()
        if count and kind not in STATES
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


def home_cancelled(name: str, *, gone: bool) -> str:
    if gone:
        return f"“{name}” is no longer scheduled. `bullpen schedule add` brings it back."
    return f"“{name}” is not on the schedule any more. Nothing was changed."


def home_approved(record: str) -> str:
    return f"`{record}` is in force now."


def home_retracted(record: str) -> str:
    return f"`{record}` is retracted; the memory page can restore it."


def home_too_late(record: str) -> str:
    return f"`{record}` was changed or decided on meanwhile; this page shows how it is now."


CARD_DID: dict[str, str] = {
    "approve": "approved", "revise": "corrected", "retract": "withdrawn", "restore": "restored",
    "pin": "pinned", "unpin": "unpinned", "dispute": "disputed", "settle": "settled",
    "forget": "erased", "supersede": "replaced", "merge": "merged", "misled": "disputed", "expire": "given an end", "share": "moved here",
}  # fmt: skip


def card_not_yours(record: str) -> str:
    return (
        f"Nothing was changed: `{record}` is not visible to you here; it belongs to another "
        "conversation now, or is gone. Ask somebody who is in that conversation."
    )


def card_too_late(record: str) -> str:
    return (
        f"Nothing was changed: somebody changed `{record}` before you pressed. "
        "The message shows it as it is now; press again if you still want to."
    )


def spent(tokens: int, calls: int, cost: str) -> str:
    if not calls:
        return "no model calls"
    return f"{tokens:,} tokens in {calls:,} model call{'s' if calls > 1 else ''}, {cost}"


def misled_kept(*, asked: bool) -> str:
    kept = "Thank you. That this answer misled you is kept with it, with your name and the time."
    if asked:
        return f"{kept} In the form you can say by what, and what is right."
    return f"{kept} Say in the thread what is wrong, and the desk answers with the correction before it."


def misled_done(disputed: Sequence[str], proposed: str) -> str:
    done: list[str] = []
    if disputed:
        ids = ", ".join(f"`{record}`" for record in disputed)
        done.append(
            f"{ids} {'is' if len(disputed) == 1 else 'are'} marked as disputed and believed less; "
            "the memory page shows why and lets anybody settle it."
        )
    if proposed:
        done.append(
            f"Your correction waits for somebody's approval in the app's Home: `{proposed}`."
        )
    return " ".join(done) or (
        "Nothing changed: what you named was changed by somebody meanwhile. "
        "The memory page shows how it is now."
    )


def form_empty() -> str:
    return "Write what you want to know."


def form_nowhere() -> str:
    return "Choose the channel in which the desk should answer."


def asked_by(person: str, question: str) -> str:
    return f"{person} asks: {question}"


HELPFUL = "Helpful"
MISLED = "This misled us"
THANKS = "Thank you. It is kept with the answer."
MISLED_BY = "Which of what the desk remembered misled you?"
MISLED_BY_NOTHING = (
    "No record that you may see was shown to the colleagues for this answer, so nothing that is "
    "remembered has to change. Say what is right, and it is proposed to the memory."
)
MISLED_RIGHT = "What is right?"
MISLED_HINT = "It is proposed to the memory under your name, and somebody else approves it."
MISLED_WHAT = (
    "Tick what misled you, or write what is right; or close the form, the verdict is kept."
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
