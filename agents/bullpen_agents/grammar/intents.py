"""What a request can mean to the offline planner: one frozen type for each kind of request.

The rule it protects: an intent holds only what the person wrote. These types have no behaviour.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bullpen_agents.grammar.ideas import IdeaIntent
from bullpen_agents.grammar.options import Payoff
from bullpen_agents.grammar.series import EVERYTHING, Period
from bullpen_agents.letter import Letter


@dataclass(frozen=True, slots=True)
class Remember:
    """Store a statement of the person's."""

    text: str


@dataclass(frozen=True, slots=True)
class Recall:
    """Look for what the store holds about a topic ("" for anything)."""

    topic: str
    who: str = ""


@dataclass(frozen=True, slots=True)
class Amend:
    """Change what the store holds: `kind` is forget or correct, `text` what it is about, or says now."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Say:
    """A question that has one plain sentence for an answer: `text`."""

    text: str


@dataclass(frozen=True, slots=True)
class Live:
    """Where something trades now, and `also` others."""

    series: str
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Catalogue:
    """List the data; `of` asks for one series by name, "" for all."""

    of: str = ""


@dataclass(frozen=True, slots=True)
class Colleagues:
    """Say who works at the desk; `stranger` is a name that nobody there has."""

    stranger: str = ""


@dataclass(frozen=True, slots=True)
class Help:
    """Say what the planner is and can do."""


@dataclass(frozen=True, slots=True)
class Greeting:
    """A hello, or thanks."""

    thanks: bool = False


@dataclass(frozen=True, slots=True)
class Compare:
    """Compare volatilities of two or more series."""

    series: tuple[str, ...]
    period: Period = EVERYTHING
    chart: bool = False
    remember: bool = False
    window: int = 60


@dataclass(frozen=True, slots=True)
class Correlate:
    """Correlate series, every pair of them."""

    series: tuple[str, ...]
    period: Period = EVERYTHING


@dataclass(frozen=True, slots=True)
class Chart:
    """Draw series. `what` is level, rolling_vol or drawdown."""

    series: tuple[str, ...]
    what: str = "level"
    period: Period = EVERYTHING
    window: int = 60


@dataclass(frozen=True, slots=True)
class Stats:
    """Measure one series, and `also` others; `focus` is volatility, drawdown, return, max, min or all."""

    series: str
    focus: str = "all"
    period: Period = EVERYTHING
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Import:
    """Bring the attached file into the desk's data; then do `then` with what came in."""

    then: Stats | Chart | None = None


@dataclass(frozen=True, slots=True)
class ReadFile:
    """Show what an attached file says."""


@dataclass(frozen=True, slots=True)
class KeepDocument:
    """Keep an attached document in memory."""


@dataclass(frozen=True, slots=True)
class Compute:
    """A computation by one of the quant's tools: `tool` with `args`, as written.

    `missing` is a sentence on what is needed and not there; then nothing may be computed. `focus`
    is the figure that was asked for above all; `also` are other series of which the same is asked.
    """

    tool: str
    args: Mapping[str, Any]
    missing: str = ""
    focus: str = ""
    period: Period = EVERYTHING
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Export:
    """A file of `of` (None: of nothing that was read). `form` is csv or html.

    `fresh` means that it was asked for together with the file, and not before in the thread.
    """

    form: str
    of: Payoff | Compare | Correlate | Chart | Stats | Compute | None = None
    fresh: bool = False


@dataclass(frozen=True, slots=True)
class Unknown:
    """Not understood."""


Intent = (
    Remember | Recall | Amend | Say | Live | Payoff | Catalogue | Colleagues | Help | Greeting | Compare
    | Correlate | Chart | Stats | Import | ReadFile | KeepDocument | IdeaIntent | Compute | Letter | Export | Unknown
)  # fmt: skip
