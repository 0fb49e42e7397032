"""The open sets, known by their folder's name: licence, which labels are scored and which only excuse a finding.

Another folder or file in the same format is a set of your own: every label of ours is scored in it.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from detectors.evaluate.adapt import handles, named_persons
from detectors.evaluate.data import DataError, Document, read
from detectors.labels import LABELS

Adapt = Callable[[Document], Document]

_EVERY = frozenset(LABELS)
_NAMES = frozenset({"PERSON"})


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of an open set. `complete`: whatever of ours is in its texts is marked, so silence means none.

    `prompts`: writing of the kind the goals speak of. `tunes`: thresholds are proposed from it. `split`: half of its
    templates tune and half measure, since texts from one template are near copies.
    """

    title: str
    licence: str
    files: tuple[str, ...]
    scored: frozenset[str] = _EVERY
    complete: bool = False
    prompts: bool = False
    tunes: bool = False
    split: bool = False
    note: str = ""
    adapt: Adapt | None = None


KNOWN: dict[str, Known] = {
    "council": Known(
        "Council prompts",
        "written for this project",
        ("prompts.jsonl",),
        complete=True,
        prompts=True,
        tunes=True,
        note="The recognisers were tuned while looking at it: expect less on unseen text.",
    ),
    "uk_identifier_unit": Known(
        "UK identifiers, unit cases of Presidio and scrubadub",
        "MIT, Apache-2.0",
        ("all.jsonl",),
        complete=True,
        tunes=True,
        note="Bare numbers without a word of context: what only a context word would confirm is not found, on purpose. "
        "UK_TRN excuses findings.",
    ),
    "presidio_research": Known(
        "Presidio's synthetic set",
        "MIT",
        ("synth_dataset_v2.jsonl",),
        scored=frozenset({"PERSON", "ADDRESS", "EMAIL", "PHONE", "PAYMENT_CARD", "IBAN", "IP_ADDRESS", "AGE"}),
        tunes=True,
        split=True,
        note="US-leaning. Its other labels (ZIP code, SSN, organisation, date, title, nationality) excuse findings.",
    ),
    "tab": Known(
        "Judgments (Text Anonymization Benchmark, dev)",
        "MIT (one redistribution says CC BY-NC)",
        ("dev_with_identifier_type.jsonl",),
        scored=_NAMES,
        note="PERSON is scored; a direct entity is covered when each of its mentions is, whatever its label.",
    ),
    "uner_ewt": Known(
        "E-mails, answers and reviews (UNER, dev)",
        "CC BY-SA 4.0",
        ("dev_docs.jsonl", "dev.jsonl"),
        scored=_NAMES,
        note="PERSON is scored; ORG and LOC excuse findings.",
    ),
    "wnut17": Known(
        "Emerging entities (WNUT 17, dev)",
        "CC BY 4.0",
        ("dev.jsonl",),
        scored=_NAMES,
        note="PERSON is scored, characters of fiction included; other labels excuse findings.",
    ),
    "broad_twitter": Known(
        "Broad Twitter Corpus (dev)",
        "CC BY 4.0",
        ("dev.jsonl",),
        scored=frozenset({"PERSON", "USERNAME"}),
        note="An @ and the handle after it are one USERNAME; a firm's handle excuses findings, as do ORG and LOC.",
        adapt=handles,
    ),
    "re3d": Known(
        "News and government text (re3d)",
        "per source, mostly OGL v3",
        ("train.jsonl",),
        scored=_NAMES,
        note="A Person without a name in it (I, he, the Prime Minister) only excuses findings. The shipped model of "
        "names may have learnt from this file: read it as a check, not as a measure.",
        adapt=named_persons,
    ),
    "uk_chat": Known(
        "UK chat lines", "not stated", (), scored=_NAMES, note="Not at hand in the open: PERSON is scored in yours."
    ),
    "wikipedia_lives": Known(
        "Wikipedia lives", "CC BY-SA 4.0", (), scored=_NAMES, note="Not at hand in the open: PERSON is scored in yours."
    ),
}
"""By folder, in the order of the report."""

