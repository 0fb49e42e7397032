"""From a trained network to the shipped file: ONNX with 8-bit weights."""

import tempfile
from pathlib import Path

import torch
from onnxruntime.quantization import QuantType, quantize_dynamic

from detectors.names.training.network import Network


class _Shipped(torch.nn.Module):
    """The network as used: one text at a time, so nothing is masked; probabilities, not logits."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network

    def forward(self, ids: torch.Tensor, cases: torch.Tensor) -> torch.Tensor:
        return torch.softmax(self.network(ids, cases, torch.ones_like(ids)), dim=-1)


def export(network: Network, target: Path) -> None:
    """Write `target` (an .onnx file): the length is free, weights are int8, outputs are probabilities."""
    network.eval()
    sample = tuple(torch.ones(1, 16, dtype=torch.long) for _ in range(2))
    with tempfile.TemporaryDirectory() as folder:
        whole = Path(folder) / "whole.onnx"
        torch.onnx.export(
            _Shipped(network),
            sample,
            str(whole),
            input_names=["ids", "cases"],
            output_names=["probabilities"],
            dynamic_axes={name: {1: "pieces"} for name in ("ids", "cases", "probabilities")},
            opset_version=17,
            dynamo=False,
        )
        quantize_dynamic(str(whole), str(target), weight_type=QuantType.QInt8, per_channel=True)
