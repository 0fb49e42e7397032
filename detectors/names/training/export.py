"""From a trained network to the shipped file: ONNX with 8-bit weights."""

import tempfile
from pathlib import Path
from typing import Any

import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from torch import Tensor, nn

from detectors.names.training.network import HEADS, HIDDEN, Door, Layer, Network

_FUSED = "com.microsoft"
"""The runtime's own operators: its attention is one kernel, a tenth faster than the steps that it is made of."""


class _Attention(torch.autograd.Function):
    """Attention as the runtime's one operator; here it only stands for it, and is never learnt through."""

    @staticmethod
    def forward(_: Any, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        return query + 0 * (key.sum() + value.sum())

    @staticmethod
    def symbolic(graph: Any, query: Any, key: Any, value: Any) -> Any:
        made = graph.op(f"{_FUSED}::MultiHeadAttention", query, key, value, num_heads_i=HEADS)
        made.setType(query.type())
        return made


class _Late(nn.Module):
    """A layer that is read only for some pieces, and asks all of them: so its matrix for the three parts is two."""

    def __init__(self, layer: Layer, heard: nn.Linear | None) -> None:
        super().__init__()
        self.layer, self.heard = layer, heard
        self.query, self.told = nn.Linear(HIDDEN, HIDDEN), nn.Linear(HIDDEN, 2 * HIDDEN)
        with torch.no_grad():
            for mine, first, last in ((self.query, 0, HIDDEN), (self.told, HIDDEN, 3 * HIDDEN)):
                mine.weight.copy_(layer.mixed.weight[first:last])
                mine.bias.copy_(layer.mixed.bias[first:last])

    def forward(self, x: Tensor, gone: Tensor) -> Tensor:
        """`x` are the pieces that stay; those that are gone are as they went."""
        query = self.query(x)
        if self.heard is None:
            told = self.told(torch.cat([x, gone], dim=1))
        else:
            told = torch.cat([self.told(x), self.heard(gone)], dim=1)
        return _rest(self.layer, x, query, *told.chunk(2, dim=-1))


def _rest(layer: Layer, x: Tensor, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    x = layer.norm(x + layer.out(_Attention.apply(query, key, value)))
    made: Tensor = layer.last(x + layer.down(nn.functional.gelu(layer.up(x))))
    return made


class _Shipped(nn.Module):
    """The network as used: one text at a time, so nothing is masked; probabilities, not logits.

    With a door, the pieces that its gate is sure are nothing leave there, and are what it thinks of them.
    """

    def __init__(self, network: Network, door: Door | None) -> None:
        super().__init__()
        self.network, self.door = network, door
        first = door.after if door else len(network.layers)
        heard = [None, *door.heard] if door else []
        self.early = network.layers[:first]
        self.late = nn.ModuleList(_Late(*each) for each in zip(network.layers[first:], heard, strict=True))

    def forward(self, ids: Tensor, cases: Tensor) -> Tensor:
        network = self.network
        places = torch.arange(ids.shape[1])
        x = network.norm(network.word(ids) + network.case(cases) + network.place(places)[None])
        for layer in self.early:
            x = _rest(layer, x, *layer.mixed(x).chunk(3, dim=-1))
        if self.door is None:
            return torch.softmax(network.classify(x), dim=-1)
        thought = torch.softmax(self.door.gate(x), dim=-1)
        stays = self.door.stays(thought, torch.ones_like(ids))[0]
        kept, left = (torch.nonzero(which).squeeze(1) for which in (stays, ~stays))
        x, gone = x[:, kept], x[:, left]
        for layer in self.late:
            x = layer(x, gone)
        known = torch.softmax(network.classify(x), dim=-1)
        return thought.scatter(1, kept[None, :, None].expand(1, -1, known.shape[-1]), known)


def export(network: Network, target: Path, door: Door | None = None) -> None:
    """Write `target` (an .onnx file): the length is free, weights are int8 (of 7 bits), outputs are probabilities."""
    shipped = _Shipped(network, door).eval()
    sample = tuple(torch.ones(1, 16, dtype=torch.long) for _ in range(2))
    with tempfile.TemporaryDirectory() as folder:
        whole = Path(folder) / "whole.onnx"
        torch.onnx.export(
            shipped,
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
