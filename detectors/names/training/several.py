"""Several networks of one form, trained side by side: each weight of all of them lies in one tensor.

One step then costs a device little more than a step of a single network would: a class of teachers learns in the time
of one.
"""

import math
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from detectors.names.training.network import HEADS, HIDDEN, Network

_WORDS = "word.weight"
_BYTES = 256
Weights = dict[str, Tensor]
"""By the names of `Network`, each with a first dimension for the networks."""


def stacked(networks: Sequence[Network], device: str) -> Weights:
    """The weights of some networks as one."""
    states = [network.state_dict() for network in networks]
    return {name: torch.stack([s[name].float() for s in states]).to(device) for name in states[0]}


def single(weights: Mapping[str, Tensor], index: int) -> Weights:
    """The weights of one of them, for a `Network`."""
    return {name: tensor[index].detach().float().cpu().clone() for name, tensor in weights.items()}


def lighter(weights: Mapping[str, Tensor]) -> Weights:
    """The weights in half the bytes, for one step; the words stay as they are, since few of them are read.

    A processor without instructions for such numbers takes twenty times as long with them, and gets them whole.
    """
    if weights[_WORDS].device.type == "cpu" and not torch.cpu._is_avx512_bf16_supported():
        return dict(weights)
    return {name: tensor if name == _WORDS else tensor.bfloat16() for name, tensor in weights.items()}


def forward(
    weights: Mapping[str, Tensor], ids: Tensor, cases: Tensor, mask: Tensor | None = None, dropout: float = 0.0
) -> Tensor:
    """Logits: networks x batch x pieces x classes. Every network reads the same batch; `mask` says what is padding."""
    places, words = weights["place.weight"], weights[_WORDS]
    count, (batch, length) = len(words), ids.shape
    steps = torch.arange(count, device=ids.device)[:, None, None] * words.shape[1]
    x = nn.functional.embedding(ids[None] + steps, words.flatten(0, 1)).to(places.dtype)
    kinds = nn.functional.one_hot(cases, weights["case.weight"].shape[1]).to(places.dtype)
    x = x + kinds[None] @ weights["case.weight"][:, None] + places[:, None, :length]
    x = _dropped(_norm(weights, "norm", x), dropout)
    if mask is not None:
        mask = (
            mask[None, :, None, None, :].expand(count, batch, 1, length, length).reshape(-1, 1, length, length).bool()
        )
    layers = 1 + max(int(name.split(".")[1]) for name in weights if name.startswith("layers."))
    for layer in range(layers):
        x = _layer(weights, f"layers.{layer}", x, mask, dropout)
    return _linear(weights, "classify", _dropped(x, dropout))


def _layer(weights: Mapping[str, Tensor], name: str, x: Tensor, mask: Tensor | None, dropout: float) -> Tensor:
    count, batch, length, _ = x.shape
    parts = [
        part.reshape(count * batch, length, HEADS, HIDDEN // HEADS).transpose(1, 2)
        for part in _linear(weights, f"{name}.mixed", x).chunk(3, dim=-1)
    ]
    heard = _heard(parts[0], parts[1], parts[2], mask).transpose(1, 2).reshape(count, batch, length, HIDDEN)
    x = _norm(weights, f"{name}.norm", x + _dropped(_linear(weights, f"{name}.out", heard), dropout))
    inner = nn.functional.gelu(_linear(weights, f"{name}.up", x))
    return _norm(weights, f"{name}.last", x + _dropped(_linear(weights, f"{name}.down", inner), dropout))


def _heard(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None) -> Tensor:
    """What each place hears of the others. Step by step on a processor: there the joined form is thrice as slow."""
    scale = 1 / math.sqrt(HIDDEN // HEADS)
    if mask is None and query.device.type == "cpu":
        return torch.softmax((query * scale) @ key.transpose(2, 3), dim=-1) @ value
    return nn.functional.scaled_dot_product_attention(query, key, value, attn_mask=mask, scale=scale)


def _linear(weights: Mapping[str, Tensor], name: str, x: Tensor) -> Tensor:
    made = torch.baddbmm(weights[f"{name}.bias"][:, None], x.flatten(1, 2), weights[f"{name}.weight"].transpose(1, 2))
    return made.view(*x.shape[:3], -1)


def _norm(weights: Mapping[str, Tensor], name: str, x: Tensor) -> Tensor:
    plain = nn.functional.layer_norm(x, (HIDDEN,), eps=1e-12)
    return torch.addcmul(weights[f"{name}.bias"][:, None, None], plain, weights[f"{name}.weight"][:, None, None])


def _dropped(x: Tensor, dropout: float) -> Tensor:
    """Some numbers left out, to the nearest of 256 shares. A processor draws a byte for each: thrice as fast."""
    out = round(dropout * _BYTES)
    if not out:
        return x
    if x.device.type != "cpu":
        return nn.functional.dropout(x, dropout)
    drawn = torch.empty(1 + x.numel() // 8, dtype=torch.int64).random_(-(2**63), 2**63 - 1)
    kept = drawn.view(torch.uint8)[: x.numel()].view(x.shape) >= out
    return x * (kept.to(x.dtype) * (_BYTES / (_BYTES - out)))
