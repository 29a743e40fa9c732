"""What a tool call is given and what it gives back: the shared words of every tool.

The rule these types protect: a number never travels without its unit, its kind and the data it
was computed from. They compute nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from bullpen_memory.market import Market
    from bullpen_memory.store import Store

ValueKind = Literal["observed", "derived", "assumed", "synthetic"]
Scalar = float | int | str | bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """One named result. `unit` is a UCUM-like word: usd, pct, ratio, x, index, bp, days, count, date, text.

    A percentage is stored as percent (12.5 means 12.5 %), a ratio as a plain number.
    `value` None means "has no answer"; `label` is what a person reads. `metric` and `entity` say
    what was measured of what ("volatility", "SP500"): two values of one metric and entity that
    differ are a conflict. Without an entity a value is never compared.
    """

    value: Scalar
    unit: str = ""
    kind: ValueKind = "derived"
    label: str = ""
    metric: str = ""
    entity: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DataRef:
    """The exact rows a result was computed from."""

    dataset: str
    vintage: str = ""
    sha256: str = ""
    rows: int = 0
    start: str = ""
    end: str = ""
    kind: Literal["observed", "synthetic"] = "observed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """A file that a tool made, under the desk's artifacts folder. `alt` describes it to who cannot see it."""

    path: str
    name: str
    mimetype: str
    title: str
    alt: str
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a tool function returns. `summary` is one plain sentence without figures the values do not hold.

    `table` is optional rows for the model and the page: the first row is the header.
    `as_of` is the time the result is about, `known_at` when its newest input became known.
    """

    summary: str
    values: dict[str, Value] = field(default_factory=dict)
    data: tuple[DataRef, ...] = ()
    warnings: tuple[str, ...] = ()
    artifacts: tuple[Artifact, ...] = ()
    table: tuple[tuple[Scalar, ...], ...] = ()
    as_of: datetime | date | None = None
    known_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """The stored envelope of one tool call. `id` reads like `r42`; receipts are append-only.

    `error` is empty on success; a failed call leaves a receipt too, with no values.
    """

    id: str
    tool: str
    version: str
    inputs: dict[str, object]
    result: Result
    error: str
    agent: str
    run_id: str
    call_key: str
    scope: str
    created_at: datetime
    seconds: float

    def cite(self, key: str) -> str:
        """The reference a model writes for one of the values."""
        return "{{" + f"{self.id}.{key}" + "}}"


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalFile:
    """A file that a person handed to the desk, already stored by content hash."""

    name: str
    path: Path
    mimetype: str
    sha256: str
    size: int
    permalink: str = ""


class ReceiptBook(Protocol):
    """Where a tool finds what another tool left: all receipts, or those known by a pinned moment."""

    def get(self, receipt_id: str, scopes: frozenset[str] | None = None) -> Receipt | None:
        """The receipt, or None where there is none that may be seen."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolContext:
    """Everything a tool may touch. The runtime fills it in; no model can.

    `scopes` is what this conversation may see, `home` the scope where what it learns is written.
    `receipts` is how a tool draws from what another tool found. `as_of` pins every data access
    when set. `requester_name` is how people call the requester. `rerun` tells that a receipt is run
    again: what is read then is shown to nobody, and so is not noted as shown.
    """

    run_id: str
    agent: str
    requester: str
    scopes: frozenset[str]
    home: str
    thread_link: str
    thread_title: str
    store: Store
    market: Market
    receipts: ReceiptBook
    artifacts: Path
    files: tuple[LocalFile, ...] = ()
    as_of: datetime | None = None
    requester_name: str = ""
    rerun: bool = False
