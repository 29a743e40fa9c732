"""What a person does with records on the command line: write, edit, approve, merge, dispute and the rest.

The rule it protects: the same changes as on the memory page, under the same rules, in the name of the
person who runs the command; each prints what came of it. It opens no index: a running desk follows.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime

from rich.console import Console
from rich.text import Text

from bullpen import messages
from bullpen.acts import WRITABLE, Acts
from bullpen.remembered import every_scope, find, opened
from bullpen.settings import Settings
from bullpen.wording import headline, told
from bullpen_memory.errors import InputError
from bullpen_memory.headlines import beginning, by_agent
from bullpen_memory.records import Record
from bullpen_memory.reviewing import Review, Seen, known_as
from bullpen_memory.store import Store
from bullpen_tools.receipts import Receipts

# Slack's ids: C or G for a channel, U or W for a person.
_SCOPE = re.compile(r"workspace|channel:[CG][A-Z0-9]+|person:[UW][A-Z0-9]+")


def write(settings: Settings, form: dict[str, str]) -> None:
    """Write a person's own record."""
    if form["kind"] not in WRITABLE:
        raise messages.bad_filter("kind", form["kind"], WRITABLE)
    with _acting(settings) as (store, acts, by):
        scopes = every_scope(store) | {_place(form["scope"])}
        made = acts.add(by, settings.person, form, scopes)
        _came(store, "Written", made)


def change(settings: Settings, action: str, ids: Sequence[str], form: dict[str, str]) -> None:
    """One change of each of these records; the first that is refused ends it with its sentence."""
    if action == "share":
        _place(form["scope"])
    with _acting(settings) as (store, acts, by):
        for record_id in ids:
            present = find(store, record_id)
            made = acts.do(action, Seen(present.id, present.version), by, form)
            _came(store, messages.DONE[action], made)


def edit(settings: Settings, record_id: str, form: dict[str, str]) -> None:
    """Other words for a record. Without a text it opens in the editor."""
    with _acting(settings) as (store, acts, by):
        present = find(store, record_id)
        if not form["text"]:
            form["text"] = _edited(present)
        form["title"] = form["title"] or present.title
        _came(store, "Saved", acts.do("reword", Seen(present.id, present.version), by, form))


def merge(settings: Settings, keep: str, others: Sequence[str], reason: str) -> None:
    """Let one record stand for several."""
    with opened(settings) as store:
        seen = [Seen(one.id, one.version) for one in (find(store, i) for i in (keep, *others))]
        by = person(settings, store)
        made = Review(store).merge(seen[0], seen[1:], by=by, reason=reason)
        _came(store, f"Merged {len(seen)} records into", made)


def expire(settings: Settings, record_id: str, day: str, reason: str) -> None:
    """State until when a record is true of the world."""
    try:
        until = datetime.fromisoformat(day).astimezone()
    except ValueError:
        raise InputError(
            "Nothing was changed.", f"“{day}” is not a date.", "Write it as 2026-11-22."
        ) from None
    with opened(settings) as store:
        present = find(store, record_id)
        by = person(settings, store)
        made = store.expire(
            present.id, until=until, by=by, reason=reason, expected_version=present.version
        )
        _came(store, f"True until {until:%-d %b %Y}:", made)


def history(settings: Settings, record_id: str) -> None:
    """Who did what to a record, with each text that it had."""
    with opened(settings) as store:
        record = find(store, record_id)
        versions = {one.version: one for one in store.history(record.id)}
        console = Console(highlight=False)
        before = ""
        for step in store.changes(record.id):
            name = known_as(store.database, step.by)
            line = f"{step.at.astimezone():%Y-%m-%d %H:%M}  version {step.version}  {step.action} by {name}"
            console.print(line + (f": {step.reason}" if step.reason else ""), markup=False)
            text = versions[step.version].text if step.version in versions else ""
            if text and text != before:
                console.print(Text(f"    {text}", style="dim"))
            before = text or before


def person(settings: Settings, store: Store) -> str:
    """The id under which the person of this home writes; the name where that was never seen."""
    if settings.slack_mode == "workspace":
        rows = store.database.read(
            "SELECT author FROM version WHERE speaker = ? ORDER BY vid DESC LIMIT 50",
            (settings.person,),
        )
        known = next((str(r["author"]) for r in rows if not by_agent(str(r["author"]))), "")
        if known:
            return known
    # An id in small letters is an agent's.
    return settings.person[:1].upper() + settings.person[1:]


@contextmanager
def _acting(settings: Settings) -> Generator[tuple[Store, Acts, str]]:
    """The store, the changes, and who makes them."""
    with opened(settings) as store, closing(Receipts(settings.home / "receipts.db")) as receipts:
        yield store, Acts(store, receipts), person(settings, store)


def _place(scope: str) -> str:
    """The scope itself. Raises InputError for one that nobody's conversation has."""
    if not _SCOPE.fullmatch(scope):
        raise messages.bad_filter("place", scope, ("workspace", "channel:ID", "person:ID"))
    return scope


def _edited(record: Record) -> str:
    import click

    text = click.edit(record.text)
    if text is None or not text.strip():
        raise InputError(
            "Nothing was changed.", "The editor was left without a text.", "State it with --text."
        )
    return text.strip()


def _came(store: Store, what: str, record: Record) -> None:
    said = headline(record) or beginning(record.text, 16) or "(erased)"
    print(f"{what} {record.id}: {said}")
    print(f"  {record.kind} by {known_as(store.database, record.author)}, {told(record)}")
