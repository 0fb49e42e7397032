"""A network with the weights of a shipped file, to go on from: what 8 bits lost of them is lost, and soon learnt."""

import re
from pathlib import Path

import numpy
import onnx
import torch
from onnx import numpy_helper

from detectors.names.training.network import Network

_PREFIX = "network."
_MATRICES = ("mixed", "out", "up", "down")
"""A layer's matrices in the order in which they are used, under which the exporter left no names."""
_PARTED = ("query", "told", "out", "up", "down")
"""The same where a layer is read only for the pieces that stay: the first matrix is two."""
_OF_THE_DOOR = re.compile(r"/(?:gate|heard)\b")
"""Steps that are no part of the network."""


def shipped(model: Path) -> Network:
    """The network of an ONNX file that `export` wrote, without its door. Raises KeyError or RuntimeError for any other
    file."""
    graph = onnx.load(str(model)).graph
    given = {each.name: numpy_helper.to_array(each) for each in graph.initializer}
    early, late = (sum(name.endswith(f".{matrix}.bias") for name in given) for matrix in ("mixed", "query"))
    names = [f"layers.{layer}.{matrix}.weight" for layer in range(early) for matrix in _MATRICES]
    names += [f"layers.{early + layer}.{matrix}.weight" for layer in range(late) for matrix in _PARTED]
    steps = [node for node in graph.node if node.op_type == "MatMulInteger" and not _OF_THE_DOOR.search(node.name)]
    used = [node.input[1].removesuffix("_quantized") for node in steps]
    matrices = [name for name in used if f"{name}_quantized" in given]
    state = {name.removeprefix(_PREFIX): array for name, array in given.items() if name.startswith(_PREFIX)}
    for name in [name for name in state if name.endswith("_quantized")]:
        whole = name.removesuffix("_quantized")
        state[whole] = _whole(given, _PREFIX + whole)
    for name, matrix in zip([*names, "classify.weight"], matrices, strict=True):
        state[name] = _whole(given, matrix).T
    for layer in range(late):
        _join(state, given, f"late.{layer}", f"layers.{early + layer}")
    network = Network(early + late)
    network.load_state_dict({name: torch.tensor(state[name]) for name in network.state_dict()})
    return network


def _join(state: dict[str, numpy.ndarray], given: dict[str, numpy.ndarray], late: str, layer: str) -> None:
    """The matrix and the shift of a layer that was parted."""
    state[f"{layer}.mixed.weight"] = numpy.concatenate([state[f"{layer}.query.weight"], state[f"{layer}.told.weight"]])
    state[f"{layer}.mixed.bias"] = numpy.concatenate([given[f"{late}.query.bias"], given[f"{late}.told.bias"]])


def _whole(given: dict[str, numpy.ndarray], name: str) -> numpy.ndarray:
    """Numbers from their 8 bits."""
    steps = given[f"{name}_quantized"].astype(numpy.float32) - given[f"{name}_zero_point"].astype(numpy.float32)
    whole: numpy.ndarray = (steps * given[f"{name}_scale"]).astype(numpy.float32)
    return whole
