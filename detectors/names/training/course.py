"""The course of learning, whoever learns: passes, steps at a rate that falls, and what is said on the way."""

import math
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
    seconds: float = math.inf
    """When to end, if the passes take longer: the rate falls so that the course comes to rest by then."""
    step: int = 1
    """Windows whose lengths differ by less share a batch; above 1 they are padded."""


class Batch(NamedTuple):
    """Windows of one length, or padded to one. `shown` are the ids of which some are hidden.

    All but `folds` are batch x pieces; `mask` says what is padding, and is none where nothing is. `folds` stay in main
    memory, since they say which network reads what.
    """

    ids: Tensor
    shown: Tensor
    cases: Tensor
    wanted: Tensor
    folds: Tensor
    mask: Tensor | None = None


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
        steps, left = batches([*windows, *left], plan.pieces, chance, one_fold=one_fold, step=plan.step)
        rate = rate or _falling(optimiser, plan.passes * len(steps), started, plan.seconds)
        lost = torch.zeros(1, device=device)
        done = 0
        for given in steps:
            if time.monotonic() - started > plan.seconds:
                break
            done += 1
            lost = lost + learn(_batch(given, plan, device))
            optimiser.step()
            rate.step()
            optimiser.zero_grad(set_to_none=True)
            stepped()
        passed()
        said = " ".join(f"{value:.4f}" for value in (lost / max(1, done)).tolist())
        sys.stderr.write(f"{who}pass {turn + 1} of {done} steps, {time.monotonic() - started:.0f} s, loss {said}\n")
        if done < len(steps):
            break


def _batch(given: Sequence[Window], plan: Plan, device: torch.device) -> Batch:
    *rows, folds = collate(given, plan.step)
    ids, cases, mask, wanted = (t.to(device, non_blocking=True) for t in rows)
    hide = (torch.rand(ids.shape, device=device) < plan.hidden) & (wanted != UNKNOWN)
    return Batch(ids, ids.masked_fill(hide, _MASK), cases, wanted, folds, mask if plan.step > 1 else None)


def _falling(
    optimiser: torch.optim.Optimizer, total: int, started: float, seconds: float
) -> torch.optim.lr_scheduler.LRScheduler:
    """The rate over `total` steps, or the time there is: it rises for a tenth of them, 150 at most, then falls in a line."""
    warm = min(150, 1 + total // 10)

    def share(step: int) -> float:
        gone = max(step / max(1, total), (time.monotonic() - started) / seconds)
        return min((step + 1) / warm, max(0.01, 1 - gone))

    return torch.optim.lr_scheduler.LambdaLR(optimiser, share)
