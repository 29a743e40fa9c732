"""`bullpen data`: bring public series in from their publishers, when a person asks.

The rule it protects: the network is used by this command and for this series only; keys come from
the settings and are not printed. It schedules nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from bullpen.settings import Settings, prepare_home

if TYPE_CHECKING:
    from bullpen_tools.sync.fetching import Fetching


def sources() -> None:
    """Print one line for each publisher."""
    from bullpen_tools.sync.sources import SOURCES

    for source in SOURCES.values():
        needs = f"; needs BULLPEN_{source.key.upper()}" if source.key else ""
        typer.echo(
            f"{source.id:<10} {source.title} (such as {source.example}; {source.licence}{needs})"
        )


def sync(settings: Settings, source: str, name: str) -> None:
    """Fetch, store, and print what came in."""
    from bullpen_memory.market import Market
    from bullpen_memory.store import Store

    prepare_home(settings.home)
    store = Store(settings.memory)
    try:
        brought = fetching_of(settings).sync(Market(store), source, name)
    finally:
        store.close()
    for one in brought:
        typer.echo(f"{one.id}: {one.title}, {one.periods:,} periods, {one.new:,} new values")


def fetching_of(settings: Settings) -> Fetching:
    """The one way to the publishers, with the keys of the settings and a cache in the home."""
    from bullpen_tools.sync.fetching import Fetching

    keys = {
        "eia_api_key": settings.eia_api_key.get_secret_value() if settings.eia_api_key else "",
        "fred_api_key": settings.fred_api_key.get_secret_value() if settings.fred_api_key else "",
        "sec_contact": settings.sec_contact,
        "yahoo_terms": settings.yahoo_terms,
    }
    return Fetching(settings.home / "cache" / "sync", keys)
