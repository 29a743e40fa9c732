"""What the offline colleagues do with the idea book, and what they then say.

The rule it protects: an incomplete call is not entered; the person is told all that is missing at
once. Figures are references to receipts.
"""

from __future__ import annotations

from bullpen_agents.grammar.ideas import HitRate, IdeaReport, OpenIdea, ResolveIdeas
from bullpen_agents.offline.desk import Desk, Seen, table

_WORDS = ("idea", "what", "opened", "horizon", "state", "day")
_HEADS = {"made": "made", "probability": "stated", "base": "base rate"}


def open_idea(desk: Desk, asked: OpenIdea) -> str:
    """Enter a call, or ask for what is missing."""
    if asked.missing:
        wanted = "\n".join(f"- {words}" for words in asked.missing)
        return f"**The idea is not in the book yet.** It still needs:\n{wanted}"
    found = desk.use(
        "idea_open",
        instrument=asked.instrument,
        side=asked.side,
        size=asked.size,
        horizon=asked.horizon,
        take_profit=asked.take_profit,
        stop_loss=asked.stop_loss,
        hold_to_horizon=asked.hold or None,
        probability=asked.probability,
        base_rate=asked.base_rate,
        thesis=asked.thesis,
    )
    if found.error:
        return found.text
    exits = [
        f"{word} {found.cite(key)}"
        for word, key in (("target", "take_profit"), ("stop", "stop_loss"))
        if found.known(key)
    ]
    return (
        f"**Idea {found.cite('idea')} is open and locked**: {asked.side} {asked.instrument} at "
        f"{found.cite('entry')} (value of {found.cite('entry_day')}), size {found.cite('size')} of the "
        f"book, {' and '.join(exits) or 'held to the horizon'}, until {found.cite('horizon')}.\n\n"
        f"You give it {found.cite('probability')}; without any opinion it would be "
        f"{found.cite('base_rate')}. The data will resolve it, nobody else.{found.notes()}"
    )


def resolve_ideas(desk: Desk, asked: ResolveIdeas) -> str:
    """Hold the open calls against the data."""
    found = desk.use("idea_resolve", ideas=list(asked.ids) or None)
    if found.error:
        return found.text
    if not found.table:
        return "There is no open idea here. `open idea: long …` enters one."
    return (
        f"**{found.cite('resolved')} resolved now, {found.cite('open')} still open.**\n\n"
        f"{_as_table(found, 'made')}{found.notes()}"
    )


def idea_report(desk: Desk, asked: IdeaReport) -> str:
    """The track record, after the open calls were held against the data."""
    del asked
    if desk.has("idea_resolve"):
        held = desk.use("idea_resolve")
        if held.error:
            return held.text
    found = desk.use("idea_report")
    if found.error:
        return found.text
    if not found.table:
        return (
            "The idea book is empty here. Enter one such as `open idea: long silver, size 2%, target 60, "
            "stop 45, by 2027-06-30, probability 60%, because deficits persist`."
        )
    head = f"**{found.cite('n')} calls resolved, {found.cite('open')} open.**"
    if found.known("hit_rate"):
        head = (
            f"**{found.cite('hits')} of {found.cite('n')} calls made money, a hit rate of "
            f"{found.cite('hit_rate')}** (95 % {found.cite('hit_rate_low')} to "
            f"{found.cite('hit_rate_high')}) against a mean base rate of {found.cite('base_rate')}; "
            f"{found.cite('open')} are open.\n\nSo many hits would come by luck alone with a "
            f"probability of {found.cite('luck')}. Brier score {found.cite('brier')} (the base rates: "
            f"{found.cite('brier_base')})."
        )
        if found.known("profit"):
            head += f" Profit {found.cite('profit')} of the book."
        if found.known("needed"):
            head += f" It takes {found.cite('needed')} such calls to tell skill from luck, {found.cite('more')} to go."
    return f"{head}\n\n{_as_table(found, 'made', 'probability', 'base')}{found.notes()}"


def judge_hits(desk: Desk, asked: HitRate) -> str:
    """What a hit rate tells."""
    found = desk.use("hit_rate", hits=asked.hits, n=asked.n, against=list(asked.against))
    if found.error:
        return found.text
    said = [
        f"**A hit rate of {found.cite('hit_rate')} has a 95 % interval from {found.cite('low')} to "
        f"{found.cite('high')}** (Wilson)."
    ]
    for rate in asked.against:
        name = f"{rate:g}".replace(".", "_")
        line = f"- against {found.cite(f'against_{name}')}: so many hits by luck alone {found.cite(f'luck_{name}')}"
        if found.known(f"needed_{name}"):
            line += f"; {found.cite(f'needed_{name}')} calls would tell this rate from it"
        else:
            line += "; it is not above it, so no number of calls would tell"
        said.append(line)
    return f"{said[0]}\n\n" + "\n".join(said[1:]) + found.notes()


def _as_table(found: Seen, *columns: str) -> str:
    """The rows, with the figures of `columns` cited; what has no figure of its own is left out."""
    head = [str(cell) for cell in found.table[0]]
    words = [at for at, name in enumerate(head) if name in _WORDS]
    rows = [
        [str(row[at]) for at in words] + [_cited(found, f"{name}_{row[0]}") for name in columns]
        for row in found.table[1:]
    ]
    return table([head[at] for at in words] + [_HEADS[name] for name in columns], rows)


def _cited(found: Seen, key: str) -> str:
    return found.cite(key) if found.known(key) else ""
