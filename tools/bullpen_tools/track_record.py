"""How market calls end and what they prove: resolving the idea book, and its track record.

The rule it protects: an outcome is read off the data by the rule that was locked, and a record of
few calls is never shown without what it cannot tell. It opens no call (see `ideas.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime

from pydantic import Field

from bullpen_memory.errors import InputError
from bullpen_memory.exits import exit_of, profit_of
from bullpen_memory.ideas import Idea, Ideas, Outcome, Terms, authored
from bullpen_memory.records import WORKSPACE
from bullpen_tools import skill
from bullpen_tools.context import DataRef, Result, Scalar, ToolContext, Value
from bullpen_tools.ideas import REASONS, count, share
from bullpen_tools.tool import Arguments, tool

_CITED = 50
"""Of how many calls, the latest, the figures have a key of their own."""


@tool(risk="write", label="resolving the ideas", version="1")
def idea_resolve(ctx: ToolContext, ideas: list[str] | None = None) -> Result:
    """Look which open calls have reached their exit rule or their horizon, from the data alone, and
    write their outcomes. What has not ended is left open, with what it stands at.

    Args:
        ideas: Ids such as i7. Default: every open idea.
    """
    book = Ideas(ctx.store)
    wanted = [book.get(name, ctx.scopes) for name in ideas] if ideas else book.listed(ctx.scopes)
    rows: list[tuple[Scalar, ...]] = []
    notes: list[str] = []
    refs: list[DataRef] = []
    ended = 0
    for idea in wanted:
        if idea.outcome is not None and not ideas:
            continue
        after, ref = _after(ctx, idea)
        refs.append(ref)
        settled = _settled(ctx, book, idea, after, ref)
        ended += settled.outcome is not None and idea.outcome is None
        rows.append(_standing(settled, after))
        notes += _remarks(ctx, settled, after)
    header = ("idea", "what", "state", "day", "value", "made", "unit")
    return Result(
        summary="The ideas were held against the data." if rows else "There is no open idea here.",
        values={
            "resolved": Value(value=ended, unit="count", label="Resolved now"),
            "open": Value(value=len(rows) - ended, unit="count", label="Looked at and not ended"),
            **_each(rows, {"made": (5, "")}, 6),
        },
        data=tuple(refs),
        warnings=tuple(notes),
        table=(header, *rows) if rows else (),
    )


@tool(risk="read", label="judging the ideas", version="1")
def idea_report(ctx: ToolContext, author: str = "") -> Result:
    """The track record of the idea book: calls, hit rate with Wilson's interval, Brier score, profit,
    the probability of so many hits by luck, and how many more calls would tell skill from luck.
    Calls that were opened in hindsight are listed and not counted.

    Args:
        author: Only the calls of this person or agent (an id). Default: everybody's.
    """
    return judged(authored(Ideas(ctx.store).listed(ctx.scopes, known_at=ctx.as_of), author.strip()))


def judged(everything: Sequence[Idea]) -> Result:
    """The track record of these calls: figures, a row for each call, and what they cannot tell."""
    counted = [idea for idea in everything if not idea.terms.backdated]
    ended = [(idea.terms, idea.outcome) for idea in counted if idea.outcome is not None]
    hits = sum(outcome.hit for _, outcome in ended)
    chances = [terms.base_rate for terms, _ in ended]
    mean_chance = sum(chances) / len(chances) if chances else None
    rate = hits / len(ended) if ended else None
    low, high = skill.wilson(hits, len(ended)) if ended else (None, None)
    hindsight = len(everything) - len(counted)
    needed = _needed(rate, mean_chance)
    rows = [_line(idea) for idea in everything]
    values = {
        "n": count(len(ended), "Calls resolved"),
        "open": count(len(counted) - len(ended), "Calls open"),
        "hindsight": count(hindsight, "Opened in hindsight, not counted"),
        "hits": count(hits, "Hits"),
        "hit_rate": share(rate, "Hit rate"),
        "hit_rate_low": share(low, "Hit rate, 95 % from"),
        "hit_rate_high": share(high, "Hit rate, 95 % to"),
        "base_rate": share(mean_chance, "Mean base rate"),
        "brier": _score([terms.probability for terms, _ in ended], ended, "Brier score"),
        "brier_base": _score(chances, ended, "Brier score of the base rates"),
        "profit": Value(
            value=sum(t.size / 100 * o.profit for t, o in ended if t.measure == "return")
            if ended
            else None,
            unit="pct",
            label="Profit in percent of the book, sizes added",
        ),
        "luck": share(skill.luck(hits, chances) if ended else None, "So many hits by luck alone"),
        "needed": count(needed, "Calls that would tell skill from luck"),
        "more": count(None if needed is None else max(0, needed - len(ended)), "Calls to go"),
        **_each(rows, {"made": (5, ""), "probability": (7, "pct"), "base": (8, "pct")}, 6),
    }
    header = ("idea", "what", "opened", "horizon", "state", "made", "unit", "probability", "base")
    return Result(
        summary="The track record of the idea book."
        if everything
        else "The idea book is empty here.",
        values=values,
        warnings=tuple(_judgement(len(ended), rate, mean_chance, needed, hindsight, ended)),
        table=(header, *rows) if rows else (),
    )


def _after(ctx: ToolContext, idea: Idea) -> tuple[list[tuple[date, float]], DataRef]:
    """The values from the entry day on. The scopes are the idea's: whoever resolves it sees the same."""
    terms = idea.terms
    piece = ctx.market.slice(
        terms.series,
        scopes=frozenset({terms.scope, WORKSPACE}),
        start=terms.entry_day,
        as_of=ctx.as_of,
    )
    values = [
        (date.fromisoformat(row.period), row.value)
        for row in piece.observations
        if row.value is not None
    ]
    ref = DataRef(
        dataset=piece.info.id,
        vintage=piece.vintage,
        sha256=piece.sha256,
        rows=len(piece.observations),
        start=str(values[0][0]) if values else "",
        end=str(values[-1][0]) if values else "",
        kind=piece.info.kind,
    )
    return values, ref


