"""Teach a network's gates: `python -m detectors.names.training.gates --help`.

A gate says of each word piece, part of the way through the network, what the whole of it would. Most pieces are surely
nothing by then and leave through a door; the layers behind it are read for the others alone, which have to hear of those
that left as they went. So these layers are settled: they learn to do what the whole network did.
"""

import argparse
import json
import math
import random
import shutil
import sys
from collections.abc import Iterable, Iterator, Sequence
from copy import deepcopy
from dataclasses import replace
from pathlib import Path

import torch
from tokenizers import Tokenizer
from torch import Tensor, nn

from detectors.names.decode import JOINED
from detectors.names.files import SHIPPED
from detectors.names.pieces import load_tokenizer
from detectors.names.training.batches import Window, batches, collate, prepare
from detectors.names.training.corpus import readable
from detectors.names.training.course import Batch, Plan, follow
from detectors.names.training.export import export
from detectors.names.training.network import LAYERS, Door, Gate, Network, kept
from detectors.names.training.passes import Passes, Source
from detectors.names.training.shipped import shipped
from detectors.names.training.trial import labelled

_LEVELS = (0.9, 0.95, 0.97, 0.98, 0.99, 0.995, 0.997, 0.998)


def main(arguments: Sequence[str] | None = None) -> int:
    """Make a faster model of a network: a folder that `names: model:` in config/detectors.yaml can name."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    add = parser.add_argument
    add("network", type=Path, help="network.pt, or a model.onnx that was shipped; its card.json, if one lies beside it")
    add("--data", type=Path, required=True, metavar="FOLDER", help="the open sets, as for `train`")
    add("--out", type=Path, required=True, metavar="FOLDER")
    add("--corpus", type=Path, default=Path(__file__).parent / "corpus")
    add("--trial", type=Path, nargs="*", default=[], metavar="FILE", help="measuring sets")
    add("--after", type=int, default=3, choices=range(1, len(LAYERS)), help="behind which layer pieces may leave")
    add("--sure", type=float, default=0.995, help="how sure the gate must be that a piece is nothing")
    add("--width", type=int, default=256)
    add("--passes", type=int, default=1, help="for the gate, and again for the layers behind the door")
    add("--seconds", type=float, default=math.inf, help="when each of the two ends, if the passes take longer")
    add("--repeats", type=int, default=1, help="variants of each of our own documents in a pass")
    add("--invented", type=int, default=2_500, help="texts made by rule in a pass")
    add("--gate-rate", type=float, default=2.5e-3)
    add("--rate", type=float, default=6e-5, help="for the layers behind the door")
    add("--pieces", type=int, default=3_072, help="the most word pieces of a batch")
    add("--workers", type=int, default=2)
    add("--seed", type=int, default=20)
    options = parser.parse_args(arguments)
    torch.manual_seed(options.seed)
    network = shipped(options.network) if options.network.suffix == ".onnx" else kept(options.network)
    door = Door(options.after, Gate(options.width), options.sure, len(network.layers))
    pieces = SHIPPED / "tokenizer.json"
    source = Source(
        options.data, options.corpus, pieces, repeats=options.repeats, invented=options.invented, seed=options.seed
    )
    plan = Plan(options.passes, options.gate_rate, options.pieces, hidden=0.0, seconds=options.seconds)
    chance = random.Random(options.seed)
    with Passes(source, options.workers) as passes:
        teach(network, door, plan, passes(5_000, 5_000 + plan.passes), chance)
        settle(network, door, replace(plan, rate=options.rate), passes(6_000, 6_000 + plan.passes), chance)
    for path in options.trial:
        for line in told(network, door, path, load_tokenizer(pieces)):
            sys.stderr.write(f"{path.stem}: {line}\n")
    options.out.mkdir(parents=True, exist_ok=True)
    export(network, options.out / "model.onnx", door)
    beside = options.network.parent / "card.json"
    card = json.loads((beside if beside.exists() else SHIPPED / "card.json").read_text(encoding="utf-8"))
    card["version"] += f"-early{options.after}"
    (options.out / "card.json").write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")
    shutil.copy(pieces, options.out)
    return 0


def teach(network: Network, door: Door, plan: Plan, passes: Iterable[Sequence[Window]], chance: random.Random) -> None:
    """Let the gate expect what the network does in the end."""
    network.eval()

    def learn(batch: Batch) -> Tensor:
        went, mask, wanted = _seen(network, door, batch)
        read = mask.bool()
        return _slopes(door.gate(went[read]), wanted[read])

    optimiser = torch.optim.AdamW(door.gate.parameters(), lr=plan.rate, weight_decay=0.01)
    follow(plan, passes, chance, optimiser, learn, one_fold=False)


def settle(network: Network, door: Door, plan: Plan, passes: Iterable[Sequence[Window]], chance: random.Random) -> None:
    """Let the layers behind the door do for those that stay what the whole network did, now that others have left."""
    teacher = deepcopy(network).eval()
    network.eval()
    door.begin(network)

    def learn(batch: Batch) -> Tensor:
        went, mask, wanted = _seen(teacher, door, batch)
        logits, stays = door.read(network, went, mask)
        asked = stays & mask.bool()
        return _slopes(logits[asked], wanted[asked])

    for weight in (*network.parameters(), *door.gate.parameters()):
        weight.requires_grad_(False)
    late = [weight for layer in network.layers[door.after :] for weight in layer.parameters()]
    for weight in late:
        weight.requires_grad_(True)
    learning = [{"params": late, "lr": plan.rate}, {"params": list(door.heard.parameters()), "lr": 10 * plan.rate}]
    follow(plan, passes, chance, torch.optim.AdamW(learning, weight_decay=0.01), learn, one_fold=False)


def _seen(network: Network, door: Door, batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
    """What the pieces of a batch are at the door, which are padding, and what the network makes of them in the end."""
    mask = torch.ones_like(batch.ids) if batch.mask is None else batch.mask
    with torch.no_grad():
        went = network.reached(batch.shown, batch.cases, mask, door.after)
        return went, mask, torch.softmax(network.behind(went, mask, door.after), dim=-1)


def _slopes(logits: Tensor, wanted: Tensor) -> Tensor:
    """The slopes towards what is wanted (pieces x CLASSES), and the loss."""
    lost = nn.functional.cross_entropy(logits, wanted)
    lost.backward()
    return lost.detach()[None]


def told(network: Network, door: Door, path: Path, tokenizer: Tokenizer) -> Iterator[str]:
    """How many pieces of a measuring set would stay, and which of those that leave are something in the end."""
    chance = random.Random(0)
    examples = [readable(example) for example in labelled(path)]
    steps, left = batches(prepare(tokenizer, examples, chance), 4_096, chance)
    thought, known = [], []
    with torch.no_grad():
        for some in (*steps, *([window] for window in left)):
            ids, cases, mask, _, _ = collate(some)
            went = network.reached(ids, cases, mask, door.after)
            thought.append(torch.softmax(door.gate(went), dim=-1)[..., 0][mask.bool()])
            known.append(1 - torch.softmax(network.behind(went, mask, door.after), dim=-1)[..., 0][mask.bool()])
    nothing, something = torch.cat(thought), torch.cat(known) >= JOINED
    for sure in _LEVELS:
        gone = nothing >= sure
        lost, of = int((gone & something).sum()), int(something.sum())
        yield f"from {sure} on {1 - gone.float().mean().item():.3f} stay; {lost} of {of} that are something leave"


if __name__ == "__main__":
    raise SystemExit(main())
