"""The course of learning, whoever learns: passes, steps at a rate that falls, and what is said on the way."""

import random
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from detectors.names.training.batches import UNKNOWN, Window, batches, collate

_MASK = 103
"""The piece that stands for one that is not to be seen."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How long and how fast to learn."""

    passes: int
    rate: float = 3e-4
    pieces: int = 6_144
    """The most word pieces of a batch."""
    dropout: float = 0.1
    hidden: float = 0.03
    """How many pieces are hidden from the networks, so that they learn to use what stands around."""
    average: float = 0.998
    """How slowly the average of the weights follows them; it makes fewer and calmer mistakes than the last step."""
    clip: float = 1.0


class Batch(NamedTuple):
    """Windows of one length. `shown` are the ids of which some are hidden; all but `folds` are batch x pieces."""

    ids: Tensor
    shown: Tensor
    cases: Tensor
    wanted: Tensor
    folds: Tensor


def follow(
    plan: Plan,
    passes: Iterable[Sequence[Window]],
    chance: random.Random,
    optimiser: torch.optim.Optimizer,
    learn: Callable[[Batch], Tensor],
    *,
    one_fold: bool,
    stepped: Callable[[], object] = lambda: None,
    passed: Callable[[], object] = lambda: None,
    who: str = "",
) -> None:
    """Step through all passes. `learn` makes the slopes of a batch and gives the loss of each network.

    `stepped` is called when weights have moved, `passed` after each pass; `who` begins the line about it.
    """
    device = optimiser.param_groups[0]["params"][0].device
    rate: torch.optim.lr_scheduler.LRScheduler | None = None
    started = time.monotonic()
    left: list[Window] = []
    for turn, windows in enumerate(passes):
        steps, left = batches([*windows, *left], plan.pieces, chance, one_fold=one_fold)
        rate = rate or _falling(optimiser, plan.passes * len(steps))
        lost = torch.zeros(1, device=device)
        for given in steps:
            lost = lost + learn(_batch(given, plan, device))
            optimiser.step()
            rate.step()
            optimiser.zero_grad(set_to_none=True)
            stepped()
        passed()
        said = " ".join(f"{value:.4f}" for value in (lost / max(1, len(steps))).tolist())
        sys.stderr.write(
            f"{who}pass {turn + 1} of {len(steps)} steps, {time.monotonic() - started:.0f} s, loss {said}\n"
        )


def _batch(given: Sequence[Window], plan: Plan, device: torch.device) -> Batch:
    ids, cases, _, wanted, folds = (t.to(device, non_blocking=True) for t in collate(given))
    hide = (torch.rand(ids.shape, device=device) < plan.hidden) & (wanted != UNKNOWN)
    return Batch(ids, ids.masked_fill(hide, _MASK), cases, wanted, folds)


def _falling(optimiser: torch.optim.Optimizer, total: int) -> torch.optim.lr_scheduler.LRScheduler:
    """The rate over `total` steps: it rises for a tenth of them, 150 at most, then falls in a line."""
    warm = min(150, 1 + total // 10)
    return torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda step: min((step + 1) / warm, max(0.01, 1 - step / max(1, total)))
    )
