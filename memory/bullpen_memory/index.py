"""The vector index beside the store: what it promises, and how Chroma keeps it.

The rule it protects: the index holds nothing that the store cannot give again, it has one owner
process, and it is asked for nearness only; who may see what is decided in SQLite.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Index(Protocol):
    """Nearest records by vector, scope by scope.

    `nearest` gives up to `k` record ids per call with their cosine to `query` (dim,), drawn only
    from the named scopes; a scope it has never heard of adds nothing. Its answer may be stale:
    the caller checks every id against the store.
    """

    def nearest(
        self, query: NDArray[np.float32], scopes: Sequence[str], k: int
    ) -> dict[str, float]: ...
