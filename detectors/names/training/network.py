"""The network: a small BERT encoder with a classifier on each word piece."""

import math
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from detectors.names.classes import CLASSES
from detectors.names.pieces import CASES

HIDDEN, HEADS, INNER = 384, 12, 1536
POSITIONS = 192
VOCABULARY = 30522
LAYERS = (0, 1, 2, 3, 4, 5)
"""The layers of the published encoder that ours begins with."""


class Layer(nn.Module):
    """One encoder layer: self-attention and a feed-forward part, each with its residual and norm."""

    def __init__(self, dropout: float) -> None:
        super().__init__()
        self.mixed = nn.Linear(HIDDEN, 3 * HIDDEN)
        self.out = nn.Linear(HIDDEN, HIDDEN)
        self.norm = nn.LayerNorm(HIDDEN, eps=1e-12)
        self.up = nn.Linear(HIDDEN, INNER)
        self.down = nn.Linear(INNER, HIDDEN)
        self.last = nn.LayerNorm(HIDDEN, eps=1e-12)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, bias: Tensor, gone: tuple[Tensor, Tensor] | None = None) -> Tensor:
        """`x`: batch x pieces x HIDDEN; `bias`: batch x 1 x 1 x pieces, very low where there is padding.

        `gone`: which pieces left before (batch x pieces), and what is heard of each instead (... x 2 HIDDEN).
        """
        batch, length, _ = x.shape
        mixed = self.mixed(x)
        if gone is not None:
            told = torch.where(gone[0][..., None], gone[1], mixed[..., HIDDEN:])
            mixed = torch.cat([mixed[..., :HIDDEN], told], dim=-1)
        query, key, value = (
            part.view(batch, length, HEADS, HIDDEN // HEADS).transpose(1, 2) for part in mixed.chunk(3, dim=-1)
        )
        weights = torch.softmax(query @ key.transpose(2, 3) / math.sqrt(HIDDEN // HEADS) + bias, dim=-1)
        heard = (weights @ value).transpose(1, 2).reshape(batch, length, HIDDEN)
        x = self.norm(x + self.dropout(self.out(heard)))
        y: Tensor = self.last(x + self.dropout(self.down(nn.functional.gelu(self.up(x)))))
        return y


class Network(nn.Module):
    """Ids, cases and a mask (batch x pieces) to logits (batch x pieces x CLASSES)."""

    def __init__(self, layers: int, dropout: float = 0.1) -> None:
        super().__init__()
        self.word = nn.Embedding(VOCABULARY, HIDDEN)
        self.place = nn.Embedding(POSITIONS, HIDDEN)
        self.case = nn.Embedding(CASES, HIDDEN)
        self.norm = nn.LayerNorm(HIDDEN, eps=1e-12)
        self.layers = nn.ModuleList(Layer(dropout) for _ in range(layers))
        self.classify = nn.Linear(HIDDEN, CLASSES)
        self.dropout = nn.Dropout(dropout)

    def forward(self, ids: Tensor, cases: Tensor, mask: Tensor) -> Tensor:
        """Logits of each piece."""
        return self.behind(self.reached(ids, cases, mask, 0), mask, 0)

    def reached(self, ids: Tensor, cases: Tensor, mask: Tensor, after: int) -> Tensor:
        """What each piece is after so many layers: batch x pieces x HIDDEN."""
        places = torch.arange(ids.shape[1], device=ids.device)
        x: Tensor = self.dropout(self.norm(self.word(ids) + self.case(cases) + self.place(places)[None]))
        return self._through(x, mask, self.layers[:after])

    def behind(self, x: Tensor, mask: Tensor, after: int) -> Tensor:
        """Logits of each piece, from what it is after so many layers."""
        logits: Tensor = self.classify(self.dropout(self._through(x, mask, self.layers[after:])))
        return logits

    def _through(self, x: Tensor, mask: Tensor, layers: nn.ModuleList) -> Tensor:
        bias = unread(mask)
        for layer in layers:
            x = layer(x, bias)
        return x


def unread(mask: Tensor) -> Tensor:
    """What keeps pieces from hearing of padding: batch x 1 x 1 x pieces."""
    return (1.0 - mask.float())[:, None, None, :] * -1e4


class Gate(nn.Sequential):
    """States of pieces (... x HIDDEN) to logits (... x CLASSES)."""

    def __init__(self, width: int) -> None:
        super().__init__(nn.Linear(HIDDEN, width), nn.GELU(), nn.Linear(width, CLASSES))


class Door(nn.Module):
    """Where pieces leave: behind the layer `after` (counted from 1), if the gate gives "nothing" at least `sure`.

    The first piece of a window never leaves, and the last, which is a mark as well, always does. What the layer behind
    the door hears of those that left is right; what they would have been further on is guessed by `heard`.
    """

    def __init__(self, after: int, gate: Gate, sure: float, layers: int) -> None:
        super().__init__()
        self.after, self.gate, self.sure = after, gate, sure
        self.heard = nn.ModuleList(nn.Linear(HIDDEN, 2 * HIDDEN) for _ in range(layers - after - 1))

    def begin(self, network: "Network") -> None:
        """Let what is heard of those that left begin with what the layers make of them as they went."""
        with torch.no_grad():
            for heard, layer in zip(self.heard, network.layers[self.after + 1 :], strict=True):
                heard.weight.copy_(layer.mixed.weight[HIDDEN:])
                heard.bias.copy_(layer.mixed.bias[HIDDEN:])

    def stays(self, thought: Tensor, mask: Tensor) -> Tensor:
        """Who stays, by what the gate thinks (probabilities, batch x pieces x CLASSES)."""
        places = torch.arange(mask.shape[1], device=mask.device)
        inside = (places[None] < mask.sum(dim=1, keepdim=True) - 1) & (thought[..., 0] < self.sure)
        return inside | (places == 0)

    def read(self, network: "Network", went: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Logits of each piece from what it is at the door, and who stayed: as the shipped file reads."""
        thought: Tensor = self.gate(went)
        stays = self.stays(torch.softmax(thought, dim=-1), mask)
        x, bias = went, unread(mask)
        for number, layer in enumerate(network.layers[self.after :]):
            gone = (~stays, self.heard[number - 1](went)) if number else None
            x = torch.where(stays[..., None], layer(x, bias, gone), went)
        return torch.where(stays[..., None], network.classify(x), thought), stays


def kept(file: Path) -> Network:
    """A network as a `network.pt` keeps it, in half its bytes."""
    network = Network(len(LAYERS))
    network.load_state_dict(torch.load(file, map_location="cpu", weights_only=True))
    return network


def pretrained(weights: Path, keep: tuple[int, ...]) -> Network:
    """A network that begins with the layers `keep` of a published MiniLM encoder (`model.safetensors`)."""
    given = load_file(str(weights))
    network = Network(len(keep))
    state = network.state_dict()
    state["word.weight"] = given["embeddings.word_embeddings.weight"]
    state["place.weight"] = given["embeddings.position_embeddings.weight"][:POSITIONS]
    state["case.weight"] = given["embeddings.token_type_embeddings.weight"][:1].repeat(CASES, 1) + 0.02 * torch.randn(
        CASES, HIDDEN
    )
    take(state, "norm", given, "embeddings.LayerNorm")
    for mine, its in enumerate(keep):
        ours, theirs = f"layers.{mine}", f"encoder.layer.{its}"
        for kind in ("weight", "bias"):
            state[f"{ours}.mixed.{kind}"] = torch.cat(
                [given[f"{theirs}.attention.self.{part}.{kind}"] for part in ("query", "key", "value")]
            )
            state[f"{ours}.out.{kind}"] = given[f"{theirs}.attention.output.dense.{kind}"]
            state[f"{ours}.up.{kind}"] = given[f"{theirs}.intermediate.dense.{kind}"]
            state[f"{ours}.down.{kind}"] = given[f"{theirs}.output.dense.{kind}"]
        take(state, f"{ours}.norm", given, f"{theirs}.attention.output.LayerNorm")
        take(state, f"{ours}.last", given, f"{theirs}.output.LayerNorm")
    network.load_state_dict(state)
    return network


def take(state: dict[str, Tensor], ours: str, given: dict[str, Tensor], theirs: str) -> None:
    """Weight and bias of one of our parts from one of a published encoder's."""
    for kind in ("weight", "bias"):
        state[f"{ours}.{kind}"] = given[f"{theirs}.{kind}"]
