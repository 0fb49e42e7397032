"""Train the shipped model: `python -m detectors.names.training.train --help`. See the model card.

Needs the packages in requirements/train.txt, which are not among the gateway's own.
"""

import argparse
import json
import math
import random
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import torch

from detectors.names.pieces import load_tokenizer
from detectors.names.training.batches import Window
from detectors.names.training.corpus import ours
from detectors.names.training.course import Plan
from detectors.names.training.export import export
from detectors.names.training.large import LargeTeachers, encoder, load, save, teach
from detectors.names.training.learn import Expecting, Teachers, learn
from detectors.names.training.network import LAYERS, Network, kept, pretrained
from detectors.names.training.passes import CAREFUL, Passes, Source
from detectors.names.training.several import Weights, lighter, single, stacked
from detectors.names.training.shipped import shipped
from detectors.names.training.trial import THRESHOLDS, labelled, marks, read

CORPUS = Path(__file__).parent / "corpus"
_FINISHING_AVERAGE = 0.99
"""The average follows faster over the few steps of a finishing course."""


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=main.__doc__)
    add = parser.add_argument
    add("--data", type=Path, required=True, help="folder with the open sets and gazetteers")
    add("--encoder", type=Path, required=True, help="folder of the MiniLM encoder to begin with")
    add("--begin", type=Path, metavar="MODEL", help="a model.onnx or network.pt to go on from, not the bare encoder")
    add("--own-teacher", action="store_true", help="with --begin: what to expect is what that model sees")
    add("--corpus", type=Path, default=CORPUS)
    add("--out", type=Path, required=True, help="folder for model.onnx, network.pt, training.json")
    add("--device", default="cpu")
    add("--workers", type=int, default=2, help="processes that prepare text")
    add("--shares", type=int, default=4, help="the parts in which they prepare a pass; as many as workers beside a GPU")
    add("--seed", type=int, default=20)
    add("--held-out", nargs="*", default=[], metavar="FILE", help="corpus files that are kept for choosing")
    add("--known", type=Path, metavar="FILE", help="documents that come in one pass of three (training.known)")
    add("--dropout", type=float, default=Plan(1).dropout)
    add("--hidden", type=float, default=Plan(1).hidden, help="the share of pieces that are hidden from students")
    add("--trial", nargs="*", type=Path, default=[], metavar="SET", help="measuring sets to try the networks on too")
    add("--teachers", type=int, default=8, help="how many networks to train first, for students to learn from")
    add("--folds", type=int, default=4, help="each teacher is kept from one part in so many of our own documents")
    add("--teacher-passes", type=int, default=7)
    add(
        "--large",
        type=Path,
        metavar="FOLDER",
        help="an MPNet encoder for the teachers to begin with; one for each fold",
    )
    add("--large-rate", type=float, default=6e-5)
    add("--large-pieces", type=int, default=12_288, help="the most word pieces of a batch of theirs")
    add("--teacher-seconds", type=float, default=math.inf, help="the same for teachers")
    add("--large-finishing", type=int, default=0, help="passes of theirs over careful documents alone, at the end")
    add("--taught", type=Path, metavar="FILE", help="large teachers: read from here, or written here once trained")
    add("--passes", type=int, default=16)
    add("--seconds", type=float, default=math.inf, help="when to end, if the passes take longer")
    add("--repeats", type=int, default=3, help="variants of each of our own documents in a pass")
    add("--invented", type=int, default=2_500, help="texts made by rule in a pass")
    add("--rate", type=float, default=3.5e-4)
    add("--average", type=float, default=Plan(1).average, help="how slowly the average of the weights follows them")
    add("--pieces", type=int, default=6_144, help="the most word pieces of a batch")
    add("--step", type=int, default=1, help="windows whose lengths differ by less share a batch; 8 suits a GPU")
    add("--careful", default=CAREFUL, metavar="PREFIX", help="corpus files that strangers marked with most care")
    add("--often", type=int, default=1, help="how many times as often as others their documents come")
    add("--finishing", type=int, default=0, help="passes over them alone, at the end")
    add("--finishing-rate", type=float, default=1e-4)
    add(
        "--marks",
        type=float,
        nargs="+",
        default=[0.7, 0.5, 0.3],
        help="for each student: the share of marks beside teachers",
    )
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Train and export the model of names."""
    options = _options(arguments)
    torch.manual_seed(options.seed)
    torch.backends.cuda.enable_cudnn_sdp(False)  # its plans, one for each length, cost more time than they save
    chance = random.Random(options.seed)
    options.out.mkdir(parents=True, exist_ok=True)
    with Passes(_source(options), options.workers, options.shares) as passes:
        teachers = _teachers(options, passes, chance)
        if not options.passes and not options.finishing:
            return 0
        begun = _begun(options, 1)  # all students begin as one, so that the mean of their weights is a network too
        made = {name: tensor.repeat_interleave(len(options.marks), dim=0) for name, tensor in begun.items()}
        share = torch.tensor(options.marks, device=options.device)
        for name, plan, turns in _courses(options, passes):
            keep = partial(_keep, target=options.out / name)
            made = learn(made, plan, turns, chance, teachers=teachers, marks=share, keep=keep)
            _say(f"{name}: students", made, options)
            _say(f"{name}: their mean", _mean(made), options)
    export(_keep(made, options.out / "network.pt"), options.out / "model.onnx")
    facts = {key: str(value) for key, value in vars(options).items() if key not in ("data", "encoder", "corpus", "out")}
    (options.out / "training.json").write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    return 0


def _source(options: argparse.Namespace) -> Source:
    return Source(
        options.data,
        options.corpus,
        options.encoder / "tokenizer.json",
        tuple(options.held_out),
        options.repeats,
        options.invented,
        folds=options.folds if options.teachers or options.large else 1,
        seed=options.seed,
        known=frozenset(json.loads(options.known.read_text(encoding="utf-8"))) if options.known else frozenset(),
        careful=options.careful,
        often=options.often,
    )


def _courses(options: argparse.Namespace, passes: Passes) -> Iterator[tuple[str, Plan, Iterator[list[Window]]]]:
    """What students learn, one course after the other: the file that keeps it, how, and from what."""
    plan = partial(Plan, pieces=options.pieces, dropout=options.dropout, hidden=options.hidden, step=options.step)
    if options.passes:
        course = plan(options.passes, options.rate, average=options.average, seconds=options.seconds)
        yield "course.pt", course, passes(1_000, 1_000 + options.passes)
    if options.finishing:
        course = plan(options.finishing, options.finishing_rate, average=_FINISHING_AVERAGE)
        yield "network.pt", course, passes(3_000, 3_000 + options.finishing, finishing=True)


def _teachers(options: argparse.Namespace, passes: Passes, chance: random.Random) -> Expecting | None:
    """Whoever says what to expect, trained if need be."""
    if options.own_teacher:
        return Teachers(lighter(_begun(options, 1)), torch.zeros(1, device=options.device))
    if options.large:
        return _large(options, passes, chance)
    if not options.teachers:
        return None
    plan = Plan(
        options.teacher_passes, options.rate, options.pieces, seconds=options.teacher_seconds, step=options.step
    )
    folds = torch.arange(options.teachers, device=options.device) % options.folds
    taught = learn(_begun(options, options.teachers), plan, passes(0, plan.passes), chance, folds=folds)
    _say("teachers", taught, options)
    return Teachers(lighter(taught), folds)


def _large(options: argparse.Namespace, passes: Passes, chance: random.Random) -> LargeTeachers:
    """Large teachers, one for each fold; as they were kept, where they were."""
    if options.taught and options.taught.exists():
        return load(options.taught, options.large, options.device).lighter()
    pieces = options.encoder / "tokenizer.json"
    networks = [encoder(options.large, pieces).to(options.device) for _ in range(options.folds)]
    limit = options.teacher_seconds
    plan = Plan(options.teacher_passes, options.large_rate, options.large_pieces, seconds=limit, step=options.step)
    last = replace(plan, passes=options.large_finishing, rate=options.large_rate / 2, seconds=math.inf)
    keep = partial(save, target=options.taught) if options.taught else None
    taught = teach(networks, plan, passes(0, plan.passes), chance, keep)
    return teach(taught.networks, last, passes(2_000, 2_000 + last.passes, finishing=True), chance, keep).lighter()


def _mean(weights: Weights) -> Weights:
    """The mean of what students have learnt: it does better than any of them, and costs no more to run."""
    return {name: tensor.mean(dim=0, keepdim=True) for name, tensor in weights.items()}


def _keep(reached: Weights, target: Path) -> Network:
    """Write the mean of networks in half its bytes, and give it whole."""
    network = Network(len(LAYERS))
    network.load_state_dict(single(_mean(reached), 0))
    torch.save({name: tensor.half() for name, tensor in network.state_dict().items()}, target)
    return network


def _begun(options: argparse.Namespace, count: int) -> Weights:
    """Networks that begin with the encoder, each with a classifier of its own; or with an earlier model."""
    if options.begin and options.begin.suffix == ".pt":
        return stacked([kept(options.begin)] * count, options.device)
    if options.begin:
        return stacked([shipped(options.begin)] * count, options.device)
    return stacked([pretrained(options.encoder / "model.safetensors", LAYERS) for _ in range(count)], options.device)


def _say(who: str, weights: Weights, options: argparse.Namespace) -> None:
    """How they do on what is held out; the last line of each threshold is of all of them together."""
    sets = {path.stem: labelled(path) for path in options.trial}
    if options.held_out:
        sets["held out"] = list(ours(options.corpus, only=set(options.held_out)))
    for name, examples in sets.items():
        seen = read(weights, load_tokenizer(options.encoder / "tokenizer.json"), [e.text for e in examples])
        for threshold in THRESHOLDS:
            for index, some in enumerate(seen):
                sys.stderr.write(f"{name}: {who} {index} {marks(examples, some, threshold)}\n")


if __name__ == "__main__":
    raise SystemExit(main())
