"""`bullpen memory …`: the records on the command line.

The rule it protects: whoever runs the command owns the home folder and sees everything in it;
nothing is changed but the index. It works whether a desk runs or not, except for a rebuild, which
needs the index for itself.
"""

from __future__ import annotations

import json
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any, get_args
from urllib.error import HTTPError
from urllib.request import ProxyHandler, Request, build_opener

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from bullpen import messages, runfile
from bullpen.runfile import RunningDesk
from bullpen.settings import Settings
from bullpen_memory.embed import local_embedder
from bullpen_memory.errors import OperatorError
from bullpen_memory.index import ChromaIndex
from bullpen_memory.indexer import Indexer
from bullpen_memory.records import Agreement, Kind, Query, Record
from bullpen_memory.store import Store

PATIENCE = 120.0
KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True, slots=True)
class Filters:
    """What `memory search` was asked for."""

    text: str
    kind: str
    author: str
    symbol: str
    limit: int

    def query(self, scopes: frozenset[str]) -> Query:
        """Raises InputError for a kind that there is not."""
        kinds: frozenset[Kind] = frozenset({kind for kind in KINDS if kind == self.kind})
        if self.kind and not kinds:
            raise messages.bad_filter("kind", self.kind, KINDS)
        return Query(
            text=self.text,
            scopes=scopes,
            kinds=kinds,
            authors=frozenset({self.author} - {""}),
            symbols=frozenset({self.symbol.upper()} - {""}),
            limit=self.limit,
        )


def search(settings: Settings, filters: Filters, *, as_json: bool) -> int:
    """Print what was found. Exit code 1 where nothing was, as grep has it."""
    with opened(settings) as store:
        found = store.find(filters.query(_every_scope(store)))
    if as_json:
        hits = [asdict(hit.record) | {"score": hit.score, "why": hit.why} for hit in found.hits]
        _print_json({"total": found.total, "notes": found.notes, "hits": hits})
        return 0 if found.hits else 1
    console = Console()
    if not found.hits:
        console.print("Nothing fits. Try fewer words, or `bullpen memory search` for the newest.")
        return 1
    for hit in found.hits:
        record = hit.record
        when = f"{record.created_at.astimezone():%Y-%m-%d %H:%M}"
        head = Text.assemble(
            (record.id, "bold"), f"  {record.kind}  {when}  {record.speaker or record.author}"
        )
        words = f"{record.title}: {record.text}" if record.title else record.text
        console.print(head)
        console.print(Padding(Text(" ".join(words.split())[:240]), (0, 0, 0, 2)))
    console.print(f"{len(found.hits)} of {found.total}")
    for note in found.notes:
        console.print(note, markup=False)
    return 0


def show(settings: Settings, record_id: str, *, as_json: bool) -> None:
    """Print one record. Raises InputError where there is none."""
    with opened(settings) as store:
        record = store.get(record_id)
        if record is None:
            raise messages.no_record(record_id)
        changes = store.changes(record_id)
    if as_json:
        _print_json(asdict(record) | {"changes": [asdict(change) for change in changes]})
        return
    console = Console(markup=False, highlight=False)
    for label, value in _facts(record):
        console.print(f"{label:<11} {value}")
    console.print()
    console.print(record.text or "The text was erased for good.")
    console.print()
    for change in changes:
        reason = f": {change.reason}" if change.reason else ""
        console.print(
            f"{change.at.astimezone():%Y-%m-%d %H:%M}  {change.action} by {change.by}{reason}"
        )


def _facts(record: Record) -> list[tuple[str, str]]:
    source = record.source
    facts = [
        ("Record", f"{record.id}, version {record.version}, {record.status}"),
        ("Kind", record.kind + (f": {record.title}" if record.title else "")),
        ("By", record.speaker or record.author),
        ("Known since", f"{record.known_at.astimezone():%Y-%m-%d %H:%M}"),
        ("Visible to", record.scope),
        ("Source", " ".join(part for part in (source.kind, source.title, source.permalink or source.ref) if part)),
        ("Evidence", ", ".join(f"{e.kind} {e.ref}" for e in record.evidence)),
        ("Symbols", ", ".join(record.symbols)),
    ]  # fmt: skip
    return [(label, value) for label, value in facts if value]


def rebuild(settings: Settings) -> None:
    """Build the index anew and verify it. Raises OperatorError while a desk holds the index."""
    rebuilt(settings)


def rebuilt(settings: Settings) -> int:
    """The same; exit code 1 where index and records still differ."""
    with _indexer(settings) as indexer:
        agreement = indexer.rebuild()
    print(f"The index was built anew from {agreement.records} records.")
    _tell(agreement)
    return 0 if _agree(agreement) else 1


def verify(settings: Settings, *, as_json: bool) -> int:
    """Compare index and records; a running desk does it itself. Exit code 1 where they differ."""
    running = runfile.read(settings.home)
    if running is not None and running.url:
        agreement = _asked(running)
    else:
        with _indexer(settings) as indexer:
            agreement = indexer.verify()
    if as_json:
        _print_json(asdict(agreement))
    else:
        _tell(agreement)
    return 0 if _agree(agreement) else 1


def _asked(desk: RunningDesk) -> Agreement:
    """The agreement of the desk that runs on this home. Raises OperatorError as the desk does."""
    request = Request(
        f"{desk.url}/desk/verify", headers={"Authorization": f"Bearer {desk.user_token}"}
    )
    try:
        # No proxy: the desk is on this machine.
        with build_opener(ProxyHandler({})).open(request, timeout=PATIENCE) as response:
            told: dict[str, Any] = json.load(response)
    except HTTPError as refusal:
        with refusal:
            told = json.load(refusal)
        raise OperatorError(told["fact"], told["cause"], told["remedy"]) from None
    except OSError as error:
        raise messages.desk_silent(desk.url, str(error)) from None
    for name in ("missing", "stale", "orphaned", "unfindable", "notes"):
        told[name] = tuple(told[name])
    return Agreement(**told)


def _agree(found: Agreement) -> bool:
    return not (found.missing or found.stale or found.orphaned or found.unfindable)


def _tell(found: Agreement) -> None:
    if _agree(found):
        print(f"Records and index agree: {found.records} records, {found.indexed} indexed.")
    for word in ("missing", "stale", "orphaned", "unfindable"):
        ids: tuple[str, ...] = getattr(found, word)
        if ids:
            print(f"{word}: {', '.join(ids)}. Mend it with: bullpen memory rebuild")
    for note in found.notes:
        print(note)


def _every_scope(store: Store) -> frozenset[str]:
    rows = store.database.read("SELECT DISTINCT scope FROM version", ())
    return frozenset(str(row[0]) for row in rows)


@contextmanager
def opened(settings: Settings) -> Generator[Store]:
    """The store of the home, closed afterwards. Raises InputError where there is none."""
    if not settings.has_memory:
        raise messages.no_memory(settings.home)
    store = Store(settings.memory, embedder=local_embedder())
    try:
        yield store
    finally:
        store.close()


@contextmanager
def _indexer(settings: Settings) -> Generator[Indexer]:
    running = runfile.read(settings.home)
    if running is not None:
        raise messages.home_in_use(settings.home, running.pid)
    with opened(settings) as store:
        indexer = Indexer(store, index := ChromaIndex(settings.home / "chroma"))
        try:
            yield indexer
        finally:
            index.close()


def _print_json(value: object) -> None:
    print(json.dumps(value, ensure_ascii=False, indent=2, default=str))
