"""Every operation of the translation against the same operation written out in numpy, in TensorFlow's order of axes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime
import pytest

from tests.unit.models.tf_graphs import node, placeholder, saved
from trackway.errors import ModelError
from trackway.models.tfjs import read_graph
from trackway.models.translation import translate

Array = npt.NDArray[Any]


def run(nodes: list[dict[str, Any]], constants: dict[str, Array], picture: Array, output: str = "out") -> Array:
    """The output for a picture (1, H, W, C), pictures again in TensorFlow's order."""
    network = translate(read_graph(*saved([placeholder("x", picture.shape), *nodes], constants)), [output])
    session = onnxruntime.InferenceSession(network.SerializeToString(), providers=["CPUExecutionProvider"])
    (result,) = session.run([output], {"x": picture.transpose(0, 3, 1, 2)})
    turned: Array = result.transpose(0, 2, 3, 1) if result.ndim == 4 else result
    return turned


@pytest.fixture
def random() -> np.random.Generator:
    return np.random.default_rng(7)


def windows(
    picture: Array, kernel: tuple[int, int], strides: tuple[int, int], dilations: tuple[int, int], same: bool, fill: float
) -> Array:
    """(rows, columns, kernel height, kernel width, C): TensorFlow's rule of padding, written out."""
    sides = []
    for axis in (0, 1):
        reach = (kernel[axis] - 1) * dilations[axis] + 1
        length = picture.shape[1 + axis]
        count = -(-length // strides[axis]) if same else (length - reach) // strides[axis] + 1
        missing = max(0, (count - 1) * strides[axis] + reach - length) if same else 0
        sides.append((count, missing // 2, missing - missing // 2))
    padded = np.pad(picture[0], [sides[0][1:], sides[1][1:], (0, 0)], constant_values=fill)
    out = np.empty((sides[0][0], sides[1][0], *kernel, picture.shape[3]), picture.dtype)
    for row in range(sides[0][0]):
        for column in range(sides[1][0]):
            for y in range(kernel[0]):
                for x in range(kernel[1]):
                    out[row, column, y, x] = padded[row * strides[0] + y * dilations[0], column * strides[1] + x * dilations[1]]
    return out


@pytest.mark.parametrize("padding", ["SAME", "VALID"])
@pytest.mark.parametrize(("strides", "dilations"), [((1, 1), (1, 1)), ((2, 2), (1, 1)), ((2, 1), (1, 1)), ((1, 1), (2, 2))])
@pytest.mark.parametrize("size", [(7, 6), (8, 9)])
def test_convolutions(
    random: np.random.Generator, padding: str, strides: tuple[int, int], dilations: tuple[int, int], size: tuple[int, int]
) -> None:
    picture = random.normal(size=(1, *size, 3)).astype(np.float32)
    kernel = random.normal(size=(3, 2, 3, 5)).astype(np.float32)
    depth = random.normal(size=(3, 2, 3, 2)).astype(np.float32)
    common = {"strides": [1, *strides, 1], "dilations": [1, *dilations, 1], "padding": padding}
    seen = windows(picture, (3, 2), strides, dilations, padding == "SAME", 0)
    whole = run([node("out", "Conv2D", ["x", "k"], **common)], {"k": kernel}, picture)
    np.testing.assert_allclose(whole[0], np.einsum("rcyxi,yxio->rco", seen, kernel), atol=1e-4)
    single = run([node("out", "DepthwiseConv2dNative", ["x", "k"], **common)], {"k": depth}, picture)
    np.testing.assert_allclose(single[0], np.einsum("rcyxi,yxim->rcim", seen, depth).reshape(*seen.shape[:2], 6), atol=1e-4)


@pytest.mark.parametrize("padding", ["SAME", "VALID"])
def test_maximum_pooling_never_lets_padding_win(random: np.random.Generator, padding: str) -> None:
    picture = -1 - random.random(size=(1, 7, 6, 2)).astype(np.float32)
    result = run([node("out", "MaxPool", ["x"], ksize=[1, 3, 2, 1], strides=[1, 2, 2, 1], padding=padding)], {}, picture)
    expected = windows(picture, (3, 2), (2, 2), (1, 1), padding == "SAME", -np.inf).max(axis=(2, 3))
    np.testing.assert_array_equal(result[0], expected)


ACTIVATIONS: dict[str, Callable[[Array], Array]] = {
    "Relu": lambda x: np.maximum(x, 0),
    "Relu6": lambda x: np.clip(x, 0, 6),
    "Sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "Elu": lambda x: np.where(x > 0, x, np.expm1(x)),
}


@pytest.mark.parametrize("kind", ACTIVATIONS)
def test_activations_alone_and_fused(random: np.random.Generator, kind: str) -> None:
    picture = random.normal(scale=5, size=(1, 4, 3, 2)).astype(np.float32)
    weights = {"k": random.normal(size=(1, 1, 2, 3)).astype(np.float32), "b": random.normal(size=3).astype(np.float32)}
    np.testing.assert_allclose(run([node("out", kind, ["x"])], {}, picture), ACTIVATIONS[kind](picture), rtol=1e-5, atol=1e-6)
    fused = run(
        [node("out", "_FusedConv2D", ["x", "k", "b"], strides=[1, 1, 1, 1], padding="VALID", fused_ops=["BiasAdd", kind])], weights, picture
    )
    np.testing.assert_allclose(fused, ACTIVATIONS[kind](picture @ weights["k"][0, 0] + weights["b"]), rtol=1e-4, atol=1e-5)


def test_parametric_relu_alone_and_fused(random: np.random.Generator) -> None:
    picture = random.normal(size=(1, 4, 3, 2)).astype(np.float32)
    weights = {
        "k": np.eye(2, dtype=np.float32).reshape(1, 1, 2, 2),
        "b": np.zeros(2, np.float32),
        "slope": np.array([[[0.5, -2]]], np.float32),
    }
    expected = np.where(picture > 0, picture, picture * weights["slope"])
    np.testing.assert_allclose(run([node("out", "Prelu", ["x", "slope"])], weights, picture), expected, rtol=1e-6)
    fused = node("out", "_FusedConv2D", ["x", "k", "b", "slope"], strides=[1, 1, 1, 1], padding="SAME", fused_ops=["BiasAdd", "Prelu"])
    np.testing.assert_allclose(run([fused], weights, picture), expected, rtol=1e-6)


OPERATIONS: dict[str, Callable[[Array, Array], Array]] = {
    "Add": np.add,
    "AddV2": np.add,
    "Sub": np.subtract,
    "Mul": np.multiply,
    "RealDiv": np.divide,
    "Maximum": np.maximum,
    "Minimum": np.minimum,
}


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("shape", [(), (2,), (3, 2), (4, 1, 2), (1, 4, 3, 2)])
def test_elementwise_with_constants_of_any_rank(random: np.random.Generator, operation: str, shape: tuple[int, ...]) -> None:
    picture = random.normal(size=(1, 4, 3, 2)).astype(np.float32)
    other = random.uniform(1, 2, size=shape).astype(np.float32)
    ahead = run([node("out", operation, ["x", "c"])], {"c": other}, picture)
    np.testing.assert_allclose(ahead, OPERATIONS[operation](picture, other), rtol=1e-6)
    behind = run([node("out", operation, ["c", "x"])], {"c": other}, np.abs(picture) + 1)
    np.testing.assert_allclose(behind, OPERATIONS[operation](other, np.abs(picture) + 1), rtol=1e-6)


def test_elementwise_of_two_computed_pictures(random: np.random.Generator) -> None:
    picture = random.normal(size=(1, 4, 3, 2)).astype(np.float32)
    mean = node("mean", "Mean", ["x", "axes"], keep_dims=True)
    result = run([mean, node("out", "Mul", ["mean", "x"])], {"axes": np.array([1, 2], np.int32)}, picture)
    np.testing.assert_allclose(result, picture.mean(axis=(1, 2), keepdims=True) * picture, rtol=1e-5)


def test_constants_behind_identities(random: np.random.Generator) -> None:
    picture = random.normal(size=(1, 4, 3, 2)).astype(np.float32)
    bias = np.array([1, -1], np.float32)
    nodes = [node("held", "Identity", ["c"]), node("again", "Identity", ["held"]), node("out", "Add", ["x", "again"])]
    np.testing.assert_allclose(run(nodes, {"c": bias}, picture), picture + bias, rtol=1e-6)


@pytest.mark.parametrize(("axes", "keep"), [([1, 2], False), ([1, 2], True), ([-1], True), ([2], True)])
def test_means(random: np.random.Generator, axes: list[int], keep: bool) -> None:
    picture = random.normal(size=(1, 4, 3, 2)).astype(np.float32)
    result = run([node("out", "Mean", ["x", "axes"], keep_dims=keep)], {"axes": np.array(axes, np.int32)}, picture)
    np.testing.assert_allclose(result, picture.mean(axis=tuple(axes), keepdims=keep), rtol=1e-5, atol=1e-6)


def test_softmax_runs_over_the_last_axis(random: np.random.Generator) -> None:
    picture = random.normal(size=(1, 2, 2, 5)).astype(np.float32)
    powers = np.exp(picture)
    np.testing.assert_allclose(run([node("out", "Softmax", ["x"])], {}, picture), powers / powers.sum(axis=-1, keepdims=True), rtol=1e-5)


def test_bilinear_resizing_by_each_rule_of_coordinates(random: np.random.Generator) -> None:
    picture = random.normal(size=(1, 3, 4, 2)).astype(np.float32)
    for flags in ({}, {"half_pixel_centers": True}, {"align_corners": True}):
        result = run([node("out", "ResizeBilinear", ["x", "size"], **flags)], {"size": np.array([6, 8], np.int32)}, picture)
        places = []
        for old, new in ((3, 6), (4, 8)):
            index = np.arange(new, dtype=np.float64)
            if "half_pixel_centers" in flags:
                index = (index + 0.5) * old / new - 0.5
            else:
                index = index * ((old - 1) / (new - 1) if "align_corners" in flags else old / new)
            places.append(index.clip(0, old - 1))
        rows, columns = np.meshgrid(*places, indexing="ij")
        top, left = np.floor(rows).astype(int), np.floor(columns).astype(int)
        below, beside = np.minimum(top + 1, 2), np.minimum(left + 1, 3)
        down, right = (rows - top)[..., None], (columns - left)[..., None]
        source = picture[0]
        upper = source[top, left] * (1 - right) + source[top, beside] * right
        lower = source[below, left] * (1 - right) + source[below, beside] * right
        np.testing.assert_allclose(result[0], upper * (1 - down) + lower * down, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("axis", [1, 2, 3, -1])
def test_concatenation(random: np.random.Generator, axis: int) -> None:
    picture = random.normal(size=(1, 4, 3, 2)).astype(np.float32)
    nodes = [node("twin", "Relu", ["x"]), node("out", "ConcatV2", ["x", "twin", "axis"])]
    result = run(nodes, {"axis": np.array(axis, np.int32)}, picture)
    np.testing.assert_array_equal(result, np.concatenate([picture, np.maximum(picture, 0)], axis=axis))


def test_padding_with_zeros(random: np.random.Generator) -> None:
    picture = random.normal(size=(1, 4, 3, 2)).astype(np.float32)
    margins = np.array([[0, 0], [1, 2], [0, 3], [2, 0]], np.int32)
    np.testing.assert_array_equal(run([node("out", "Pad", ["x", "margins"])], {"margins": margins}, picture), np.pad(picture, margins))


def test_reshaping_reads_and_writes_pixels_in_order(random: np.random.Generator) -> None:
    picture = random.normal(size=(1, 4, 3, 2)).astype(np.float32)
    flat = run([node("out", "Reshape", ["x", "shape"])], {"shape": np.array([-1, 24], np.int32)}, picture)
    np.testing.assert_array_equal(flat, picture.reshape(1, 24))
    nodes = [node("flat", "Reshape", ["x", "rows"]), node("out", "Reshape", ["flat", "shape"])]
    shapes = {"rows": np.array([1, 12, 2], np.int32), "shape": np.array([1, 2, 2, 6], np.int32)}
    np.testing.assert_array_equal(run(nodes, shapes, picture), picture.reshape(1, 2, 2, 6))


@pytest.mark.parametrize("transposed", [False, True])
def test_fused_matrix_product(random: np.random.Generator, transposed: bool) -> None:
    picture = random.normal(size=(1, 2, 2, 2)).astype(np.float32)
    weights = random.normal(size=(8, 3)).astype(np.float32)
    bias = random.normal(size=3).astype(np.float32)
    nodes = [
        node("flat", "Reshape", ["x", "shape"]),
        node("out", "_FusedMatMul", ["flat", "w", "b"], transpose_b=transposed, fused_ops=["BiasAdd", "Relu"]),
    ]
    constants = {"shape": np.array([1, 8], np.int32), "w": weights.T if transposed else weights, "b": bias}
    constants["w"] = np.ascontiguousarray(constants["w"])
    expected = np.maximum(picture.reshape(1, 8) @ weights + bias, 0)
    np.testing.assert_allclose(run(nodes, constants, picture), expected, rtol=1e-5, atol=1e-5)


def test_the_result_takes_pictures_of_other_sizes(random: np.random.Generator) -> None:
    """Sizes of the export become factors: a network that halves and doubles again does so at any size."""
    nodes = [
        placeholder("x", (1, 8, 8, 2)),
        node("half", "MaxPool", ["x"], ksize=[1, 2, 2, 1], strides=[1, 2, 2, 1], padding="SAME"),
        node("out", "ResizeBilinear", ["half", "size"]),
    ]
    network = translate(read_graph(*saved(nodes, {"size": np.array([8, 8], np.int32)})), ["out"])
    for side in network.graph.input[0].type.tensor_type.shape.dim[2:]:
        side.dim_param = f"open{side.dim_value}"
    session = onnxruntime.InferenceSession(network.SerializeToString(), providers=["CPUExecutionProvider"])
    (result,) = session.run(None, {"x": np.zeros((1, 2, 12, 16), np.float32)})
    assert result.shape == (1, 2, 12, 16)


@pytest.mark.parametrize(
    ("nodes", "says"),
    [
        ([node("out", "Einsum", ["x"])], "Einsum.*supported are"),
        ([node("out", "Conv2D", ["x", "k"], strides=[1, 1, 1, 1], padding="EXPLICIT")], "pads EXPLICIT"),
        ([node("out", "Conv2D", ["x", "k"], strides=[1, 1, 1, 1], padding="SAME", data_format="NCHW")], "NCHW"),
        ([node("computed", "Relu", ["k"]), node("out", "Conv2D", ["x", "computed"], strides=[1, 1, 1, 1], padding="SAME")], "constant"),
        ([node("out", "Conv2D", ["x", "k"], strides=[1, 2, 2, 1], dilations=[1, 2, 2, 1], padding="SAME")], "at once"),
        ([node("out", "Mean", ["x", "one"], keep_dims=False)], "drops"),
        ([node("out", "_FusedConv2D", ["x", "k"], strides=[1, 1, 1, 1], padding="SAME", fused_ops=["Mish"])], "Mish"),
        ([node("flat", "Reshape", ["x", "shape"]), node("out", "Add", ["x", "flat"])], "rank"),
        ([node("flat", "Reshape", ["x", "shape"]), node("out", "MatMul", ["flat", "w"], transpose_a=True)], "transposes"),
    ],
)
def test_what_is_not_supported_is_named(nodes: list[dict[str, Any]], says: str) -> None:
    constants = {
        "k": np.zeros((1, 1, 2, 2), np.float32),
        "one": np.array([1], np.int32),
        "shape": np.array([1, 24], np.int32),
        "w": np.zeros((24, 2), np.float32),
    }
    with pytest.raises(ModelError, match=says):
        run(nodes, constants, np.zeros((1, 4, 3, 2), np.float32))
