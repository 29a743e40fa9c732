"""all-MiniLM-L6-v2 as a graph for onnxruntime, built from its safetensors weights.

The rule it protects: the vectors are those of the published model (six BERT layers, mean over
the tokens, length 1) but for what 8 bits leave out: a cosine of 0.99 to them. It reads no tokens
from text.

Weights are kept in 8 bits, each column with its own step; what flows between the layers is put in 8
bits by its own range, which is that of all texts in one run: give it one text at a time. Against 32
bits this halves the time and the memory.
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, cast

from bullpen_memory.onnx_file import FLOAT, Graph

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LAYERS, HEADS, WIDTH = 6, 12, 384
EPSILON = 1e-12
# Added to the attention of padding, before the softmax; BERT's own value.
MASKED = -10_000.0


def weights(data: bytes) -> dict[str, NDArray[np.float32]]:
    """The float32 tensors of a safetensors file: a JSON header, then the raw values."""
    import numpy as np

    size = int.from_bytes(data[:8], "little")
    header = cast("dict[str, dict[str, object]]", json.loads(data[8 : 8 + size]))
    found: dict[str, NDArray[np.float32]] = {}
    for name, entry in header.items():
        if name == "__metadata__" or entry["dtype"] != "F32":
            continue
        start, end = cast("list[int]", entry["data_offsets"])
        shape = cast("list[int]", entry["shape"])
        block = memoryview(data)[8 + size + start : 8 + size + end]
        found[name] = np.frombuffer(block, "<f4").reshape(shape)
    return found


def model(tensors: dict[str, NDArray[np.float32]]) -> bytes:
    """The ONNX model: `ids` and `mask` (batch, tokens) int64 in, `vectors` (batch, 384) out."""
    return _Builder(tensors).model()


class _Builder:
    """Holds the graph while its layers are added one after the other."""

    def __init__(self, tensors: dict[str, NDArray[np.float32]]) -> None:
        import numpy as np

        self._np = np
        self._tensors = tensors
        self._graph = Graph()
        self._small: dict[str, tuple[str, ...]] = {}
        self._split = self._ints(0, 0, HEADS, WIDTH // HEADS)
        self._joined = self._ints(0, 0, WIDTH)

    def model(self) -> bytes:
        g = self._graph
        mask = g.op("Cast", "mask", to=1)
        inverse = g.op("Sub", self._floats(1.0), mask)
        bias = g.op("Mul", inverse, self._floats(MASKED))
        bias = g.op("Unsqueeze", bias, self._ints(1, 2))
        x = self._embeddings()
        for layer in range(LAYERS):
            x = self._layer(x, bias, f"encoder.layer.{layer}")
        column = g.op("Unsqueeze", mask, self._ints(2))
        total = g.op("ReduceSum", g.op("Mul", x, column), self._ints(1), keepdims=0)
        count = g.op("ReduceSum", column, self._ints(1), keepdims=0)
        mean = g.op("Div", total, count)
        g.op("LpNormalization", mean, output="vectors", axis=-1, p=2)
        return g.model({"ids": ("batch", "tokens"), "mask": ("batch", "tokens")}, "vectors")

    def _embeddings(self) -> str:
        g = self._graph
        word = self._looked_up("embeddings.word_embeddings.weight")
        # Only one sentence is ever embedded, so its type row joins the table of positions.
        positions = (
            self._tensors["embeddings.position_embeddings.weight"]
            + self._tensors["embeddings.token_type_embeddings.weight"][0]
        )
        length = g.op("Shape", "ids", start=1, end=2)
        table = g.constant(positions)
        place = g.op("Slice", table, self._ints(0), length, self._ints(0))
        return self._normed(g.op("Add", word, place), "embeddings.LayerNorm")

    def _looked_up(self, name: str) -> str:
        """The rows of a table of 8-bit numbers, each with its own step."""
        g, np = self._graph, self._np
        table = self._tensors[name]
        step = np.maximum(np.abs(table).max(axis=1, keepdims=True), 1e-9) / np.float32(127)
        whole = g.constant(np.rint(table / step).astype(np.int8))
        picked = g.op("Cast", g.op("Gather", whole, "ids", axis=0), to=FLOAT)
        return g.op("Mul", picked, g.op("Gather", g.constant(step), "ids", axis=0))

    def _layer(self, x: str, bias: str, name: str) -> str:
        g = self._graph
        own = f"{name}.attention.self"
        # The attention's 1/sqrt(d) is folded into the query's weights.
        scale = 1.0 / math.sqrt(WIDTH // HEADS)
        query = self._heads(x, f"{own}.query", (0, 2, 1, 3), scale)
        key = self._heads(x, f"{own}.key", (0, 2, 3, 1))
        value = self._heads(x, f"{own}.value", (0, 2, 1, 3))
        scores = g.op("Add", g.op("MatMul", query, key), bias)
        mixed = g.op("MatMul", g.op("Softmax", scores, axis=-1), value)
        mixed = g.op("Reshape", g.op("Transpose", mixed, perm=(0, 2, 1, 3)), self._joined)
        attended = self._dense(mixed, f"{name}.attention.output.dense")
        x = self._normed(g.op("Add", attended, x), f"{name}.attention.output.LayerNorm")
        hidden = g.op("Gelu", self._dense(x, f"{name}.intermediate.dense"))
        out = self._dense(hidden, f"{name}.output.dense")
        return self._normed(g.op("Add", out, x), f"{name}.output.LayerNorm")

    def _heads(self, x: str, name: str, order: tuple[int, ...], scale: float = 1.0) -> str:
        wide = self._graph.op("Reshape", self._dense(x, name, scale), self._split)
        return self._graph.op("Transpose", wide, perm=order)

    def _dense(self, x: str, name: str, scale: float = 1.0) -> str:
        """x @ W + b with x in 8 bits by its own range and W in 8 bits by each column's range."""
        g, np = self._graph, self._np
        weight = self._tensors[f"{name}.weight"].T * np.float32(scale)
        step = np.maximum(np.abs(weight).max(axis=0), 1e-9) / np.float32(127)
        whole = g.constant(np.rint(weight / step).astype(np.int8))
        if x not in self._small:
            self._small[x] = g.ops("DynamicQuantizeLinear", x, outputs=3)
        small, size, zero = self._small[x]
        product = g.op("Cast", g.op("MatMulInteger", small, whole, zero), to=FLOAT)
        steps = g.op("Mul", size, g.constant(step.astype(np.float32)))
        bias = self._tensors[f"{name}.bias"] * np.float32(scale)
        return g.op("Add", g.op("Mul", product, steps), g.constant(bias))

    def _normed(self, x: str, name: str) -> str:
        gamma, beta = self._weight(f"{name}.weight"), self._weight(f"{name}.bias")
        return self._graph.op("LayerNormalization", x, gamma, beta, axis=-1, epsilon=EPSILON)

    def _weight(self, name: str) -> str:
        return self._graph.constant(self._tensors[name])

    def _ints(self, *values: int) -> str:
        return self._graph.constant(self._np.asarray(values, self._np.int64))

    def _floats(self, value: float) -> str:
        return self._graph.constant(self._np.asarray([value], self._np.float32))
