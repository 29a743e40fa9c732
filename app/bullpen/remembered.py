"""`bullpen memory …`: the records on the command line.

The rule it protects: whoever runs the command owns the home folder and sees everything in it;
nothing is changed but the index. It works whether a desk runs or not, except for a rebuild, which
needs the index for itself.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from typing import Any, get_args
from urllib.error import HTTPError
from urllib.request import ProxyHandler, Request, build_opener

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from bullpen import messages, runfile
from bullpen.runfile import RunningDesk
from bullpen.settings import Settings
from bullpen.wording import bare, headline, told
from bullpen_memory.embed import local_embedder
from bullpen_memory.errors import OperatorError
from bullpen_memory.index import ChromaIndex
from bullpen_memory.indexer import Indexer
from bullpen_memory.records import Agreement, Kind, Query, Record
from bullpen_memory.store import Store

PATIENCE = 120.0
SHOWN = 240
"""Characters of a record's text in a list."""
SHORTEST = 6
"""Characters of an id's end or beginning that are enough to name a record."""
KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True, slots=True)
class Filters:
    """What `memory search` was asked for."""

    text: str
    kind: str
    author: str
    symbol: str
    limit: int
    cursor: str = ""

    def following(self, cursor: str) -> str:
        """What `memory next` takes to go on after this page: the question with the store's cursor."""
        said = json.dumps(asdict(replace(self, cursor=cursor)), ensure_ascii=False)
        return base64.urlsafe_b64encode(said.encode()).decode().rstrip("=")

    @classmethod
    def resumed(cls, text: str) -> Filters:
        """The inverse. Raises InputError for what is no such text."""
        try:
            return cls(**json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))))
        except (ValueError, TypeError):
            raise messages.no_cursor(text) from None

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
            cursor=self.cursor,
        )


def search(settings: Settings, filters: Filters, *, as_json: bool) -> int:
    """Print what was found. Exit code 1 where nothing was, as grep has it."""
    with opened(settings) as store:
        found = store.find(filters.query(every_scope(store)))
    if as_json:
        hits = [asdict(hit.record) | {"score": hit.score, "why": hit.why} for hit in found.hits]
        told = {"total": found.total, "notes": found.notes, "hits": hits}
        print_json(told | {"next": filters.following(found.next) if found.next else ""})
        return 0 if found.hits else 1
    console = Console()
    if not found.hits:
        console.print("Nothing fits. Try fewer words, or `bullpen memory search` for the newest.")
        return 1
    for hit in found.hits:
        _line(console, hit.record)
    console.print(
        f"{len(found.hits):,} of {found.total:,}. Why it is believed, and its history: "
        f"bullpen memory show {found.hits[0].record.id}",
        style="dim", soft_wrap=True,
    )  # fmt: skip
    if found.next:
        console.print(f"More: bullpen memory next {filters.following(found.next)}", style="dim", soft_wrap=True)  # fmt: skip
    for note in found.notes:
        console.print(note, markup=False)
    return 0


def _line(console: Console, record: Record) -> None:
    title, text = headline(record), " ".join(bare(record.text).split())
    said = text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"
    console.print(Text.assemble((title, "bold"), ": " if title and said else "", said))
    who, since = record.speaker or record.author, f"{record.known_at.astimezone():%-d %b %Y}"
    about = f"{record.kind} by {who}, known since {since}, {told(record)} · {record.id}"
    console.print(Padding(Text(about, style="dim"), (0, 0, 0, 2)))


def find(store: Store, named: str) -> Record:
    """The record of this id, or of the one id that begins or ends so. Raises InputError otherwise."""
    record = store.get(named.strip())
    if record is not None:
        return record
    part = named.strip().upper()
    if len(part) >= SHORTEST and part.isalnum():
        rows = store.database.read(
            "SELECT id FROM version WHERE ends IS NULL AND (id LIKE ? OR id LIKE ?) LIMIT 3",
            (f"{part}%", f"%{part}"),
        )
        ids = [str(row["id"]) for row in rows]
        if len(ids) > 1:
            raise messages.ambiguous_record(named, ids)
        found = store.get(ids[0]) if ids else None
        if found is not None:
            return found
    raise messages.no_record(named)


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
        print_json(asdict(agreement))
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
    for name in ("missing", "stale", "orphaned", "unfindable", "altered", "notes"):
        told[name] = tuple(told[name])
    return Agreement(**told)


def _agree(found: Agreement) -> bool:
    return found.clean


def _tell(found: Agreement) -> None:
    if _agree(found):
        print(f"Records and index agree: {found.records} records, {found.indexed} indexed.")
    for word in ("missing", "stale", "orphaned", "unfindable"):
        ids: tuple[str, ...] = getattr(found, word)
        if ids:
            print(f"{word}: {', '.join(ids)}. Mend it with: bullpen memory rebuild")
    if found.altered:
        print(
            f"altered: {', '.join(found.altered)}. Their text in context.db is not the one that was written:"
            " something else changed the file. Compare with a backup, then write it again or retract it."
        )
    for note in found.notes:
        print(note)


def every_scope(store: Store) -> frozenset[str]:
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


def print_json(value: object) -> None:
    print(json.dumps(value, ensure_ascii=False, indent=2, default=str))
