"""A person's table becomes series: CSV, Excel, Parquet or JSON, and the CFTC's report.

The rule it protects: imported numbers keep the file's hash and the name of who sent it, nothing
is stored when any part of the file cannot be read, and a bundled series is never mixed with an
imported one. A table that names its vintages keeps every one of them.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from itertools import pairwise
from statistics import median
from typing import Literal

from pydantic import Field

from bullpen_memory.errors import InputError
from bullpen_memory.records import WORKSPACE, Draft, Observation, SeriesInfo, Source
from bullpen_tools import cot
from bullpen_tools.context import DataRef, LocalFile, Result, Scalar, ToolContext, Value
from bullpen_tools.files import attached
from bullpen_tools.handed import plain_text, table_of
from bullpen_tools.suspicions import suspicions
from bullpen_tools.tables import Column, Table
from bullpen_tools.tool import Arguments, tool
from bullpen_tools.units import canonical
from bullpen_tools.vintages import Part

Frequency = Literal["daily", "weekly", "monthly", "quarterly", "annual", "irregular"]
_SPACING: tuple[tuple[float, float, Frequency], ...] = (
    (1, 3, "daily"),
    (5, 9, "weekly"),
    (26, 33, "monthly"),
    (85, 96, "quarterly"),
    (350, 380, "annual"),
)
HOLE: dict[Frequency, int] = {
    "daily": 6, "weekly": 15, "monthly": 63, "quarterly": 190, "annual": 740, "irregular": 10**6
}  # fmt: skip
_SCALE = 3.0
"""Between two stretches of one history without shared days the usual size changes less than this."""


class Import(Arguments):
    """Which file to import and what its numbers are."""

    name: str = Field(description="Name of the file in this conversation")
    columns: list[str] = Field(
        default_factory=list[str], description="Columns to import. Default: all with numbers"
    )
    unit: str = Field(
        default="",
        description="Unit of the numbers: usd, usd/bbl, pct, index, … Default: from the header",
    )
    frequency: Frequency | None = Field(
        default=None, description="Default: from the spacing of the dates"
    )
    symbols: list[str] = Field(
        default_factory=list[str], description="Further names, when one column is imported"
    )
    day_first: bool | None = Field(
        default=None, description="Whether 3/4/2020 is the 3rd of April; only if the file needs it"
    )
    sheet: str = Field(
        default="", description="Sheet or table of the file; only if several hold dates and numbers"
    )
    synthetic: bool = Field(
        default=False, description="True when the numbers are made up and not measured"
    )


@tool(risk="write", label="importing the table", version="1")
def import_csv(ctx: ToolContext, order: Import) -> Result:
    """Import a table that a person attached (CSV, Excel, Parquet, JSON, in a PDF or web page, or the
    CFTC's report on positions) as time series of this conversation: finds dates, numbers, units,
    decimal commas, holes, duplicates and zeros. A column `vintage` or `known_at` says when each row
    was published. Broken files are refused with the line number.
    """
    file = attached(ctx, order.name)
    text = plain_text(file)
    with file.path.open("rb") as opened:
        digest = hashlib.file_digest(opened, "sha256").hexdigest()
    if text is not None and cot.is_report(text):
        return _positions(ctx, file, text, digest)
    # Everything is read before anything is stored.
    parts, sheet = table_of(file, order.sheet, day_first=order.day_first)
    batch = _Batch(ctx, file, order, digest, sheet)
    read = [(part, batch.read(table)) for part, table in parts]
    for part, columns in read:
        batch.store(part, columns)
    return batch.result()


class _Batch:
    """One file on its way into the market, one vintage after the other."""

    def __init__(
        self, ctx: ToolContext, file: LocalFile, order: Import, digest: str, sheet: str
    ) -> None:
        self.ctx, self.file, self.order, self.digest = ctx, file, order, digest
        self.sheet = sheet
        self.warnings: list[str] = []
        self.infos: dict[str, SeriesInfo] = {}
        self.rows: dict[str, tuple[Scalar, ...]] = {}
        self.refs: dict[str, DataRef] = {}
        self.new = 0
        self.vintages = 0
        self.last = date.min

    def read(self, table: Table) -> tuple[Column, ...]:
        """The chosen columns of one vintage, or of a table without any; InputError for wrong ones."""
        chosen = _chosen(table, self.order.columns, self.file.name)
        for column in chosen:
            if column.name not in self.infos:
                info = _info(
                    self.ctx,
                    self.file,
                    column,
                    self.order,
                    alone=len(chosen) == 1,
                    sheet=self.sheet,
                )
                self.infos[column.name] = info
                self.warnings += _warnings(info, column)
            self.warnings += suspicions(self.infos[column.name], column.values)
        if table.skipped:
            listed = ", ".join(table.skipped)
            self.warnings.append(f"Columns without numbers were left out: {listed}.")
        return chosen

    def store(self, part: Part, columns: tuple[Column, ...]) -> None:
        """Put what was read into the market."""
        self.vintages += part.known is not None
        for column in columns:
            info, held = self.infos[column.name], _held(self.ctx, self.infos[column.name].id)
            if part.known is None:
                made = _observations(held, column)
                self.warnings += _revised(info, held, column)
            else:
                at = datetime.combine(part.known, time(), UTC)
                made = [
                    Observation(day.isoformat(), value, at) for day, value in column.values.items()
                ]
            self.new += self.ctx.market.put(info, made)
            self._note(info, column)

    def _note(self, info: SeriesInfo, column: Column) -> None:
        days = list(column.values)
        self.last = max(self.last, days[-1])
        if info.id not in self.rows:
            _describe(self.ctx, self.file, info, self.digest, days)
        self.rows[info.id] = (
            info.id, info.title, info.unit, info.frequency, days[0].isoformat(), days[-1].isoformat(),
            len(days), column.missing, column.zeros,
        )  # fmt: skip
        self.refs[info.id] = _reference(self.ctx, info, self.digest)

    def result(self) -> Result:
        rows = list(self.rows.values())
        if any(not row[2] for row in rows):
            self.warnings.append(
                "The file states no unit, so its figures carry none. To give one, import it again and "
                "say it, such as `the unit is USD/oz`."
            )
        values = {
            "series": Value(value=len(rows), unit="count", label="Series"),
            "new_values": Value(value=self.new, unit="count", label="New values"),
        }
        if self.vintages:
            values["vintages"] = Value(value=self.vintages, unit="count", label="Vintages")
        header = ("id", "title", "unit", "frequency", "start", "end", "rows", "missing", "zeros")
        return Result(
            summary=f"“{self.file.name}” is now in the market as {', '.join(str(row[0]) for row in rows)}.",
            values=values,
            data=tuple(self.refs.values()),
            warnings=tuple(dict.fromkeys(self.warnings)),
            table=(header, *rows),
            as_of=self.last,
        )


def _positions(ctx: ToolContext, file: LocalFile, text: str, digest: str) -> Result:
    """The CFTC's report: seven series of each market."""
    source = f"CFTC, from “{file.name}”, sent by {ctx.requester_name or ctx.requester}"
    read = list(cot.read(text, file.name, ctx.home, source))
    new = sum(ctx.market.put(info, observations) for info, observations in read)
    rows: list[tuple[Scalar, ...]] = [
        (info.id, info.title, info.unit, info.frequency, found[0].period, found[-1].period, len(found), 0, 0)
        for info, found in read
    ]  # fmt: skip
    return Result(
        summary=f"“{file.name}” is the CFTC's report on positions of traders; it is in the market as {', '.join(str(row[0]) for row in rows[:7])}"
        f"{' and more' if len(rows) > 7 else ''}.",
        values={
            "series": Value(value=len(read), unit="count", label="Series"),
            "new_values": Value(value=new, unit="count", label="New values"),
        },
        data=tuple(_reference(ctx, info, digest) for info, _ in read),
        warnings=("Each report counts as known from the Friday after its Tuesday.",),
        table=(("id", "title", "unit", "frequency", "start", "end", "rows", "missing", "zeros"), *rows),
        as_of=max(date.fromisoformat(found[-1].period) for _, found in read),
    )  # fmt: skip


def _chosen(table: Table, wanted: Sequence[str], name: str) -> tuple[Column, ...]:
    if not wanted:
        return table.columns
    by_name = {column.name.casefold(): column for column in table.columns}
    unknown = [column for column in wanted if column.casefold() not in by_name]
    if unknown:
        raise InputError(
            f"“{name}” has no column {', '.join(unknown)} with numbers.",
            f"Those with numbers are: {', '.join(column.name for column in table.columns)}.",
            "Choose among them.",
        )
    return tuple(by_name[column.casefold()] for column in wanted)


def _info(
    ctx: ToolContext, file: LocalFile, column: Column, order: Import, *, alone: bool, sheet: str
) -> SeriesInfo:
    stem = re.sub(r"\.\w+$", "", file.name)
    stem = f"{stem} {sheet}" if sheet else stem
    source = f"“{file.name}”, sent by {ctx.requester_name or ctx.requester}"
    unit = order.unit.strip().lower() or _unit(column.name)
    kind = "synthetic" if order.synthetic else "observed"
    return SeriesInfo(
        id=_identity(ctx, f"{_slug(stem)}_{_slug(column.name)}", (source, unit, kind), column),
        title=f"{column.name} ({stem})",
        unit=unit,
        frequency=order.frequency or _frequency(list(column.values)),
        source=source,
        licence="Private: handed in by a person.",
        kind=kind,
        symbols=tuple(order.symbols) if alone else (),
        scope=ctx.home,
        url=file.permalink,
        notes="Imported. Each value is taken as known at the end of its day.",
    )


def _identity(ctx: ToolContext, wanted: str, origin: tuple[str, str, str], column: Column) -> str:
    """An id that is free, or that the same file had with the same unit and kind and like numbers.

    A file that comes again with its unit stated is another series: numbers in an unknown unit
    and numbers in dollars are not one history. Nor are two instruments that came under one name.
    """
    if ctx.home != WORKSPACE:
        # Ids are shared by all scopes; the suffix keeps two conversations' files apart.
        wanted = f"{wanted}_{hashlib.sha256(ctx.home.encode()).hexdigest()[:4]}"
    listed = (line.info for line in ctx.market.catalogue(ctx.scopes))
    taken = {info.id: (info.source, info.unit, info.kind) for info in listed}
    name, number = wanted, 2
    while name in taken and not (
        taken[name] == origin and _continues(_held(ctx, name), column.values)
    ):
        name, number = f"{wanted}_{number}", number + 1
    return name


Held = Mapping[str, float | None]


def _held(ctx: ToolContext, series_id: str) -> Held:
    """The values that the desk has of a series by period; none when there is no such series."""
    if not any(line.info.id == series_id for line in ctx.market.catalogue(ctx.scopes)):
        return {}
    piece = ctx.market.slice(series_id, scopes=ctx.scopes)
    return {row.period: row.value for row in piece.observations}


def _continues(held: Held, values: Mapping[date, float | None]) -> bool:
    """Whether new values are the same history: most shared periods agree, or the scale is alike."""
    shared = [
        (held[day.isoformat()], value) for day, value in values.items() if day.isoformat() in held
    ]
    if shared:
        return 2 * sum(old == new for old, new in shared) > len(shared)
    before = median([abs(value) for value in held.values() if value] or [0.0])
    after = median([abs(value) for value in values.values() if value] or [0.0])
    return not before or not after or 1 / _SCALE < after / before < _SCALE


def _revised(info: SeriesInfo, held: Held, column: Column) -> list[str]:
    """The warning that a file says something else than an earlier one of the same name."""
    given = {day.isoformat(): value for day, value in column.values.items()}
    count = sum(period in given and given[period] != value for period, value in held.items())
    if not count:
        return []
    return [
        f"{info.id}: {count} of {len(held)} held values were replaced; the old ones are kept as earlier vintages."
    ]


def _observations(held: Held, column: Column) -> list[Observation]:
    """Known at the end of the day; a value that differs from what is held is a revision of today."""
    now = datetime.now(UTC)
    made: list[Observation] = []
    for day, value in column.values.items():
        period = day.isoformat()
        if held.get(period, value) != value:
            known = now
        else:
            known = min(datetime.combine(day, time(23, 59, 59), UTC), now)
        if period not in held or held[period] != value:
            made.append(Observation(period, value, known))
    return made


def _reference(ctx: ToolContext, info: SeriesInfo, digest: str) -> DataRef:
    piece = ctx.market.slice(info.id, scopes=ctx.scopes)
    return DataRef(
        dataset=info.id,
        vintage=piece.vintage,
        sha256=digest,
        rows=len(piece.observations),
        start=piece.observations[0].period,
        end=piece.observations[-1].period,
        kind=info.kind,
    )


def _describe(
    ctx: ToolContext, file: LocalFile, info: SeriesInfo, digest: str, days: Sequence[date]
) -> None:
    """A record of the series, so that it can be recalled; the numbers stay in the market."""
    ctx.store.add(
        Draft(
            kind="series",
            title=info.title,
            text=f"The series {info.id}, {info.frequency}, {days[0]} to {days[-1]}, in "
            f"{info.unit or 'an unstated unit'}, imported from “{file.name}”.",
            author=ctx.agent,
            source=Source(
                kind="file",
                ref=digest,
                permalink=file.permalink or ctx.thread_link,
                title=file.name,
            ),
            scope=ctx.home,
            symbols=info.symbols,
        )
    )


def _warnings(info: SeriesInfo, column: Column) -> list[str]:
    notes = [f"{info.id}: {note}" for note in column.notes]
    if column.missing:
        notes.append(f"{info.id}: {column.missing} days have no value.")
    if column.zeros:
        notes.append(f"{info.id}: {column.zeros} values are zero and were kept as zeros.")
    if column.duplicates:
        notes.append(f"{info.id}: {column.duplicates} repeated rows were dropped.")
    limit = HOLE[info.frequency]
    holes = [(a, b) for a, b in pairwise(column.values) if (b - a).days > limit]
    if holes:
        longest = max(holes, key=lambda hole: hole[1] - hole[0])
        notes.append(f"{info.id}: {len(holes)} gaps; the longest is {longest[0]} to {longest[1]}.")
    if info.frequency == "irregular":
        notes.append(f"{info.id}: the dates have no regular spacing; nothing can be annualised.")
    return notes


def _frequency(days: Sequence[date]) -> Frequency:
    steps = [(b - a).days for a, b in pairwise(days)]
    typical = median(steps) if steps else 0
    for low, high, name in _SPACING:
        if low <= typical <= high:
            return name
    return "irregular"


def _unit(header: str) -> str:
    """The unit that a header states in brackets or by a sign; nothing is guessed from the name.

    An ounce of a precious metal is a troy ounce.
    """
    if found := re.search(r"[(\[]\s*([^)\]]{1,24}?)\s*[)\]]", header):
        stated = "/".join(canonical(part) for part in found[1].split("/"))
        precious = re.search(r"\b(?:gold|silver|platinum|palladium)\b", header, re.IGNORECASE)
        return re.sub(r"/oz$", "/troy_oz", stated) if precious else stated
    return "pct" if "%" in header else "usd" if "$" in header else ""


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")[:40] or "column"
