"""Build the ONNX graph of the built-in embedder from its weights: encoder, mean pooling and unit length in one file.

Nothing is trained or exported here: a six-layer BERT is written down node by node, then quantized to 8 bits.
"""

import json
import logging
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.quantization.quant_utils import add_pre_process_metadata

Weights = Mapping[str, NDArray[np.float32]]

LAYERS, HEADS, WIDTH = 6, 12, 384
HEAD_WIDTH = WIDTH // HEADS
EPSILON = 1e-12  # of every layer norm of this model
OPSET = 20  # the first with Gelu; LayerNormalization came with 17
IR_VERSION = 9


def read_safetensors(path: Path) -> Weights:
    """Return the float32 tensors of a safetensors file by name."""
    raw = path.read_bytes()
    (head_size,) = struct.unpack("<Q", raw[:8])
    body = memoryview(raw)[8 + head_size :]
    head = json.loads(raw[8 : 8 + head_size])
    return {name: _tensor(body, entry) for name, entry in head.items() if entry.get("dtype") == "F32"}


def build_graph(weights: Weights) -> Any:
    """Return the float32 model: the token ids of texts of one length in, unit-length vectors out. Nothing is padded."""
    return _Builder(weights).model()


def write_quantized(graph: Any, path: Path) -> None:
    """Write the model with 8-bit weights. Per channel: one scale per tensor costs 6 points of cosine (RETRIEVAL.md)."""
    add_pre_process_metadata(graph)  # nothing is left to fold or fuse; without the mark the quantizer complains
    root = logging.getLogger()  # the quantizer says a hundred lines to it, one per tensor it leaves alone
    level = root.level
    root.setLevel(logging.WARNING)
    try:
        quantize_dynamic(graph, str(path), per_channel=True, weight_type=QuantType.QInt8)
    finally:
        root.setLevel(level)


def _tensor(body: memoryview, entry: Mapping[str, Any]) -> NDArray[np.float32]:
    start, end = entry["data_offsets"]
    return np.frombuffer(body[start:end], dtype="<f4").reshape(entry["shape"])


class _Builder:
    """Collects nodes and constants while the network is written down in order."""

    def __init__(self, weights: Weights) -> None:
        self._weights = weights
        self._nodes: list[Any] = []
        self._constants: list[Any] = []

    def model(self) -> Any:
        hidden = self._embedded()
        for number in range(LAYERS):
            hidden = self._layer(f"encoder.layer.{number}", hidden)
        mean = self._op("ReduceMean", hidden, self._ints([1]), keepdims=0)
        self._op("Identity", self._unit_length(mean), output="embedding")
        graph = helper.make_graph(
            self._nodes,
            "all-MiniLM-L6-v2",
            [_value("input_ids", TensorProto.INT64, "tokens")],
            [_value("embedding", TensorProto.FLOAT, WIDTH)],
            self._constants,
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
        onnx.checker.check_model(model)
        return model

    def _embedded(self) -> str:
        """Words, positions and the one segment there is, then a norm."""
        words = self._op("Gather", self._weight("embeddings.word_embeddings.weight"), "input_ids")
        table = self._weights["embeddings.position_embeddings.weight"]
        segment = self._weights["embeddings.token_type_embeddings.weight"][0]
        length = self._op("Slice", self._op("Shape", "input_ids"), self._ints([1]), self._ints([2]))
        places = self._op("Slice", self._constant(table + segment), self._ints([0]), length, self._ints([0]))
        return self._norm("embeddings.LayerNorm", self._op("Add", words, places))

    def _layer(self, name: str, hidden: str) -> str:
        seen = self._dense(f"{name}.attention.output.dense", self._attended(f"{name}.attention.self", hidden))
        hidden = self._norm(f"{name}.attention.output.LayerNorm", self._op("Add", seen, hidden))
        wide = self._op("Gelu", self._dense(f"{name}.intermediate.dense", hidden))
        narrow = self._dense(f"{name}.output.dense", wide)
        return self._norm(f"{name}.output.LayerNorm", self._op("Add", narrow, hidden))

    def _attended(self, name: str, hidden: str) -> str:
        query = self._heads(self._dense(f"{name}.query", hidden, scale=HEAD_WIDTH**-0.5), order=[0, 2, 1, 3])
        key = self._heads(self._dense(f"{name}.key", hidden), order=[0, 2, 3, 1])
        value = self._heads(self._dense(f"{name}.value", hidden), order=[0, 2, 1, 3])
        shares = self._op("Softmax", self._op("MatMul", query, key), axis=-1)
        mixed = self._op("MatMul", shares, value)
        rows = self._op("Transpose", mixed, perm=[0, 2, 1, 3])
        return self._op("Reshape", rows, self._ints([0, 0, WIDTH]))

    def _heads(self, flat: str, *, order: list[int]) -> str:
        return self._op("Transpose", self._op("Reshape", flat, self._ints([0, 0, HEADS, HEAD_WIDTH])), perm=order)

    def _unit_length(self, pooled: str) -> str:
        length = self._op("ReduceL2", pooled, self._ints([1]), keepdims=1)
        return self._op("Div", pooled, self._op("Max", length, self._scalar(EPSILON)))

    def _dense(self, name: str, given: str, *, scale: float = 1.0) -> str:
        weight, bias = self._weights[f"{name}.weight"].T * scale, self._weights[f"{name}.bias"] * scale
        return self._op("Add", self._op("MatMul", given, self._constant(weight)), self._constant(bias))

    def _norm(self, name: str, given: str) -> str:
        scale, shift = self._weight(f"{name}.weight"), self._weight(f"{name}.bias")
        return self._op("LayerNormalization", given, scale, shift, axis=-1, epsilon=EPSILON)

    def _op(self, kind: str, *inputs: str, output: str = "", **attributes: Any) -> str:
        output = output or f"{kind}_{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, list(inputs), [output], **attributes))
        return output

    def _weight(self, name: str) -> str:
        return self._constant(self._weights[name])

    def _ints(self, values: list[int]) -> str:
        return self._constant(np.array(values, dtype=np.int64))

    def _scalar(self, value: float) -> str:
        # 0-dimensional: a one-element vector would count as a second axis when the quantizer infers shapes.
        return self._constant(np.array(value, dtype=np.float32))

    def _constant(self, value: NDArray[Any]) -> str:
        name = f"constant_{len(self._constants)}"
        kept = np.ascontiguousarray(value) if value.ndim else value
        self._constants.append(numpy_helper.from_array(kept.astype(value.dtype), name))
        return name


def _value(name: str, kind: int, second: str | int) -> Any:
    return helper.make_tensor_value_info(name, kind, ["batch", second])
