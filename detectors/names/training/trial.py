"""How networks do on text that they have not learnt, roughly: to choose among them before the whole suite measures."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer

from detectors.labels import SAID
from detectors.names.classes import CLASSES, NUMBERED
from detectors.names.decode import Probabilities, Seen, spans
from detectors.names.pieces import split, windows
from detectors.names.training.batches import Window, collate
from detectors.names.training.corpus import Example, Marked
from detectors.names.training.several import Weights, forward

_KINDS: Mapping[str, str] = {
    "PERSON": "person",
    **dict.fromkeys(NUMBERED, "number"),
    **dict.fromkeys(("ADDRESS", "DATE_OF_BIRTH", "AGE", "CASE_REF", "USERNAME", "SECRET"), "direct"),
    **dict.fromkeys(SAID, "said"),
}
THRESHOLDS = (0.4, 0.6, 0.8)
_START, _END = 101, 102


def labelled(path: Path) -> list[Example]:
    """The documents of a measuring set: lines of `{"text", "spans"}`."""
    records = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    return [
        Example(r["text"], tuple(Marked(s["start"], s["end"], s["label"]) for s in r["spans"]), path.stem)
        for r in records
    ]


def read(weights: Weights, tokenizer: Tokenizer, texts: Sequence[str], size: int = 128) -> list[list[list[Seen]]]:
    """What each network sees in each text, and last what all of them see together."""
    device = weights["place.weight"].device
    count = len(weights["place.weight"])
    every = split(tokenizer, texts)
    places = [(number, window) for number, pieces in enumerate(every) for window in windows(pieces)]
    seen = [np.zeros((count + 1, len(pieces.ids), CLASSES), dtype=np.float32) for pieces in every]
    for begin in range(0, len(places), size):
        some = places[begin : begin + size]
        given = [
            Window([_START, *every[n].ids[a:b], _END], [0, *every[n].cases[a:b], 0], [0] * (b - a + 2))
            for n, (a, b, _, _) in some
        ]
        ids, cases, mask, _, _ = (t.to(device) for t in collate(given))
        with torch.no_grad():
            shares = torch.softmax(forward(weights, ids, cases, mask).float(), dim=-1)
        shares = torch.cat([shares, shares.mean(dim=0, keepdim=True)]).cpu().numpy()
        for row, (number, (first, _, low, high)) in enumerate(some):
            seen[number][:, low:high] = shares[:, row, 1 + low - first : 1 + high - first]
    return [[spans(pieces, _one(s, n)) for pieces, s in zip(every, seen, strict=True)] for n in range(count + 1)]


def _one(seen: Probabilities, number: int) -> Probabilities:
    made: Probabilities = seen[number]
    return made


def marks(examples: Sequence[Example], seen: Sequence[Sequence[Seen]], threshold: float) -> str:
    """Recall and precision by kind of label, and how much is covered that should not be."""
    gold: Counter[str] = Counter()
    found: Counter[str] = Counter()
    given: Counter[str] = Counter()
    right: Counter[str] = Counter()
    outside: Counter[str] = Counter()
    plain = 0
    for example, some in zip(examples, seen, strict=True):
        size = len(example.text)
        cover, truth = bytearray(size), bytearray(size)
        for span in example.spans:
            truth[span.start : span.end] = b"\1" * (span.end - span.start)
        plain += size - sum(truth)
        for each in some:
            kind = _KINDS.get(each.label)
            if each.score < threshold:
                continue
            cover[each.start : each.end] = b"\1" * (each.end - each.start)
            if kind:
                inside = sum(truth[each.start : each.end])
                given[kind] += 1
                right[kind] += 2 * inside >= each.end - each.start
                outside[kind] += each.end - each.start - inside
        for span in example.spans:
            kind = _KINDS.get(span.label)
            letters = [i for i in range(span.start, span.end) if example.text[i].isalnum()]
            if kind and letters:
                gold[kind] += 1
                found[kind] += sum(cover[i] for i in letters) >= 0.9 * len(letters)
    parts = [
        f"{kind} {found[kind] / max(1, gold[kind]):.3f}/{right[kind] / max(1, given[kind]):.3f} out {outside[kind] / max(1, plain):.4f}"
        for kind in ("person", "number", "direct", "said")
    ]
    return f"at {threshold}: " + "  ".join(parts)
