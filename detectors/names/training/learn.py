"""How networks learn: from marks, and students from what their teachers expect as well."""

import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from detectors.names.classes import number
from detectors.names.training.batches import NOT_A_PERSON, Window
from detectors.names.training.course import Batch, Plan, follow
from detectors.names.training.several import Weights, forward, lighter

_PERSON = (1 + 2 * number("PERSON"), 2 + 2 * number("PERSON"))


class Expecting(Protocol):
    """Whoever says what to expect of text that it has not learnt."""

    def expect(self, ids: Tensor, cases: Tensor, folds: Tensor, mask: Tensor | None = None) -> Tensor:
        """Shares of each class: batch x pieces x classes; `mask` says what is padding."""
        ...


@dataclass(frozen=True, slots=True)
class Teachers:
    """Trained networks, each of which has not seen one fold of our documents; `folds[i]` is that of network i."""

    weights: Weights
    folds: Tensor

    def expect(self, ids: Tensor, cases: Tensor, folds: Tensor, mask: Tensor | None = None) -> Tensor:
        """What they expect of each piece, by those that have not learnt the document: batch x pieces x classes."""
        with torch.no_grad():
            seen = torch.softmax(forward(self.weights, ids, cases, mask).float(), dim=-1)
        folds = folds.to(seen.device)
        asked = (folds[None] < 0) | (folds[None] == self.folds[:, None])
        shares = asked.float() / asked.sum(dim=0, keepdim=True)
        return torch.einsum("nb,nblc->blc", shares, seen)


def groups(
    named: Iterable[tuple[str, Tensor]], rate: float, *, classifier: float = 3.0, matrix: int = 3
) -> list[dict[str, object]]:
    """Learning rates: the deeper a layer the slower, the classifier fastest; no decay on words, norms and biases.

    `classifier` is its pace beside the last layer's; tensors of `matrix` dimensions are those that decay. What learns
    alike is one group, whichever network it is of: an optimiser goes through groups one by one.
    """
    tensors = list(named)
    depth = 1 + max(int(name.split(".")[1]) for name, _ in tensors if name.startswith("layers."))
    made: dict[tuple[float, float], list[Tensor]] = defaultdict(list)
    for name, tensor in tensors:
        scale = 0.9**depth
        if name.startswith("classify"):
            scale = classifier
        elif name.startswith("layers."):
            scale = 0.9 ** (depth - 1 - int(name.split(".")[1]))
        decays = tensor.ndim == matrix and name != "word.weight"
        made[rate * scale, 0.01 if decays else 0.0].append(tensor)
    return [{"params": group, "lr": lr, "weight_decay": decay} for (lr, decay), group in made.items()]


def loss(logits: Tensor, wanted: Tensor, counts: Tensor, expected: Tensor | None, marks: Tensor) -> Tensor:
    """The loss of each network. `logits`: networks x batch x pieces x classes; `wanted`: batch x pieces.

    `counts` (networks x batch) says who learns from which window. Where pieces are marked, the mark has the share
    `marks` of each network and what teachers expect has the rest. Where only "not a person" is known, that alone is
    learnt, and what teachers expect otherwise.
    """
    logs = torch.log_softmax(logits.float(), dim=-1)
    exact, denied = wanted >= 0, wanted == NOT_A_PERSON
    target = wanted.clamp(min=0)[None, :, :, None].expand(len(logits), -1, -1, 1)
    from_mark = -logs.gather(-1, target).squeeze(-1)
    if expected is None:
        persons = logs[..., list(_PERSON)].exp().sum(dim=-1).clamp(max=1 - 1e-6)
        lost = torch.where(exact, from_mark, -torch.log1p(-persons))
    else:
        barred = expected.clone()
        barred[..., list(_PERSON)] = 0
        barred = barred / barred.sum(dim=-1, keepdim=True).clamp(min=1e-6)
        hoped = torch.where(denied[..., None], barred, expected)
        from_teachers = -(hoped[None] * logs).sum(dim=-1)
        share = marks[:, None, None]
        lost = torch.where(exact, share * from_mark + (1 - share) * from_teachers, from_teachers)
    weight = (exact | denied).float()[None] * counts[:, :, None]
    return (lost * weight).sum(dim=(1, 2)) / weight.sum(dim=(1, 2)).clamp(min=1)


def learn(
    weights: Weights,
    plan: Plan,
    passes: Iterable[Sequence[Window]],
    chance: random.Random,
    *,
    folds: Tensor | None = None,
    teachers: Expecting | None = None,
    marks: Tensor | None = None,
    keep: Callable[[Weights], object] | None = None,
) -> Weights:
    """Train networks from `weights`, and give the average of their last steps. `folds[i]` is kept from network i.

    `keep` gets the average after each pass, so that a run that is cut short leaves something.
    """
    device = weights["place.weight"].device
    count = len(weights["place.weight"])
    weights = {name: tensor.clone().requires_grad_() for name, tensor in weights.items()}
    average = {name: tensor.detach().clone() for name, tensor in weights.items()}
    marks = torch.ones(count, device=device) if marks is None else marks
    optimiser = torch.optim.AdamW(groups(weights.items(), plan.rate), betas=(0.9, 0.98), fused=device.type == "cuda")

    def slopes(batch: Batch) -> Tensor:
        counts = torch.ones(count, len(batch.ids), device=device)
        if folds is not None:
            counts = (batch.folds.to(device)[None] != folds[:, None]).float()
        expected = teachers.expect(batch.ids, batch.cases, batch.folds, batch.mask) if teachers else None
        logits = forward(lighter(weights), batch.shown, batch.cases, batch.mask, plan.dropout)
        costs = loss(logits, batch.wanted, counts, expected, marks)
        costs.sum().backward()
        _clip(weights, plan.clip)
        return costs.detach()

    def stepped() -> None:
        with torch.no_grad():
            torch._foreach_lerp_([*average.values()], [*weights.values()], 1 - plan.average)

    def passed() -> None:
        if keep is not None:
            keep(average)

    follow(plan, passes, chance, optimiser, slopes, one_fold=teachers is not None, stepped=stepped, passed=passed)
    return average


def _clip(weights: Weights, most: float) -> None:
    """No network's gradient is longer than `most`."""
    slopes = [tensor.grad for tensor in weights.values() if tensor.grad is not None]
    length = torch.stack([slope.flatten(1).norm(dim=1) for slope in slopes]).norm(dim=0)
    scale = (most / (length + 1e-6)).clamp(max=1)
    for slope in slopes:
        slope.mul_(scale.view(-1, *[1] * (slope.ndim - 1)))
