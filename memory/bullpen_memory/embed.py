"""Turning texts into vectors on this machine, without a network and without PyTorch.

The rule it protects: vectors of different models are never compared, so an embedder's `id` names
the model and the exact weights, whose hash is checked before they are used. It downloads
nothing; where the weights are not installed it says so and searching goes on by words.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Embedder(Protocol):
    """Texts in, unit vectors out.

    `embed` gives float32 of shape (len(texts), dim), each row of length 1 (an empty text too).
    The same text gives the same vector for as long as `id` is the same. Safe to call from
    several threads.
    """

    @property
    def id(self) -> str: ...

    @property
    def dim(self) -> int: ...

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]: ...
