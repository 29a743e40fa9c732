"""Two embedders at once, while everything is embedded anew: the present one and the one before.

The rule it protects: a text is compared by the present model where it has its vector, by the former
one where it has only that, and never across models. Once the present model has everything, the
former is let go. It embeds nothing for the store; the indexer does.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from bullpen_memory.vectors import VectorCache

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from bullpen_memory.database import Connection
    from bullpen_memory.embed import Embedder


class BothEmbedders:
    """A question as both models read it, (n, present.dim + former.dim). Only for asking."""

    def __init__(self, present: Embedder, former: Embedder) -> None:
        self._present, self._former = present, former
        self.id = present.id
        self.dim = present.dim + former.dim

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Both unit vectors beside each other."""
        import numpy as np

        return np.hstack([self._present.embed(texts), self._former.embed(texts)])


class BothCaches(VectorCache):
    """The vectors of both models; a question is one of `BothEmbedders`."""

    def __init__(self, present: Embedder, former: Embedder) -> None:
        super().__init__(present.id, present.dim)
        self._split = present.dim
        self._former = VectorCache(former.id, former.dim)

    def clear(self) -> None:
        """See `VectorCache`."""
        super().clear()
        self._former.clear()

    def nearest(
        self, db: Connection, query: NDArray[np.float32], vids: NDArray[np.int64] | None, k: int
    ) -> dict[int, float]:
        """See `VectorCache`; of both models together the k nearest."""
        near = super().nearest(db, query[: self._split], vids, k)
        older = self._former.nearest(db, query[self._split :], vids, k)
        renewed = super().exactly(
            db, query[: self._split], [one for one in older if one not in near]
        )
        near |= {vid: cosine for vid, cosine in older.items() if vid not in near | renewed}
        return dict(sorted(near.items(), key=lambda item: -item[1])[:k])

    def exactly(
        self, db: Connection, query: NDArray[np.float32], vids: Iterable[int]
    ) -> dict[int, float]:
        """See `VectorCache`."""
        asked = list(vids)
        near = super().exactly(db, query[: self._split], asked)
        rest = [vid for vid in asked if vid not in near]
        return near | self._former.exactly(db, query[self._split :], rest)
