"""A network with the weights of a shipped file, to go on from: what 8 bits lost of them is lost, and soon learnt."""

from pathlib import Path

import numpy
import onnx
import torch
from onnx import numpy_helper

from detectors.names.training.network import Network

_PREFIX = "network."
_MATRICES = ("mixed", "out", "up", "down")
"""A layer's matrices in the order in which they are used, under which the exporter left no names."""


def shipped(model: Path) -> Network:
    """The network of an ONNX file that `export` wrote. Raises KeyError or RuntimeError for any other file."""
    graph = onnx.load(str(model)).graph
    given = {each.name: numpy_helper.to_array(each) for each in graph.initializer}
    layers = sum(name.endswith(".mixed.bias") for name in given)
    names = [f"layers.{layer}.{matrix}.weight" for layer in range(layers) for matrix in _MATRICES]
    used = [node.input[1].removesuffix("_quantized") for node in graph.node if node.op_type == "MatMulInteger"]
    matrices = [name for name in used if f"{name}_quantized" in given]
    state = {name.removeprefix(_PREFIX): array for name, array in given.items() if name.startswith(_PREFIX)}
    for name in [name for name in state if name.endswith("_quantized")]:
        whole = name.removesuffix("_quantized")
        state[whole] = _whole(given, _PREFIX + whole)
    for name, matrix in zip([*names, "classify.weight"], matrices, strict=True):
        state[name] = _whole(given, matrix).T
    network = Network(layers)
    network.load_state_dict({name: torch.tensor(state[name]) for name in network.state_dict()})
    return network


def _whole(given: dict[str, numpy.ndarray], name: str) -> numpy.ndarray:
    """Numbers from their 8 bits."""
    steps = given[f"{name}_quantized"].astype(numpy.float32) - given[f"{name}_zero_point"].astype(numpy.float32)
    whole: numpy.ndarray = (steps * given[f"{name}_scale"]).astype(numpy.float32)
    return whole
