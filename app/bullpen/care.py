"""What an owner does to keep a desk's memory safe: export, import, backup, restore, forget.

The rule it protects: it works beside a running desk where that is safe and says so where it is
not, and ends by telling what was proven. It shows no text of a record.
"""

from __future__ import annotations

from pathlib import Path

from bullpen import erasure, messages, runfile
from bullpen.memory_verbs import person
from bullpen.remembered import find, opened, rebuilt
from bullpen.settings import Settings
from bullpen_memory import archive, backup, notebook
from bullpen_memory.embed import local_embedder
from bullpen_memory.errors import InputError
from bullpen_memory.store import Store
from bullpen_tools import forgetting
from bullpen_tools.receipts import Receipts


def export(settings: Settings, path: Path, form: str, *, vectors: bool, said: bool) -> None:
    """Write what is remembered to a new file or folder."""
    form = form or _form(path)
    with opened(settings) as store:
        if form == "markdown":
            number = notebook.write(store.database, path, messages=said)
            print(f"{path} holds {_counted(number, 'record')}, a Markdown file each.")
            if not said and (left := store.count(None).get("message")):
                print(f"Without {_counted(left, 'message')}; --messages writes what was said, too.")
            print("Markdown is for reading. Another Bullpen takes in a .jsonl or .db file.")
            return
        made = (
            archive.copy(store.database, path)
            if form == "sqlite"
            else archive.write(store.database, path, vectors=vectors)
        )
    rows = sum(made.tables.values())
    print(
        f"{path} holds {_counted(made.records, 'version')} of records, {_counted(rows, 'row')} in all."
    )
    print(f"Take it into an empty home with: bullpen memory import-archive {path}")


def import_archive(settings: Settings, path: Path) -> None:
    """Take a whole exported memory into a home that has none."""
    if not path.is_file():
        raise InputError(
            f"{path} was not taken in.", "There is no such file.", "Name a .jsonl or .db file that `bullpen memory export` wrote."
        )  # fmt: skip
    _alone(settings)
    settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    store = Store(settings.memory, embedder=local_embedder())
    try:
        taken = archive.read(store.database, path)
    finally:
        store.close()
    tables = ", ".join(f"{name} {number:,}" for name, number in taken.tables.items())
    print(f"Taken in and equal, proven by a hash of each table: {tables}.")
    print("The next start brings the search index in step.")


def save(settings: Settings, target: Path) -> None:
    """Copy the whole home; a desk may go on working meanwhile."""
    if not settings.has_memory:
        raise messages.no_memory(settings.home)
    made = backup.save(settings.home, target)
    backup.check(target)
    print(
        f"{target} holds {_counted(len(made.files), 'file')}, {made.size / 1e6:,.1f} MB, each proven by its hash."
    )
    if settings.database_url:
        print(
            "The records are in PostgreSQL and not in it. Save them with pg_dump, or with:"
            " bullpen memory export FILE.jsonl --vectors"
        )
    print(f"Put it back with: bullpen restore {target} --home A_NEW_FOLDER")


def restore(settings: Settings, folder: Path, *, index: bool) -> int:
    """Put a backup in place of an empty home and prove that it works. Exit code 1 where it does not."""
    made = backup.restore(folder, settings.home)
    print(
        f"{settings.home} is as it was at {made.made_at}: {_counted(len(made.files), 'file')}, each proven by its hash."
    )
    if not index or local_embedder() is None:
        print("The next start builds the search index.")
        return 0
    return rebuilt(settings)


def _form(path: Path) -> str:
    endings = {".jsonl": "jsonl", ".db": "sqlite", ".sqlite": "sqlite", "": "markdown"}
    form = endings.get(path.suffix.lower())
    if form is None:
        raise InputError(
            "Nothing was exported.",
            f"{path.name} does not say which form it has.",
            "End it in .jsonl or .db, leave the ending out for a Markdown folder, or state --as.",
        )
    return form


def _counted(number: int, word: str) -> str:
    return f"{number:,} {word}{'' if number == 1 else 's'}"


def _alone(settings: Settings) -> None:
    running = runfile.read(settings.home)
    if running is not None or runfile.held(settings.home):
        raise messages.home_in_use(settings.home, running.pid if running else None)


def forget(settings: Settings, record_id: str, *, reason: str, everywhere: bool) -> int:
    """Erase a record and search every file for it. Exit code 1 where something is left."""
    with opened(settings) as store:
        record_id = find(store, record_id).id
        if everywhere:
            # A desk at work would write from its own memory what was just taken out.
            _alone(settings)
        receipts = Receipts(settings.home / "receipts.db")
        by = person(settings, store)
        try:
            reached = forgetting.reach(store, receipts, record_id)
            erased = forgetting.forget(store, receipts, record_id, by=by, reason=reason)
            changed = (
                erasure.everywhere(settings.home, erased, by=by, reason=reason)
                if everywhere
                else {}
            )
        finally:
            receipts.close()
        print(
            f"Erased: the record ({_counted(reached.versions, 'version')}),"
            f" {_counted(reached.messages, 'remembered message')} that repeat it, and what"
            f" {_counted(reached.receipts, 'receipt')} quoted of it."
        )
        for name, number in changed.items():
            print(f"Overwritten in {name}: {_counted(number, 'value')}.")
        proof = forgetting.prove(store, settings.home, [erased], by=by)
        done = store.finish_erasing()
    print(proof.told())
    if settings.database_url:
        print(
            "The server's tables were written anew without it."
            if done
            else "The server's tables keep it in freed space while somebody reads an older moment;"
            " a running desk goes on trying."
        )
        print("Its write-ahead log and its backups keep it until they are reused or deleted.")
    if proof.found:
        print("Not reached:", "; ".join(_kept_by(name) for name in sorted(proof.found)) + ".")
        if not everywhere:
            print(
                "To overwrite it in the conversation, too, stop the desk and repeat with --everywhere."
            )
    return 0 if not proof.found else 1


def _kept_by(name: str) -> str:
    """What a file of the home is, for a person."""
    known = {
        "workspace.db": "the messages in the channels", "ledger.db": "the desk's ledger",
        "checkpoints.db": "the state of runs", "engine.db": "the queue of runs",
        "workspace-files": "a file that somebody sent", "files": "a file that the desk read",
        "artifacts": "a file that an agent made", "logs": "a log",
    }  # fmt: skip
    what = known.get(name.partition("/")[0].removesuffix("-wal"))
    return f"{name} ({what})" if what else name
