"""Which model finds names: the shipped encoder, a folder with another encoder, or a spaCy pipeline."""

from pathlib import Path

from detectors.names.encoder import Encoder
from detectors.names.finder import NameFinder
from detectors.names.model import Finder
from detectors.names.reader import Reader

OURS = "council-names"
"""What the shipped model is called in `names: model:`."""


def finder(model: str, cache_units: int) -> Finder:
    """The finder for a configured model. Raises ConfigError."""
    if model == OURS:
        return Reader(Encoder(), cache_units)
    if (Path(model) / "model.onnx").is_file():
        return Reader(Encoder(Path(model)), cache_units)
    from detectors.names.spacy_model import SpacyModel  # spaCy takes a second to import: only where it is wanted

    return NameFinder(SpacyModel(model), cache_units)