def _settled(
    ctx: ToolContext, book: Ideas, idea: Idea, after: list[tuple[date, float]], ref: DataRef
) -> Idea:
    terms = idea.terms
    found = exit_of(terms.rule, (one for one in after if one[0] > terms.entry_day))
    if idea.outcome is not None or found is None:
        return idea
    outcome = Outcome(
        day=found.day,
        value=found.value,
        reason=found.reason,
        profit=profit_of(terms.side, terms.entry, found.value, terms.measure),
        resolved_at=datetime.now(UTC),
        by=ctx.agent,
        vintage=ref.vintage,
        sha256=ref.sha256,
    )
    return book.resolve(idea.id, outcome)


def _standing(idea: Idea, after: list[tuple[date, float]]) -> tuple[Scalar, ...]:
    terms, outcome = idea.terms, idea.outcome
    unit = "pct" if terms.measure == "return" else terms.unit
    what = f"{terms.side} {terms.instrument}"
    if outcome is not None:
        state = f"{'hit' if outcome.hit else 'miss'} ({REASONS[outcome.reason]})"
        return idea.id, what, state, outcome.day.isoformat(), outcome.value, outcome.profit, unit
    day, value = after[-1] if after else (terms.entry_day, terms.entry)
    made = profit_of(terms.side, terms.entry, value, terms.measure)
    return idea.id, what, "open", day.isoformat(), value, made, unit


def _remarks(ctx: ToolContext, idea: Idea, after: list[tuple[date, float]]) -> list[str]:
    terms, notes = idea.terms, list[str]()
    first = dict(after).get(terms.entry_day)
    if first is not None and first != terms.entry:
        notes.append(
            f"{idea.id}: the value of {terms.entry_day} was revised from {terms.entry:g} to "
            f"{first:g}; the call keeps the entry that it was locked at."
        )
    today = (ctx.as_of or datetime.now(UTC)).date()
    if idea.outcome is None and today > terms.horizon:
        last = after[-1][0] if after else terms.entry_day
        notes.append(
            f"{idea.id} waits for data: {terms.series} ends on {last} here, its horizon was {terms.horizon}."
        )
    return notes


def _line(idea: Idea) -> tuple[Scalar, ...]:
    terms = idea.terms
    _, what, state, _, _, made, unit = _standing(idea, [])
    if terms.backdated:
        # The count of open calls leaves it out, so its row says why.
        state = f"{state}, in hindsight: not counted"
    return (
        idea.id, what, terms.opened_at.date().isoformat(), terms.horizon.isoformat(),
        f"{state}, hindsight" if terms.backdated else state,
        made if idea.outcome else None, unit, terms.probability * 100, terms.base_rate * 100,
    )  # fmt: skip


