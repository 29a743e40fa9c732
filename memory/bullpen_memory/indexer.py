"""What keeps the index in step with the store: a thread, a rebuild, and a proof.

The rule it protects: the store is right and the index follows; where the two differ, or the
index cannot answer for what it holds, it is built anew beside the old one. It never writes a
record.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Generator

from bullpen_memory.errors import OperatorError
from bullpen_memory.feed import Feed
from bullpen_memory.index import Entry, Index
from bullpen_memory.progress import Reporter
from bullpen_memory.records import Agreement
from bullpen_memory.store import Store

# Writes of this process wake the thread at once; those of another are seen within this time.
POLL_SECONDS = 2.0
RETRY_SECONDS = 30.0
VERIFY_SECONDS = 3600.0
PROBES = 64
PROBE_DEPTH = 5
DEEP_PROBE_DEPTH = 100
# An approximate search may pass over a vector now and then; a broken one passes over many.
PASSED_OVER = 0.05
# A record of the same text has the same vector: finding that one is a right answer too.
SAME = 0.9999

# A rebuild of fewer records is over before anybody could be told of it.
LONG = 1_000

log = logging.getLogger(__name__)


class _StoppedError(Exception):
    """The indexer is to end; what was embedded is kept, and the next start goes on from there."""


class Indexer:
    """Follows one store's outbox into one index. Needs the store to have an embedder."""

    def __init__(self, store: Store, index: Index) -> None:
        """Raises OperatorError where the store was opened without an embedder."""
        if store.embedder is None:
            raise OperatorError(
                "The vector index was not started.",
                "The store has no embedder, so there are no vectors to index.",
                "Install the embedding model (bullpen doctor shows the command) and start again.",
            )
        self.fault: Exception | None = None
        self.settled = False
        self._store, self._index = store, index
        self._model = store.embedder.id
        self._feed = Feed(store.database, store.embedder, store.now)
        self._report = Reporter(store.database)
        self._work = threading.RLock()
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Bring the index in step in the background and keep it so."""
        if self._thread is None:
            self._stopping.clear()
            self._store.on_write = self._wake.set
            self._thread = threading.Thread(target=self._run, name="indexer", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Finish the present batch and end the thread. What is left waits in the outbox."""
        self._store.use_index(None)
        self._store.on_write = None
        self._stopping.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def drain(self) -> int:
        """Take in everything that waits; returns how many changes that were.

        What was forgotten is dropped at once, and then the index is built anew, because Chroma
        keeps a dropped vector's bytes on the disk.
        """
        with self._work:
            reader = self._index.generation
            if self._index.model != self._model or not self._feed.knows(reader):
                return self._renew()
            taken, erased = 0, False
            while (pending := self._feed.pending(reader)).changes:
                for scope, record_id in pending.drops:
                    self._index.drop(scope, [record_id])
                    erased = True
                self._index.put(self._feed.entries(pending.puts))
                self._feed.done(reader, pending.until)
                taken += pending.changes
                if self._stopping.is_set():
                    break
            if erased:
                self._renew()
            return taken

    def rebuild(self) -> Agreement:
        """Build the index anew from the store, then verify it. The old one answers meanwhile."""
        with self._work:
            self._renew()
            self.drain()
            return self.verify()

    def verify(self) -> Agreement:
        """Compare every record, and ask the index for a sample of what it claims to hold."""
        with self._work:
            waiting = self._feed.waiting(self._index.generation)
            should, does = self._feed.present(), self._index.holdings()
            missing = [i for i in should if i not in does and i not in waiting]
            orphaned = [
                i for i in does
                if i not in waiting and (i not in should or should[i].scope != does[i].scope)
            ]  # fmt: skip
            stale = [
                i for i in should
                if i in does and i not in waiting
                and (should[i].version, should[i].content) != (does[i].version, does[i].content)
            ]  # fmt: skip
            same_model = self._index.model == self._model
            if not same_model:
                # Not one of its vectors can be compared with the store's.
                stale = [i for i in should if i in does]
            settled = [i for i in should if i in does and i not in waiting and same_model]
            chosen = random.sample(settled, min(PROBES, len(settled)))
            unfindable, passed_over = self._probed(chosen)
            notes: list[str] = []
            if not same_model:
                notes.append(
                    f"The index was built with {self._index.model or 'no embedder'}, the store"
                    f" uses {self._model}: rebuild it."
                )
            if passed_over:
                notes.append(
                    f"{len(passed_over)} of {len(chosen)} records asked for are held rightly, but the"
                    " approximate search passed over them; words still find them."
                )
            if waiting:
                notes.append(f"{len(waiting)} records are still waiting to be taken in.")
            return Agreement(
                records=len(should),
                indexed=len(does),
                missing=tuple(sorted(missing)),
                stale=tuple(sorted(stale)),
                orphaned=tuple(sorted(orphaned)),
                unfindable=tuple(sorted(unfindable)),
                altered=tuple(self._feed.altered()),
                notes=tuple(notes),
            )

    def _renew(self) -> int:
        # Noted before reading: what is written while the new index fills stays in the outbox.
        old = self._index.generation
        taken, until = len(self._feed.waiting(old)), self._feed.newest()
        try:
            self._index.renew(self._told(), self._model)
        finally:
            self._report.over()
        self._feed.done(self._index.generation, until, instead_of=old)
        self._feed.discard_other_models()
        self._store.one_generation()
        return taken

    def _told(self) -> Generator[list[Entry]]:
        """Every present entry; how far that is is written down, and a stop is heeded."""
        total, lacking = self._feed.size()
        done = 0
        for batch in self._feed.everything():
            if self._stopping.is_set():
                raise _StoppedError
            done += len(batch)
            if lacking or total >= LONG:
                self._report.tell(done, total, self._model, embedding=lacking > 0)
            yield batch

    def _probed(self, ids: list[str]) -> tuple[list[str], list[str]]:
        """Which of these the index does not hold rightly, and which it holds but passes over."""
        missed = [entry for entry in self._feed.entries(ids) if not self._found(entry, PROBE_DEPTH)]
        wrong: list[str] = []
        passed_over: list[str] = []
        for entry in missed:
            held = self._index.vectors(entry.scope, [entry.id]).get(entry.id)
            if held is None or float(held @ entry.vector) < SAME:
                wrong.append(entry.id)
            elif not self._found(entry, DEEP_PROBE_DEPTH):
                passed_over.append(entry.id)
        if len(passed_over) > PASSED_OVER * len(ids):
            wrong, passed_over = [*wrong, *passed_over], []
        # What was written while this looked differs for that reason alone.
        waiting = self._feed.waiting(self._index.generation)
        return [one for one in wrong if one not in waiting], passed_over

    def _found(self, entry: Entry, depth: int) -> bool:
        near = self._index.nearest(entry.vector, [entry.scope], depth)
        return any(cosine >= SAME for cosine in near.values())

    def _settled(self) -> bool:
        """Whether the index is right, if need be after building it anew."""
        clean = self.verify().in_step
        if not clean:
            # Until it is built anew, what it would answer is not to be trusted.
            self._store.use_index(None)
            log.warning("The vector index differs from the store and is being built anew.")
            clean = self.rebuild().in_step
        self._store.use_index(self._index if clean else None)
        return clean

    def _run(self) -> None:
        verified = 0.0
        while not self._stopping.is_set():
            self._wake.clear()
            pause = POLL_SECONDS
            try:
                self.drain()
                if not self.settled or time.monotonic() - verified > VERIFY_SECONDS:
                    self.settled = self._settled()
                    self._feed.seen(self._index.generation)
                    verified = time.monotonic()
                self._store.finish_erasing()
                self.fault = None
            except _StoppedError:
                break
            except Exception as error:  # noqa: BLE001 - the thread is the last one to hear of it
                # Searching goes on exactly, without the index, until it works again.
                self.settled, self.fault, pause = False, error, RETRY_SECONDS
                self._store.use_index(None)
                log.warning("The vector index could not be brought in step: %s", error)
            self._wake.wait(pause)
