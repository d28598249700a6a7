"""Networks in whole numbers of 8 bits, for processors that multiply four of them at once.

Static quantisation after Jacob et al., "Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference"
(CVPR 2018): weights by channel, activations by the least and largest values that the network shows on calibration pictures.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
from onnx import version_converter

from trackway.errors import ModelError
from trackway.models.convert import INPUT
from trackway.models.drawings import draw_people
from trackway.models.kept import Kept
from trackway.models.providers import open_session, session_options

__all__ = ["eight_bits", "kept_eight_bits"]

_RECIPE = 1
"""Counts the ways in which this was done; what is kept belongs to one of them."""
_PICTURES = (24, 640, 384)
"""How many, width and height; with 12, faces are placed less exactly."""
_OPSET = 17  # weights by channel need 13
_WEIGHTED = ("Conv", "ConvTranspose", "Gemm", "MatMul")


def kept_eight_bits(data: bytes, digest: str, kept: Kept) -> bytes:
    """What `eight_bits` makes of a network whose SHA-256 is `digest`; made where nothing sound is kept, which takes some seconds.

    Raises:
        ModelError: see `eight_bits`.
    """
    depends = (digest, onnxruntime.__version__, _RECIPE)
    return kept.get(f"int8-{hashlib.sha256(repr(depends).encode()).hexdigest()[:32]}.onnx", lambda: eight_bits(data))


def eight_bits(data: bytes) -> bytes:
    """The same network with weights and activations of 8 bits; its last weighted layers, and so what comes out, stay float32.

    Weights take 7 of the bits: on processors without VNNI sums of wider products are cut off. The same bytes give the same bytes.

    Args:
        data: an ONNX file as `models.convert` leaves it, of a network that sees people.

    Raises:
        ModelError: the network cannot be brought to the operations that quantisation needs.
    """
    from onnxruntime.quantization import QuantFormat, QuantType, quantize_static  # half a second, wanted once on each machine

    with tempfile.TemporaryDirectory(prefix="trackway-int8-") as folder:
        network = _simplified(_raised(data), Path(folder) / "simple.onnx")
        quantised = Path(folder) / "int8.onnx"
        quantize_static(
            network,
            quantised,
            _Reader(draw_people(*_PICTURES)),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            reduce_range=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            nodes_to_exclude=_last_layers(network.graph),
        )
        return quantised.read_bytes()


def _raised(data: bytes) -> bytes:
    """The network in a version of ONNX that knows scales by channel."""
    network = onnx.load_from_string(data)
    if max(entry.version for entry in network.opset_import if not entry.domain) >= _OPSET:
        return data
    try:
        raised: bytes = version_converter.convert_version(network, _OPSET).SerializeToString()
    except (RuntimeError, ValueError) as error:
        raise ModelError(f"The network cannot run in int8: it does not convert to ONNX operations of version {_OPSET}: {error}.") from error
    return raised


def _simplified(data: bytes, path: Path) -> onnx.ModelProto:
    """With constants folded and normalisation merged into weights, whatever the processor; every node has a name."""
    from onnxruntime.quantization.quant_utils import add_pre_process_metadata

    options = session_options(threads=1)
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.optimized_model_filepath = str(path)
    open_session(data, options, "cpu")
    network = onnx.load(path)
    for index, node in enumerate(network.graph.node):
        node.name = f"node{index}"
    add_pre_process_metadata(network)  # else the tool advises to do what was just done
    return network


def _last_layers(graph: onnx.GraphProto) -> list[str]:
    """The nodes from each output back to the first that has weights: next to no work, and 256 steps would be coarse for positions."""
    makers = {name: node for node in graph.node for name in node.output}
    waiting, found = [output.name for output in graph.output], []
    while waiting:
        node = makers.get(waiting.pop())
        if node is not None:
            found.append(node.name)
            waiting += [] if node.op_type in _WEIGHTED else node.input
    return found


class _Reader:
    """Calibration pictures as the tool asks for them."""

    def __init__(self, pictures: Iterable[npt.NDArray[np.uint8]]) -> None:
        self._pictures = iter(pictures)

    def get_next(self) -> dict[str, npt.NDArray[Any]] | None:
        """The next input of the network; None at the end."""
        picture = next(self._pictures, None)
        return None if picture is None else {INPUT: picture[None]}
