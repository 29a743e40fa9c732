"""`bullpen memory show`: what a record says, why the desk believes it, since when, and what became of it.

The rule it protects: every line names who and when, and a source comes as the address that opens it.
Whoever runs the command owns the home and sees everything in it. It changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping

from rich.console import Console
from rich.text import Text

from bullpen import runfile
from bullpen.remembered import every_scope, find, opened, print_json
from bullpen.settings import Settings
from bullpen.wording import DID, STANDS, bare, headline, told
from bullpen_memory import progress
from bullpen_memory.embed import embedder_state
from bullpen_memory.records import Record, Source
from bullpen_memory.reviewing import known_as
from bullpen_memory.store import Store
from bullpen_memory.ties import linked
from bullpen_memory.usage import used

USES = 5
_NEXT = {
    "proposed": ("approve", "edit, dispute, retract"), "active": ("edit", "dispute, retract, forget"),
    "retracted": ("restore", "forget"),
}  # fmt: skip
"""What one can do about a record as it stands."""
Lines = list[tuple[str, str]]


def show(settings: Settings, record_id: str, *, as_json: bool) -> None:
    """Print one record. Raises InputError where there is none."""
    with opened(settings) as store:
        record = find(store, record_id)
        if as_json:
            print_json(_as_json(store, record))
            return
        console = Console(highlight=False)
        title = headline(record)
        if title:
            console.print(Text(title, style="bold"))
        console.print(Text(record.text or "The text was erased for good."), soft_wrap=True)
        console.print()
        running = runfile.read(settings.home)
        page = f"{running.url}/memory/{record.id}" if running is not None and running.url else ""
        for label, value in [*_facts(store, record), *_why(store, record), *_ties(store, record), ("Page", page)]:  # fmt: skip
            if value:
                console.print(Text.assemble((f"{label:<12}", "dim"), value), soft_wrap=True)
        console.print()
        for change in store.changes(record.id):
            when = f"{change.at.astimezone():%Y-%m-%d %H:%M}"
            did = DID.get(change.action, change.action)
            reason = f": {change.reason}" if change.reason else ""
            console.print(Text(f"{when}  {_name(store, change.by)} {did}{reason}"), soft_wrap=True)
        first, rest = _NEXT.get(record.status, ("", ""))
        if first:
            console.print()
            console.print(f"bullpen memory {first} {record.id[-8:]}, or {rest}", style="dim")


def status(settings: Settings, *, as_json: bool) -> None:
    """Print how much is remembered, by state and kind, and what is under way."""
    with opened(settings) as store:
        counts = store.count(None)
        under_way = progress.present(store.database)
        (vectors,) = store.database.read(
            "SELECT count(*) AS made FROM version v WHERE v.ends IS NULL AND v.status <> 'forgotten'"
            " AND EXISTS (SELECT 1 FROM vector e WHERE e.vid = v.vid AND e.model = ?)",
            (store.embedder.id if store.embedder else "",),
        )
    states = {state: counts.pop(state, 0) for state in STANDS}
    records = sum(states.values()) - states["forgotten"]
    if as_json:
        print_json(
            {"records": records, "states": states, "kinds": counts, "embedded": vectors["made"],
             "under_way": under_way.sentence if under_way else ""}
        )  # fmt: skip
        return
    kinds = ", ".join(f"{kind} {number:,}" for kind, number in sorted(counts.items()))
    lines: Lines = [
        ("Remembered", f"{records:,}: {kinds}" if records else "nothing yet"),
        ("States", ", ".join(f"{state} {n:,}" for state, n in states.items() if n)),
        ("To review", f"{states['proposed']:,}: bullpen memory approve, or the page's view “Proposed”" if states["proposed"] else ""),
        ("Meaning", embedder_state()),
        ("Embedded", f"{vectors['made']:,} of {records:,}"),
        ("Under way", under_way.sentence if under_way else "nothing"),
    ]  # fmt: skip
    console = Console(highlight=False)
    for label, value in lines:
        if value:
            console.print(Text.assemble((f"{label:<12}", "dim"), value), soft_wrap=True)


def _as_json(store: Store, record: Record) -> Mapping[str, object]:
    from dataclasses import asdict

    changes = [asdict(change) for change in store.changes(record.id)]
    uses = [asdict(use) for use in used(store.database, record.id, every_scope(store))]
    return asdict(record) | {"changes": changes, "used": uses}


def _facts(store: Store, record: Record) -> Lines:
    since = f"{record.known_at.astimezone():%-d %b %Y, %H:%M}"
    until = f", true until {record.valid_to.astimezone():%-d %b %Y}" if record.valid_to else ""
    who = record.speaker or _name(store, record.author)
    return [
        ("Record", f"{record.id}, version {record.version}, {told(record)}"),
        ("Kind", f"{record.kind} by {who}, known since {since}{until}"),
        ("Visible to", "everybody in the workspace" if record.scope == "workspace" else record.scope),
        ("Symbols", ", ".join(record.symbols)),
        ("Tags", ", ".join(record.tags)),
    ]  # fmt: skip


def _why(store: Store, record: Record) -> Lines:
    lines: Lines = [("Source", _source(record.source))]
    lines += [("Rests on", _source(source)) for source in record.evidence]
    sure = record.confidence
    lines.append(("Confidence", "" if sure is None else f"{sure * 100:.0f} %"))
    uses = used(store.database, record.id, every_scope(store))
    for use in sorted(uses, key=lambda one: not one.cited)[:USES]:
        how = "cited by" if use.cited else "shown to"
        asked = (
            f" for “{bare(use.question or use.query)[:80]}”" if use.question or use.query else ""
        )
        at = f"{use.at.astimezone():%-d %b %Y}"
        lines.append(("Used", f"{how} {_name(store, use.agent)}, {at}{asked} {use.answered_at or use.asked_at}".rstrip()))  # fmt: skip
    return lines


def _ties(store: Store, record: Record) -> Lines:
    found = linked(store.database, record, every_scope(store))
    return [
        (name.capitalize(), f"{other.id}: {headline(other) or bare(other.text)[:100]}")
        for name, others in found.items()
        for other in others
        if name != "same source"
    ]


def _source(source: Source) -> str:
    parts = (source.kind, source.title, source.locator if source.kind != "person" else "", source.permalink or (source.ref if not source.title else ""))  # fmt: skip
    return " ".join(part for part in parts if part)


def _name(store: Store, author: str) -> str:
    known = known_as(store.database, author)
    return known.replace("_", " ").title() if known.islower() else known
