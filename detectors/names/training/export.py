"""From a trained network to the shipped file: ONNX with 8-bit weights."""

import tempfile
from pathlib import Path
from typing import Any

import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from torch import Tensor, nn

from detectors.names.training.network import HEADS, Network

_FUSED = "com.microsoft"
"""The runtime's own operators: its attention is one kernel, a tenth faster than the steps that it is made of."""


class _Attention(torch.autograd.Function):
    """Attention as the runtime's one operator; here it only stands for it, and is never learnt through."""

    @staticmethod
    def forward(_: Any, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        return query + 0 * key + 0 * value

    @staticmethod
    def symbolic(graph: Any, query: Any, key: Any, value: Any) -> Any:
        made = graph.op(f"{_FUSED}::MultiHeadAttention", query, key, value, num_heads_i=HEADS)
        made.setType(query.type())
        return made


class _Shipped(nn.Module):
    """The network as used: one text at a time, so nothing is masked; probabilities, not logits."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network

    def forward(self, ids: Tensor, cases: Tensor) -> Tensor:
        network = self.network
        places = torch.arange(ids.shape[1])
        x = network.norm(network.word(ids) + network.case(cases) + network.place(places)[None])
        for layer in network.layers:
            query, key, value = layer.mixed(x).chunk(3, dim=-1)
            x = layer.norm(x + layer.out(_Attention.apply(query, key, value)))
            x = layer.last(x + layer.down(nn.functional.gelu(layer.up(x))))
        return torch.softmax(network.classify(x), dim=-1)


def export(network: Network, target: Path) -> None:
    """Write `target` (an .onnx file): the length is free, weights are int8 (of 7 bits), outputs are probabilities."""
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
            custom_opsets={_FUSED: 1},
            dynamo=False,
        )
        # From -64 to 64 only: a processor without instructions for products of 8 bits adds two of them in 16, where full
        # weights overflow. Of the sums on such a one 3 in 1,000 were wrong, and what is found depended on the machine.
        quantize_dynamic(str(whole), str(target), weight_type=QuantType.QInt8, per_channel=True, reduce_range=True)
