"""The app's home in Slack as blocks: who is at what, what is under way, what waits for a review.

The rule it protects: the page shows only what its caller hands over, which is what the person may
see; and it stays within Slack's 100 blocks whatever stands behind it. It changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bullpen.slack import messages
from bullpen.slack.render import mrkdwn
from bullpen_agents.roster import Roster
from bullpen_memory.ideas import Idea, Terms
from bullpen_memory.records import Record
from bullpen_orchestrator.desk import Running

PAGE = 10
"""Runs, and records, on one page: at most two blocks each."""
TEXT = 600
EXAMPLES = (
    "@Bullpen quant: what do I make on the SLV June 70-90-110 call butterfly bought at 2.50?",
    "@Bullpen compare the volatility of oil and the S&P 500, chart it, and write up what we should remember",
    "@Bullpen what do we know about oil volatility?",
)
STOP, APPROVE, RETRACT, TURN = "home_stop", "home_approve", "home_retract", "home_turn"
EDIT = "home_edit"
CANCEL = "home_cancel"
IDEAS = 8
DUTIES = 10
"""Duties that are shown; `bullpen schedule list` has them all."""
Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pages:
    """Which page of the runs and of the inbox a person looks at, from 0."""

    runs: int = 0
    inbox: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A duty of the schedule: its name, its channel's name, and the line that people read."""

    name: str
    channel: str
    line: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Glimpse:
    """What one person may see at one moment. `proposed` is one page; `waiting` counts all.

    `kept` and `spend` are text in Slack's mark-up, `note` what the last press led to.
    """

    running: Sequence[Running]
    proposed: Sequence[Record]
    waiting: int
    kept: str
    spend: str
    note: str = ""
    due: Sequence[Due] = ()
    ideas: Sequence[Idea] = ()
    """The open calls, the newest first."""


def view(roster: Roster, glimpse: Glimpse, pages: Pages) -> Json:
    """The home tab."""
    blocks = [_section(f":information_source: {glimpse.note}")] if glimpse.note else []
    blocks += [
        _header("The desk"),
        _section(_people(roster, glimpse.running)),
        _header("Under way"),
        *_runs(glimpse.running, pages),
        *_scheduled(glimpse.due),
        *_ideas(roster, glimpse.ideas),
        _header("Waiting for your review"),
        *_inbox(roster, glimpse, pages),
        _header("What it remembers"),
        _section(glimpse.kept),
        _header("What it used"),
        _section(glimpse.spend),
        _header("Ask, for example"),
        _section("\n".join(f"• {mrkdwn(example)}" for example in EXAMPLES)),
        {"type": "actions", "elements": [_button(f"{TURN}:here", "Look again", _at(pages))]},
    ]
    return {"type": "home", "blocks": blocks}


def _people(roster: Roster, running: Sequence[Running]) -> str:
    lines: list[str] = []
    for agent in roster.agents.values():
        own = [run for run in running if agent.id in run.agents and not run.waiting]
        now = f"at work on “{_short(own[0].text, 60)}”" if own else "free"
        more = f" and {len(own) - 1} more" if len(own) > 1 else ""
        lines.append(f"{agent.icon} *{mrkdwn(agent.name)}*, {mrkdwn(agent.title)}: {now}{more}")
    return "\n".join(lines)


def _runs(running: Sequence[Running], pages: Pages) -> list[Json]:
    if not running:
        return [_section("Nothing is running that you may see.")]
    page = _within(pages.runs, len(running))
    blocks: list[Json] = []
    for run in running[page * PAGE : (page + 1) * PAGE]:
        stop = _button(STOP, "Stop", f"{run.channel}:{run.thread_ts}", style="danger")
        blocks.append(_section(mrkdwn(run.line)) | {"accessory": stop})
    return [*blocks, *_turning("runs", page, len(running), pages)]


def _scheduled(due: Sequence[Due]) -> list[Json]:
    if not due:
        return []
    lines = [
        _section(mrkdwn(one.line))
        | {"accessory": _button(CANCEL, "Cancel", one.name, style="danger")}
        for one in due[:DUTIES]
    ]
    return [_header("Scheduled"), *lines]


