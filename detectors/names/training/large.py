"""Large teachers: a published MPNet encoder, five times as wide in all, that reads the same word pieces as the student.

Its vocabulary is BERT's behind four marks of its own, so that a piece of the student's is a piece of the teacher's, and
what the teacher expects of each needs no alignment. It never ships: it only says what to expect.
"""

import json
import math
import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.func import functional_call

from detectors.names.classes import CLASSES
from detectors.names.pieces import CASES
from detectors.names.training.batches import Window
from detectors.names.training.course import Batch, Plan, follow
from detectors.names.training.learn import groups, loss
from detectors.names.training.network import take
from detectors.names.training.several import lighter

_BUCKETS, _FARTHEST, _FIRST_PLACE = 32, 128, 2
_ITS_NAMES = {"[CLS]": "<s>", "[SEP]": "</s>", "[PAD]": "<pad>", "[UNK]": "<unk>", "[MASK]": "<mask>"}


@dataclass(frozen=True, slots=True)
class Form:
    """How large an encoder is."""

    layers: int = 12
    width: int = 768
    heads: int = 12
    inner: int = 3072
    words: int = 30_522
    places: int = 192


class Layer(nn.Module):
    """One encoder layer, whose attention knows how far apart two pieces stand."""

    def __init__(self, form: Form, dropout: float) -> None:
        super().__init__()
        self.heads = form.heads
        self.mixed = nn.Linear(form.width, 3 * form.width)
        self.out = nn.Linear(form.width, form.width)
        self.norm = nn.LayerNorm(form.width, eps=1e-5)
        self.up = nn.Linear(form.width, form.inner)
        self.down = nn.Linear(form.inner, form.width)
        self.last = nn.LayerNorm(form.width, eps=1e-5)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, apart: Tensor) -> Tensor:
        """`x`: batch x pieces x width; `apart`: batch x heads x pieces x pieces, added to the attention."""
        batch, length, width = x.shape
        parts = [
            part.view(batch, length, self.heads, width // self.heads).transpose(1, 2)
            for part in self.mixed(x).chunk(3, dim=-1)
        ]
        heard = nn.functional.scaled_dot_product_attention(*parts, attn_mask=apart)
        x = self.norm(x + self.dropout(self.out(heard.transpose(1, 2).reshape(batch, length, width))))
        y: Tensor = self.last(x + self.dropout(self.down(nn.functional.gelu(self.up(x)))))
        return y


class Large(nn.Module):
    """Ids and cases (batch x pieces) to logits (batch x pieces x CLASSES)."""

    def __init__(self, form: Form, dropout: float = 0.1) -> None:
        super().__init__()
        self.word = nn.Embedding(form.words, form.width)
        self.place = nn.Embedding(form.places, form.width)
        self.case = nn.Embedding(CASES, form.width)
        self.norm = nn.LayerNorm(form.width, eps=1e-5)
        self.apart = nn.Embedding(_BUCKETS, form.heads)
        self.layers = nn.ModuleList(Layer(form, dropout) for _ in range(form.layers))
        self.classify = nn.Linear(form.width, CLASSES)
        self.dropout = nn.Dropout(dropout)

    def forward(self, ids: Tensor, cases: Tensor, mask: Tensor | None = None) -> Tensor:
        """Logits of each piece; `mask` (batch x pieces) says what is padding, where any is."""
        places = torch.arange(ids.shape[1], device=ids.device)
        words = self.word(ids).to(self.place.weight.dtype)
        x = self.dropout(self.norm(words + self.place(places)[None] + self.case(cases)))
        apart = self.apart(buckets(places[None, :] - places[:, None])).permute(2, 0, 1)[None].to(x.dtype)
        if mask is not None:
            apart = apart + (1.0 - mask.to(x.dtype))[:, None, None, :] * -1e4
        apart = apart.expand(len(ids), -1, -1, -1).contiguous()
        for layer in self.layers:
            x = layer(x, apart)
        logits: Tensor = self.classify(self.dropout(x))
        return logits


def buckets(steps: Tensor) -> Tensor:
    """The number of each distance (to what is heard, in pieces): near ones have their own, far ones share (T5)."""
    half = _BUCKETS // 2
    exact = half // 2
    far = steps.abs()
    shared = exact + (torch.log(far.clamp(min=1) / exact) / math.log(_FARTHEST / exact) * (half - exact)).long()
    return (steps > 0).long() * half + torch.where(far < exact, far, shared.clamp(max=half - 1))


def encoder(folder: Path, pieces: Path) -> Large:
    """A network that begins with the published encoder in `folder`, for the pieces of the tokeniser file `pieces`.

    `folder` holds `model.safetensors`, `config.json` and `vocab.txt` as sentence-transformers/all-mpnet-base-v2 does.
    Raises KeyError where the encoder lacks one of our pieces.
    """
    given = load_file(str(folder / "model.safetensors"))
    ours = json.loads(pieces.read_text(encoding="utf-8"))["model"]["vocab"]
    form = _form(folder, len(ours))
    network = Large(form)
    state = network.state_dict()
    theirs = {word: n for n, word in enumerate((folder / "vocab.txt").read_text(encoding="utf-8").splitlines())}
    rows = torch.tensor([theirs[_ITS_NAMES.get(word, word)] for word, _ in sorted(ours.items(), key=lambda o: o[1])])
    state["word.weight"] = given["embeddings.word_embeddings.weight"].float()[rows]
    first = given["embeddings.position_embeddings.weight"].float()[_FIRST_PLACE:]
    state["place.weight"] = first[: form.places]
    state["case.weight"] = 0.02 * torch.randn(CASES, form.width)
    state["apart.weight"] = given["encoder.relative_attention_bias.weight"]
    take(state, "norm", given, "embeddings.LayerNorm")
    for index in range(form.layers):
        mine, its = f"layers.{index}", f"encoder.layer.{index}"
        for kind in ("weight", "bias"):
            parts = [given[f"{its}.attention.attn.{part}.{kind}"] for part in ("q", "k", "v")]
            state[f"{mine}.mixed.{kind}"] = torch.cat(parts)
        take(state, f"{mine}.out", given, f"{its}.attention.attn.o")
        take(state, f"{mine}.norm", given, f"{its}.attention.LayerNorm")
        take(state, f"{mine}.up", given, f"{its}.intermediate.dense")
        take(state, f"{mine}.down", given, f"{its}.output.dense")
        take(state, f"{mine}.last", given, f"{its}.output.LayerNorm")
    network.load_state_dict(state)
    return network


@dataclass(frozen=True, slots=True)
class LargeTeachers:
    """Large networks; the one numbered `n` has not seen fold `n` of our documents."""

    networks: Sequence[Large]

    def expect(self, ids: Tensor, cases: Tensor, folds: Tensor, mask: Tensor | None = None) -> Tensor:
        """What is expected of each piece, by the teacher that has not learnt the document: batch x pieces x classes.

        `folds` lie in main memory: to ask the device for them would make it wait. What belongs to no fold is asked of
        one of them, by its length: a batch then needs one teacher.
        """
        asked = torch.where(folds < 0, ids.shape[1] % len(self.networks), folds)
        with torch.no_grad():
            if bool((asked == asked[0]).all()):
                return _shares(self.networks[int(asked[0])](ids, cases, mask))
            made = torch.zeros(*ids.shape, CLASSES, device=ids.device)
            for number, network in enumerate(self.networks):
                rows = (asked == number).nonzero().squeeze(1).to(ids.device)
                if len(rows):
                    made[rows] = _shares(network(ids[rows], cases[rows], None if mask is None else mask[rows]))
        return made

    def lighter(self) -> "LargeTeachers":
        """The same in half the bytes, where the device is made for such numbers: for asking, not for learning on."""
        for network in self.networks:
            if network.word.weight.device.type == "cuda":
                network.bfloat16()
        return self


def _shares(logits: Tensor) -> Tensor:
    return torch.softmax(logits.float(), dim=-1)


def teach(
    networks: Sequence[Large],
    plan: Plan,
    passes: Iterable[Sequence[Window]],
    chance: random.Random,
    keep: Callable[[LargeTeachers], object] | None = None,
) -> LargeTeachers:
    """Train large networks from marks, the one numbered `n` from all but fold `n`, and give them as teachers.

    `keep` gets them after each pass, so that a run that is cut short leaves something.
    """
    device = networks[0].word.weight.device
    for network in networks:
        network.train().apart.requires_grad_(False)  # its slopes would be held for each pair of pieces in each layer
    named = [pair for network in networks for pair in network.named_parameters()]
    learning = groups(named, plan.rate, classifier=10.0, matrix=2)
    optimiser = torch.optim.AdamW(learning, betas=(0.9, 0.98), fused=device.type == "cuda")
    marks = torch.ones(1, device=device)

    def slopes(batch: Batch) -> Tensor:
        lost = torch.zeros(len(networks), device=device)
        for number, network in enumerate(networks):
            rows = (batch.folds != number).nonzero().squeeze(1)
            if len(rows):
                some = batch if len(rows) == len(batch.folds) else _of(batch, rows.to(device))
                weights = lighter(network.state_dict(keep_vars=True))
                logits = functional_call(network, weights, (some.shown, some.cases, some.mask))
                counts = torch.ones(1, len(rows), device=device)
                cost = loss(logits[None], some.wanted, counts, None, marks)[0]
                cost.backward()
                lost[number] = cost.detach()
            nn.utils.clip_grad_norm_(network.parameters(), plan.clip)
        return lost

    def passed() -> None:
        if keep is not None:
            keep(LargeTeachers(networks))

    follow(plan, passes, chance, optimiser, slopes, one_fold=True, passed=passed, who="large, ")
    return LargeTeachers([network.eval() for network in networks])


def _of(batch: Batch, rows: Tensor) -> Batch:
    """Some windows of a batch, but for their folds."""
    given = {name: getattr(batch, name)[rows] for name in ("ids", "shown", "cases", "wanted")}
    return batch._replace(**given, mask=None if batch.mask is None else batch.mask[rows])


def save(teachers: LargeTeachers, target: Path) -> None:
    """Write teachers in half their bytes."""
    states = [{name: tensor.half() for name, tensor in n.state_dict().items()} for n in teachers.networks]
    torch.save(states, target)


def load(source: Path, folder: Path, device: str) -> LargeTeachers:
    """Teachers that `save` wrote; `folder` holds the `config.json` of their encoder."""
    made: list[Large] = []
    for state in torch.load(source, map_location="cpu", weights_only=True):
        network = Large(_form(folder, len(state["word.weight"])))
        network.load_state_dict({name: tensor.float() for name, tensor in state.items()})
        made.append(network.to(device).eval())
    return LargeTeachers(made)


def _form(folder: Path, words: int) -> Form:
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    return Form(
        layers=config["num_hidden_layers"],
        width=config["hidden_size"],
        heads=config["num_attention_heads"],
        inner=config["intermediate_size"],
        words=words,
    )
