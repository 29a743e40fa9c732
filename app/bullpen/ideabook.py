"""`bullpen ideas`: the track record of the idea book at a terminal.

The rule it protects: the terminal shows the same figures as the page and the channel, since all
three come from `track_record.judged`. It opens and resolves no call.
"""

from __future__ import annotations

import json
from contextlib import closing

import typer

from bullpen import messages
from bullpen.settings import Settings


def show(settings: Settings, author: str, *, as_json: bool) -> None:
    """Print the record of every call in this home, or of one author's."""
    from bullpen.pages.receipts import value_text
    from bullpen_memory.ideas import Ideas, authored
    from bullpen_memory.store import Store
    from bullpen_tools.context import Value
    from bullpen_tools.track_record import judged

    if not settings.has_memory:
        raise messages.no_memory(settings.home)
    with closing(Store(settings.memory)) as store:
        scopes = frozenset(row["scope"] for row in store.database.read("SELECT scope FROM idea"))
        record = judged(authored(Ideas(store).listed(scopes), author) if scopes else [])
    if as_json:
        figures = {key: value.value for key, value in record.values.items()}
        body = {"figures": figures, "calls": record.table, "notes": record.warnings}
        typer.echo(json.dumps(body, ensure_ascii=False, indent=2))
        return
    if not record.table:
        typer.echo(
            "The idea book is empty. In a channel, write `open idea: long silver, size 2%, …`."
        )
        return
    from rich.console import Console
    from rich.table import Table

    # Narrower, the figures would be cut off.
    console = Console(width=max(Console().width, 100))
    table = Table("idea", "call", "horizon", "state", "made", "stated", "base", box=None)
    for column in table.columns:
        column.no_wrap = True
    for idea, what, _opened, horizon, state, made, unit, stated, base in record.table[1:]:
        figures = ((made, str(unit)), (stated, "pct"), (base, "pct"))
        cells = ["" if one is None else value_text(Value(value=one, unit=u)) for one, u in figures]
        table.add_row(str(idea), str(what), str(horizon), str(state), *cells)
    console.print(table)
    for key, value in record.values.items():
        if "_i" not in key and value.value is not None:
            console.print(f"{value.label}: {value_text(value)}", highlight=False)
    for note in record.warnings:
        console.print(f"[dim]{note}[/dim]", highlight=False)
