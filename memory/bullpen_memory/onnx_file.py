"""Writing an ONNX model file's bytes: the few protobuf messages that a graph needs.

The rule it protects: nothing is installed to build a model that onnxruntime, which is there
anyway, can run. It checks no graph; onnxruntime refuses a wrong one when it loads it.

Field numbers are those of onnx.proto (ONNX IR version 8, operator set 20).
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

IR_VERSION, OPSET = 8, 20
FLOAT, INT8, INT32, INT64 = 1, 3, 6, 7
_ATTRIBUTE_FLOAT, _ATTRIBUTE_INT, _ATTRIBUTE_INTS = 1, 2, 7

_STORED = {"float32": (FLOAT, "<f4"), "int64": (INT64, "<i8"), "int8": (INT8, "i1")}

Attribute = float | int | tuple[int, ...]


@dataclass(slots=True)
class Graph:
    """A graph under construction; every node gives the names of its outputs."""

    _nodes: list[bytes] = field(default_factory=list[bytes])
    _tensors: list[bytes] = field(default_factory=list[bytes])

    def constant(self, values: NDArray[np.float32] | NDArray[np.int64] | NDArray[np.int8]) -> str:
        """A float32, int64 or int8 tensor that is part of the model."""
        name = f"c{len(self._tensors)}"
        kind, stored = _STORED[values.dtype.name]
        body = b"".join(_integer(1, size) for size in values.shape)
        raw = values.astype(stored, copy=False).tobytes()
        self._tensors.append(body + _integer(2, kind) + _text(8, name) + _bytes(9, raw))
        return name

    def op(self, kind: str, *inputs: str, output: str = "", **attributes: Attribute) -> str:
        """One node of operator `kind` with one output."""
        name = output or f"n{len(self._nodes)}"
        self._node(kind, inputs, (name,), attributes)
        return name

    def ops(self, kind: str, *inputs: str, outputs: int) -> tuple[str, ...]:
        """One node of operator `kind` with several outputs."""
        names = tuple(f"n{len(self._nodes)}_{i}" for i in range(outputs))
        self._node(kind, inputs, names, {})
        return names

    def _node(
        self,
        kind: str,
        inputs: Sequence[str],
        outputs: Sequence[str],
        attributes: Mapping[str, Attribute],
    ) -> None:
        body = b"".join(_text(1, one) for one in inputs)
        body += b"".join(_text(2, one) for one in outputs) + _text(4, kind)
        body += b"".join(_bytes(5, _attribute(key, value)) for key, value in attributes.items())
        self._nodes.append(body)

    def model(self, inputs: dict[str, Sequence[str]], output: str) -> bytes:
        """The model's bytes: int64 inputs with named dimensions, one float output."""
        graph = b"".join(_bytes(1, node) for node in self._nodes) + _text(2, "graph")
        graph += b"".join(_bytes(5, tensor) for tensor in self._tensors)
        for name, shape in inputs.items():
            graph += _bytes(11, _value(name, INT64, shape))
        graph += _bytes(12, _value(output, FLOAT, ("batch", "width")))
        opset = _bytes(8, _text(1, "") + _integer(2, OPSET))
        return _integer(1, IR_VERSION) + opset + _bytes(7, graph)


def _attribute(name: str, value: Attribute) -> bytes:
    if isinstance(value, float):
        return _text(1, name) + b"\x15" + struct.pack("<f", value) + _integer(20, _ATTRIBUTE_FLOAT)
    if isinstance(value, int):
        return _text(1, name) + _integer(3, value) + _integer(20, _ATTRIBUTE_INT)
    items = b"".join(_integer(8, one) for one in value)
    return _text(1, name) + items + _integer(20, _ATTRIBUTE_INTS)


def _value(name: str, kind: int, shape: Sequence[str]) -> bytes:
    dims = b"".join(_bytes(1, _text(2, axis)) for axis in shape)
    tensor = _integer(1, kind) + _bytes(2, dims)
    return _text(1, name) + _bytes(2, _bytes(1, tensor))


def _integer(number: int, value: int) -> bytes:
    return _varint(number << 3) + _varint(value & 0xFFFFFFFFFFFFFFFF)


def _bytes(number: int, value: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(value)) + value


def _text(number: int, value: str) -> bytes:
    return _bytes(number, value.encode())


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
