"""One recipe carried out: fetch, keep the answer for a while, read it, add what is new.

The rule it protects: a publisher is asked at its own pace and not twice within the hour for the
same thing; keys go into the request and nowhere else; nothing is fetched unless a person asked.
"""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode

from bullpen_memory.errors import InputError, OperatorError
from bullpen_memory.market import Market
from bullpen_memory.records import WORKSPACE
from bullpen_tools.sync.guard import Network
from bullpen_tools.sync.sources import SOURCES, Source

FRESH_SECONDS = 3600.0


@dataclass(frozen=True, slots=True)
class Brought:
    """One series after a sync: its id and title, the periods it has now, and how many values were new."""

    id: str
    title: str
    periods: int
    new: int


@dataclass(slots=True)
class Fetching:
    """Fetches by recipe. `bases` replaces the address of a source (a proxy, or a mirror of one's own)."""

    folder: Path
    keys: Mapping[str, str]
    network: Network = field(default_factory=Network)
    bases: Mapping[str, str] = field(default_factory=dict[str, str])
    clock: Callable[[], float] = time.time
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _last: dict[str, float] = field(default_factory=dict[str, float])

    def sync(self, market: Market, source_id: str, name: str) -> list[Brought]:
        """Bring a series up to date. Raises InputError for what is unknown, OperatorError for the network."""
        source = SOURCES.get(source_id)
        if source is None:
            raise InputError(
                f"There is no source “{source_id}”.",
                f"The sources are: {', '.join(SOURCES)}.",
                "Use one of these.",
            )
        body = self.body(source, name)
        brought: list[Brought] = []
        for info, observations in source.read(name, body, datetime.now(UTC).replace(microsecond=0)):
            held = _held(market, info.id) if source.undated else {}
            # A publisher that does not date its values would add a vintage at every fetch.
            fresh = [
                one
                for one in observations
                if one.period not in held or held[one.period] != one.value
            ]
            new = market.put(info, fresh)
            brought.append(
                Brought(info.id, info.title, len({one.period for one in observations}), new)
            )
        return brought

    def body(self, source: Source, name: str) -> bytes:
        """The publisher's answer, from the cache where it is younger than an hour."""
        path = source.path(name)
        kept = self.folder / f"{source.id}-{hashlib.sha256(path.encode()).hexdigest()[:16]}.json"
        if kept.exists() and self.clock() - kept.stat().st_mtime < FRESH_SECONDS:
            return kept.read_bytes()
        body = self._fetch(source, path)
        _check(source, body)
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        kept.write_bytes(body)
        return body

    def _fetch(self, source: Source, path: str) -> bytes:
        headers = {
            "User-Agent": f"Bullpen {self.keys.get('sec_contact', '')}".strip(),
            "Accept": "application/json",
        }
        if source.key and not self.keys.get(source.key):
            raise OperatorError(
                f"{source.title} was not asked.",
                f"It wants {_WANTED[source.key]}.",
                f"Set BULLPEN_{source.key.upper()}.",
            )
        if source.key_argument:
            path += ("&" if "?" in path else "?") + urlencode(
                {source.key_argument: self.keys[source.key]}
            )
        with self._lock:
            wait = self._last.get(source.host, 0.0) + source.pause - time.monotonic()
            if wait > 0:
                time.sleep(wait)
            self._last[source.host] = time.monotonic()
        return self.network.get(self.bases.get(source.id, f"https://{source.host}") + path, headers)


_WANTED = {
    "eia_api_key": "a key, which is free at eia.gov/opendata", "fred_api_key": "a key, which is free at fred.stlouisfed.org",
    "yahoo_terms": "that you accept its terms, which allow personal use only (write `accepted`)",
    "sec_contact": "a name and an e-mail address in every request",
}  # fmt: skip


def _held(market: Market, series_id: str) -> Mapping[str, float | None]:
    """The values that the desk has by period; none of a series that is new."""
    scopes = frozenset({WORKSPACE})
    if not any(line.info.id == series_id for line in market.catalogue(scopes)):
        return {}
    return {row.period: row.value for row in market.slice(series_id, scopes=scopes).observations}


def _check(source: Source, body: bytes) -> None:
    """Only what is JSON is kept."""
    try:
        json.loads(body)
    except ValueError as error:
        raise OperatorError(
            f"{source.title} sent something else than JSON.", f"{error}.", "Try again later."
        ) from error
