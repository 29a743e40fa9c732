"""The store's vectors, compared exactly: in memory, or read from the store where there are too many.

The rule it protects: what was written a moment ago is compared too: every look first takes in
the rows that were added since. It decides nothing about who may see what; it scores only the
rows it is told to.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

from bullpen_memory import gather

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from bullpen_memory.database import Connection

# 384 numbers of 4 bytes each: 300 MB. What a larger store compares exactly is read from the file.
HELD = 200_000
# So many are read from the file at most where they are not held (30 MB).
READ = 20_000
_BATCH = 4_000


class VectorCache:
    """The vectors of one model, (n, dim) float32, grown as rows are added; up to `held` of them."""

    def __init__(self, model: str, dim: int, *, held: int = HELD) -> None:
        self._model, self._dim, self._held = model, dim, held
        self._lock = threading.Lock()
        self._matrix: NDArray[np.float32] | None = None
        # Where each row's vector stands in the matrix, -1 for nowhere; by the row's number.
        self._place: NDArray[np.int32] | None = None
        self._rows = 0
        self._seq = 0

    def clear(self) -> None:
        """Let go of everything, so that no forgotten vector stays in memory."""
        with self._lock:
            self._matrix = self._place = None
            self._rows = self._seq = 0

    def nearest(
        self, db: Connection, query: NDArray[np.float32], vids: NDArray[np.int64] | None, k: int
    ) -> dict[int, float]:
        """The k of `vids` (None: of all) with the greatest cosine to `query` (dim,), with that."""
        import numpy as np

        if vids is not None and len(vids) <= READ and self._newest(db) > self._held:
            scored = self.exactly(db, query, vids.tolist())
            found = np.fromiter(scored, np.int64, len(scored))
            cosine = np.fromiter(scored.values(), np.float32, len(scored))
        else:
            found, cosine = self._in_memory(db, query, vids)
        if len(found) > k:
            best = np.argpartition(-cosine, k)[:k]
            found, cosine = found[best], cosine[best]
        return dict(zip(found.tolist(), cosine.tolist(), strict=True))

    def exactly(
        self, db: Connection, query: NDArray[np.float32], vids: Sequence[int]
    ) -> dict[int, float]:
        """The cosine of each of `vids` that has a vector, read from the store."""
        import numpy as np

        scored: dict[int, float] = {}
        for start in range(0, len(vids), _BATCH):
            found = gather.vectors(db, self._model, vids[start : start + _BATCH])
            if found:
                matrix = np.frombuffer(b"".join(data for _, data in found), "<f4")
                cosine = _cosine(matrix.reshape(len(found), self._dim), query)
                scored |= zip((vid for vid, _ in found), cosine.tolist(), strict=True)
        return scored

    def _in_memory(
        self, db: Connection, query: NDArray[np.float32], vids: NDArray[np.int64] | None
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        import numpy as np

        with self._lock:
            self._refresh(db)
            if self._matrix is None or self._place is None:
                return np.zeros(0, np.int64), np.zeros(0, np.float32)
            if vids is None:
                vids = np.flatnonzero(self._place >= 0)
            known = vids[vids < len(self._place)]
            at = self._place[known]
            found, at = known[at >= 0], at[at >= 0]
            # Comparing all costs less than copying more than a part of them together.
            if 3 * len(at) > self._rows:
                return found, _cosine(self._matrix[: self._rows], query)[at]
            return found, _cosine(self._matrix[at], query)

    def _newest(self, db: Connection) -> int:
        return int(db.execute("SELECT coalesce(max(seq), 0) FROM vector").fetchone()[0])

    def _refresh(self, db: Connection) -> None:
        while added := gather.vectors_since(db, self._model, self._seq, _BATCH):
            self._take(added)

    def _take(self, added: list[tuple[int, int, bytes]]) -> None:
        import numpy as np

        need = self._rows + len(added)
        if self._matrix is None or need > len(self._matrix):
            # Room for as many again, so that one more message does not copy the whole matrix.
            matrix = np.empty((2 * need, self._dim), np.float32)
            if self._matrix is not None:
                matrix[: self._rows] = self._matrix[: self._rows]
            self._matrix = matrix
        block = np.frombuffer(b"".join(data for _, _, data in added), "<f4")
        self._matrix[self._rows : need] = block.reshape(len(added), self._dim)
        vids = np.array([vid for _, vid, _ in added])
        last = int(vids.max())
        if self._place is None or last >= len(self._place):
            place = np.full(2 * (last + 1), -1, np.int32)
            if self._place is not None:
                place[: len(self._place)] = self._place
            self._place = place
        self._place[vids] = np.arange(self._rows, need, dtype=np.int32)
        self._rows, self._seq = need, added[-1][0]


def _cosine(matrix: NDArray[np.float32], query: NDArray[np.float32]) -> NDArray[np.float32]:
    """Of each row (n, dim) with the query (dim,), on this thread alone.

    What `@` hands to several threads waits for the slowest: on a busy machine, tens of milliseconds.
    """
    import numpy as np

    return np.vecdot(matrix, query)