def _ideas(roster: Roster, ideas: Sequence[Idea]) -> list[Json]:
    if not ideas:
        return []
    lines = [_idea(roster, idea.id, idea.terms) for idea in ideas[:IDEAS]]
    if len(ideas) > IDEAS:
        lines.append(f"_{len(ideas) - IDEAS} more; ask a colleague to `list the ideas`._")
    return [_header("Open ideas"), _section("\n".join(lines))]


def _idea(roster: Roster, name: str, terms: Terms) -> str:
    """One open call in a line."""
    levels = [
        f"{word} {level:g}"
        for word, level in (("target", terms.take_profit), ("stop", terms.stop_loss))
        if level is not None
    ]
    agent = roster.agents.get(terms.author)
    by = mrkdwn(agent.name) if agent else f"<@{terms.author}>"
    hindsight = ", in hindsight" if terms.backdated else ""
    return (
        f":bulb: *{name}* {terms.side} {mrkdwn(terms.instrument)} at {terms.entry:g}, "
        f"{', '.join(levels) or 'held to the end'}, until {terms.horizon}{hindsight}: "
        f"{terms.probability:.0%} against a base rate of {terms.base_rate:.0%}, by {by}"
    )


def _author(roster: Roster, record: Record) -> str:
    known = roster.agents.get(record.author)
    return record.speaker or (known.name if known else record.author)


def _inbox(roster: Roster, glimpse: Glimpse, pages: Pages) -> list[Json]:
    if not glimpse.waiting:
        return [_section("No record waits for a review.")]
    blocks: list[Json] = []
    for record in glimpse.proposed:
        text = f"*{mrkdwn(_short(record.title or record.kind, 120))}*\n{_short(record.text, TEXT)}"
        value = f"{record.id}:{record.version}"
        blocks += [
            _section(
                f"{text}\n_{record.kind} by {mrkdwn(_author(roster, record))}, `{record.id}`_"
            ),
            {
                "type": "actions",
                "elements": [
                    _button(APPROVE, "Approve", value, style="primary"),
                    _button(EDIT, "Edit", value),
                    _button(RETRACT, "Reject", value, style="danger"),
                ],
            },
        ]
    page = _within(pages.inbox, glimpse.waiting)
    return [*blocks, *_turning("inbox", page, glimpse.waiting, pages)]


def _turning(which: str, page: int, total: int, pages: Pages) -> list[Json]:
    """The line that says which part is shown, and its buttons; nothing where all is shown."""
    if total <= PAGE:
        return []
    last = min(total, (page + 1) * PAGE)
    elements: list[Json] = []
    for name, label, to in (("back", "Newer", page - 1), ("on", "Older", page + 1)):
        if 0 <= to * PAGE < total:
            there = Pages(
                runs=to if which == "runs" else pages.runs,
                inbox=to if which == "inbox" else pages.inbox,
            )
            elements.append(_button(f"{TURN}:{which}:{name}", label, _at(there)))
    return [
        _section(messages.part_shown(page * PAGE + 1, last, total)),
        {"type": "actions", "elements": elements},
    ]


def pages_of(value: str) -> Pages:
    """The inverse of what a turning button carries; the first pages for anything else."""
    runs, _, inbox = value.partition(",")
    if not (runs.isdigit() and inbox.isdigit()):
        return Pages()
    return Pages(runs=int(runs), inbox=int(inbox))


def _at(pages: Pages) -> str:
    return f"{pages.runs},{pages.inbox}"


def _within(page: int, total: int) -> int:
    return max(0, min(page, (total - 1) // PAGE))


def _short(text: str, limit: int) -> str:
    flat = " ".join(text.split())
    return mrkdwn(flat if len(flat) <= limit else f"{flat[: limit - 1]}…")


def _button(action: str, label: str, value: str, *, style: str = "") -> Json:
    made: Json = {
        "type": "button",
        "action_id": action,
        "text": {"type": "plain_text", "text": label},
        "value": value,
    }
    return made | {"style": style} if style else made


def _header(text: str) -> Json:
    return {"type": "header", "text": {"type": "plain_text", "text": text, "emoji": True}}


def _section(text: str) -> Json:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text[:2_990]}}
