"""Opening, resolving and judging market calls, on behalf of an agent.

The rule it protects: a call without an exit rule, at a stale price or with a level on the wrong
side is refused, since any outcome could be told as a success afterwards; and whoever resolves a
call only reads what the values say. It gives no advice and sizes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Literal

from pydantic import Field

from bullpen_memory.errors import InputError
from bullpen_memory.exits import BaseRate, ExitRule, Measure, base_rate
from bullpen_memory.ideas import Idea, Ideas, Terms
from bullpen_memory.records import Draft, Record, Source
from bullpen_tools.context import DataRef, Result, ToolContext, Value
from bullpen_tools.histories import History, load
from bullpen_tools.tool import Arguments, tool

STALE_AFTER = {
    "daily": 7, "weekly": 21, "monthly": 62, "quarterly": 190, "annual": 500, "irregular": 500,
}  # fmt: skip
"""Days after which the last value of a series is no price to enter at, by its frequency."""
_LEAST, _FEW = 5, 20
"""Past spans side by side below which a base rate is refused, and below which it is a rough one."""
REASONS = {"take_profit": "take profit", "stop_loss": "stop loss", "horizon": "horizon"}


class Call(Arguments):
    """The terms of a market call."""

    instrument: str = Field(description="What is bought or sold, as people say it")
    series: str = Field(
        default="",
        description="The series of the desk that decides the outcome. Default: the instrument's",
    )
    side: Literal["long", "short"] = Field(description="long gains when the series rises")
    size: float = Field(gt=0, le=1000, description="Size in percent of the book")
    horizon: date = Field(description="The day on which the call ends at the latest")
    take_profit: float | None = Field(
        default=None, description="Level of the series at which the call ends with a gain"
    )
    stop_loss: float | None = Field(
        default=None, description="Level of the series at which the call ends with a loss"
    )
    hold_to_horizon: bool = Field(
        default=False, description="True when the requester says that it is held to the horizon"
    )
    probability: float = Field(
        gt=0, lt=100, description="The author's probability in percent that the call makes money"
    )
    base_rate: float | None = Field(
        default=None,
        gt=0,
        lt=100,
        description="Probability in percent without any opinion. Leave out: it is then counted in "
        "the history of the series",
    )
    thesis: str = Field(min_length=3, description="Why, in the author's words")
    receipts: list[str] = Field(
        default_factory=list[str], description="Receipts that the thesis rests on"
    )


@tool(risk="write", label="opening the idea", version="1")
def idea_open(ctx: ToolContext, call: Call) -> Result:
    """Enter a market call in the idea book and lock it: instrument, side, size, horizon, exit rule,
    probability, thesis. It is entered at the last known value and resolved mechanically later.
    Take the terms from the requester; never invent a level, a probability or an exit rule.
    """
    history = load(ctx, call.series or call.instrument, None, None, at_least=2)
    _refuse_untimely(call, history, ctx.as_of)
    entry, rule = float(history.values[-1]), _rule(call, history)
    measure: Measure = "return" if history.positive else "change"
    backdated = ctx.as_of is not None
    past = list(zip(history.dates, (float(value) for value in history.values), strict=True))
    counted = base_rate(rule, past, measure, history.dates[-1])
    chance = _chance(call, history, counted)
    record = _thesis(ctx, call, history)
    idea = Ideas(ctx.store).open(
        Terms(
            record_id=record.id,
            scope=ctx.home,
            author=record.author,
            instrument=call.instrument.strip(),
            series=history.info.id,
            unit=history.info.unit,
            measure=measure,
            side=call.side,
            size=call.size,
            opened_at=record.created_at,
            entry_day=history.dates[-1],
            entry=entry,
            horizon=call.horizon,
            probability=call.probability / 100,
            base_rate=chance,
            base_rate_from="history" if call.base_rate is None else "stated",
            take_profit=call.take_profit,
            stop_loss=call.stop_loss,
            backdated=backdated,
            sha256=history.ref.sha256,
            receipts=tuple(one.ref for one in record.evidence if one.kind == "receipt"),
        )
    )
    return _opened(idea, history, counted.separate)


def _chance(call: Call, history: History, counted: BaseRate) -> float:
    """The base rate in [0, 1]: as stated, else as counted. InputError where too little is there to count."""
    stated = call.base_rate
    enough = counted.share if counted.separate >= _LEAST else None
    chance = stated / 100 if stated is not None else enough
    if chance is None:
        raise InputError(
            "The idea was not opened.",
            f"The past of {history.info.title} holds {counted.separate} spans of that length side "
            f"by side; a base rate takes at least {_LEAST}.",
            "State one: the probability of a gain without any opinion, such as `base rate 50%`.",
        )
    return chance


def _thesis(ctx: ToolContext, call: Call, history: History) -> Record:
    """The thesis as a record of the store. InputError when it was withdrawn there."""
    receipts = _known(ctx, call.receipts)
    record = ctx.store.add(
        Draft(
            kind="idea",
            title=_headline(call, history),
            text=call.thesis.strip(),
            author=ctx.requester or ctx.agent,
            speaker=ctx.requester_name,
            source=_source(ctx),
            scope=ctx.home,
            symbols=tuple(dict.fromkeys((history.info.id.upper(), *history.info.symbols))),
            evidence=tuple(Source(kind="receipt", ref=name) for name in receipts),
        )
    )
    if record.status != "active":
        raise InputError(
            "The idea was not opened.",
            f"This very thesis was {record.status} here before.",
            "A person can restore it on the memory page; or write the thesis anew.",
        )
    return record


def _rule(call: Call, history: History) -> ExitRule:
    rule = ExitRule(
        side=call.side,
        horizon=call.horizon,
        take_profit=call.take_profit,
        stop_loss=call.stop_loss,
    )
    if call.take_profit is None and call.stop_loss is None and not call.hold_to_horizon:
        raise InputError(
            "The idea was not opened.",
            "It has no exit rule: without one, any later price can be told as a success.",
            "Add a level, such as `target 60` or `stop 40`, or say `hold to the horizon`.",
        )
    entry = float(history.values[-1])
    reached = rule.ended_by(entry)
    if reached is not None:
        level = call.take_profit if reached == "take_profit" else call.stop_loss
        raise InputError(
            "The idea was not opened.",
            f"Its {REASONS[reached]} of {level:g} lies on the wrong side: a {call.side} position "
            f"in {history.info.id} would end at once, at {entry:g} on {history.dates[-1]}.",
            "Exchange the levels, or check the unit and the side.",
        )
    return rule


def _refuse_untimely(call: Call, history: History, as_of: datetime | None) -> None:
    now = (as_of or datetime.now(UTC)).date()
    last, info = history.dates[-1], history.info
    if call.horizon <= max(now, last):
        raise InputError(
            "The idea was not opened.",
            f"Its horizon {call.horizon} is not after {max(now, last)}.",
            "Choose a later day.",
        )
    age = (now - last).days
    if age > STALE_AFTER[info.frequency]:
        raise InputError(
            "The idea was not opened.",
            f"The last value of {info.title} here is of {last}: nobody can enter at a price that old.",
            f"Bring newer data in, or practise in hindsight with `as of {last}`; hindsight is "
            "listed and never counted.",
        )


def _known(ctx: ToolContext, names: Sequence[str]) -> tuple[str, ...]:
    unknown = [name for name in names if ctx.receipts.get(name, scopes=ctx.scopes) is None]
    if unknown:
        raise InputError(
            "The idea was not opened.",
            f"There is no receipt {', '.join(unknown)} here.",
            "Name receipts of this conversation only.",
        )
    return tuple(dict.fromkeys(names))


def _source(ctx: ToolContext) -> Source:
    if not ctx.thread_link:
        return Source(kind="run", ref=ctx.run_id, title=ctx.thread_title)
    return Source(
        kind="message", ref=ctx.thread_link, permalink=ctx.thread_link, title=ctx.thread_title
    )


def _headline(call: Call, history: History) -> str:
    levels = [
        f"{word} {level:g}"
        for word, level in (("target", call.take_profit), ("stop", call.stop_loss))
        if level is not None
    ]
    exits = ", ".join(levels) or "held to the horizon"
    return (
        f"{call.side.capitalize()} {call.instrument.strip()} at {history.values[-1]:g}, {exits}, "
        f"by {call.horizon}"
    )


def _opened(idea: Idea, history: History, separate: int) -> Result:
    terms = idea.terms
    notes = list(history.warnings)
    if terms.backdated:
        notes.append(
            f"It was opened in hindsight, on what was known on {terms.entry_day}: it is listed and "
            "never counted in the track record."
        )
    if terms.base_rate_from == "history" and separate < _FEW:
        notes.append(
            f"The base rate rests on {separate} past spans that do not overlap: a rough number."
        )
    if terms.base_rate_from == "stated":
        notes.append("The base rate is the author's own, not counted in the history.")
    unit = terms.unit
    return Result(
        summary=f"Idea {idea.id} is open and locked: {terms.side} {terms.instrument}, decided by "
        f"{history.info.title}.",
        values={
            "idea": Value(value=idea.id, unit="text", label="Idea"),
            "entry": Value(value=terms.entry, unit=unit, kind="observed", label="Entry"),
            "entry_day": _day(terms.entry_day, "Entered at the value of"),
            "size": Value(value=terms.size, unit="pct", kind="assumed", label="Size of the book"),
            "take_profit": _level(terms.take_profit, unit, "Take profit"),
            "stop_loss": _level(terms.stop_loss, unit, "Stop loss"),
            "horizon": _day(terms.horizon, "Horizon"),
            "probability": share(terms.probability, "Probability of a gain, as stated", "assumed"),
            "base_rate": share(
                terms.base_rate,
                "Base rate",
                "derived" if terms.base_rate_from == "history" else "assumed",
            ),
        },
        data=(history.ref, DataRef(dataset=f"record:{terms.record_id}", rows=1)),
        warnings=tuple(notes),
        as_of=terms.entry_day,
        known_at=history.known_at,
    )


def count(value: int | None, label: str) -> Value:
    return Value(value=value, unit="count", label=label)


def share(
    value: float | None, label: str, kind: Literal["derived", "assumed"] = "derived"
) -> Value:
    return Value(value=None if value is None else value * 100, unit="pct", kind=kind, label=label)


def _level(level: float | None, unit: str, label: str) -> Value:
    return Value(value=level, unit=unit, kind="assumed", label=label)


def _day(day: date, label: str) -> Value:
    return Value(value=day.isoformat(), unit="date", kind="assumed", label=label)