def _each(
    rows: Sequence[tuple[Scalar, ...]], columns: dict[str, tuple[int, str]], unit_at: int
) -> dict[str, Value]:
    """The figures of the rows under keys such as `made_i7`, so that each can be cited."""
    return {
        f"{name}_{row[0]}": Value(
            value=row[at], unit=unit or str(row[unit_at]), label=f"{name.capitalize()}, {row[0]}"
        )
        for row in rows[-_CITED:]
        for name, (at, unit) in columns.items()
    }


def _needed(rate: float | None, chance: float | None) -> int | None:
    return None if rate is None or chance is None else skill.calls_needed(rate, chance)


def _judgement(
    n: int,
    rate: float | None,
    chance: float | None,
    needed: int | None,
    hindsight: int,
    ended: Sequence[tuple[Terms, Outcome]],
) -> list[str]:
    notes: list[str] = []
    if rate is not None and chance is not None and rate <= chance:
        notes.append(
            "The hit rate is not above the base rate: no number of such calls would show skill."
        )
    elif n and needed is None:
        notes.append(f"Even {skill.MOST} such calls would not tell skill from luck.")
    elif needed is not None and needed > n:
        notes.append(
            "Too few calls to tell skill from luck (one-sided exact test at 5 %, power 80 %)."
        )
    if hindsight:
        notes.append("Calls opened in hindsight are listed and not counted.")
    if any(terms.measure == "change" for terms, _ in ended):
        notes.append("Calls on rates are not in the profit: they are measured in points.")
    if n > 1:
        notes.append("The test takes the calls to be independent of each other.")
    return notes


def _score(stated: Sequence[float], ended: Sequence[tuple[Terms, Outcome]], label: str) -> Value:
    found = skill.brier(stated, [outcome.hit for _, outcome in ended])
    return Value(value=found, unit="ratio", label=label)


class TrackRecord(Arguments):
    """Counts to judge."""

    hits: int = Field(ge=0, description="How many calls were right")
    n: int = Field(ge=1, description="How many calls there were")
    against: list[float] = Field(
        default_factory=lambda: [50.0],
        description="Base rates in percent to be told from, such as 50",
    )
    level: float = Field(default=5, gt=0, lt=50, description="Level of the test in percent")
    power: float = Field(default=80, gt=0, lt=100, description="Power of the test in percent")


@tool(risk="read", label="telling skill from luck", version="1")
def hit_rate(ctx: ToolContext, record: TrackRecord) -> Result:
    """What a hit rate of so many calls tells: Wilson's 95 % interval, the probability of at least as
    many hits at each base rate, and how many calls would tell this rate from it (one-sided exact
    binomial test).
    """
    del ctx
    low, high = skill.wilson(record.hits, record.n)
    rate = record.hits / record.n
    values = {
        "hit_rate": share(rate, "Hit rate"),
        "low": share(low, "95 % from (Wilson)"),
        "high": share(high, "95 % to (Wilson)"),
    }
    for chance in record.against:
        if not 0 < chance < 100:
            raise InputError(
                f"{chance:g} % is no base rate.", "It lies between 0 and 100.", "Choose one."
            )
        name = f"{chance:g}".replace(".", "_")
        fraction = chance / 100
        values[f"against_{name}"] = share(fraction, "Base rate", "assumed")
        values[f"luck_{name}"] = share(
            skill.luck(record.hits, [fraction] * record.n), f"So many hits at {chance:g} %"
        )
        values[f"needed_{name}"] = count(
            skill.calls_needed(rate, fraction, level=record.level / 100, power=record.power / 100),
            f"Calls to tell it from {chance:g} %",
        )
    return Result(
        summary="What the hit rate tells, with an exact one-sided binomial test at "
        f"{record.level:g} % and power {record.power:g} %.",
        values=values,
        warnings=(
            "The test takes the calls to be independent of each other.",
            *(
                f"The base rate is {chance:g} %. It is given in percent: if {chance * 100:g} % was "
                f"meant, write {chance * 100:g}."
                for chance in record.against
                if chance < 1
            ),
        ),
    )