OWN = Known("", "not stated", (), complete=True, prompts=True, tunes=True)
"""A set that is not known by name: every label of ours is scored in it."""


@dataclass(frozen=True, slots=True, repr=False)
class DataSet:
    """Documents to measure on, and how."""

    name: str
    known: Known
    documents: tuple[Document, ...]
    tunes: bool
    file: str

    @property
    def title(self) -> str:
        """What a report calls it; the part is told where a set is split."""
        part = self.name.partition(" ")[2]
        return " ".join(filter(None, (self.known.title or self.name, part if self.known.title else "")))

    @property
    def digest(self) -> str:
        """Twelve hexadecimal digits over texts and marks, so that two reports can be told to be of the same data."""
        whole = hashlib.sha256()
        for document in self.documents:
            marks = ",".join(f"{s.start}-{s.end}{s.label}" for s in document.spans)
            whole.update(f"{document.id}\0{document.text}\0{marks}\0".encode("utf-8", "surrogatepass"))
        return whole.hexdigest()[:12]


def discover(paths: Iterable[Path]) -> list[DataSet]:
    """Every set at the paths: a file, a set's folder, or a folder of sets. Raises DataError where there is none."""
    found: list[DataSet] = []
    for path in paths:
        if not path.exists():
            raise DataError(f"{path}: no such file or folder")
        sets = _at(path)
        if not sets:
            raise DataError(
                f"{path}: no set there: give a .jsonl file, or a folder that holds {', '.join(KNOWN)} "
                "or folders of your own with .jsonl files"
            )
        found.extend(sets)
    order = [*KNOWN]
    return sorted(found, key=lambda s: order.index(base(s)) if base(s) in order else -1)


def base(data: DataSet) -> str:
    """The set's name without its part."""
    return data.name.split(" ", 1)[0]


def _at(path: Path) -> list[DataSet]:
    if path.is_file():
        return _from_file(path)
    if path.name in KNOWN or any(path.glob("*.jsonl")):
        return _from_folder(path)
    made: list[DataSet] = []
    for folder in sorted(p for p in path.iterdir() if p.is_dir()):
        made.extend(_from_folder(folder))
    return made


def _from_folder(folder: Path) -> list[DataSet]:
    known = KNOWN.get(folder.name)
    if known is None or not known.files:
        return [made for file in sorted(folder.glob("*.jsonl")) for made in _from_file(file)]
    file = next((folder / name for name in known.files if (folder / name).is_file()), None)
    return _parts(folder.name, known, file) if file is not None else []


def _from_file(file: Path) -> list[DataSet]:
    """A file in a known set's folder is read as that set is, whatever part of it it holds."""
    name = file.resolve().parent.name
    if name in KNOWN:
        return _parts(name if file.name in KNOWN[name].files else f"{name} ({file.stem})", KNOWN[name], file)
    return _parts(file.stem.replace(" ", "_"), OWN, file)


def _parts(name: str, known: Known, file: Path) -> list[DataSet]:
    documents: Sequence[Document] = read(file)
    if not documents:
        raise DataError(f"{file}: holds no document")
    if known.adapt is not None:
        documents = [known.adapt(d) for d in documents]
    if not known.split:
        return [DataSet(name, known, tuple(documents), known.tunes, file.name)]
    halves = [tuple(d for d in documents if _template(d) % 2 == part) for part in (0, 1)]
    names = (f"{name} (tuning templates)", f"{name} (held-out templates)")
    return [
        DataSet(n, known, half, part == 0, file.name) for part, (n, half) in enumerate(zip(names, halves, strict=True))
    ]


def _template(document: Document) -> int:
    return int(document.kind) if document.kind.isdigit() else 0
