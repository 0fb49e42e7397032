"""Train the shipped model: `python -m detectors.names.training.train --help`. See the model card.

Needs the packages in requirements/train.txt, which are not among the gateway's own.
"""

import argparse
import json
import random
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from detectors.names.classes import number
from detectors.names.pieces import load_tokenizer
from detectors.names.training.batches import NOT_A_PERSON, UNKNOWN, Window, batches, prepare
from detectors.names.training.corpus import Example, judgments, ours, persons_only
from detectors.names.training.export import export
from detectors.names.training.invent import Inventor
from detectors.names.training.network import Network, pretrained
from detectors.names.training.people import People
from detectors.names.training.vary import Variant

CORPUS = Path(__file__).parent / "corpus"
_PERSON = (1 + 2 * number("PERSON"), 2 + 2 * number("PERSON"))


@dataclass(frozen=True, slots=True)
class Plan:
    """How long and how fast to learn."""

    layers: tuple[int, ...] = (0, 1, 2, 3, 4, 5)
    passes: int = 10
    repeats: int = 3
    """How many variants of our own documents a pass holds."""
    invented: int = 2_500
    """How many texts made by rule a pass holds."""
    rate: float = 3e-4
    pieces: int = 3_072
    """The most word pieces of a batch."""
    seed: int = 20


def loss(logits: Tensor, wanted: Tensor) -> Tensor:
    """Cross entropy; where only "not a person" is known, of that alone."""
    flat, want = logits.flatten(0, 1).float(), wanted.flatten()
    logs = torch.log_softmax(flat, dim=-1)
    exact = want >= 0
    denied = want == NOT_A_PERSON
    lost = -logs[exact].gather(1, want[exact][:, None]).sum()
    persons = logs[denied][:, list(_PERSON)].exp().sum(dim=-1).clamp(max=1 - 1e-6)
    lost = lost - torch.log1p(-persons).sum()
    return lost / max(1, int((want != UNKNOWN).sum()))


def groups(network: Network, rate: float) -> list[dict[str, object]]:
    """Learning rates: the deeper a layer the slower; no decay on norms and biases; the classifier fastest."""
    made: list[dict[str, object]] = []
    depth = len(network.layers)
    for name, parameter in network.named_parameters():
        if name.startswith("classify"):
            scale = 3.0
        elif name.startswith("layers."):
            scale = 0.9 ** (depth - 1 - int(name.split(".")[1]))
        else:
            scale = 0.9**depth
        decay = 0.0 if parameter.ndim == 1 else 0.01
        made.append({"params": [parameter], "lr": rate * scale, "weight_decay": decay})
    return made


def gather(data: Path, corpus: Path) -> tuple[list[Example], list[Example]]:
    """Our own documents, and those of the open sets under `data`."""
    own = list(ours(corpus))
    others = list(persons_only(data / "broad_twitter" / "train.jsonl", ["PER"]))
    others += persons_only(data / "wnut17" / "train.jsonl", ["person"])
    others += persons_only(data / "re3d" / "train.jsonl", ["Person"])
    others += judgments(data / "tab" / "train_with_identifier_type.jsonl")
    return own, others


@dataclass(frozen=True, slots=True)
class Tools:
    """What turns examples into numbers, differently in each pass."""

    tokenizer: Tokenizer
    variant: Variant
    inventor: Inventor
    chance: random.Random

    def windows(self, plan: Plan, own: Sequence[Example], others: Sequence[Example]) -> list[Window]:
        """The windows of one pass."""
        made = [self.variant.of(e) for _ in range(plan.repeats) for e in own]
        made += [self.variant.of(e) for e in others]
        made += [self.variant.cased(e) for e in self.inventor.many(plan.invented)]
        return prepare(self.tokenizer, made, self.chance)


def learn(network: Network, plan: Plan, own: Sequence[Example], others: Sequence[Example], tools: Tools) -> None:
    """Train `network` in place."""
    optimiser = torch.optim.AdamW(groups(network, plan.rate), betas=(0.9, 0.98))
    schedule: torch.optim.lr_scheduler.LRScheduler | None = None
    average = AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(0.998))
    network.train()
    started = time.monotonic()
    for turn in range(plan.passes):
        steps = list(batches(tools.windows(plan, own, others), plan.pieces, tools.chance))
        if schedule is None:
            total = plan.passes * len(steps)
            schedule = torch.optim.lr_scheduler.LambdaLR(
                optimiser,
                lambda step, total=total: min((step + 1) / 100, max(0.02, 1 - step / total)),  # type: ignore[misc]
            )
        lost = 0.0
        for done, (ids, cases, mask, wanted) in enumerate(steps):
            with torch.autocast("cpu", dtype=torch.bfloat16):
                logits = network(ids, cases, mask)
            cost = loss(logits, wanted)
            cost.backward()
            nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimiser.step()
            schedule.step()
            average.update_parameters(network)
            optimiser.zero_grad(set_to_none=True)
            lost += cost.item()
            if done % 50 == 49:
                spent = time.monotonic() - started
                sys.stderr.write(
                    f"pass {turn + 1} step {done + 1}/{len(steps)} loss {lost / (done + 1):.4f} {spent:.0f} s\n"
                )
    # The average of the last steps makes fewer and calmer mistakes than the last step.
    network.load_state_dict(average.module.state_dict())


def towns(data: Path) -> list[str]:
    """Places of the United Kingdom, so that the model learns that they are nobody."""
    rows = (data / "gazetteers" / "uk_places_geonames500.tsv").read_text(encoding="utf-8").splitlines()
    return [row.split("\t")[0] for row in rows]


def main(arguments: Sequence[str] | None = None) -> int:
    """Train and export the model of names."""
    usual = Plan()
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with the open sets and gazetteers")
    parser.add_argument("--encoder", type=Path, required=True, help="folder of the MiniLM encoder to begin with")
    parser.add_argument("--corpus", type=Path, default=CORPUS)
    parser.add_argument("--out", type=Path, required=True, help="folder for model.onnx, network.pt, training.json")
    parser.add_argument("--passes", type=int, default=usual.passes)
    parser.add_argument("--repeats", type=int, default=usual.repeats)
    parser.add_argument("--rate", type=float, default=usual.rate)
    parser.add_argument("--begin", type=Path, help="a network.pt of an earlier run to go on from")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args(arguments)
    plan = Plan(passes=options.passes, repeats=options.repeats, rate=options.rate)
    torch.set_num_threads(options.threads)
    torch.manual_seed(plan.seed)
    chance = random.Random(plan.seed)
    options.out.mkdir(parents=True, exist_ok=True)
    own, others = gather(options.data, options.corpus)
    sys.stderr.write(f"{len(own)} own documents, {len(others)} of open sets\n")
    network = pretrained(options.encoder / "model.safetensors", plan.layers)
    if options.begin:
        network.load_state_dict(torch.load(options.begin))
    tokenizer = load_tokenizer(options.encoder / "tokenizer.json")
    people = People(options.data / "gazetteers", chance)
    tools = Tools(tokenizer, Variant(people, chance), Inventor(people, towns(options.data), chance), chance)
    learn(network, plan, own, others, tools)
    torch.save(network.state_dict(), options.out / "network.pt")
    export(network, options.out / "model.onnx")
    facts = {"own": len(own), "open": len(others), "passes": plan.passes, "repeats": plan.repeats, "rate": plan.rate}
    (options.out / "training.json").write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
