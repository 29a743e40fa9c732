"""The store's vectors in memory, for exact comparison.

The rule it protects: what was written a moment ago is compared too: every look first takes in
the rows that were added since. It decides nothing about who may see what; it scores only the
rows it is told to.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from bullpen_memory.database import Connection


class VectorCache:
    """All vectors of one model, (n, dim) float32, grown as rows are added."""

    def __init__(self, model: str, dim: int) -> None:
        self._model, self._dim = model, dim
        self._lock = threading.Lock()
        self._matrix: NDArray[np.float32] | None = None
        self._vids: NDArray[np.int64] | None = None
        self._rows = 0
        self._seq = 0

    def clear(self) -> None:
        """Let go of everything, so that no forgotten vector stays in memory."""
        with self._lock:
            self._matrix = self._vids = None
            self._rows = self._seq = 0

    def nearest(
        self, db: Connection, query: NDArray[np.float32], vids: list[int], k: int
    ) -> dict[int, float]:
        """The k of `vids` with the greatest cosine to `query` (dim,), with that cosine."""
        import numpy as np

        with self._lock:
            self._refresh(db)
            if self._matrix is None or self._vids is None or not vids:
                return {}
            at = np.flatnonzero(np.isin(self._vids[: self._rows], np.asarray(vids, np.int64)))
            found = self._vids[at]
            cosine = (
                self._matrix[at] @ query
                if len(at) < self._rows
                else (self._matrix[: self._rows] @ query)
            )
        if len(found) > k:
            best = np.argpartition(-cosine, k)[:k]
            found, cosine = found[best], cosine[best]
        return {int(vid): float(score) for vid, score in zip(found, cosine, strict=True)}

    def exactly(
        self, db: Connection, query: NDArray[np.float32], vids: list[int]
    ) -> dict[int, float]:
        """The cosine of each of `vids` that has a vector, read from the store one by one."""
        import numpy as np

        marks = ", ".join("?" * len(vids))
        found = db.execute(
            f"SELECT vid, data FROM vector WHERE vid IN ({marks}) AND model = ?",
            (*vids, self._model),
        ).fetchall()
        if not found:
            return {}
        matrix = np.frombuffer(b"".join(row["data"] for row in found), "<f4")
        cosine = matrix.reshape(len(found), self._dim) @ query
        return {row["vid"]: float(score) for row, score in zip(found, cosine, strict=True)}

    def _refresh(self, db: Connection) -> None:
        import numpy as np

        added = db.execute(
            "SELECT seq, vid, data FROM vector WHERE seq > ? AND model = ? ORDER BY seq",
            (self._seq, self._model),
        ).fetchall()
        if not added:
            return
        need = self._rows + len(added)
        if self._matrix is None or self._vids is None or need > len(self._vids):
            # Room for as many again, so that one more message does not copy the whole matrix.
            matrix = np.empty((2 * need, self._dim), np.float32)
            vids = np.empty(2 * need, np.int64)
            if self._matrix is not None and self._vids is not None:
                matrix[: self._rows] = self._matrix[: self._rows]
                vids[: self._rows] = self._vids[: self._rows]
            self._matrix, self._vids = matrix, vids
        block = np.frombuffer(b"".join(row["data"] for row in added), "<f4")
        self._matrix[self._rows : need] = block.reshape(len(added), self._dim)
        self._vids[self._rows : need] = [row["vid"] for row in added]
        self._rows, self._seq = need, int(added[-1]["seq"])
